"""One GraphQL call from text to answer: parse, cost, resolve the root fields, cut to the selection."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sandbox.shopify.graphql import payouts, shops, subscriptions
from sandbox.shopify.graphql.access import NEVER_NULL, Access
from sandbox.shopify.graphql.cost import SINGLE_QUERY_LIMIT, Bucket, requested_cost
from sandbox.shopify.graphql.orders import order_object
from sandbox.shopify.graphql.parts import transaction
from sandbox.shopify.graphql.problems import (
    GraphQLProblem,
    internal_error,
    object_hidden,
    scope_missing,
    throttled,
    too_expensive,
    too_many_errors,
    undefined_field,
)
from sandbox.shopify.graphql.projecting import LARGEST_PAGE, NulledError, Projector
from sandbox.shopify.graphql.reading import Document, Field, Operation, read
from sandbox.shopify.graphql.refs import part_by_id
from sandbox.shopify.graphql.searching import moment, search, warnings
from sandbox.shopify.graphql.stated import StatedOrder, find
from sandbox.shopify.model import Json, Shop, StoredOrder, World
from sandbox.shopify.tokens import AccessToken

WITHOUT_ALL_ORDERS = timedelta(days=60)
"""Without read_all_orders only the last 60 days are visible (1.7)."""
FORCED = ("THROTTLED", "ACCESS_DENIED", "PROTECTED_DATA", "MAX_COST_EXCEEDED", "INTERNAL_SERVER_ERROR")
PAYMENTS_SCOPES = {"read_shopify_payments_accounts", "read_shopify_payments"}


@dataclass
class Endpoint:
    """The GraphQL endpoint of all shops: buckets and errors ordered for coming calls."""

    world: World
    bucket_maximum: int
    bucket_restore: float
    forced: dict[str, deque[str]] = field(default_factory=dict)
    buckets: dict[tuple[str, str], Bucket] = field(default_factory=dict)

    def clear(self) -> None:
        """Fill the buckets, lift the ordered errors."""
        self.forced.clear()
        self.buckets.clear()

    def force(self, shop: str, error: str, times: int) -> None:
        """Answer the next calls of a shop with one of FORCED."""
        self.forced.setdefault(shop, deque()).extend([error] * times)

    def answer(self, shop: Shop, token: AccessToken, request: Json, touched: set[str] | None = None) -> Json:
        """The JSON of the answer; HTTP status is 200 whatever it says. `touched` gets the fields that were read."""
        bucket = self._bucket(shop, token)
        forced = self.forced.get(shop.domain)
        error = forced.popleft() if forced else None
        try:
            document = read(str(request.get("query") or ""))
            operation = choose(document, request.get("operationName"))
            variables = complete(operation, request.get("variables") or {})
            protected = error == "PROTECTED_DATA"
            access = Access(
                frozenset(_with_reads(token.scopes)), "plan" if protected else shop.customer_data, self.world.switches
            )
            projector = Projector(document.fragments, variables, access)
            cost = requested_cost(operation, projector, access.switches)
        except GraphQLProblem as problem:
            return {"errors": [problem.rendered()]}
        try:
            _raise_forced(error, cost)
            if cost > SINGLE_QUERY_LIMIT:
                raise too_expensive(cost, SINGLE_QUERY_LIMIT)
            if not bucket.charge(cost):
                raise throttled()
        except GraphQLProblem as problem:
            return {"errors": [problem.rendered()], "extensions": {"cost": _cost(cost, None, bucket)}}
        call = _Call(self.world, shop, token, projector, access)
        result = call.run(operation)
        if touched is not None:
            touched |= projector.touched
        used = min(cost, max(1, projector.objects)) if operation.kind == "query" else cost
        bucket.give_back(cost - used)
        extensions: Json = {"cost": _cost(cost, used, bucket)}
        if call.search_warnings:
            extensions["search"] = call.search_warnings
        return {**result, "extensions": extensions}

    def _bucket(self, shop: Shop, token: AccessToken) -> Bucket:
        key = (token.client_id, shop.domain)
        if key not in self.buckets:
            self.buckets[key] = Bucket(self.bucket_maximum, self.bucket_restore)
        return self.buckets[key]


def _raise_forced(error: str | None, cost: int) -> None:
    if error == "THROTTLED":
        raise throttled()
    if error == "MAX_COST_EXCEEDED":
        raise too_expensive(max(cost, SINGLE_QUERY_LIMIT + 1), SINGLE_QUERY_LIMIT)
    if error == "INTERNAL_SERVER_ERROR":
        raise internal_error()
    if error == "ACCESS_DENIED":
        raise scope_missing("orders", {"read_orders"})


def _cost(requested: int, actual: int | None, bucket: Bucket) -> Json:
    return {"requestedQueryCost": requested, "actualQueryCost": actual, "throttleStatus": bucket.status()}


def choose(document: Document, name: object) -> Operation:
    """The operation to run: the named one, or the only one."""
    if name is None and len(document.operations) == 1:
        return document.operations[0]
    found = next((operation for operation in document.operations if operation.name == name), None)
    if found is None:
        raise GraphQLProblem(f'No operation named "{name}"' if name else "An operation name is required")
    return found


def complete(operation: Operation, given: Json) -> Json:
    """Variables with defaults filled in; a required one must be there."""
    variables = dict(given)
    for name, (kind, default) in operation.variables.items():
        if variables.get(name) is None and default is not None:
            variables[name] = default
        if kind.endswith("!") and variables.get(name) is None:
            raise GraphQLProblem(
                f"Variable ${name} of type {kind} was provided invalid value",
                "INVALID_VARIABLE",
                value=None,
                problems=[{"path": [], "explanation": "Expected value to not be null"}],
            )
    return variables


class _Call:
    """One operation being answered for one app in one shop."""

    def __init__(self, world: World, shop: Shop, token: AccessToken, projector: Projector, access: Access) -> None:
        self.world = world
        self.shop = shop
        self.client_id = token.client_id
        self.scopes = _with_reads(token.scopes)
        self.projector = projector
        self.access = access
        self.search_warnings: list[Json] = []
        self.queries: dict[str, Callable[[Json], Any]] = {
            "shop": lambda _: shops.shop_object(shop, world.now()),
            "currentAppInstallation": lambda _: shops.installation_object(self.scopes),
            "publicApiVersions": lambda _: shops.versions_list(),
            "order": self._order,
            "refund": lambda arguments: self._part(arguments, "refund"),
            "return": self._return,
            "orders": self._orders,
            "webhookSubscriptions": lambda arguments: subscriptions.listed(shop, self.client_id, arguments),
            "shopifyPaymentsAccount": self._payments,
            "nodes": self._nodes,
        }
        self.mutations: dict[str, Callable[[Json], Any]] = {
            "webhookSubscriptionCreate": lambda arguments: subscriptions.create(
                world, shop, self.client_id, self.scopes, arguments, access.switches
            ),
            "webhookSubscriptionDelete": lambda arguments: subscriptions.delete(shop, self.client_id, arguments),
        }

    def run(self, operation: Operation) -> Json:
        """Resolve all root fields; an unknown one spoils the whole call, as a failed validation does."""
        known = self.queries if operation.kind == "query" else self.mutations
        root = "QueryRoot" if operation.kind == "query" else "Mutation"
        fields = list(self.projector.fields(operation.selections, root))
        unknown = [f for f in fields if f.name not in known and f.name != "__typename"]
        if unknown:
            return {"errors": [undefined_field(root, f.name, f.line, f.column).rendered() for f in unknown]}
        data: Json | None = {}
        for wanted in fields:
            try:
                found = self._root(wanted, known, root)
            except GraphQLProblem as problem:
                return {"errors": [problem.rendered()]}
            except NulledError:
                data = None
                continue
            if data is not None:
                data[wanted.alias] = found
        return self._with_errors(data)

    def _with_errors(self, data: Json | None) -> Json:
        """The answer with its partial errors, of which there are only so many."""
        problems = self.projector.errors
        if not problems:
            return {"data": data}
        switches = self.access.switches
        if len(problems) > switches.error_limit:
            problems = [*problems[: switches.error_limit], too_many_errors()]
            if switches.truncated_data == "gone":
                return {"data": None, "errors": [problem.rendered() for problem in problems]}
        return {"data": data, "errors": [problem.rendered() for problem in problems]}

    def _root(self, wanted: Field, known: dict[str, Callable[[Json], Any]], root: str) -> Any:  # noqa: ANN401 -- JSON
        """One root field. Raises NulledError where it may not be null and is: then there is no data at all."""
        if wanted.name == "__typename":
            return root
        with self.world.lock:
            try:
                value = known[wanted.name](self.projector.arguments(wanted))
            except GraphQLProblem as problem:
                if problem.path is None:
                    raise
                problem.path, problem.locations = [wanted.alias], [{"line": wanted.line, "column": wanted.column}]
                self.projector.errors.append(problem)
                value = None
                if (root, wanted.name) in NEVER_NULL:
                    raise NulledError from problem
            try:
                return self.projector.cut(value, wanted, [wanted.alias])
            except NulledError:
                if (root, wanted.name) in NEVER_NULL:
                    raise
                return None

    def _need(self, field_name: str, scopes: set[str]) -> None:
        if not scopes & self.scopes:
            raise scope_missing(field_name, scopes)

    def _visible(self, order: StoredOrder) -> bool:
        if not self.shop.hides_old_orders or "read_all_orders" in self.scopes:
            return True
        return moment(order, "created_at") >= self.world.now() - WITHOUT_ALL_ORDERS

    def _need_orders(self, field_name: str) -> None:
        """Orders need their scope, and protected customer data at level 1 (1.8)."""
        self._need(field_name, {"read_orders"})
        if self.access.customer_data == "none":
            raise object_hidden("Order", [field_name])

    def _part(self, arguments: Json, field_name: str) -> Json | StatedOrder | None:
        """A refund or return by its global id."""
        self._need_orders(field_name)
        visible = (order for order in self.shop.orders.values() if self._visible(order))
        return part_by_id(self.shop, visible, str(arguments.get("id") or ""))

    def _return(self, arguments: Json) -> Json | StatedOrder | None:
        self._need("return", {"read_returns", "read_marketplace_returns"})
        return self._part(arguments, "return")

    def _order(self, arguments: Json) -> Json | StatedOrder | None:
        """A wrong id gives null without an error (section 6)."""
        self._need_orders("order")
        wanted = str(arguments.get("id") or "")
        if wanted in self.shop.stated:
            return StatedOrder(self.shop.stated[wanted])
        number = wanted.rpartition("/")[2]
        order = self.shop.orders.get(int(number)) if number.isdigit() else None
        if order is None:
            # A foreign body whose numeric id lost its last digits on the way still knows its global id.
            stored = self.shop.orders.values()
            order = next((o for o in stored if o.body.get("admin_graphql_api_id") == wanted), None)
        return order_object(order) if order is not None and self._visible(order) else None

    def _orders(self, arguments: Json) -> Any:  # noqa: ANN401 -- a connection
        self._need_orders("orders")
        self.search_warnings += warnings(arguments.get("query"))
        visible = [order for order in self.shop.orders.values() if self._visible(order)]
        return search(visible, arguments, order_object)

    def _payments(self, _: Json) -> Json | None:
        self._need("shopifyPaymentsAccount", PAYMENTS_SCOPES)
        return payouts.account_object(self.shop, self.scopes, self._warn, self._sees)

    def _sees(self, order_id: int | None) -> bool:
        """Whether a dispute may show its order."""
        order = self.shop.orders.get(order_id or 0)
        return order is None or self._visible(order)

    def _warn(self, field_name: str, term: str) -> None:
        warning = {"field": term, "message": "Invalid search field for this query.", "code": "invalid_field"}
        self.search_warnings.append({"path": ["shopifyPaymentsAccount", field_name], "warnings": [warning]})

    def _nodes(self, arguments: Json) -> list[Json | StatedOrder | None]:
        """Orders and their transactions by global id; null for what the shop has not."""
        self._need_orders("nodes")
        ids = [str(argument) for argument in arguments.get("ids") or []]
        if len(ids) > LARGEST_PAGE:
            raise GraphQLProblem(f"The input array size of {len(ids)} is greater than the maximum allowed of 250.")
        return [self._node(id_) for id_ in ids]

    def _node(self, wanted: str) -> Json | StatedOrder | None:
        stated = next(filter(None, (find(one, wanted) for one in self.shop.stated.values())), None)
        if stated is not None:
            return StatedOrder(stated)
        kind, _, number = wanted.removeprefix("gid://shopify/").partition("/")
        if kind == "Order":
            return self._order({"id": wanted})
        if kind != "OrderTransaction":
            return None
        orders = (order for order in self.shop.orders.values() if self._visible(order))
        rows = ((row, order) for order in orders for row in order.transactions if str(row.get("id")) == number)
        return next((transaction(row, order) for row, order in rows), None)


def _with_reads(scopes: str) -> set[str]:
    """A write scope implies its read scope (1.3)."""
    granted = {scope.strip() for scope in scopes.split(",") if scope.strip()}
    return granted | {"read_" + scope.removeprefix("write_") for scope in granted if scope.startswith("write_")}
