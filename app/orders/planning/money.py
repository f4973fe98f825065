"""The money of an order: booked before its invoice, and allocated to its documents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from app.invoicing.captured import captured_payments
from app.invoicing.invoice import Invoicing
from app.model.answers import LockedPeriod
from app.model.finding import Finding
from app.model.order import Transaction
from app.orders.planning.invoices import prepared
from app.orders.planning.open_days import vouchers_on_open_days
from app.orders.planning.readiness import NEVER_SOLD, NOT_PAID, is_short_payment, long_wait
from app.orders.planning.state import Delta, PlanInput
from app.payments.advances import BookedAdvances, book_advances, has_unused, in_other_months, is_of_advance, not_booked
from app.payments.allocation import Allocation, allocate
from app.payments.payout_timing import clear
from app.posting.documents import CreateInvoice
from app.posting.plan import Decision, Plan, Waiting, stopped

_NO_ADVANCES = BookedAdvances((), (), ())


def only_advances(inputs: PlanInput, awaited: str) -> Decision:
    """What is booked of an order that is not invoiced (yet): the money that came before its invoice."""
    waiting = Waiting(awaited, still_unpaid(inputs) if awaited == NOT_PAID else ())
    is_deposit = awaited == NEVER_SOLD or (awaited == NOT_PAID and not is_short_payment(inputs.order))
    early = captured_payments(inputs.order, inputs.rules) if is_deposit else []
    if not early and not inputs.posted.vouchers:
        return waiting
    booked = advances(inputs, early)
    if booked.findings:
        return stopped(booked.findings)
    waiting = replace(waiting, notices=(*waiting.notices, *booked.notices))
    posted = replace(inputs.posted, steps=(*inputs.posted.steps, *booked.vouchers))
    given_back = allocate(inputs.order, inputs.rules, (), posted, inputs.answers).vouchers
    vouchers = [voucher for voucher in (*posted.vouchers, *given_back) if is_of_advance(voucher)]
    if not vouchers:
        return waiting
    new = [voucher for voucher in vouchers if voucher.ref not in inputs.posted.refs]
    opened, moved = vouchers_on_open_days(inputs, new)
    if moved.findings:
        return stopped(moved.findings)
    steps = (*inputs.posted.steps, *opened)
    is_over = awaited == NEVER_SOLD and not has_unused(steps, inputs.posted, inputs.rules)
    notices = (*waiting.notices, *moved.notices)
    name, version = inputs.order.name, inputs.rules.version
    return Plan(name, version, steps, notices=notices, waiting="" if is_over else awaited)


def advances(inputs: PlanInput, early: Sequence[Transaction]) -> BookedAdvances:
    """The entries of payments that come before their invoice, as far as they have none; what cannot be booked."""
    new = not_booked(early, inputs.posted, inputs.rules)
    if not new:
        return _NO_ADVANCES
    invoicing = prepared(inputs)
    if not isinstance(invoicing, Invoicing):
        return replace(_NO_ADVANCES, findings=tuple(invoicing))
    return book_advances(new, inputs.order, inputs.rules, invoicing)


def allocated(inputs: PlanInput, documents: Sequence[CreateInvoice]) -> tuple[Allocation, Delta]:
    """Which money pays which document, with vouchers on open days; and what a person should know or must decide."""
    booked = advances(inputs, _of_earlier_months(inputs, documents))
    posted = replace(inputs.posted, steps=(*inputs.posted.steps, *booked.vouchers))
    allocation = clear(inputs.order, inputs.rules, documents, posted, inputs.answers)
    vouchers, moved = vouchers_on_open_days(inputs, (*booked.vouchers, *allocation.vouchers))
    added = Delta(findings=booked.findings, notices=booked.notices).plus(moved, Delta(findings=allocation.findings))
    return replace(allocation, vouchers=vouchers), added


def still_unpaid(inputs: PlanInput) -> tuple[Finding, ...]:
    """What is owed of an order that waits long for its money."""
    return long_wait(inputs.order, inputs.now) if inputs.now else ()


def _of_earlier_months(inputs: PlanInput, documents: Sequence[CreateInvoice]) -> list[Transaction]:
    """Money of an earlier month than the first invoice, which is still to be made."""
    if inputs.posted.documents or not documents:
        return []
    captured = captured_payments(inputs.order, inputs.rules)
    moves = inputs.rules.locked_period is LockedPeriod.MOVE
    return in_other_months(documents[0].day, captured, inputs.locked_through if moves else None)
