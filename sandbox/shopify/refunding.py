"""Refunds: goods, shipping, or a mere amount (shopify-api.md 3.7)."""

from __future__ import annotations

from decimal import Decimal

from sandbox.shopify.model import Json, Shop, StoredOrder, World, gid
from sandbox.shopify.money import Bag, minor, pair, read_bag, rest_text, total_of
from sandbox.shopify.paying import add_transaction
from sandbox.shopify.spec import LineChoice, PaymentSpec, RefundSpec
from sandbox.shopify.totals import (
    MONEY_IN,
    line_net,
    refund_value,
    retotal,
    shipping_now,
    taxes,
)


def add_refund(world: World, shop: Shop, order: StoredOrder, spec: RefundSpec) -> Json:
    """Make the refund, its transactions and adjustments; lower what is current of the order."""
    number = world.new_id()
    moment = shop.local(spec.at or world.now())
    made: Json = {
        "id": number,
        "admin_graphql_api_id": gid("Refund", number),
        "order_id": order.id,
        "created_at": moment,
        "processed_at": moment,
        "updated_at": moment,
        "note": spec.note,
        "user_id": None,
        "restock": spec.restock_type != "no_restock",
        "duties": [],
        "total_duties_set": order.nothing.rest(),
        "additional_fees": [],
        "return": None,
        "refund_line_items": [_goods(world, order, choice, spec) for choice in spec.lines if _left(order, choice)],
        "refund_shipping_lines": [],
        "order_adjustments": [],
        "transactions": [],
    }
    if spec.shipping is not None:
        _return_shipping(world, order, spec.shipping, made)
    order.body["refunds"].append(made)
    _return_money(world, shop, order, spec, made)
    retotal(order)
    return made


def _goods(world: World, order: StoredOrder, choice: LineChoice, spec: RefundSpec) -> Json:
    """One line taken back. With prices including tax the subtotal contains the tax (3.7)."""
    nothing, line = order.nothing, order.body["line_items"][choice.line]
    quantity = int(line["quantity"])
    count = choice.quantity or int(line.get("current_quantity", quantity))
    line["current_quantity"] = int(line.get("current_quantity", quantity)) - count
    # What came back before it was sent is not sent any more; units that were sent come back first otherwise.
    unsent = int(line.get("fulfillable_quantity") or 0)
    line["fulfillable_quantity"] = (
        max(unsent - count, 0) if spec.restock_type == "cancel" else min(unsent, line["current_quantity"])
    )
    subtotal = line_net(line, nothing).part(count, quantity)
    tax = taxes(line, nothing).part(count, quantity)
    return {
        "id": world.new_id(),
        "line_item_id": line["id"],
        "location_id": None,
        "quantity": count,
        "restock_type": spec.restock_type,
        **numbers("subtotal", subtotal),
        **numbers("total_tax", tax),
        "line_item": {**line},
    }


def _left(order: StoredOrder, choice: LineChoice) -> bool:
    """Whether anything of the line is left to take back."""
    line = order.body["line_items"][choice.line]
    return int(line.get("current_quantity", line["quantity"])) > 0


def numbers(key: str, bag: Bag) -> Json:
    """These two fields are JSON numbers in REST, their sets are strings (2.5); a client must read them exactly."""
    return {key: float(Decimal(bag.text)), f"{key}_set": bag.rest()}


def _return_shipping(world: World, order: StoredOrder, wanted: str, made: Json) -> None:
    """Refund shipping: a refund_shipping_line and, in REST, a negative shipping_refund adjustment."""
    nothing, lines = order.nothing, shipping_now(order)
    if not lines:
        return
    line = lines[0]
    paid, tax = read_bag(line, "discounted_price", nothing), taxes(line, nothing)
    left = read_bag(line, "current_discounted_price", nothing)
    units = left.shop if wanted == "all" else min(minor(wanted, nothing.shop_currency), left.shop)
    if not units:
        return  # it went back already: nothing of it can be refunded again
    back = paid if units == paid.shop else paid.part(units, paid.shop)
    tax_back = tax if units == paid.shop else tax.part(units, paid.shop or 1)
    made["refund_shipping_lines"].append(
        {
            "id": world.new_id(),
            "shipping_line": {"id": line["id"], "title": line["title"]},
            "subtotal_amount_set": back.rest(),
            "tax_amount_set": tax_back.rest(),
        }
    )
    line["current_discounted_price_set"] = (left - back).rest()
    made["order_adjustments"].append(_adjustment(world, made, "shipping_refund", "Shipping refund", -back, -tax_back))


def _adjustment(world: World, made: Json, kind: str, reason: str, amount: Bag, tax: Bag) -> Json:
    return {
        "id": world.new_id(),
        "order_id": made["order_id"],
        "refund_id": made["id"],
        "kind": kind,
        "reason": reason,
        **pair("amount", amount),
        **pair("tax_amount", tax),
    }


def _return_money(world: World, shop: Shop, order: StoredOrder, spec: RefundSpec, made: Json) -> None:
    """Refund transactions against the payments that brought the money, and the discrepancy if sums differ."""
    nothing = order.nothing
    value = refund_value(made, nothing, taxes_included=bool(order.body["taxes_included"]))
    sources = [t for t in order.transactions if t["kind"] in MONEY_IN and t["status"] == "success"]
    if not spec.money or not sources:
        return
    money = value
    if spec.amount is not None:
        units = minor(spec.amount, nothing.shop_currency)
        money = value.part(units, value.shop) if value.shop else nothing.with_units(units, units)
    for source in sources:
        share = _share(order, source, money)
        if share.shop > 0:
            payment = PaymentSpec(gateway=source["gateway"], status=spec.status, at=spec.at, card=source.get("_card"))
            row = add_transaction(world, shop, order, payment, kind="refund", amount=share)
            row["parent_id"] = source["id"]
            row["message"] = f"Refunded {rest_text(share.shop, share.shop_currency)} from {source['gateway']} gateway"
            made["transactions"].append(row)
            money -= share
    paid = total_of((read_bag(row, "_amount", nothing) for row in made["transactions"]), nothing)
    if paid.shop != value.shop:
        gap = _adjustment(world, made, "refund_discrepancy", "Refund discrepancy", value - paid, nothing)
        made["order_adjustments"].append(gap)


def _share(order: StoredOrder, source: Json, money: Bag) -> Bag:
    """As much of the money as this payment can still give back."""
    nothing = order.nothing
    given = [t for t in order.transactions if t["kind"] == "refund" and t["parent_id"] == source["id"]]
    left = read_bag(source, "_amount", nothing)
    left -= total_of((read_bag(t, "_amount", nothing) for t in given if t["status"] != "failure"), nothing)
    return money if money.shop <= left.shop else left
