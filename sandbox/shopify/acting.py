"""What can happen to an order, and which webhooks each happening fires (shopify-api.md 2.6, 3.7, 3.8).

Every function changes the order and returns the notices of ONE merchant action: topic and body, frozen as they
are at that moment. The caller sends them under one event id.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sandbox.shopify.building import basis_for, build_line, build_order, line_taxes
from sandbox.shopify.model import Json, Shop, StoredOrder, World, gid, public
from sandbox.shopify.money import read_bag
from sandbox.shopify.paying import add_transaction, open_authorization, payment_amount
from sandbox.shopify.refunding import add_refund
from sandbox.shopify.spec import (
    CancelSpec,
    EditSpec,
    FulfilSpec,
    OrderSpec,
    PaymentSpec,
    PresentmentSpec,
    RefundSpec,
    UpdateSpec,
)
from sandbox.shopify.totals import line_net, retotal, taxes

SETTLED = ("success", "failure", "error")
"""order_transactions/create fires only for these statuses (2.6)."""


class ActionRefusedError(Exception):
    """The order is not in a state that allows the action."""


class Notice(NamedTuple):
    """One webhook to send: a topic and the body as it is now."""

    topic: str
    body: Json
    order_id: int | None = None
    test: bool = False


def notice(topic: str, order: StoredOrder, body: Json | None = None) -> Notice:
    """Freeze a body; the whole order when none is given."""
    frozen = public(order.body if body is None else body)
    return Notice(topic, frozen, order.id, bool(order.body.get("test")))


def touch(world: World, shop: Shop, order: StoredOrder) -> None:
    """Move updated_at to the present, never backwards."""
    known = order.body.get("updated_at")
    present = world.now()
    order.body["updated_at"] = shop.local(max(present, datetime.fromisoformat(known)) if known else present)


def create(world: World, shop: Shop, spec: OrderSpec) -> tuple[StoredOrder, list[Notice]]:
    """Place an order with the payments of its checkout."""
    order = build_order(world, shop, spec)
    shop.orders[order.id] = order
    rows = [
        add_transaction(world, shop, order, payment, amount=payment_amount(order, payment)) for payment in spec.payments
    ]
    notices = [notice("orders/create", order), *_transaction_notices(order, rows)]
    return order, [*notices, *_paid_notices(order, before="pending")]


def _transaction_notices(order: StoredOrder, rows: list[Json]) -> list[Notice]:
    return [notice("order_transactions/create", order, row) for row in rows if row["status"] in SETTLED]


def _paid_notices(order: StoredOrder, before: str) -> list[Notice]:
    paid = order.body["financial_status"] == "paid" and before != "paid"
    return [notice("orders/paid", order)] if paid else []


def pay(world: World, shop: Shop, order: StoredOrder, payment: PaymentSpec) -> list[Notice]:
    """Add a transaction: a sale, an authorization, a capture of an authorization, or a void."""
    before = str(order.body["financial_status"])
    amount = payment_amount(order, payment)
    parent = open_authorization(order)
    if payment.kind in {"capture", "void"} and parent is None:
        raise ActionRefusedError(f"{order.name} has no authorization to {payment.kind}")
    if payment.kind == "void" and parent is not None:
        amount = read_bag(parent, "_amount", order.nothing)
    row = add_transaction(world, shop, order, payment, amount=amount)
    touch(world, shop, order)
    paid = _paid_notices(order, before)
    return [*_transaction_notices(order, [row]), *paid, notice("orders/updated", order)]


def refund(world: World, shop: Shop, order: StoredOrder, spec: RefundSpec) -> list[Notice]:
    """Refund goods, shipping or a mere amount; refunds/create fires whether or not money has moved (2.6)."""
    made = add_refund(world, shop, order, spec)
    touch(world, shop, order)
    return [
        notice("refunds/create", order, made),
        *_transaction_notices(order, made["transactions"]),
        notice("orders/updated", order),
    ]


def settle_refund(world: World, shop: Shop, order: StoredOrder, status: str, *, updates: bool = True) -> list[Notice]:
    """A pending refund transaction becomes success or failure; order_transactions/create tells so (2.6).

    `updates`: whether the order counts as changed by it.
    """
    rows = [t for t in order.transactions if t["kind"] == "refund" and t["status"] == "pending"]
    if not rows:
        raise ActionRefusedError(f"{order.name} has no pending refund")
    for row in rows:
        row["status"] = status
    retotal(order)
    told = _transaction_notices(order, rows)
    if not updates:
        return told
    touch(world, shop, order)
    return [*told, notice("orders/updated", order)]


def cancel(world: World, shop: Shop, order: StoredOrder, spec: CancelSpec) -> list[Notice]:
    """Cancel; an uncaptured authorization is voided, money is returned only on request (3.1)."""
    if order.body.get("cancelled_at"):
        raise ActionRefusedError(f"{order.name} is cancelled already")
    moment = spec.at or world.now()
    order.body["cancelled_at"] = shop.local(moment)
    order.body["cancel_reason"] = spec.reason
    notices: list[Notice] = []
    authorization = open_authorization(order)
    unpaid = order.body["financial_status"] in {"authorized", "pending"}
    if unpaid and authorization:
        void = PaymentSpec(gateway=authorization["gateway"], kind="void", at=moment)
        amount = read_bag(authorization, "_amount", order.nothing)
        row = add_transaction(world, shop, order, void, amount=amount)
        notices += _transaction_notices(order, [row])
    if spec.refund or unpaid:
        made = add_refund(world, shop, order, RefundSpec.everything(len(order.body["line_items"]), moment))
        notices += [notice("refunds/create", order, made), *_transaction_notices(order, made["transactions"])]
    retotal(order)
    touch(world, shop, order)
    return [notice("orders/cancelled", order), *notices, notice("orders/updated", order)]


def edit(world: World, shop: Shop, order: StoredOrder, spec: EditSpec) -> list[Notice]:
    """Edit: added lines grow total_price, a removed line stays in the list with current_quantity lowered (3.8)."""
    order.body.setdefault("_original_total_price_set", read_bag(order.body, "total_price", order.nothing).rest())
    additions: list[Json] = []
    for line_spec in spec.add:
        basis = basis_for(world, shop, OrderSpec(presentment=_presentment(order), taxes_included=_included(order)))
        line = build_line(basis, line_spec, order.body["discount_applications"])
        line["tax_lines"] = line_taxes(basis, line, line_spec.tax)
        order.body["line_items"].append(line)
        additions.append({"id": line["id"], "delta": line["quantity"]})
    removals: list[Json] = []
    for choice in spec.remove:
        line = order.body["line_items"][choice.line]
        count = choice.quantity or int(line["current_quantity"])
        order.removals.append(_removed(order, line, count))
        line["current_quantity"] -= count
        line["fulfillable_quantity"] = max(int(line["fulfillable_quantity"]) - count, 0)
        removals.append({"id": line["id"], "delta": count})
    order.body.setdefault("_edits", []).append(shop.local(spec.at or world.now()))
    retotal(order)
    touch(world, shop, order)
    body = _edit_body(world, shop, order, spec, additions, removals)
    return [notice("orders/edited", order, body), notice("orders/updated", order)]


def _included(order: StoredOrder) -> bool:
    return bool(order.body["taxes_included"])


def _presentment(order: StoredOrder) -> PresentmentSpec | None:
    nothing = order.nothing
    if nothing.shop_currency == nothing.presentment_currency:
        return None
    total = read_bag(order.body, "total_price", nothing)
    return PresentmentSpec(currency=nothing.presentment_currency, rate=f"{total.presentment / (total.shop or 1):.6f}")


def _removed(order: StoredOrder, line: Json, count: int) -> Json:
    """What so many more units are worth: all units of a line together are worth the line, however they are rounded."""
    quantity, gone = int(line["quantity"]), int(line["quantity"]) - int(line["current_quantity"])
    net, tax = line_net(line, order.nothing), taxes(line, order.nothing)
    return {
        "subtotal_set": (net.part(gone + count, quantity) - net.part(gone, quantity)).rest(),
        "total_tax_set": (tax.part(gone + count, quantity) - tax.part(gone, quantity)).rest(),
    }


def _edit_body(
    world: World, shop: Shop, order: StoredOrder, spec: EditSpec, additions: list[Json], removals: list[Json]
) -> Json:
    moment = shop.local(spec.at or world.now())
    return {
        "order_edit": {
            "id": world.new_id(),
            "app_id": None,
            "created_at": moment,
            "committed_at": moment,
            "notify_customer": False,
            "order_id": order.id,
            "staff_note": "",
            "user_id": None,
            "line_items": {"additions": additions, "removals": removals},
            "discounts": {"line_item": {"additions": [], "removals": []}},
            "shipping_lines": {"additions": [], "removals": []},
        }
    }


def fulfil(world: World, shop: Shop, order: StoredOrder, spec: FulfilSpec) -> list[Notice]:
    """Ship everything open, or some lines."""
    lines = order.body["line_items"]
    chosen = spec.lines or ()
    counts = {choice.line: choice.quantity for choice in chosen} or dict.fromkeys(range(len(lines)))
    shipped: list[Json] = []
    for index, count in counts.items():
        line = lines[index]
        take = min(count or line["fulfillable_quantity"], line["fulfillable_quantity"])
        line["fulfillable_quantity"] -= take
        line["fulfillment_status"] = "partial" if line["fulfillable_quantity"] else "fulfilled"
        shipped.append({**line, "quantity": take})
    open_left = any(line["fulfillable_quantity"] for line in lines)
    order.body["fulfillment_status"] = "partial" if open_left else "fulfilled"
    number = world.new_id()
    made = {
        "id": number,
        "admin_graphql_api_id": gid("Fulfillment", number),
        "order_id": order.id,
        "status": "success",
        "created_at": shop.local(spec.at or world.now()),
        "updated_at": shop.local(spec.at or world.now()),
        "service": "manual",
        "tracking_company": None,
        "tracking_numbers": [],
        "line_items": shipped,
        "name": f"{order.name}.{len(order.body['fulfillments']) + 1}",
    }
    order.body["fulfillments"].append(made)
    touch(world, shop, order)
    whole = "orders/partially_fulfilled" if open_left else "orders/fulfilled"
    return [notice("fulfillments/create", order, made), notice(whole, order), notice("orders/updated", order)]


def update(world: World, shop: Shop, order: StoredOrder, spec: UpdateSpec) -> list[Notice]:
    """Change note or tags."""
    if spec.note is not None:
        order.body["note"] = spec.note
    if spec.tags is not None:
        order.body["tags"] = spec.tags
    touch(world, shop, order)
    return [notice("orders/updated", order)]
