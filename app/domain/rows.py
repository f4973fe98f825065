"""From order lines to invoice rows: prices VAT included, every discount inside its row, every öre in place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from app.domain.articles import collisions, number_on_row
from app.domain.commerce import Line, LineKind, Order, ShippingLine, TaxLine
from app.domain.dimensions import of_product
from app.domain.documents import InvoiceRow, VatGroup
from app.domain.findings import Finding
from app.domain.gift_cards import GIFT_CARD_SOLD, sale_role
from app.domain.money import Money, split, total, vat_on_net, vat_out_of_gross, whole_units
from app.domain.row_checks import rounding_parts, tax_findings, total_mismatch, unknown_rates, unmapped_roles
from app.domain.row_parts import VAT_FREE, Part, extras, is_vat_free
from app.domain.rules import TenantRules
from app.domain.texts import language_of, say
from app.domain.vat import Scheme, Treatment, rate_text

_TAXED = (LineKind.GOODS, LineKind.EXEMPT, LineKind.FEE)
"""Lines that carry VAT of their own."""
TIP_SOURCE = "tip"
"""Source of the row of a tip that is no line of the order."""
DUTIES_SOURCE = "duties"
"""Source of the row of duties that the shop collected."""
FOREIGN_VAT_SOURCE = "foreign_vat:"
"""Begins the source of another state's VAT; its rate follows."""


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one invoice and the VAT groups they make."""

    rows: tuple[InvoiceRow, ...]
    vat: tuple[VatGroup, ...]


def build_rows(order: Order, treatment: Treatment, rules: TenantRules) -> Rows | list[Finding]:
    """The rows whose sum is the shop's total, or the findings that forbid them."""
    findings: list[Finding] = []
    parts = [part for part in _parts(order, treatment, rules, findings) if part.gross]
    parts += rounding_parts(order, parts, treatment, rules)
    findings += collisions(order.lines, rules)
    findings += total_mismatch(order, parts, treatment)
    findings += tax_findings(order, parts, treatment)
    negative = [part.text[:60] for part in parts if part.gross.minor < 0 and part.role != "rounding"]
    findings += [Finding("VAT_TREATMENT_NOT_SUPPORTED", one, {"situation": f"{one} < 0"}) for one in negative]
    if treatment.collects:
        parts = _collected_apart(parts, treatment, language_of(order, rules))
    findings += unknown_rates(parts, treatment, rules)
    findings += unmapped_roles(parts, treatment, rules)
    if findings:
        return findings
    rows = tuple(row for part in parts for row in _whole_units(part, rules.accounts[part.role]))
    return Rows(rows, _vat_groups(parts, order.currency, treatment, rules))


def _parts(order: Order, treatment: Treatment, rules: TenantRules, findings: list[Finding]) -> Iterator[Part]:
    language = language_of(order, rules)
    for line in order.lines:
        yield _line_part(order, line, treatment, rules, language)
    for shipping in order.shipping:
        yield from _shipping_parts(order, shipping, treatment, rules)
    if order.tip:
        yield Part("tip", say("tip", language), 1, order.tip, Decimal(0), Money.zero(order.currency), "tip", TIP_SOURCE)
    if order.duties and treatment.rule == Scheme.EXPORT:
        yield Part(
            "duties",
            say("duties", language),
            1,
            order.duties,
            Decimal(0),
            Money.zero(order.currency),
            "duties",
            DUTIES_SOURCE,
        )
    for extra, name in extras(order, treatment):
        if extra:
            findings.append(Finding("VAT_TREATMENT_NOT_SUPPORTED", name, {"situation": name}))


def _line_part(order: Order, line: Line, treatment: Treatment, rules: TenantRules, language: str) -> Part:
    gross = line.gross(taxes_included=order.taxes_included)
    card_role = sale_role(rules) if line.kind is LineKind.GIFT_CARD else None
    rate = _rate(line.tax_lines, gross) if line.kind in _TAXED else Decimal(0)
    charged = line.tax
    if card_role and rules.gift_card_rate is not None:
        rate = rules.gift_card_rate
        charged = charged or vat_out_of_gross(gross, rate)  # Shopify charges none on cards: it is in the price
    number = number_on_row(line, rules)
    return Part(
        role=card_role or treatment.sales_role(line, rate),
        text=_line_text(line, number, language),
        quantity=line.quantity,
        gross=gross,
        rate=rate,
        charged_tax=charged,
        why=GIFT_CARD_SOLD if card_role else _rule_of(line, treatment, rules),
        source=line.source,
        article_number=number,
        cost_center=of_product(line.sku, rules.cost_centers),
        project=of_product(line.sku, rules.projects),
    )


