"""From order lines to invoice rows: prices VAT included, every discount inside its row, every öre in place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from app.domain.articles import collisions, number_on_row
from app.domain.commerce import Line, LineKind, Order, ShippingLine, TaxLine
from app.domain.findings import Finding
from app.domain.gift_cards import GIFT_CARD_SOLD, sale_role
from app.domain.money import Money, split, total, vat_on_net, vat_out_of_gross, whole_units
from app.domain.rules import TenantRules
from app.domain.steps import InvoiceRow, VatGroup
from app.domain.vat import Scheme, Treatment, rate_text

TIP_SOURCE = "tip"
"""Source of the row of a tip that is no line of the order."""
DUTIES_SOURCE = "duties"
"""Source of the row of duties that the shop collected."""
FOREIGN_VAT_SOURCE = "foreign_vat:"
"""Begins the source of another state's VAT; its rate follows."""

_TOLERANCE_PER_LINE = 1
"""Öre that the shop's VAT of one line may differ from ours: it rounds per line, Fortnox per rate (accounting.md T2)."""


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one invoice and the VAT groups they make."""

    rows: tuple[InvoiceRow, ...]
    vat: tuple[VatGroup, ...]


@dataclass(frozen=True, slots=True)
class _Part:
    """A gross amount at one rate, before it is spread over whole units."""

    role: str
    text: str
    quantity: int
    gross: Money
    rate: Decimal
    charged_tax: Money
    why: str
    source: str
    article_number: str | None = None


def build_rows(order: Order, treatment: Treatment, rules: TenantRules) -> Rows | list[Finding]:
    """The rows whose sum is the shop's total, or the findings that forbid them."""
    findings: list[Finding] = []
    parts = [part for part in _parts(order, treatment, rules, findings) if part.gross]
    findings += collisions(order.lines, rules)
    findings += _total_findings(order, parts, treatment)
    findings += _tax_findings(order, parts, treatment)
    negative = [part.text[:60] for part in parts if part.gross.minor < 0]
    findings += [Finding("VAT_TREATMENT_NOT_SUPPORTED", one, {"situation": f"{one} < 0"}) for one in negative]
    if treatment.collects:
        parts = _collected_apart(parts, treatment)
    findings += _unknown_rates(parts, treatment, rules)
    findings += _unmapped(parts, treatment, rules)
    if findings:
        return findings
    rows = tuple(row for part in parts for row in _whole_units(part, rules.accounts[part.role]))
    return Rows(rows, _vat_groups(parts, order.currency, treatment, rules))


def _parts(order: Order, treatment: Treatment, rules: TenantRules, findings: list[Finding]) -> Iterator[_Part]:
    for line in order.lines:
        yield _line_part(order, line, treatment, rules)
    for shipping in order.shipping:
        yield from _shipping_parts(order, shipping, treatment)
    if order.tip:
        yield _Part("tip", "Dricks", 1, order.tip, Decimal(0), Money.zero(order.currency), "tip", TIP_SOURCE)
    if order.duties and treatment.rule == Scheme.EXPORT:
        yield _Part("duties", "Tull", 1, order.duties, Decimal(0), Money.zero(order.currency), "duties", DUTIES_SOURCE)
    for extra, name in _extras(order, treatment):
        if extra:
            findings.append(Finding("VAT_TREATMENT_NOT_SUPPORTED", name, {"situation": name}))


def _extras(order: Order, treatment: Treatment) -> list[tuple[Money | None, str]]:
    """Amounts that no rule books; duties paid with the order belong to an export (acc-22)."""
    duties = None if treatment.rule == Scheme.EXPORT else order.duties
    return [(duties, "duties"), (order.additional_fees, "additional fees")]


def _line_part(order: Order, line: Line, treatment: Treatment, rules: TenantRules) -> _Part:
    gross = line.amount if order.taxes_included else line.amount + line.tax
    card_role = sale_role(rules) if line.kind is LineKind.GIFT_CARD else None
    rate = _rate(line.tax_lines, gross) if line.kind is LineKind.GOODS else Decimal(0)
    charged = line.tax
    if card_role and rules.gift_card_rate is not None:
        rate = rules.gift_card_rate
        charged = charged or vat_out_of_gross(gross, rate)  # Shopify charges none on cards: it is in the price
    number = number_on_row(line, rules)
    return _Part(
        role=card_role or treatment.sales_role(line, rate),
        text=_line_text(line, number),
        quantity=line.quantity,
        gross=gross,
        rate=rate,
        charged_tax=charged,
        why=GIFT_CARD_SOLD if card_role else _rule_of(line, treatment),
        source=line.source,
        article_number=number,
    )


