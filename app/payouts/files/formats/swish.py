"""Swish, as Swedbank and the savings banks report it: a line about the report, then one row per payment.

Swish settles nothing itself: every payment is on the bank account on its booking day, and no row has a fee. So the
payments of one receiver and booking day are one payout. Columns as three programs that read such files know them.
Handelsbanken's report and Swedbank's newer workbook have modules of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from app.kit.money import Money
from app.model.payout import MatchKey, PayoutLine, PayoutLineKind
from app.payouts.files.description import Entry, Format, by_sign, hashed
from app.payouts.files.grouping import by_payout_id
from app.payouts.files.records import Record, column_key

PROVIDER = "swish"
_CURRENCY = "SEK"
"""Swish knows no other."""
_KEYS = {MatchKey.ORDER_NAME: ("Orderreferens", "Meddelande"), MatchKey.PAYMENT_ID: ("Orderreferens",)}
"""Who pays by hand writes the order's number as the message: it counts only where it is the number and nothing else."""


@dataclass(frozen=True, slots=True)
class Columns:
    """What a report of Swedbank's calls the columns of a payment that its reports name differently."""

    booked: str
    at: str
    receiver: str
    payer: str


def payment(record: Record, columns: Columns) -> Entry:
    """A payment, or a refund below zero. Raises FileNotUnderstoodError."""
    amount = record.money("Belopp", _CURRENCY)
    booked = record.moment(columns.booked).date()
    at = record.moment(columns.at, clock="Tid")
    receiver, message = record.needed(columns.receiver), record.word("Meddelande")
    parts = (receiver, booked.isoformat(), at.isoformat(), record.word(columns.payer), message)
    return Entry(
        PayoutLine(
            id=hashed(*parts, record.word("Orderreferens"), f"{amount.minor} {_CURRENCY}"),
            kind=by_sign(amount, taken=PayoutLineKind.REFUND, given=PayoutLineKind.CHARGE),
            occurred_on=at.date(),
            amount=amount,
            fee=Money.zero(_CURRENCY),
            keys=record.keys(_KEYS),
            text=message,
            raw_kind="Swish",
        ),
        at=at,
        file_line=record.line,
        payout_id=f"{receiver} {booked}",
        paid_on=booked,
        account=receiver,
        is_hashed=True,
    )


_COLUMNS = Columns("Bokfdag", "Transdag", "Mottagarnr", "Avsändarnr")

FORMATS = (
    Format(
        provider=PROVIDER,
        name="Swish, Swedbank",
        columns=frozenset(
            map(
                column_key,
                ("Clnr", "Kontonr", "Bokfdag", "Transdag", "Mottagarnr", "Avsändarnr", "Meddelande", "Tid", "Belopp"),
            )
        ),
        amounts=("Belopp",),
        days=(_COLUMNS.booked, _COLUMNS.at),
        reader=lambda _: partial(payment, columns=_COLUMNS),
        group=by_payout_id(PROVIDER, is_captured=True),  # each row is a payment that the bank has booked
    ),
)
