"""Sold and invoiced, but not delivered when the month ended: its revenue belongs to the next one (acc-36).

The net is an advance over the end of the month; VAT is due with the advance and is not moved. Both
vouchers go to accounts without a VAT code, so that no box of a return changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from app.adjustments.creditable_lines import CreditableLine, CreditableLines
from app.kit.money import Money, split, total, vat_out_of_gross
from app.model.finding import Finding
from app.model.order import Order, books_day
from app.posting.documents import CreateInvoice
from app.posting.plan import Plan, Stopped, stopped
from app.posting.references import DocumentRef, Purpose, VoucherRef
from app.posting.vouchers import BOOKS_CURRENCY, CreateVoucher, VoucherRow
from app.tenants.rules import TenantRules

_ROWS_MOST = 300
"""Orders named one by one in a voucher; those beyond share a row."""


@dataclass(frozen=True, slots=True)
class PostedSale:
    """A document that stands in the books, and at which rate it was turned into kronor."""

    document: CreateInvoice
    rate: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True)
class Parked:
    """What of an order is moved into the next month."""

    order_name: str
    net: Money
    """Without VAT, in kronor."""


def parked(order: Order, sales: Sequence[PostedSale], last_day: date) -> Parked | None:
    """What of an order was invoiced until a day and not delivered then; None when nothing was.

    Where parts were delivered on both sides of the day only the present state of the rest is known: what is still to
    be delivered now counts.
    """
    until = [sale for sale in sales if sale.document.day <= last_day]
    if not until:
        return None
    books = CreditableLines(order.currency, (sale.document for sale in until))
    rates = {sale.document.ref: sale.rate for sale in until}
    none_sent = order.first_delivered_at is None or books_day(order.first_delivered_at) > last_day
    by_rate: dict[tuple[DocumentRef, Decimal], Money] = {}
    for line, gross in _undelivered(order, books, none_sent):
        place = line.document, line.vat_percent
        by_rate[place] = by_rate.get(place, Money.zero(order.currency)) + gross
    net = total((_net(place, gross, books, rates) for place, gross in by_rate.items()), BOOKS_CURRENCY)
    return Parked(order.name, net) if net.minor > 0 else None


def is_straddling(order: Order, last_day: date) -> bool:
    """Whether parts of an order were delivered on both sides of a day."""
    first, newest = order.first_delivered_at, order.delivered_at
    return bool(first and newest and books_day(first) <= last_day < books_day(newest))


def _undelivered(order: Order, books: CreditableLines, none_sent: bool) -> Iterator[tuple[CreditableLine, Money]]:  # noqa: FBT001
    """Creditable lines and how much of each, VAT included, was still to be delivered."""
    for line in order.lines:
        if not line.is_goods:
            continue
        undelivered = line.quantity if none_sent else line.undelivered
        yield from _units(books.creditable(line.source), undelivered - (line.quantity - _invoiced(books, line.source)))
    for source in {shipping.source for shipping in order.shipping} if none_sent else ():
        yield from ((creditable, creditable.gross) for creditable in books.creditable(source))


def _invoiced(books: CreditableLines, source: str) -> int:
    """Units of a source on invoices: one that was not invoiced yet is not undelivered revenue."""
    rows = (row for invoice in books.invoices for row in invoice.rows)
    return sum(units for row in rows for name, units in row.by_source if name == source)


def _units(lines: Iterable[CreditableLine], units: int) -> Iterator[tuple[CreditableLine, Money]]:
    for line in lines:
        count = min(max(units, 0), line.quantity)
        if count > 0:
            yield line, split(line.gross, [count, line.quantity - count])[0]
            units -= count


def _net(
    place: tuple[DocumentRef, Decimal], gross: Money, books: CreditableLines, rates: dict[DocumentRef, Decimal]
) -> Money:
    """Without VAT and in kronor: VAT is taken out once per document and rate, as it was booked."""
    document, percent = place
    net = gross - vat_out_of_gross(gross, percent) if books.document(document).vat_included else gross
    return Money.rounded(net.decimal * rates[document], BOOKS_CURRENCY)


def plan_cut_off(last_day: date, all_parked: Sequence[Parked], rules: TenantRules) -> Plan | Stopped | None:
    """The voucher of a month's last day and the one that takes it back the day after; None for a month without any."""
    if not all_parked:
        return None
    roles = {role: rules.account(role) for role in ("deferred.sales", "deferred.advance")}
    missing = [Finding("ROLE_UNMAPPED", role, {"role": role}) for role, account in roles.items() if account is None]
    if missing:
        return stopped(missing)
    sales, advance = (account or 0 for account in roles.values())
    amounts = _shown(all_parked)
    month = f"{last_day:%Y-%m}"
    zero = Money.zero(BOOKS_CURRENCY)
    whole = total((amount.net for amount in amounts), BOOKS_CURRENCY)
    forward = [VoucherRow(advance, zero, amount.net, amount.order_name) for amount in amounts]
    back = [VoucherRow(advance, amount.net, zero, amount.order_name) for amount in amounts]
    vouchers = (
        CreateVoucher(
            VoucherRef(Purpose.CUT_OFF, month), last_day,
            f"Periodisering ej levererade order per {last_day}", rules.payout_series,
            (VoucherRow(sales, whole, zero), *forward), f"periodisering {month}",
        ),
        CreateVoucher(
            VoucherRef(Purpose.CUT_OFF_REVERSED, month), last_day + timedelta(days=1),
            f"Återföring periodisering {last_day}", rules.payout_series,
            (*back, VoucherRow(sales, zero, whole)), f"återföring {month}",
        ),
    )  # fmt: skip
    return Plan(f"cut_off {month}", rules.version, vouchers)


def _shown(all_parked: Sequence[Parked]) -> list[Parked]:
    """Every order by its name, as far as a voucher has room."""
    if len(all_parked) <= _ROWS_MOST:
        return list(all_parked)
    remainder = total((parked_order.net for parked_order in all_parked[_ROWS_MOST:]), BOOKS_CURRENCY)
    return [*all_parked[:_ROWS_MOST], Parked(f"{len(all_parked) - _ROWS_MOST} order till", remainder)]
