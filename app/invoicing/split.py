"""Documents of more rows than Fortnox takes: equal rows become one, and what is still too long is split into parts.

Nothing is lost on the way: a merged row says how many units of which source it holds, so that a refund finds them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import count

from app.invoicing.texts import say
from app.kit.money import total
from app.posting.documents import CreateInvoice, InvoiceRow, VatGroup, amounts_by_rate
from app.posting.references import MAIN, DocumentRef


def merged(rows: Iterable[InvoiceRow]) -> tuple[InvoiceRow, ...]:
    """Rows that differ only in quantity and source as one, where the first of them stood."""
    alike: dict[tuple[object, ...], list[InvoiceRow]] = {}
    for row in rows:
        same = (row.account, row.role, row.description, row.unit_price, row.vat_percent, row.article_number, row.why)
        alike.setdefault((*same, row.cost_center, row.project, row.quantity > 0), []).append(row)
    return tuple(_as_one(group) for group in alike.values())


def _as_one(rows: Sequence[InvoiceRow]) -> InvoiceRow:
    if len(rows) == 1:
        return rows[0]
    units: dict[str, int] = {}
    for row in rows:
        for source, quantity in row.by_source:
            units[source] = units.get(source, 0) + quantity
    held = tuple(units.items()) if len(units) > 1 else ()
    return replace(rows[0], quantity=sum(row.quantity for row in rows), merged=held)


def fitting(rows: Sequence[InvoiceRow], most: int) -> list[tuple[InvoiceRow, ...]]:
    """The rows as they are, if so many fit on a document; else merged, and in as many runs as they need.

    Units that are worth nothing (three for an öre are one at 0.01 and two at 0.00) are left out then: a document of
    them alone would be an invoice of nothing.
    """
    if len(rows) <= most:
        return [tuple(rows)]
    fewer = merged(row for row in rows if row.amount)
    return [fewer[start : start + most] for start in range(0, len(fewer), most)]


def parts_of(whole: CreateInvoice, most: int) -> list[CreateInvoice]:
    """An invoice on as many documents as its rows need: same buyer, day and references. Keys are the caller's to give.

    VAT is taken out once per rate of each document, as Fortnox does: it may differ from the whole's by half an öre
    per part and rate. The gross does not (accounting.md 0.2).
    """
    if len(whole.rows) <= most:
        return [whole]
    runs = fitting(whole.rows, most)
    if len(runs) == 1:
        return [replace(whole, rows=runs[0])]
    accounts = {group.vat_percent: group.vat_account for group in whole.vat}
    made = []
    for number, rows in enumerate(runs, 1):
        part = f"{number}/{len(runs)}"
        at_rate = amounts_by_rate(rows)
        groups = tuple(VatGroup(rate, at_rate[rate], account) for rate, account in accounts.items() if rate in at_rate)
        amount = total(at_rate.values(), whole.currency)
        text = f"{whole.text} {say('part', whole.language, part=part, order=whole.reference1)}".strip()
        made.append(replace(whole, rows=rows, total=amount, vat=groups, part=part, text=text))
    return made


def free_refs(taken: frozenset[DocumentRef], first: DocumentRef = MAIN) -> Iterator[DocumentRef]:
    """Names for invoices in turn: those of cancelled ones, and of parts that stand there already, are left out."""
    refs = (replace(first, number=number) for number in count(1))
    yield from (ref for ref in refs if ref not in taken)


def missing_parts(posted: Sequence[CreateInvoice], planned: Sequence[CreateInvoice]) -> list[CreateInvoice]:
    """The parts after those that stand in the books, if these are the first of what is wanted now; else none."""
    existing = [invoice for invoice in posted if invoice.part and not invoice.credits]
    begins = [invoice.rows for invoice in planned[: len(existing)]]
    if not existing or len(existing) != len(posted) or [invoice.rows for invoice in existing] != begins:
        return []
    return [replace(invoice, day=existing[0].day) for invoice in planned[len(existing) :]]
