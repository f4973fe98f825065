"""What came of a file: how it was read, its payouts with lines and vouchers, what a person is told, the balances."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from app.model.payout import Payout, PayoutLine
from sandbox.stories.observing import ReadFinding

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a payout in kronor or the payout's currency."""

    kind: str
    references: tuple[str, ...]
    amount: Decimal
    fee: Decimal
    vat: Decimal
    day: str
    order: str
    """Name of the order that it was matched to; empty: nothing was found."""


@dataclass(frozen=True, slots=True)
class ObservedPayout:
    """A payout of the file."""

    id: str
    date: str
    currency: str
    paid_out: Decimal
    unexplained: Decimal
    proven: bool
    """Whether the file states the sum."""
    state: str
    lines: tuple[Line, ...]
    vouchers: tuple[Mapping[str, Decimal], ...]
    days: tuple[str, ...]

    @property
    def voucher(self) -> dict[str, Decimal]:
        """Account → sum over all its vouchers, + debit; those of zero left out."""
        sums: dict[str, Decimal] = {}
        for one in self.vouchers:
            for account, amount in one.items():
                sums[account] = sums.get(account, Decimal(0)) + amount
        return {account: amount for account, amount in sums.items() if amount}

    def days_of(self, account: str) -> tuple[str, ...]:
        """Days of the vouchers with a row on that account."""
        return tuple(day for day, one in zip(self.days, self.vouchers, strict=True) if account in one)


@dataclass(frozen=True, slots=True)
class Observation:
    """Everything that may be compared of one file."""

    recognised: str
    """The provider's stem, `by_map` or `refused`."""
    questions: int
    payouts: tuple[ObservedPayout, ...]
    sums: tuple[Json, ...]
    left_out: tuple[Json, ...]
    findings: tuple[ReadFinding, ...]
    balances: Mapping[str, Decimal]
    pending: int = 0
    booking_order: str = ""
    """Name of the order that the case's steps booked."""
    known_as: str = ""
    """The provider's stem or `by_map`, also where problems refused the file: then nothing of it is read."""

    @property
    def is_by_map(self) -> bool:
        """Whether a person said what the columns are: what a map lacks can only be asked then."""
        return self.recognised == "by_map"

    def as_json(self) -> Json:
        """For people and programs."""
        told = asdict(self) | {"balances": dict(self.balances)}
        told["payouts"] = [asdict(payout) | {"voucher": payout.voucher} for payout in self.payouts]
        return told


def line_of(line: PayoutLine, order: str) -> Line:
    """A line as it is compared."""
    kind = {
        "reserve_held": "reserve", "reserve_released": "reserve", "chargeback_reversed": "chargeback",
        "refund_failed": "refund", "payout_failed": "returned_payout",
        "carried_forward": "carried",
    }.get(line.kind.value, line.kind.value)  # fmt: skip
    vat = line.fee_vat.decimal if line.fee_vat else Decimal(0)
    references = tuple(dict.fromkeys(line.keys.values()))
    return Line(kind, references, line.amount.decimal, line.fee.decimal, vat, str(line.occurred_on), order)


def payout_of(
    payout: Payout, state: str, orders: Mapping[str, str], vouchers: Sequence[tuple[str, Mapping[str, Decimal]]]
) -> ObservedPayout:
    """A payout as it is compared. `orders`: line id → name; `vouchers`: day and amounts per account."""
    proven = payout.is_captured
    return ObservedPayout(
        payout.id, str(payout.paid_on), payout.currency, payout.paid_out.decimal,
        payout.unexplained.decimal, proven, state,
        tuple(line_of(line, orders.get(line.id, "")) for line in payout.lines),
        tuple(amounts for _day, amounts in vouchers), tuple(day for day, _amounts in vouchers),
    )  # fmt: skip
