"""Refunds and removals as credit notes: rows are taken from the posted documents, never looked up again.

Accounts, VAT rates and prices come from the invoice's own rows, so OSS and discounts follow by construction
(accounting.md 2.6). A line gives no more than it holds, so no row is ever credited twice.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from app.adjustments.creditable_lines import CreditableLine, CreditableLines
from app.invoicing.row_checks import ROUNDING_SOURCE
from app.invoicing.texts import say
from app.kit.money import Money, split, total, whole_units
from app.posting.documents import CreateInvoice, InvoiceRow, VatGroup, amounts_by_rate
from app.posting.references import DocumentRef
from app.vat import rate_text

PRICE_REDUCTION_SOURCE = "goodwill:"
"""Prefix of the source of a price reduction that names no goods; the refund's id follows."""
KEPT_SOURCE = "kept:"
"""Prefix of the source of a restocking fee; the refund's id follows."""
_NO_SUPPLY = ("gift_card", "tip", "duties", "foreign_vat.")
"""Roles (or their beginnings) that a price reduction is not spread over: they are no sale."""

RowsByInvoice = dict[DocumentRef, list[InvoiceRow]]
"""The invoice credited → the credit note's rows."""


@dataclass(frozen=True, slots=True)
class ReturnedAmount:
    """An amount to take back of one source."""

    source: str
    quantity: int
    gross: Money
    """VAT included, positive."""


def take_back(books: CreditableLines, requested: Iterable[ReturnedAmount], word: str) -> RowsByInvoice:
    """Credit rows for these amounts, each at most what its source has left; `word` of our texts begins every row's."""
    rows: RowsByInvoice = {}
    for returned in requested:
        left = returned.gross
        by_invoice: dict[DocumentRef, list[CreditableLine]] = {}
        for line in books.creditable(returned.source):
            by_invoice.setdefault(line.document, []).append(line)
        for invoice, lines in by_invoice.items():
            creditable = total((line.gross for line in lines), books.currency)
            amount = min(left, creditable)
            if amount.minor > 0:
                rows.setdefault(invoice, []).extend(
                    _from_lines(lines, amount, returned.quantity, word, books.document(invoice).language)
                )
                left -= amount
    return rows


def _from_lines(
    lines: list[CreditableLine], amount: Money, quantity: int, word: str, language: str
) -> Iterable[InvoiceRow]:
    """Take an amount out of one invoice's lines of a source (several where shipping is shared over rates)."""
    for line, share in zip(lines, split(amount, [line.gross.minor for line in lines]), strict=True):
        units = line.quantity if share == line.gross else min(quantity, line.quantity)
        for count, price in whole_units(share, units):
            yield _credit_row(line, -count, price, say(word, language, title=line.description), line.source)


def free_row(line: CreditableLine, units: int, language: str) -> InvoiceRow:
    """Free goods that came back."""
    return _credit_row(line, -units, line.gross, say("return", language, title=line.description), line.source)


def _credit_row(
    line: CreditableLine, quantity: int, price: Money, text: str, source: str, why: str = "credit"
) -> InvoiceRow:
    return InvoiceRow(
        account=line.account,
        role=line.role,
        description=text,
        quantity=quantity,
        unit_price=price,
        vat_percent=line.vat_percent,
        article_number=line.article_number if source == line.source else None,
        why=why,
        cost_center=line.cost_center,
        project=line.project,
        source=source,
    )


def reduce_price(books: CreditableLines, amount: Money, source: str) -> RowsByInvoice:
    """A reduction that names no goods, spread over the rates by what was paid and not yet credited (acc-16)."""
    groups: dict[tuple[DocumentRef, Decimal], list[CreditableLine]] = {}
    for line in books.creditable():
        groups.setdefault((line.document, line.vat_percent), []).append(line)
    supplies = {place: lines for place, lines in groups.items() if any(_is_supply(line) for line in lines)} or groups
    weights = _left_of(books, supplies)
    if not sum(weights):
        return {}
    rows: RowsByInvoice = {}
    capped = min(amount, Money(sum(weights), books.currency))
    for ((invoice, rate), lines), share in zip(supplies.items(), split(capped, weights), strict=True):
        if share:
            largest = max((line for line in lines if _is_supply(line) or supplies is groups), key=_size)
            text = say("reduction", books.document(invoice).language, rate=rate_text(rate))
            rows.setdefault(invoice, []).append(_credit_row(largest, -1, share, text, source, "goodwill"))
    return rows


