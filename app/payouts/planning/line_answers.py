"""Answers about unmatched lines of a payout. Pure."""

from __future__ import annotations

from enum import StrEnum

from app.model.payout import OF_ORDERS, PayoutLineKind
from app.posting.references import Purpose, VoucherRef
from app.posting.steps import Step
from app.posting.vouchers import CreateVoucher


class LineAnswer(StrEnum):
    """What a person may answer; the value is also by what the line counts as known."""

    ORDER = "order"
    """It is this order's: as if a key had found it."""
    ACCOUNT = "account"
    """Its amount belongs on this account: a voucher of its own takes it there from the clearing account."""
    CLEARING = "clearing"
    """It is known and stays on the clearing account, where something else (a voucher by hand) will meet it."""


HOLD = "hold"
"""Answered about the whole payout: nothing of it is booked until that is taken back."""
CLOSED = "closed"
"""Answered about the whole payout, with a reference: a person has dealt with it by hand, or its money is known."""
OF_NO_KNOWN_KIND = frozenset({PayoutLineKind.OTHER, PayoutLineKind.ADJUSTMENT})
"""Kinds that no rule books."""


def choices(kind: PayoutLineKind) -> tuple[LineAnswer, ...]:
    """What may be answered about a line of this kind; nothing where the kind itself says what it is."""
    if kind in OF_ORDERS:
        return tuple(LineAnswer)
    return (LineAnswer.ACCOUNT, LineAnswer.CLEARING) if kind in OF_NO_KNOWN_KIND else ()


def voucher_of(line_id: str) -> VoucherRef:
    """The voucher that takes a line to the account that a person named."""
    return VoucherRef(Purpose.PAYOUT_LINE, line_id)


def is_of_line(step: Step) -> bool:
    """Whether a step is such a voucher."""
    return isinstance(step, CreateVoucher) and step.ref.purpose is Purpose.PAYOUT_LINE