def _rule_of(line: Line, treatment: Treatment) -> str:
    return line.kind.value if line.kind is not LineKind.GOODS else f"{treatment.rule}_goods"


def _line_text(line: Line, number: str | None) -> str:
    """The product as the shop names it, its own number where Fortnox's is another, and the discount inside the row."""
    title = f"{line.title} ({line.sku})" if number and number != line.sku else line.title
    if not line.discount:
        return title
    before = Money(line.unit_price.minor * line.quantity, line.unit_price.currency)
    return f"{title} ({before.decimal} minus rabatt {line.discount.decimal})"


def _rate(tax_lines: tuple[TaxLine, ...], gross: Money) -> Decimal:
    """The rate charged. Where nothing was, a rate counts that gives nothing on so little (a gross of an öre)."""
    charged = [tax.rate_percent for tax in tax_lines if tax.amount]
    too_small = (tax.rate_percent for tax in tax_lines if not vat_out_of_gross(gross, tax.rate_percent))
    return sum(charged, Decimal(0)) if charged else max(too_small, default=Decimal(0))


def _shipping_parts(order: Order, shipping: ShippingLine, treatment: Treatment) -> Iterator[_Part]:
    gross = shipping.price if order.taxes_included else shipping.price + shipping.tax
    taxed = [tax for tax in shipping.tax_lines if tax.amount.minor > 0 and tax.rate_percent]
    if len(taxed) <= 1 or total((tax.amount for tax in taxed), order.currency) != shipping.tax:
        rate = _rate(shipping.tax_lines, gross)
        why = f"{treatment.rule}_shipping"
        role = treatment.shipping_role(rate)
        yield _Part(role, shipping.title, 1, gross, rate, shipping.tax, why, shipping.source)
        return
    shares = _shipping_shares(order, shipping, taxed)
    for tax, share in zip(taxed, shares, strict=True):
        percent = rate_text(tax.rate_percent)
        why = f"{treatment.rule}_shipping_share"  # ancillary to goods of that rate: accounting.md acc-05
        role = treatment.shipping_role(tax.rate_percent)
        text = f"{shipping.title}, andel {percent} %"
        yield _Part(role, text, 1, share, tax.rate_percent, tax.amount, why, shipping.source)


def _shipping_shares(order: Order, shipping: ShippingLine, taxed: list[TaxLine]) -> list[Money]:
    """Split mixed-rate shipping by goods value if that gives the VAT the shop charged, else by that VAT itself.

    Split is the shop's own price, with or without VAT; what is returned includes VAT.
    """
    goods = [sum(line.amount.minor for line in order.lines if _has_rate(line, tax)) for tax in taxed]
    if min(goods) >= 0 and sum(goods) > 0:
        by_value = split(shipping.price, goods)
        vat_of = vat_out_of_gross if order.taxes_included else vat_on_net
        if all(vat_of(share, tax.rate_percent) == tax.amount for share, tax in zip(by_value, taxed, strict=True)):
            return _with_vat(order, by_value, taxed)
    vat_inside = [tax.rate_percent if order.taxes_included else Decimal(0) for tax in taxed]
    weights = [
        int(tax.amount.minor * 1000 * (100 + inside) / tax.rate_percent)
        for tax, inside in zip(taxed, vat_inside, strict=True)
    ]
    return _with_vat(order, split(shipping.price, weights), taxed)


def _with_vat(order: Order, shares: list[Money], taxed: list[TaxLine]) -> list[Money]:
    if order.taxes_included:
        return shares
    return [share + tax.amount for share, tax in zip(shares, taxed, strict=True)]


def _has_rate(line: Line, tax: TaxLine) -> bool:
    return line.kind is LineKind.GOODS and _rate(line.tax_lines, line.amount) == tax.rate_percent


def _whole_units(part: _Part, account: int) -> Iterator[InvoiceRow]:
    for count, price in whole_units(part.gross, part.quantity):
        yield InvoiceRow(
            account=account,
            role=part.role,
            description=part.text,
            quantity=count,
            unit_price=price,
            vat_percent=part.rate,
            article_number=part.article_number,
            why=part.why,
            source=part.source,
        )


def _vat_groups(parts: list[_Part], currency: str, treatment: Treatment, rules: TenantRules) -> tuple[VatGroup, ...]:
    rates = sorted({part.rate for part in parts}, reverse=True)
    return tuple(
        VatGroup(
            rate,
            total((part.gross for part in parts if part.rate == rate), currency),
            rules.account(treatment.vat_role(rate)) if rate else None,
        )
        for rate in rates
    )


