"""From the posting log of a job to the vouchers that should stand in the books for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from app.execution import operations as posting_log
from app.execution.executor import SENT_BY_US
from app.kit.money import Money
from app.ledgers.base import Remote, booking_of, kronor_for_one
from app.ledgers.booked_year import Leeway
from app.posting.documents import CreateInvoice
from app.posting.expected_vouchers import expected_vouchers
from app.posting.plan import Entry, ExpectedVoucher
from app.posting.references import DocumentRef, PaymentRef, StepRef
from app.posting.steps import PayInvoice
from app.posting.vouchers import BOOKS_CURRENCY, CreateVoucher
from app.reconciliation.duplicates import Mark
from app.schema import Operation
from app.tenants.rules import TenantRules

_FOREIGN_ORE = 2
"""Öre per row that turning a currency into kronor account by account may leave."""


@dataclass(frozen=True, slots=True)
class Expected:
    """A voucher of ours, the name it has in the books, and what may differ; no leeway: it cannot be foreseen."""

    name: str
    voucher: ExpectedVoucher
    leeway: Leeway | None
    mark: Mark


def expected_of(operations: Mapping[str, Operation], rules: TenantRules) -> Iterator[Expected]:
    """What the steps that are done should have made. `operations`: a job's, by key, none but those that are done."""
    posted, results = posting_log.posted(operations), posting_log.results(dict(operations))
    receivable = rules.account("receivable")
    for step in posted.steps:
        if isinstance(step, CreateVoucher):
            entries = tuple(Entry(row.account, row.debit, row.credit) for row in step.rows)
            yield Expected(
                _name(results.get(step.ref)),
                ExpectedVoucher(step.day, step.text, entries),
                Leeway(),
                Mark(is_text_ours=True),
            )
    if receivable is None:
        return
    documents = {document.ref: document for document in posted.documents}
    payments = [payment for payment in posted.payments if payment.document in documents]
    leeways = _leeways(documents, payments, results, (receivable, rules.account("rounding") or 0))
    for voucher in expected_vouchers(documents.values(), payments, receivable):
        made = voucher.made
        booking = booking_of(made, results) if made else None
        if made is not None and booking is not None:
            mark = Mark(document=_number(results.get(made.document)))
            yield Expected(_name(booking), voucher, leeways.get(made), mark)


def _leeways(
    documents: Mapping[DocumentRef, CreateInvoice],
    payments: list[PayInvoice],
    results: Mapping[StepRef, Remote],
    accounts: tuple[int, int],
) -> dict[DocumentRef | PaymentRef, Leeway]:
    """What was booked → what its voucher may differ by. Vouchers of documents that others made are not foreseen."""
    leeways: dict[DocumentRef | PaymentRef, Leeway] = {}
    claim, rounding = accounts
    for document in documents.values():
        remote = booking_of(document.ref, results) or {}
        created = results[document.ref]
        if _foreseen(remote) and (created.get(SENT_BY_US) or not created.get("adopted")):
            rate = kronor_for_one(remote)
            per_account = len(document.rows) * (1 if rate == 1 else _FOREIGN_ORE)
            leeways[document.ref] = Leeway(rate, _round_off(remote, rate), rounding, claim, per_account)
    for payment in payments:
        remote = booking_of(payment.document, results) or {}
        if not _foreseen(remote) or payment.role == "netting":
            continue
        rate = kronor_for_one(remote)
        round_off = -_round_off(remote, rate) if payment.takes_rounding else Money.zero(BOOKS_CURRENCY)
        foreign = rate != 1
        per_account = _FOREIGN_ORE if foreign else 0
        leeway = Leeway(rate, round_off, rounding, claim, per_account, only_claim=foreign)
        leeways[payment.ref] = leeway
    return leeways


def _foreseen(remote: Remote) -> bool:
    """Whether the invoice has a voucher of its own; a cash-method company has it with the payment."""
    return bool(remote.get("voucher")) and remote.get("accounting_method") != "CASH"


def _round_off(remote: Remote, rate: Decimal) -> Money:
    """Whole-krona rounding happens in kronor only."""
    return Money.of(str(remote.get("round_off") or "0"), BOOKS_CURRENCY) if rate == 1 else Money.zero(BOOKS_CURRENCY)


def _number(remote: Remote | None) -> str:
    return str((remote or {}).get("number") or "")


def _name(remote: Remote | None) -> str:
    return str((remote or {}).get("voucher") or "")
