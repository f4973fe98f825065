"""Swish, Swedbank's newer workbook: a sheet per account, lines about the report, rows, and sums below them.

Columns: as a public parser of the workbook finds them (`Bokföringsdatum`, … `Belopp`; a row without a booking day is a
sum). A sum is shown and left out.
"""

from __future__ import annotations

from app.domain.money import Money
from app.domain.settlements import MatchKey, SettlementKind, SettlementLine
from app.sources.settlements.description import Entry, Format, by_sign, hashed
from app.sources.settlements.formats.swish import PROVIDER
from app.sources.settlements.grouping import by_payout_id
from app.sources.settlements.left_out import LeftOut, Reason
from app.sources.settlements.records import Record, column_key

_CURRENCY = "SEK"
_KEYS = {MatchKey.ORDER_NAME: ("Orderreferens", "Meddelande"), MatchKey.PAYMENT_ID: ("Orderreferens",)}


def _entry(record: Record) -> Entry | LeftOut | None:
    if not record.word("Bokföringsdatum"):
        return _sum(record)
    amount = record.money("Belopp", _CURRENCY)
    booked = record.moment("Bokföringsdatum").date()
    at = record.moment("Transaktionsdatum", clock="Tid")
    receiver = record.needed("Mottagarnummer")
    told = (receiver, booked.isoformat(), at.isoformat(), record.word("Avsändarnummer"), record.word("Meddelande"))
    return Entry(
        SettlementLine(
            id=hashed(*told, record.word("Orderreferens"), f"{amount.minor} {_CURRENCY}"),
            kind=by_sign(amount, taken=SettlementKind.REFUND, given=SettlementKind.CHARGE),
            occurred_on=at.date(),
            amount=amount,
            fee=Money.zero(_CURRENCY),
            keys=record.keys(_KEYS),
            text=record.word("Meddelande"),
            raw_kind="Swish",
        ),
        at=at,
        file_line=record.line,
        payout_id=f"{receiver} {booked}",
        paid_on=booked,
        account=receiver,
        is_hashed=True,
    )


def _sum(record: Record) -> LeftOut | None:
    """A row below the payments; None where it has no amount."""
    amount = record.number("Belopp")
    text = next((cell for cell in record.cells if cell.strip()), "")
    return LeftOut(record.line, Reason.FOOTER, text, amount=amount) if amount else None


FORMATS = (
    Format(
        provider=PROVIDER,
        name="Swish, Swedbank (arbetsbok)",
        columns=frozenset(
            map(
                column_key,
                (
                    "Bokföringsdatum", "Transaktionsdatum", "Valutadatum", "Mottagarnummer", "Mottagarnamn",
                    "Meddelande", "Orderreferens", "Tid", "Belopp",
                ),
            )
        ),
        amounts=("Belopp",),
        days=("Bokföringsdatum", "Transaktionsdatum"),
        reader=lambda _: _entry,
        group=by_payout_id(PROVIDER, is_proven=True),
    ),
)  # fmt: skip
