"""Checks of invoice rows: parts that do not add up, unmapped rates and roles, VAT that the law does not know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import ROUND_HALF_UP, Decimal

from app.invoicing.order_parts import VAT_FREE, Part, is_sold, unsupported_amounts
from app.invoicing.texts import language_of, say
from app.kit.money import Money, total, vat_out_of_gross
from app.model.finding import UNSTATED, Finding
from app.model.order import LineKind, Order
from app.tenants.rules import TenantRules
from app.vat import Scheme, Treatment, rate_text
from app.vat.numbers import foreign_prefix
from app.vat.special_supplies import domestic_reverse_charge
from app.vat.stated_facts import stated_tax, states_tax_on_order_alone

ROUNDING_SOURCE = "rounding"
"""Source of the row that takes what the shop's parts lack of its total."""

_TOLERANCE_PER_LINE = 1
"""Öre that the shop's VAT of one line may differ from ours: it rounds per line, Fortnox per rate (accounting.md T2)."""


def tax_tolerance(quantity: int) -> int:
    """Minor units: tax services round per unit, which moves each unit's VAT by half of one at most."""
    return max(_TOLERANCE_PER_LINE, quantity // 2)


def is_domestic_reverse_charge(order: Order) -> bool:
    """Whether a Swedish company bought without VAT what a product marked as free of VAT does not explain.

    The buyer then owes the VAT (ML 16 kap. 13 §: phones, tablets, computers, gold, scrap …; box 41).
    """
    is_company = bool(order.company or order.bill_to.company)
    is_swedish = order.bill_to.country_code in ("SE", "") and not foreign_prefix(order.vat_number)
    sold = [line for line in order.lines if line.is_goods and line.amount]
    is_marked = all(line.kind is LineKind.EXEMPT and not line.tax_lines for line in sold)
    return is_company and is_swedish and not order.has_tax and bool(sold) and not is_marked


def unknown_rates(parts: list[Part], treatment: Treatment, rules: TenantRules) -> Iterator[Finding]:
    """Rates that Fortnox does not know: nobody can map a role for them before the rate is there."""
    charged = {part.rate for part in parts if treatment.rule == Scheme.DOMESTIC or treatment.may_charge(part.rate)}
    for rate in sorted(charged - rules.vat_rates):
        yield Finding("FORTNOX_VAT_NOT_FOUND", f"{rate_text(rate)} %", {"rate": rate_text(rate)})


def unmapped_roles(parts: list[Part], treatment: Treatment, rules: TenantRules) -> Iterator[Finding]:
    """Roles without an account; of a rate that may not be charged here nobody is asked to map any."""
    needed: dict[str, Decimal] = {}
    for role, rate in dict.fromkeys((part.role, part.rate) for part in parts):
        illegal = is_sold(role) and treatment.rule != Scheme.DOMESTIC and not treatment.may_charge(rate)
        if rate not in rules.vat_rates or illegal:
            continue
        needed.setdefault(role, rate)
        if rate:
            needed.setdefault(treatment.vat_role(rate), rate)
    for role, rate in needed.items():
        if rules.account(role) is not None:
            continue
        if role.startswith("oss_"):
            country, shown = treatment.country, rate_text(rate)
            data = {"country": country, "rate": shown}
            yield Finding("OSS_COUNTRY_TAX_MAPPING_MISSING", f"{country} {shown}", data)
        else:
            yield Finding("ROLE_UNMAPPED", role, {"role": role})


def rounding_parts(
    order: Order, parts: list[Part], treatment: Treatment, rules: TenantRules, chosen: Mapping[str, int]
) -> list[Part]:
    """A row for what the shop's own parts lack of its total, as far as rules or a person let us; more is a finding."""
    left = order.total - _sum(order, parts, treatment)
    account = chosen.get(str(left))
    if not left or (account is None and abs(left).minor > max(rules.rounding_row_max, order.conversions)):
        return []
    none = Money.zero(order.currency)
    words = say("rounding" if account is None else "difference", language_of(order, rules))
    return [Part("rounding", words, 1, left, Decimal(0), none, "rounding", ROUNDING_SOURCE, account=account)]


def _sum(order: Order, parts: list[Part], treatment: Treatment) -> Money:
    computed = total((part.gross for part in parts), order.currency)
    return computed + total((amount for amount, _ in unsupported_amounts(order, treatment) if amount), order.currency)


def total_mismatch(order: Order, parts: list[Part], treatment: Treatment) -> Iterator[Finding]:
    """The shop's own parts do not make its total: both figures."""
    computed = _sum(order, parts, treatment)
    if computed != order.total:
        yield totals_disagree(order.total, computed)


def totals_disagree(stated: Money, computed: Money) -> Finding:
    """Both figures. It is about what lies between them, so that an answer holds for just that."""
    data = {"shop_amount": str(stated), "computed_amount": str(computed)}
    return Finding("SHOPIFY_TOTALS_DISAGREE", str(stated - computed), data)


def tax_findings(order: Order, parts: list[Part], treatment: Treatment) -> Iterator[Finding]:
    """Compare the VAT the shop charged with the VAT its own rates give, and with the rates that are law there."""
    if states_tax_on_order_alone(order):
        rates = ", ".join(rate_text(rate) for rate in sorted({tax.rate_percent for tax in order.tax_lines})) or UNSTATED
        yield Finding("ORDER_TAX_NOT_ON_LINES", "", {"charged_amount": str(stated_tax(order)), "rate": rates})
        return
    if treatment.rule == Scheme.DOMESTIC and is_domestic_reverse_charge(order):
        yield domestic_reverse_charge(order)
        return
    for part in parts:
        if is_sold(part.role) and part.why != VAT_FREE and not treatment.may_charge(part.rate):
            expected = ", ".join(rate_text(rate) for rate in sorted(treatment.rates, reverse=True)) or UNSTATED
            data = {"rate": rate_text(part.rate), "line": part.text[:60], "expected_rate": expected}
            yield Finding("VAT_CHARGED_UNEXPECTED", part.text[:60], data)
    for rate in sorted({part.rate for part in parts}):
        group = [part for part in parts if part.rate == rate]
        charged = total((part.charged_tax for part in group), order.currency)
        expected_vat = vat_out_of_gross(total((part.gross for part in group), order.currency), rate)
        # At 0 % nothing is rounded: VAT on a gift card or a tip is a question for a person (acc-12, acc-33).
        tolerance = sum(tax_tolerance(part.quantity) for part in group) if rate else 0
        difference = (charged - expected_vat).minor
        # The shop calculates VAT of its own prices, or converts the buyer's, which was rounded in the buyer's currency.
        explained = int(sum((row.tax_converted for row in group), Decimal(0)).to_integral_value(ROUND_HALF_UP))
        if min(abs(difference), abs(difference - explained)) > tolerance:
            data = {"rate": rate_text(rate), "charged_amount": str(charged), "computed_amount": str(expected_vat)}
            yield Finding("VAT_AMOUNT_UNEXPECTED", f"{rate_text(rate)} %", data)
