"""Sums: every order-level figure follows from lines, shipping, refunds and transactions.

The identities are those of shopify-api.md 3.4. An order that should break them carries a `breach`, added last.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from sandbox.shopify.model import Json, StoredOrder
from sandbox.shopify.money import Bag, minor, pair, read_bag, total_of

MONEY_IN = ("sale", "capture")
TIP_TITLE = "Tip"


def line_gross(line: Json, nothing: Bag) -> Bag:
    """Price times quantity, before any discount."""
    return read_bag(line, "price", nothing).times(int(line.get("quantity") or 0))


def allocated(holder: Json, nothing: Bag) -> Bag:
    """All discounts on a line or shipping line: `discount_allocations` is the complete truth (3.3)."""
    return total_of((read_bag(entry, "amount", nothing) for entry in holder.get("discount_allocations") or []), nothing)


def line_net(line: Json, nothing: Bag) -> Bag:
    """The line after all discounts, for the whole ordered quantity."""
    return line_gross(line, nothing) - allocated(line, nothing)


def taxes(holder: Json, nothing: Bag) -> Bag:
    """Sum of the tax lines of a line or shipping line."""
    return total_of((read_bag(entry, "price", nothing) for entry in holder.get("tax_lines") or []), nothing)


def shipping_now(order: StoredOrder) -> list[Json]:
    """Shipping lines that count: removed ones stay in the body (3.3) but not in the sums."""
    return [line for line in order.body.get("shipping_lines") or [] if not line.get("is_removed")]


def money_moved(order: StoredOrder, kinds: tuple[str, ...]) -> Bag:
    """Sum of successful transactions of some kinds; pending and failed rows do not count (3.4, identity 7)."""
    rows = (t for t in order.transactions if t["kind"] in kinds and t["status"] == "success")
    return total_of((read_bag(t, "_amount", order.nothing) for t in rows), order.nothing)


def refund_value(refund: Json, nothing: Bag, *, taxes_included: bool) -> Bag:
    """What a refund takes back in goods and shipping, with tax."""
    value = nothing
    for row in refund.get("refund_line_items") or []:
        value += read_bag(row, "subtotal", nothing)
        value += nothing if taxes_included else read_bag(row, "total_tax", nothing)
    for row in refund.get("refund_shipping_lines") or []:
        value += read_bag(row, "subtotal_amount", nothing)
        value += nothing if taxes_included else read_bag(row, "tax_amount", nothing)
    return value


def refund_tax(refund: Json, nothing: Bag) -> Bag:
    """The tax inside what a refund takes back."""
    goods = total_of((read_bag(r, "total_tax", nothing) for r in refund.get("refund_line_items") or []), nothing)
    return total_of((read_bag(r, "tax_amount", nothing) for r in refund.get("refund_shipping_lines") or []), goods)


def retotal(order: StoredOrder) -> None:
    """Write every total of the order anew from its parts."""
    body, nothing = order.body, order.nothing
    lines, shipping = body["line_items"], shipping_now(order)
    included = bool(body["taxes_included"])
    gross = total_of((line_gross(line, nothing) for line in lines), nothing)
    discounts = total_of((allocated(part, nothing) for part in [*lines, *shipping]), nothing)
    subtotal = total_of((line_net(line, nothing) for line in lines), nothing)
    freight = total_of((read_bag(line, "price", nothing) for line in shipping), nothing)
    freight_paid = total_of((read_bag(line, "discounted_price", nothing) for line in shipping), nothing)
    tax = total_of((taxes(part, nothing) for part in [*lines, *shipping]), nothing)
    total = subtotal + freight_paid + (nothing if included else tax)
    body["total_shipping_price_set"] = freight.rest()
    figures = {
        "total_line_items_price": gross,
        "total_discounts": discounts,
        "subtotal_price": subtotal,
        "total_tax": tax,
        "total_price": total,
    }
    for key, bag in figures.items():
        body |= pair(key, _breached(order, key, bag))
    body["tax_lines"] = grouped_taxes([*lines, *shipping], nothing)
    body["total_tip_received"] = total_of((line_net(line, nothing) for line in lines if is_tip(line)), nothing).text
    _write_current(order, discounts=discounts, subtotal=subtotal, freight=freight_paid, tax=tax)
    _write_payment_state(order)


def is_tip(line: Json) -> bool:
    """A tip is a line titled "Tip" without product (3.3)."""
    return line.get("title") == TIP_TITLE and line.get("product_id") is None


def _breached(order: StoredOrder, key: str, bag: Bag) -> Bag:
    if key not in order.breach:
        return bag
    off = minor(order.breach[key], bag.shop_currency)
    return bag.with_units(bag.shop + off, bag.presentment + off)


def grouped_taxes(parts: list[Json], nothing: Bag) -> list[Json]:
    """Order-level tax lines: one per title and rate, shipping included (whether Shopify includes it is unknown)."""
    sums: dict[tuple[str, str], Bag] = {}
    for part in parts:
        for entry in part.get("tax_lines") or []:
            key = (str(entry["title"]), str(entry["rate"]))
            sums[key] = sums.get(key, nothing) + read_bag(entry, "price", nothing)
    return [
        {**pair("price", bag), "rate": rate_number(rate), "title": title, "channel_liable": False}
        for (title, rate), bag in sums.items()
    ]


def rate_number(rate: str | Decimal) -> float:
    """A rate as JSON carries it, 0.25: Shopify writes rates as numbers (2.5)."""
    return float(rate)


def _write_current(order: StoredOrder, *, discounts: Bag, subtotal: Bag, freight: Bag, tax: Bag) -> None:
    """The current_* figures: what is left after edits, returns and refunds (identity 6)."""
    body, nothing = order.body, order.nothing
    refunds = body.get("refunds") or []
    included = bool(body["taxes_included"])
    taken_back = total_of((_goods(refund, nothing) for refund in refunds), nothing)
    taken_back = total_of((read_bag(row, "subtotal", nothing) for row in order.removals), taken_back)
    freight_back = total_of((_freight(refund, nothing) for refund in refunds), nothing)
    tax_back = total_of((refund_tax(refund, nothing) for refund in refunds), nothing)
    tax_back = total_of((read_bag(row, "total_tax", nothing) for row in order.removals), tax_back)
    subtotal, freight, tax = subtotal - taken_back, freight - freight_back, tax - tax_back
    total = subtotal + freight + (nothing if included else tax)
    body |= pair("current_subtotal_price", subtotal) | pair("current_total_tax", tax)
    body |= pair("current_total_discounts", discounts)
    body |= pair("current_total_price", _breached(order, "total_price", total))
    body["current_shipping_price_set"] = freight.rest()


def _goods(refund: Json, nothing: Bag) -> Bag:
    return total_of((read_bag(row, "subtotal", nothing) for row in refund.get("refund_line_items") or []), nothing)


def _freight(refund: Json, nothing: Bag) -> Bag:
    rows = refund.get("refund_shipping_lines") or []
    return total_of((read_bag(row, "subtotal_amount", nothing) for row in rows), nothing)


def discrepancy(order: StoredOrder) -> Bag:
    """Money refunded beyond the goods (negative) or held back (positive): in the merchant's favour (3.4)."""
    nothing = order.nothing
    included = bool(order.body.get("taxes_included"))
    result = nothing
    for refund in order.body.get("refunds") or []:
        paid = [t for t in refund.get("transactions") or [] if t["status"] == "success"]
        if paid:
            result += refund_value(refund, nothing, taxes_included=included)
            result -= total_of((read_bag(t, "_amount", nothing) for t in paid), nothing)
    return result


