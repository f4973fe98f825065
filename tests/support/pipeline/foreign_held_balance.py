"""What several test modules share of `test_foreign_held_balance`."""

from __future__ import annotations

from datetime import timedelta

from app.model.payout import MatchKey, PayoutLine, PayoutLineKind
from tests.support.pipeline.foreign_payouts import (
    LATER,
    eur,
)
from tests.support.pipeline.payouts import TODAY

MUCH_LATER = LATER + timedelta(days=1)


RATES = {f"EUR {TODAY}": "11.05", f"EUR {LATER}": "11.20", f"EUR {MUCH_LATER}": "10.00"}


def other(kind: PayoutLineKind, amount: str, *, fee: str = "0", **keys: str) -> PayoutLine:
    """A line of another kind. `keys`: names of `MatchKey`."""
    known = {MatchKey[name.upper()]: value for name, value in keys.items()}
    return PayoutLine(f"{kind}{amount}", kind, TODAY, eur(amount), eur(fee), keys=known, raw_kind=kind)
