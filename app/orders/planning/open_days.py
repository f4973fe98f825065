"""Days in a locked period of the books, and what people and the tenant's rule make of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta

from app.invoicing.texts import say
from app.model.answers import LockedPeriod
from app.model.finding import Finding
from app.orders.planning.state import NOTHING, Delta, PlanInput
from app.posting.documents import CreateInvoice
from app.posting.vouchers import CreateVoucher


def is_locked(inputs: PlanInput, day: date) -> bool:
    """Whether nothing can be booked on the day any more."""
    return inputs.locked_through is not None and day <= inputs.locked_through


def locked_rule(inputs: PlanInput, reference: str) -> LockedPeriod:
    """What becomes of a credit note or voucher of a locked day: a person's word for it, else the tenant's rule."""
    return inputs.answers.locked_period(reference, inputs.rules.locked_period)


def open_day(inputs: PlanInput, day: date, reference: str) -> tuple[date, Delta]:
    """The day of a credit note or voucher, or the first open one; and what a person should know or must decide."""
    if inputs.locked_through is None or day > inputs.locked_through:
        return day, NOTHING
    locked = {"date": day.isoformat(), "locked_until": inputs.locked_through.isoformat()}
    data = locked | {"document": reference}
    match locked_rule(inputs, reference):
        case LockedPeriod.MOVE:
            moved = Finding("CREDIT_MOVED_TO_OPEN_PERIOD", reference, data)
            return inputs.locked_through + timedelta(days=1), Delta(notices=(moved,))
        case LockedPeriod.WAIT:
            return day, Delta(findings=(Finding("FORTNOX_PERIOD_LOCKED", locked["locked_until"], locked),))
        case LockedPeriod.ASK:
            return day, Delta(findings=(Finding("CREDIT_PERIOD_LOCKED", reference, data),))


def vouchers_on_open_days(
    inputs: PlanInput, vouchers: Iterable[CreateVoucher]
) -> tuple[tuple[CreateVoucher, ...], Delta]:
    """The vouchers, each on an open day."""
    opened = [(voucher, *open_day(inputs, voucher.day, voucher.reference)) for voucher in vouchers]
    moved = NOTHING.plus(*(delta for _voucher, _day, delta in opened))
    return tuple(replace(voucher, day=day) for voucher, day, _delta in opened), moved


def invoice_on_open_day(inputs: PlanInput, invoice: CreateInvoice) -> tuple[CreateInvoice, Delta]:
    """The invoice, moved only where a person said so: its text then says of which day it is.

    Pre-flight asks about an invoice that stays in a locked period.
    """
    locked_through = inputs.locked_through
    if locked_through is None or invoice.day > locked_through or not inputs.answers.moves_invoice(locked_through):
        return invoice, NOTHING
    day = invoice.day.isoformat()
    data = {"document": invoice.reference1, "date": day, "locked_until": locked_through.isoformat()}
    text = f"{invoice.text} {say('concerns', invoice.language, day=day)}".strip()
    moved = replace(invoice, day=locked_through + timedelta(days=1), text=text)
    return moved, Delta(notices=(Finding("INVOICE_MOVED_TO_OPEN_PERIOD", invoice.reference1, data),))