def _left_of(books: CreditableLines, places: Iterable[tuple[DocumentRef, Decimal]]) -> list[int]:
    """What can still be reduced by invoice and rate: what earlier reductions took is no line, but not left either.

    One rate of an invoice may be credited beyond what is left of it (its price was reduced before it came back): then
    the other rates have no more than the invoice.
    """
    left = {place: max(books.net_of(*place).minor, 0) for place in places}
    for invoice in {document for document, _rate in left}:
        own = [place for place in left if place[0] == invoice]
        most, remaining = max(books.net_of(invoice), Money.zero(books.currency)), sum(left[place] for place in own)
        if remaining > most.minor:
            shares = split(most, [left[place] for place in own])
            left |= {place: share.minor for place, share in zip(own, shares, strict=True)}
    return list(left.values())


def _size(line: CreditableLine) -> int:
    return line.gross.minor


def _is_supply(line: CreditableLine) -> bool:
    return not line.role.startswith(_NO_SUPPLY)


def difference_row(account: int, amount: Money, language: str) -> InvoiceRow:
    """What lies between the shop's total and its parts, on the account that a person chose; below zero on a credit."""
    sign = -1 if amount.minor < 0 else 1
    text = say("difference", language)
    return InvoiceRow(
        account, "rounding", text, sign, abs(amount), Decimal(0), None, "rounding", source=ROUNDING_SOURCE
    )


def with_kept_amount(books: CreditableLines, rows: RowsByInvoice, amount: Money, source: str) -> RowsByInvoice:
    """Take back of a credit what is not to be credited, on the accounts and at the rates of its rows.

    It is a restocking fee that the shop kept, a supply at the rate of the goods (accounting.md 2.6), or an earlier
    price reduction of goods that come back now.
    """
    credited = [(invoice, row) for invoice, group in rows.items() for row in group]
    weights = [-row.amount.minor for _invoice, row in credited]
    kept = min(amount, Money(sum(weights), amount.currency))
    if kept.minor <= 0:
        return rows
    by_place: dict[tuple[DocumentRef, int, Decimal], tuple[InvoiceRow, int]] = {}
    for (invoice, row), weight in zip(credited, weights, strict=True):
        first, so_far = by_place.get((invoice, row.account, row.vat_percent), (row, 0))
        by_place[invoice, row.account, row.vat_percent] = (first, so_far + weight)
    result = {invoice: list(group) for invoice, group in rows.items()}
    shares = split(kept, [weight for _row, weight in by_place.values()])
    for ((invoice, account, rate), (row, _weight)), share in zip(by_place.items(), shares, strict=True):
        if share:
            text = say("kept", books.document(invoice).language, rate=rate_text(rate))
            kept_row = InvoiceRow(account, row.role, text, 1, share, rate, None, "kept", source=source)
            result[invoice].append(replace(kept_row, cost_center=row.cost_center, project=row.project))
    return result


def credit_note(
    invoice: CreateInvoice,
    ref: DocumentRef,
    rows: Iterable[InvoiceRow],
    *,
    day: date,
    reference: str,
    linked: bool,
) -> CreateInvoice:
    """A credit note of rows of one invoice: linked by Fortnox, or stand-alone and naming the invoice."""
    content = tuple(rows)
    at_rate = amounts_by_rate(content)
    return CreateInvoice(
        customer_number=invoice.customer_number,
        customer_name=invoice.customer_name,
        currency=invoice.currency,
        day=day,
        rows=content,
        total=total(at_rate.values(), invoice.currency),
        vat=tuple(VatGroup(rate, at_rate[rate], _vat_account(invoice, rate)) for rate in sorted(at_rate, reverse=True)),
        reference1=invoice.reference1,
        reference2=reference,
        bill_to=invoice.bill_to,
        ship_to=invoice.ship_to,
        cost_center=invoice.cost_center,
        project=invoice.project,
        language=invoice.language,
        your_order_number=invoice.your_order_number,
        vat_included=invoice.vat_included,
        text=say("credit", invoice.language, order=invoice.reference1),
        ref=ref,
        from_draft=linked,
        discount=invoice.discount,
    )


def _vat_account(invoice: CreateInvoice, rate: Decimal) -> int | None:
    """Where the VAT of a rate of an invoice went."""
    groups = (group for group in invoice.vat if group.vat_percent == rate)
    return next((group.vat_account for group in groups), None) if rate else None
