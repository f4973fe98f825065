"""The plan: what should stand in the books for one order. A plan that does not balance cannot be constructed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from app.kit.money import Money, UnbalancedPlanError, total
from app.model.finding import Finding, distinct
from app.posting.documents import CreateInvoice
from app.posting.references import DocumentRef, PaymentRef
from app.posting.steps import CancelInvoice, PayInvoice, Step
from app.posting.vouchers import CreateVoucher


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of an expected voucher; exactly one of debit and credit is not zero."""

    account: int
    debit: Money
    credit: Money


@dataclass(frozen=True, slots=True)
class ExpectedVoucher:
    """A voucher Fortnox will make of a step. Debit equals credit, or it cannot be constructed (T1)."""

    day: date
    text: str
    entries: tuple[Entry, ...]
    made: DocumentRef | PaymentRef | None = None
    """The document or payment whose booking makes it; None: it is a manual entry."""

    def __post_init__(self) -> None:
        if not self.entries:
            raise ValueError(f"voucher {self.text!r} has no rows")
        debit = total((entry.debit for entry in self.entries), self.currency)
        credit = total((entry.credit for entry in self.entries), self.currency)
        if debit != credit:
            raise UnbalancedPlanError(f"voucher {self.text!r} debit and credit", debit, credit)

    @property
    def currency(self) -> str:
        """Of its amounts."""
        return self.entries[0].debit.currency


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps in the order they must be executed, the vouchers they will make, and notices for people."""

    order_name: str
    rules_version: int
    steps: tuple[Step, ...]
    vouchers: tuple[ExpectedVoucher, ...] = ()
    notices: tuple[Finding, ...] = field(default=())
    waiting: str = ""
    """Key of what its documents wait for, where it only books money that came before them."""

    def __post_init__(self) -> None:
        booked = {
            voucher.made: total((row.debit for row in voucher.entries), voucher.currency) for voucher in self.vouchers
        }
        for document in self.documents:
            voucher = booked.get(document.ref)
            # A credit note with a fee kept has rows on both sides: it debits more than its total.
            if voucher is not None and voucher < abs(document.total):
                raise UnbalancedPlanError(f"voucher and {document.key}", voucher, document.total)

    @property
    def documents(self) -> tuple[CreateInvoice, ...]:
        """Invoices and credit notes, oldest first, without those that the plan cancels."""
        cancelled = {step.document for step in self.steps if isinstance(step, CancelInvoice)}
        made = (step for step in self.steps if isinstance(step, CreateInvoice))
        return tuple(step for step in made if step.ref not in cancelled)

    @property
    def invoice(self) -> CreateInvoice:
        """The plan's first invoice."""
        return self.documents[0]

    @property
    def payments(self) -> tuple[PayInvoice, ...]:
        """The plan's payments, oldest first."""
        return tuple(step for step in self.steps if isinstance(step, PayInvoice))

    @property
    def manual_entries(self) -> tuple[CreateVoucher, ...]:
        """Vouchers that no document makes."""
        return tuple(step for step in self.steps if isinstance(step, CreateVoucher))

    @property
    def days(self) -> tuple[date, ...]:
        """Every day that the plan books on."""
        days = {document.day for document in self.documents} | {payment.day for payment in self.payments}
        return tuple(sorted(days | {voucher.day for voucher in self.manual_entries}))

    def payments_of(self, document: DocumentRef) -> tuple[PayInvoice, ...]:
        """The payments of one document."""
        return tuple(payment for payment in self.payments if payment.document == document)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Nothing to book yet."""

    reason: str
    notices: tuple[Finding, ...] = ()
    """What a person should know meanwhile."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """Nothing will be booked, by rule."""

    reason: str


@dataclass(frozen=True, slots=True)
class Stopped:
    """Findings stop it before anything is sent."""

    findings: tuple[Finding, ...]

    def __post_init__(self) -> None:
        if not self.findings:
            raise ValueError("a stop needs a reason")


Decision = Plan | Waiting | Skipped | Stopped


def stopped(findings: Iterable[Finding]) -> Stopped:
    """A stop with its findings, each code and subject named once."""
    return Stopped(tuple(distinct(findings)))
