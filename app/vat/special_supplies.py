"""Sales under special VAT rules (margin scheme, reverse charge), found by a rule of the company: they are blocked.

A shop knows no margin scheme and no domestic reverse charge. What it charges on such goods, 0 % or 25 % of the whole
price, is no fact about their VAT (ML 20 kap.; 16 kap. 13 §). A product's type or tag would need the scope
`read_products`; a SKU and a tag of the order need none.
"""

from __future__ import annotations

from collections.abc import Iterator

from app.model.finding import UNSTATED, Finding
from app.model.order import Line, Order
from app.tenants.rules import SpecialSupply, TenantRules

_SKU, _TAG = "sku:", "tag:"


def special_supply(order: Order, line: Line, rules: TenantRules) -> SpecialSupply | None:
    """How a line is taxed by rule; the longest beginning of its SKU goes before a tag of the order."""
    sku = f"{_SKU}{(line.sku or '').casefold()}"
    supplies = [supply for supply in rules.special_supplies if supply.startswith(_SKU) and sku.startswith(supply)]
    supplies = supplies or [
        supply for supply in rules.special_supplies if supply in {f"{_TAG}{tag}" for tag in order.tags}
    ]
    return rules.special_supplies[max(supplies, key=len)] if supplies else None


def special_findings(order: Order, rules: TenantRules) -> Iterator[Finding]:
    """One finding for each way of taxing that the order needs and we do not book."""
    if not rules.special_supplies:
        return
    sold = [(line, special_supply(order, line, rules)) for line in order.lines if line.is_goods and line.amount]
    margin = [line for line, how in sold if how is SpecialSupply.MARGIN]
    if margin:
        data = {"order": order.name, "line": margin[0].title[:60]}
        yield Finding("MARGIN_GOODS_STOPPED", order.name, data)
    if any(how is SpecialSupply.REVERSE_CHARGE for _, how in sold):
        yield domestic_reverse_charge(order)


def domestic_reverse_charge(order: Order) -> Finding:
    """The buyer owes the VAT: named by its company where the shop knows one."""
    company = order.company or order.bill_to.company or order.bill_to.name or UNSTATED
    return Finding("DOMESTIC_REVERSE_CHARGE_STOPPED", order.name, {"order": order.name, "company": company})