def _rule_of(line: Line, treatment: Treatment, rules: TenantRules) -> str:
    if is_vat_free(line.kind, treatment, rules):
        return VAT_FREE
    return line.kind.value if line.kind not in _TAXED else f"{treatment.rule}_goods"


def _line_text(line: Line, number: str | None, language: str) -> str:
    """The product as the shop names it, its own number where Fortnox's is another, and the discount inside the row."""
    title = f"{line.title} ({line.sku})" if number and number != line.sku else line.title
    if not line.discount:
        return title
    before = line.unit_price * line.quantity
    return say("discounted", language, title=title, before=before.decimal, discount=line.discount.decimal)


def _rate(tax_lines: tuple[TaxLine, ...], gross: Money) -> Decimal:
    """The rate charged. Where nothing was, a rate counts that gives nothing on so little (a gross of an öre)."""
    charged = [tax.rate_percent for tax in tax_lines if tax.amount]
    too_small = (tax.rate_percent for tax in tax_lines if not vat_out_of_gross(gross, tax.rate_percent))
    return sum(charged, Decimal(0)) if charged else max(too_small, default=Decimal(0))


def _shipping_parts(order: Order, shipping: ShippingLine, treatment: Treatment, rules: TenantRules) -> Iterator[Part]:
    gross = shipping.gross(taxes_included=order.taxes_included)
    taxed = [tax for tax in shipping.tax_lines if tax.amount.minor > 0 and tax.rate_percent]
    if len(taxed) <= 1 or total((tax.amount for tax in taxed), order.currency) != shipping.tax:
        rate = _rate(shipping.tax_lines, gross)
        # Ancillary to goods that are all exempt, it is exempt with them.
        free = [is_vat_free(line.kind, treatment, rules) for line in order.lines if line.is_goods]
        why = VAT_FREE if free and all(free) and not rate else f"{treatment.rule}_shipping"
        role = treatment.shipping_role(rate)
        yield Part(role, shipping.title, 1, gross, rate, shipping.tax, why, shipping.source)
        return
    shares = _shipping_shares(order, shipping, taxed)
    for tax, share in zip(taxed, shares, strict=True):
        percent = rate_text(tax.rate_percent)
        why = f"{treatment.rule}_shipping_share"  # ancillary to goods of that rate: accounting.md acc-05
        role = treatment.shipping_role(tax.rate_percent)
        text = say("share", language_of(order, rules), title=shipping.title, rate=percent)
        yield Part(role, text, 1, share, tax.rate_percent, tax.amount, why, shipping.source)


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


def _whole_units(part: Part, account: int) -> Iterator[InvoiceRow]:
    for count, price in whole_units(part.gross, part.quantity):
        yield InvoiceRow(
            account=account,
            role=part.role,
            description=part.text,
            quantity=count,
            unit_price=price,
            vat_percent=part.rate,
            article_number=part.article_number,
            cost_center=part.cost_center,
            project=part.project,
            why=part.why,
            source=part.source,
        )


def _vat_groups(parts: list[Part], currency: str, treatment: Treatment, rules: TenantRules) -> tuple[VatGroup, ...]:
    rates = sorted({part.rate for part in parts}, reverse=True)
    return tuple(
        VatGroup(
            rate,
            total((part.gross for part in parts if part.rate == rate), currency),
            rules.account(treatment.vat_role(rate)) if rate else None,
        )
        for rate in rates
    )


def _collected_apart(parts: list[Part], treatment: Treatment, language: str) -> list[Part]:
    """Goods without the other state's VAT, and that VAT by rate as rows of its own: a debt, no revenue (acc-09)."""
    apart, bare = [], []
    for rate in sorted({part.rate for part in parts if part.rate}, reverse=True):
        taxes = total((part.charged_tax for part in parts if part.rate == rate), parts[0].gross.currency)
        role = f"foreign_vat.{treatment.country.lower()}"
        text = say("vat_of", language, country=treatment.country, rate=rate_text(rate))
        source = f"{FOREIGN_VAT_SOURCE}{rate_text(rate)}"
        apart.append(Part(role, text, 1, taxes, Decimal(0), Money.zero(taxes.currency), "foreign_vat", source))
    for part in parts:
        none = Money.zero(part.gross.currency)
        bare.append(replace(part, gross=part.gross - part.charged_tax, rate=Decimal(0), charged_tax=none))
    return [part for part in (*bare, *apart) if part.gross]