def _collected_apart(parts: list[_Part], treatment: Treatment) -> list[_Part]:
    """Goods without the other state's VAT, and that VAT by rate as rows of its own: a debt, no revenue (acc-09)."""
    apart, bare = [], []
    for rate in sorted({part.rate for part in parts if part.rate}, reverse=True):
        taxes = total((part.charged_tax for part in parts if part.rate == rate), parts[0].gross.currency)
        role, text = f"foreign_vat.{treatment.country.lower()}", f"Moms {treatment.country} {rate_text(rate)} %"
        source = f"{FOREIGN_VAT_SOURCE}{rate_text(rate)}"
        apart.append(_Part(role, text, 1, taxes, Decimal(0), Money.zero(taxes.currency), "foreign_vat", source))
    for part in parts:
        none = Money.zero(part.gross.currency)
        bare.append(replace(part, gross=part.gross - part.charged_tax, rate=Decimal(0), charged_tax=none))
    return [part for part in (*bare, *apart) if part.gross]


def _sold(part: _Part) -> bool:
    """Whether a part is a supply with VAT of its own: no gift card, tip, duty or debt."""
    return part.role.startswith(("sales.", "shipping.", "oss_sales."))


def _unknown_rates(parts: list[_Part], treatment: Treatment, rules: TenantRules) -> Iterator[Finding]:
    """Rates that Fortnox does not know: nobody can map a role for them before the rate is there."""
    charged = {part.rate for part in parts if treatment.rule == Scheme.DOMESTIC or treatment.may_charge(part.rate)}
    for rate in sorted(charged - rules.vat_rates):
        yield Finding("FORTNOX_VAT_NOT_FOUND", f"{rate_text(rate)} %", {"rate": rate_text(rate)})


def _unmapped(parts: list[_Part], treatment: Treatment, rules: TenantRules) -> Iterator[Finding]:
    """Roles without an account; of a rate that may not be charged here nobody is asked to map any."""
    needed: dict[str, Decimal] = {}
    for part in parts:
        illegal = _sold(part) and treatment.rule != Scheme.DOMESTIC and not treatment.may_charge(part.rate)
        if part.rate not in rules.vat_rates or illegal:
            continue
        needed.setdefault(part.role, part.rate)
        if part.rate:
            needed.setdefault(treatment.vat_role(part.rate), part.rate)
    for role, rate in needed.items():
        if rules.account(role) is not None:
            continue
        if role.startswith("oss_"):
            country, shown = treatment.country, rate_text(rate)
            data = {"country": country, "rate": shown}
            yield Finding("OSS_COUNTRY_TAX_MAPPING_MISSING", f"{country} {shown}", data)
        else:
            yield Finding("ROLE_UNMAPPED", role, {"role": role})


def _total_findings(order: Order, parts: list[_Part], treatment: Treatment) -> Iterator[Finding]:
    computed = total((part.gross for part in parts), order.currency)
    computed += total((extra for extra, _ in _extras(order, treatment) if extra), order.currency)
    if computed != order.total:
        yield Finding(
            "SHOPIFY_TOTALS_DISAGREE", "", {"shop_amount": str(order.total), "computed_amount": str(computed)}
        )


def _tax_findings(order: Order, parts: list[_Part], treatment: Treatment) -> Iterator[Finding]:
    """Compare the VAT the shop charged with the VAT its own rates give, and with the rates that are law there."""
    for part in parts:
        if _sold(part) and not treatment.may_charge(part.rate):
            expected = ", ".join(rate_text(rate) for rate in sorted(treatment.rates, reverse=True)) or "–"
            data = {"rate": rate_text(part.rate), "line": part.text[:60], "expected_rate": expected}
            yield Finding("VAT_CHARGED_UNEXPECTED", part.text[:60], data)
    for rate in sorted({part.rate for part in parts}):
        group = [part for part in parts if part.rate == rate]
        charged = total((part.charged_tax for part in group), order.currency)
        expected_vat = vat_out_of_gross(total((part.gross for part in group), order.currency), rate)
        # At 0 % nothing is rounded: VAT on a gift card or a tip is a question for a person (acc-12, acc-33).
        tolerance = _TOLERANCE_PER_LINE * len(group) if rate else 0
        if abs(charged - expected_vat).minor > tolerance:
            data = {"rate": rate_text(rate), "charged_amount": str(charged), "computed_amount": str(expected_vat)}
            yield Finding("VAT_AMOUNT_UNEXPECTED", f"{rate_text(rate)} %", data)
