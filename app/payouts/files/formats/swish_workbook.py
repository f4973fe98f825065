"""Swish, Swedbank's newer workbook: a sheet per account, lines about the report, rows, and sums below them.

Columns: as a public parser of the workbook finds them (`Bokföringsdatum`, … `Belopp`; a row without a booking day is a
sum). A sum is shown and left out.
"""

from __future__ import annotations

from app.payouts.files.description import Entry, Format
from app.payouts.files.formats.swish import PROVIDER, Columns, payment
from app.payouts.files.grouping import by_payout_id
from app.payouts.files.left_out import LeftOut, Reason
from app.payouts.files.records import Record, column_key

_COLUMNS = Columns("Bokföringsdatum", "Transaktionsdatum", "Mottagarnummer", "Avsändarnummer")


def _entry(record: Record) -> Entry | LeftOut | None:
    return payment(record, _COLUMNS) if record.word(_COLUMNS.booked) else _sum(record)


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
        days=(_COLUMNS.booked, _COLUMNS.at),
        reader=lambda _: _entry,
        group=by_payout_id(PROVIDER, is_captured=True),
    ),
)  # fmt: skip