def _write_payment_state(order: StoredOrder) -> None:
    received, refunded = money_moved(order, MONEY_IN), money_moved(order, ("refund",))
    due = read_bag(order.body, "current_total_price", order.nothing)
    outstanding = due - (received - refunded) + discrepancy(order)
    kinds = {t["kind"] for t in order.transactions if t["status"] == "success"}
    voided = "void" in kinds or order.body.get("cancelled_at") is not None
    order.body["total_outstanding"] = (order.nothing if voided and not received.shop else outstanding).text
    gateways = [str(t["gateway"]) for t in order.transactions]
    order.body["payment_gateway_names"] = list(dict.fromkeys(gateways))
    full = read_bag(order.body, "total_price", order.nothing)
    order.body["financial_status"] = _status(received.shop, refunded.shop, full.shop, kinds, voided=voided)


def _status(received: int, refunded: int, total: int, kinds: set[str], *, voided: bool) -> str:
    """`financial_status` from the money; a zero-total order counts as paid from the start."""
    rules: list[tuple[Callable[[], bool], str]] = [
        (lambda: received > 0 and refunded >= received, "refunded"),
        (lambda: refunded > 0, "partially_refunded"),
        (lambda: received > 0 and received < total, "partially_paid"),
        (lambda: received > 0 or total == 0, "paid"),
        (lambda: voided, "voided"),
        (lambda: "authorization" in kinds, "authorized"),
    ]
    return next((word for applies, word in rules if applies()), "pending")
