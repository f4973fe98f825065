"""Adds stated facts to an order before it is decided: people's answers, attributes by rule, taxes of the order."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from app.kit.money import Money, split, total, vat_on_net, vat_out_of_gross
from app.model.answers import Answers
from app.model.order import Line, LineKind, Order, ShippingLine, TaxLine
from app.tenants.rules import TenantRules
from app.vat.numbers import complete_number


def with_stated_facts(order: Order, rules: TenantRules, answers: Answers) -> Order:
    """The order with what a person or a rule states about it. Applying it twice changes nothing."""
    number = answers.vat_number or order.vat_number or _from_attributes(order, rules)
    if number:
        number = complete_number(number, order.bill_to.country_code or order.ship_to.country_code)
    stated = replace(order, vat_number=number, transport_proven=order.transport_proven or answers.transport_proven)
    return _with_order_taxes(stated)


def _from_attributes(order: Order, rules: TenantRules) -> str:
    """The VAT number that buyers type into a field of the shop's checkout, by the names that the tenant gives."""
    for name, value in order.attributes:
        if name.strip().casefold() in rules.vat_number_attributes:
            return value
    return ""


def states_tax_on_order_alone(order: Order) -> bool:
    """Whether the shop charged tax and says on no line which (imported orders; Shopify `Order.taxLines`).

    The order's own tax still counts lines that an edit took away: only goods that may carry tax say something.
    """
    on_lines = any(line.tax_lines for line in order.lines) or any(shipping.tax_lines for shipping in order.shipping)
    return bool(stated_tax(order)) and not on_lines and bool(_may_be_taxed(order))


def _may_be_taxed(order: Order) -> list[Line]:
    return [line for line in order.lines if line.kind in (LineKind.GOODS, LineKind.FEE) and line.amount]


def stated_tax(order: Order) -> Money:
    """The tax that the shop states for the whole order."""
    return order.total_tax or total((tax.amount for tax in order.tax_lines), order.currency)


def _with_order_taxes(order: Order) -> Order:
    """Tax that is stated only on the order, split over its lines where one rate explains it to the öre per line."""
    rates = {tax.rate_percent for tax in order.tax_lines if tax.amount}
    if not states_tax_on_order_alone(order) or len(rates) != 1:
        return order
    (rate,) = rates
    carriers: list[Line | ShippingLine] = [
        *_may_be_taxed(order),
        *(shipping for shipping in order.shipping if shipping.price),
    ]
    amounts = [_price(taxed) for taxed in carriers]
    if not carriers or min(amount.minor for amount in amounts) < 0:
        return order
    vat_of = vat_out_of_gross if order.taxes_included else vat_on_net
    computed = vat_of(total(amounts, order.currency), rate)
    charged = stated_tax(order)
    if abs(computed - charged).minor > len(carriers):
        return order
    shares = split(charged, [amount.minor for amount in amounts])
    by_source = {taxed.source: _tax(order, rate, share) for taxed, share in zip(carriers, shares, strict=True)}
    return replace(
        order,
        lines=tuple(replace(line, tax_lines=by_source.get(line.source, ())) for line in order.lines),
        shipping=tuple(replace(shipping, tax_lines=by_source.get(shipping.source, ())) for shipping in order.shipping),
    )


def _price(taxed: Line | ShippingLine) -> Money:
    return taxed.amount if isinstance(taxed, Line) else taxed.price


def _tax(order: Order, rate: Decimal, amount: Money) -> tuple[TaxLine, ...]:
    title = next((tax.title for tax in order.tax_lines), "")
    return (TaxLine(title, rate, amount),)
