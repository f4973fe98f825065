"""Preview of a pasted order: the plan, by the same functions that book. Nothing is sent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Protocol

from app.invoicing.invoice import trigger_of
from app.model.finding import Finding
from app.model.order import Order
from app.orders.planning.explain import explain
from app.orders.planning.planner import decide
from app.orders.planning.readiness import NOT_PAID
from app.posting.plan import Plan, Stopped, Waiting
from app.shops.base import BodyNotUnderstoodError
from app.tenants.rules import DocumentCurrency, TenantRules, Trigger

Json = Mapping[str, Any]

_ORDER, _ORDERS, _UNKNOWN = "order", "orders", "unknown"
"""What a body is: an order, several of them, nothing that we know. Whatever else it is has a word of the shop's."""
NOT_AN_ORDER = "not_an_order"
"""Outcome of a body that is something else of a shop."""
_UNPAID = frozenset({"pending", "authorized", "partially_paid", "expired", "voided", "unpaid"})
"""`financial_status` of an order that is not paid (Shopify `OrderDisplayFinancialStatus`, in lower case)."""


class PastedBodies(Protocol):
    """What a person pastes of one shop (`app.shops.shopify.pasted`)."""

    def recognise(self, parsed: Any, /) -> tuple[str, list[Json]]:  # noqa: ANN401 - any JSON
        """What a body is, and the orders in it."""

    def read_body(self, body: Json, currency: DocumentCurrency, /) -> Order:
        """One of these orders. Raises BodyNotUnderstoodError."""


def read_pasted(content: bytes, rules: TenantRules, shop: PastedBodies) -> Order:
    """An order from a webhook body, or from a GraphQL answer holding one. Raises BodyNotUnderstoodError."""
    _given, bodies = shop.recognise(_parsed(content))
    if not bodies:
        raise BodyNotUnderstoodError("no order")
    return shop.read_body(bodies[0], rules.document_currency)


def _parsed(content: bytes) -> Any:  # noqa: ANN401 - any JSON
    try:
        # Money comes as text; a rate that came as a number must not pass through a float.
        return json.loads(content, parse_float=str)
    except (ValueError, RecursionError) as error:
        raise BodyNotUnderstoodError(f"no JSON: {error}") from error


def preview(content: bytes, rules: TenantRules, shop: PastedBodies) -> dict[str, Any]:
    """The kind of body and the decision about it, as plain values; for a list of orders one each.

    `shop` says what a body is, and reads it.
    """
    try:
        given, bodies = shop.recognise(_parsed(content))
    except BodyNotUnderstoodError as error:
        return _not_understood(str(error))
    if given == _ORDERS:
        return {"given": given, "outcome": given, "orders": [_of_order(body, rules, shop) for body in bodies]}
    if given == _UNKNOWN:
        return _not_understood("no order")
    if not bodies:
        is_order = given == _ORDER
        return _not_understood("no order") if is_order else {"given": given, "outcome": NOT_AN_ORDER}
    return {**_of_order(bodies[0], rules, shop), "given": given}


def _of_order(body: Json, rules: TenantRules, shop: PastedBodies) -> dict[str, Any]:
    try:
        order = shop.read_body(body, rules.document_currency)
    except BodyNotUnderstoodError as error:
        return _not_understood(str(error))
    decision = decide(order, rules)
    shown = {"order": order.name, "total": str(order.total)}
    if isinstance(decision, Plan) and _is_unpaid(body, order, rules):
        outstanding = body.get("total_outstanding")
        return shown | explain(Waiting(NOT_PAID)) | ({"outstanding": str(outstanding)} if outstanding else {})
    return shown | explain(decision)


def _is_unpaid(body: Json, order: Order, rules: TenantRules) -> bool:
    """A body without transactions says in one word whether it is paid; what waits for money would wait."""
    status = str(body.get("financial_status") or body.get("displayFinancialStatus") or "").lower()
    return not order.transactions_known and status in _UNPAID and trigger_of(order, rules) is Trigger.PAID


def _not_understood(why: str) -> dict[str, Any]:
    finding = Finding("SHOPIFY_BODY_NOT_UNDERSTOOD", why[:80], {"topic": why})
    return {"given": _UNKNOWN, **explain(Stopped((finding,)))}
