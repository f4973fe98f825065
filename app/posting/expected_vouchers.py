"""The vouchers that Fortnox will make of a plan, in the document's currency."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from app.kit.money import Money, split, total, vat_out_of_gross
from app.posting.documents import CreateInvoice, InvoiceRow
from app.posting.plan import Entry, ExpectedVoucher
from app.posting.steps import PayInvoice


def expected_vouchers(
    documents: Iterable[CreateInvoice], payments: Iterable[PayInvoice], receivable: int
) -> tuple[ExpectedVoucher, ...]:
    """A voucher per document and payment, before Fortnox's whole-krona rounding, which its own payment takes back."""
    known = {document.ref: document for document in documents}
    vouchers = [_document_voucher(document, receivable) for document in known.values()]
    vouchers += [_payment_voucher(known[payment.document], payment, receivable) for payment in payments]
    return tuple(vouchers)


def _payment_voucher(document: CreateInvoice, payment: PayInvoice, receivable: int) -> ExpectedVoucher:
    """What moved, what it closes of the claim, and between the two fees kept and cash rounding (acc-23)."""
    moved = {payment.account: payment.money}
    for write_off in payment.all_write_offs:
        moved[write_off.account] = (
            moved.get(write_off.account, Money.zero(write_off.amount.currency)) + write_off.amount
        )
    moved[receivable] = moved.get(receivable, Money.zero(payment.amount.currency)) - payment.closes
    if payment.rounding:
        moved[payment.rounding_account] = -payment.rounding
    word = "Återbetalning" if document.credits else "Inbetalning"
    text = f"{word} {document.reference1}"
    is_netting = payment.account == receivable  # against another document of the order: both sides are the receivable
    entries = _both_sides(receivable, payment.amount) if is_netting else _entries(moved)
    return ExpectedVoucher(payment.day, text, tuple(entries), payment.ref)


def _both_sides(account: int, amount: Money) -> Iterator[Entry]:
    size, zero = abs(amount), Money.zero(amount.currency)
    yield Entry(account, size, zero)
    yield Entry(account, zero, size)


def _document_voucher(document: CreateInvoice, receivable: int) -> ExpectedVoucher:
    sold: dict[int, Money] = {}
    for account, amount in _net_and_vat(document):
        sold[account] = sold[account] + amount if account in sold else amount
    claim = {receivable: total(sold.values(), document.currency)}
    word = "Kreditfaktura" if document.credits else "Kundfaktura"
    entries = _entries(claim | {account: -amount for account, amount in sold.items()})
    return ExpectedVoucher(document.day, f"{word} {document.reference1}", tuple(entries), document.ref)


def _net_and_vat(document: CreateInvoice) -> Iterator[tuple[int, Money]]:
    """Revenue without VAT by account, and the VAT of each rate, taken out of the whole rate as Fortnox does."""
    for group in document.vat:
        rows = [row for row in document.rows if row.vat_percent == group.vat_percent]
        yield from ((row.account, net) for row, net in zip(rows, _shares(group.net, rows), strict=True))
    for group in document.vat:
        if group.vat and group.vat_account:
            yield group.vat_account, group.vat


def _shares(net: Money, rows: Sequence[InvoiceRow]) -> list[Money]:
    """The rate's net over its rows; where some take and some give (a fee kept), the largest row takes the remainder."""
    amounts = [row.amount for row in rows]
    minors = [amount.minor for amount in amounts]
    if min(minors) >= 0 or max(minors) <= 0:
        return split(net, [abs(minor) for minor in minors])
    shares = [amount - vat_out_of_gross(amount, row.vat_percent) for amount, row in zip(amounts, rows, strict=True)]
    largest = max(range(len(shares)), key=lambda index: abs(shares[index]).minor)
    shares[largest] += net - total(shares, net.currency)
    return shares


def _entries(by_account: Mapping[int, Money]) -> Iterator[Entry]:
    """Debit what is positive, credit what is negative."""
    for account, amount in by_account.items():
        zero = Money.zero(amount.currency)
        if amount:
            yield Entry(account, max(amount, zero), max(-amount, zero))
