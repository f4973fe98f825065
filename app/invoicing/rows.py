"""Makes invoice rows of order lines: prices with VAT, every discount inside its row, to the öre."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

from app.invoicing.articles import collisions
from app.invoicing.collection_limits import limit_findings
from app.invoicing.order_parts import FREE, Part, PartMaker, is_sold, unsupported_amounts
from app.invoicing.row_checks import rounding_parts, tax_findings, total_mismatch, unknown_rates, unmapped_roles
from app.invoicing.texts import language_of, say
from app.kit.money import Money, total, whole_units
from app.model.finding import Finding
from app.model.order import Order
from app.posting.documents import InvoiceRow, VatGroup
from app.tenants.rules import TenantRules
from app.vat import Treatment, rate_text
from app.vat.special_supplies import special_findings

FOREIGN_VAT_SOURCE = "foreign_vat:"
"""Begins the source of another state's VAT; its rate follows."""


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one invoice and the VAT groups they make."""

    rows: tuple[InvoiceRow, ...]
    vat: tuple[VatGroup, ...]
    numbers: Mapping[str, str]
    """SKU → article number on its rows."""


def build_rows(
    order: Order, treatment: Treatment, rules: TenantRules, chosen: Mapping[str, int] = MappingProxyType({})
) -> Rows | list[Finding]:
    """The rows whose sum is the shop's total, or the findings that forbid them. `chosen`: `Answers.totals`."""
    maker = PartMaker(order, treatment, rules)
    made = list(maker.parts())
    parts = [part for part in made if part.gross]
    findings = [
        Finding("VAT_TREATMENT_NOT_SUPPORTED", name, {"situation": name})
        for amount, name in unsupported_amounts(order, treatment) if amount
    ]  # fmt: skip
    parts += rounding_parts(order, parts, treatment, rules, chosen)
    findings += collisions(maker.numbers)
    findings += total_mismatch(order, parts, treatment)
    findings += list(special_findings(order, rules)) or tax_findings(order, parts, treatment)
    findings += limit_findings(parts, treatment, rules)
    negative = [part.text[:60] for part in parts if part.gross.minor < 0 and part.role != "rounding"]
    findings += [Finding("VAT_TREATMENT_NOT_SUPPORTED", title, {"situation": f"{title} < 0"}) for title in negative]
    if treatment.collects:
        parts = _with_foreign_vat_rows(parts, treatment, language_of(order, rules))
    findings += unknown_rates(parts, treatment, rules)
    findings += unmapped_roles(parts, treatment, rules)
    if findings:
        return findings
    priced = _with_free(made, parts)
    rows = tuple(row for part in priced for row in _whole_units(part, part.account or rules.accounts[part.role]))
    return Rows(rows, _vat_groups(parts, order.currency, treatment, rules), maker.numbers)


def _with_free(made: list[Part], priced: list[Part]) -> list[Part]:
    """The priced parts with free goods where they stood in the order: what was delivered stands on the document.

    An invoice names the kind and quantity of all goods (ML 17 kap. 24 §). A free row moves no money: it has the
    account and rate of the largest priced part, which are known to be right.
    """
    free = [part for part in made if not part.gross and part.is_goods]
    like = max((part for part in priced if is_sold(part.role)), key=lambda part: part.gross.minor, default=None)
    if not free or like is None:
        return priced
    places = {part.source: number for number, part in reversed(list(enumerate(made)))}
    borrowed = [part._replace(role=like.role, rate=like.rate, why=FREE) for part in free]
    return sorted([*priced, *borrowed], key=lambda part: places.get(part.source, len(made)))


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


def _with_foreign_vat_rows(parts: list[Part], treatment: Treatment, language: str) -> list[Part]:
    """Goods without the other state's VAT, and that VAT by rate as rows of its own: a debt, no revenue (acc-09)."""
    taxes_by_rate, goods = [], []
    for rate in sorted({part.rate for part in parts if part.rate}, reverse=True):
        taxes = total((part.charged_tax for part in parts if part.rate == rate), parts[0].gross.currency)
        role = f"foreign_vat.{treatment.country.lower()}"
        text = say("vat_of", language, country=treatment.country, rate=rate_text(rate))
        source = f"{FOREIGN_VAT_SOURCE}{rate_text(rate)}"
        taxes_by_rate.append(Part(role, text, 1, taxes, Decimal(0), Money.zero(taxes.currency), "foreign_vat", source))
    for part in parts:
        none = Money.zero(part.gross.currency)
        goods.append(part._replace(gross=part.gross - part.charged_tax, rate=Decimal(0), charged_tax=none))
    return [part for part in (*goods, *taxes_by_rate) if part.gross]
