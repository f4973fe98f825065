"""Shopify's identities, checked on either rendering of an order, in either currency."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from tests.support.contract.shopify_stage import Stage

CENT = Decimal("0.01")
BAG = "{ shopMoney { amount } presentmentMoney { amount } }"
ORDER = """query O($id: ID!, $after: String) { order(id: $id) {
  name taxesIncluded test subtotalPriceSet BAG totalPriceSet BAG totalTaxSet BAG totalDiscountsSet BAG netPaymentSet BAG
  currentTotalPriceSet BAG totalOutstandingSet BAG originalTotalPriceSet BAG displayFinancialStatus edited
  lineItems(first: 250, after: $after) { pageInfo { hasNextPage endCursor } nodes {
    quantity currentQuantity originalUnitPriceSet BAG discountAllocations { allocatedAmountSet BAG }
    taxLines { rate priceSet BAG } } }
  shippingLines(first: 10, includeRemovals: true) { nodes { isRemoved originalPriceSet BAG discountedPriceSet BAG
    discountAllocations { allocatedAmountSet BAG } taxLines { rate priceSet BAG } } }
  transactions(first: 50) { kind status amountSet BAG }
  refunds(first: 20) { totalRefundedSet BAG
    refundLineItems(first: 50) { nodes { quantity subtotalSet BAG totalTaxSet BAG } }
    refundShippingLines(first: 5) { nodes { subtotalAmountSet BAG } }
    orderAdjustments(first: 5) { nodes { amountSet BAG } } }
} }""".replace("BAG", BAG)


def money(holder: Any, key: str, which: str = "shop") -> Decimal:
    """An amount of either rendering, in either currency."""
    for name, inner in ((f"{key}_set", f"{which}_money"), (key, f"{which}Money")):
        if isinstance(holder.get(name), dict):
            return Decimal(holder[name][inner]["amount"])
    return Decimal(str(holder[key]))


def as_graphql(stage: Stage, order: Any) -> Any:
    whole: Any = None
    after = None
    while True:
        page = stage.data(ORDER, {"id": order["admin_graphql_api_id"], "after": after})["order"]
        if whole is None:
            whole = page
        else:
            whole["lineItems"]["nodes"] += page["lineItems"]["nodes"]
        info = page["lineItems"]["pageInfo"]
        if not info["hasNextPage"]:
            return whole
        after = info["endCursor"]


def check_rest(body: Any, transactions: Any, which: str) -> None:
    lines, shipping = body["line_items"], [s for s in body["shipping_lines"] if not s["is_removed"]]
    gross = sum(money(line, "price", which) * line["quantity"] for line in lines)
    off = {id(p): sum(money(a, "amount", which) for a in p["discount_allocations"]) for p in [*lines, *shipping]}
    tax = sum(money(t, "price", which) for p in [*lines, *shipping] for t in p["tax_lines"])
    freight = sum(money(line, "discounted_price", which) for line in shipping)
    assert money(body, "subtotal_price", which) == gross - sum(off[id(line)] for line in lines)
    assert money(body, "total_tax", which) == tax
    assert money(body, "total_discounts", which) == sum(off.values())
    expected = money(body, "subtotal_price", which) + freight + (0 if body["taxes_included"] else tax)
    assert money(body, "total_price", which) == expected
    for line in lines:
        value = money(line, "price", which) * line["quantity"] - off[id(line)]
        for entry in line["tax_lines"]:
            rate = Decimal(str(entry["rate"]))
            exact = value * rate / (1 + rate) if body["taxes_included"] else value * rate
            assert money(entry, "price", which) == exact.quantize(CENT, ROUND_HALF_UP)
    if which == "shop":
        signs = {"sale": 1, "capture": 1, "refund": -1}
        paid = sum(signs.get(t["kind"], 0) * Decimal(t["amount"]) for t in transactions if t["status"] == "success")
        # Money given back for no line in particular (adjustments, negative) lowers no total, but is not owed either.
        given = sum(
            Decimal(one["amount"])
            for refund in body["refunds"]
            for one in refund["order_adjustments"]
            if one["kind"] == "refund_discrepancy"
        )
        left = Decimal(body["current_total_price"]) + given - paid
        assert left == Decimal(body["total_outstanding"]) or body["cancelled_at"]


def check_graphql(order: Any, which: str) -> None:
    lines = order["lineItems"]["nodes"]
    shipping = [line for line in order["shippingLines"]["nodes"] if not line["isRemoved"]]
    gross = sum(money(line, "originalUnitPriceSet", which) * line["quantity"] for line in lines)
    off = [money(a, "allocatedAmountSet", which) for line in lines for a in line["discountAllocations"]]
    off_freight = [money(a, "allocatedAmountSet", which) for line in shipping for a in line["discountAllocations"]]
    tax = sum(money(t, "priceSet", which) for part in [*lines, *shipping] for t in part["taxLines"])
    freight = sum(money(line, "discountedPriceSet", which) for line in shipping)
    assert money(order, "subtotalPriceSet", which) == gross - sum(off)
    assert money(order, "totalTaxSet", which) == tax
    assert money(order, "totalDiscountsSet", which) == sum(off) + sum(off_freight)
    extra = 0 if order["taxesIncluded"] else tax
    assert money(order, "totalPriceSet", which) == money(order, "subtotalPriceSet", which) + freight + extra
    signs = {"SALE": 1, "CAPTURE": 1, "REFUND": -1}
    rows = [t for t in order["transactions"] if t["status"] == "SUCCESS"]
    net = sum(signs.get(t["kind"], 0) * money(t, "amountSet", which) for t in rows)
    assert money(order, "netPaymentSet", which) == net
