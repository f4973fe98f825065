"""PayPal, settlement report of the SFTP server (STL): rows in sections, each row's first cell saying what it is.

RH and FH begin the report and the file; SH a section, with the account; CH names the columns of its SB rows; SF
states a currency's sums and balances, SC and RC count rows, FF and RF end (developer.paypal.com/reports/settlement.md;
kinds of rows: magento/magento2, Paypal/Model/Report/Settlement.php). Amounts are unsigned, in hundredths, with the side
in a column of its own. SF: currency, gross credits, gross debits, fee credits, fee debits, then side and amount of the
balance at the beginning and at the end. That order rests on one handed case; a public test file has the fees taken
before those given back (wikimedia/wikimedia-fundraising-SmashPig, PayPal/Tests/Data/stl.csv), so either order is right.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from app.kit.money import Money, total
from app.model.payout import MatchKey, Payout, PayoutLine, PayoutLineKind
from app.payouts.files.description import Entry, Format, Grouped, RowReader, Sheet, as_booked
from app.payouts.files.faults import Fault, FileNotUnderstoodError
from app.payouts.files.formats.paypal import PROVIDER, with_order_name
from app.payouts.files.formats.paypal_words import is_withdrawal, kind_of
from app.payouts.files.grouping import until_the_payout
from app.payouts.files.records import Record, column_key
from app.payouts.files.table import Row

_COLUMNS, _BODY, _SECTION, _SUMS, _COUNT = "CH", "SB", "SH", "SF", "SC"
_PLACES = 2
"""Decimals of every amount: PayPal writes 100.00 yen as 10000 too."""
_SIDE = "Transaction Debit or Credit"
_KEYS = {
    MatchKey.TRANSACTION_ID: ("Transaction ID",),
    MatchKey.PAYMENT_ID: ("Invoice ID",),
    MatchKey.PROVIDER_ORDER_ID: ("PayPal Reference ID",),
}


@dataclass(frozen=True, slots=True)
class _Sums:
    """What an SF row states of one currency of a section."""

    line: int
    currency: str
    numbers: tuple[int, ...]
    """Gross credits and debits, fee credits and debits, in hundredths."""
    left: Money


def _reader(sheet: Sheet) -> RowReader:
    begins = [(row.line, _account_of(row)) for row in sheet.head if _cell(row, 0) == _SECTION]

    def entry(record: Record) -> Entry:
        currency = record.currency("Gross Transaction Currency")
        gross = _signed(record, "Gross Transaction Amount", _SIDE, currency)
        fee = -_signed(record, "Fee Amount", "Fee Debit or Credit", currency)
        code = record.needed("Transaction Event Code")
        kind = kind_of(code, code, gross)
        amount, kept = as_booked(kind, gross, fee)
        at = record.moment("Transaction Completion Date")
        return Entry(
            PayoutLine(
                id=record.needed("Transaction ID"),
                kind=kind,
                occurred_on=at.date(),
                amount=amount,
                fee=kept,
                keys=with_order_name(record.keys(_KEYS)),
                text=record.word("Custom Field"),
                raw_kind=code,
            ),
            at=at,
            file_line=record.line,
            account=_account(begins, record.line),
            is_payout=is_withdrawal(code, code),
        )

    return entry


def _account_of(section: Row) -> str:
    """The account that a section is of, in the fourth or the fifth field."""
    return _cell(section, 3) or _cell(section, 4)


def _account(begins: Sequence[tuple[int, str]], line: int) -> str:
    """Of the section that a row stands in."""
    return next((account for start, account in reversed(begins) if start < line), "")


def _signed(record: Record, column: str, side: str, currency: str) -> Money:
    """An amount as it changes the balance. Raises FileNotUnderstoodError for a side that is neither."""
    size = record.exact(column, record.number(column).scaleb(-_PLACES), currency)
    word = record.word(side).upper()
    if size and word not in {"CR", "DR"}:
        raise record.fault(side, Fault("FILE_WORD_NOT_KNOWN", {"word": word}))
    return -size if word == "DR" else size


def _group(sheet: Sheet, entries: Sequence[Entry]) -> Grouped:
    """Payouts of every section whose sums and counts are right, each with what stays on the balance."""
    left = [entry for section in _sections_of(sheet.head, entries) for entry in _checked(*section)]
    grouped = until_the_payout(PROVIDER)(sheet, entries)
    last = {(payout.account, payout.currency): payout.id for payout in grouped.payouts}
    open_ones = {(entry.account, entry.currency) for entry in entries if _is_after_the_last(entry, entries)}
    forwarded = {
        (account, sums.currency): sums.left
        for account, sums in left
        if sums.left and (account, sums.currency) not in open_ones
    }
    return replace(
        grouped,
        payouts=tuple(
            _with_balance(payout, forwarded.get((payout.account, payout.currency)))
            if last[payout.account, payout.currency] == payout.id
            else payout
            for payout in grouped.payouts
        ),
    )


def _is_after_the_last(entry: Entry, entries: Sequence[Entry]) -> bool:
    """Whether a row came after every payout of its balance: then what is left is not what the payout left."""
    payouts = [
        payout_entry.at
        for payout_entry in entries
        if payout_entry.is_payout and (payout_entry.account, payout_entry.currency) == (entry.account, entry.currency)
    ]
    return bool(payouts) and entry.at > max(payouts)


def _with_balance(payout: Payout, left: Money | None) -> Payout:
    if not left:
        return payout
    line = PayoutLine(
        id=f"{payout.id} closing",
        kind=PayoutLineKind.CARRIED_FORWARD,
        occurred_on=payout.paid_on,
        amount=-left,
        fee=Money.zero(payout.currency),
        raw_kind=_SUMS,
    )
    return replace(payout, lines=(*payout.lines, line))


_Section = tuple[str, tuple[Row, ...], tuple[Entry, ...]]
"""An account, the rows around its section's body, and the body."""


def _sections_of(head: Sequence[Row], entries: Sequence[Entry]) -> Iterator[_Section]:
    begins = [row for row in head if _cell(row, 0) == _SECTION]
    for number, begin in enumerate(begins):
        end = begins[number + 1].line if number + 1 < len(begins) else None
        rows = tuple(row for row in head if row.line > begin.line and (end is None or row.line < end))
        body = tuple(
            entry for entry in entries if entry.file_line > begin.line and (end is None or entry.file_line < end)
        )
        yield _account_of(begin), rows, body


def _checked(account: str, rows: Sequence[Row], body: Sequence[Entry]) -> Iterator[tuple[str, _Sums]]:
    """The sums of a section by currency. Raises FileNotUnderstoodError where they or the counts differ, or are cut."""
    stated = {sums.currency: sums for row in rows if _cell(row, 0) == _SUMS for sums in (_sums(row),)}
    for currency in dict.fromkeys(entry.currency for entry in body):
        if currency not in stated:
            raise FileNotUnderstoodError(Fault("FILE_END_MISSING", {"row": _SUMS}))
    for currency, sums in stated.items():
        computed = _computed([entry.line for entry in body if entry.currency == currency], currency)
        if computed not in (sums.numbers, _with_fees_turned(sums.numbers)):
            raise _differs(sums.line, _SUMS, " ".join(map(str, sums.numbers)), " ".join(map(str, computed)))
        yield account, sums
    for row in rows:
        if _cell(row, 0) == _COUNT and _cell(row, 1) != str(len(body)):
            raise _differs(row.line, _COUNT, _cell(row, 1), str(len(body)))


def _with_fees_turned(numbers: tuple[int, ...]) -> tuple[int, ...]:
    """The same sums, where a report tells the fees taken before those given back."""
    credited, debited, first, second = numbers
    return credited, debited, second, first


def _computed(lines: Sequence[PayoutLine], currency: str) -> tuple[int, ...]:
    """Credits and debits of amounts and of fees. A row that is only a fee was written as an amount."""
    gross = [-line.fee if line.kind is PayoutLineKind.FEE else line.amount for line in lines]
    fees = [Money.zero(currency) if line.kind is PayoutLineKind.FEE else -line.fee for line in lines]
    sides = ([amount for amount in gross if amount.minor > 0], [amount for amount in gross if amount.minor < 0])
    of_fees = ([fee for fee in fees if fee.minor > 0], [fee for fee in fees if fee.minor < 0])
    return tuple(int(abs(total(side, currency)).decimal.scaleb(_PLACES)) for side in (*sides, *of_fees))


def _sums(row: Row) -> _Sums:
    currency = _cell(row, 1).upper()
    try:
        numbers = tuple(int(_cell(row, place)) for place in range(2, 6))
        left = Money.of(Decimal(int(_cell(row, 9) or "0")).scaleb(-_PLACES), currency)
    except ValueError as error:
        values = {"value": ", ".join(row.cells[1:10])}
        raise FileNotUnderstoodError(Fault("FILE_CELL_NO_AMOUNT", values), row.line) from error
    return _Sums(row.line, currency, numbers, -left if _cell(row, 8).upper() == "DR" else left)


def _differs(line: int, what: str, written: str, computed: str) -> FileNotUnderstoodError:
    return FileNotUnderstoodError(
        Fault("FILE_CONTROL_DIFFERS", {"what": what, "written": written, "computed": computed}), line
    )


def _cell(row: Row, place: int) -> str:
    return row.cells[place].strip() if place < len(row.cells) else ""


def _parts(head: Sequence[Row], header: Row, rows: Sequence[Row]) -> Iterator[tuple[Sequence[Row], Row, list[Row]]]:
    """The rows of all sections, and around them those that say what they are; they repeat where columns change."""
    around, section = list(head), header
    body: list[Row] = []
    for row in rows:
        if _cell(row, 0) == _COLUMNS and row.cells != section.cells:
            yield around, section, body
            around, body, section = (
                [section_row for section_row in around[-1:] if _cell(section_row, 0) == _SECTION],
                [],
                row,
            )
        elif _cell(row, 0) == _BODY:
            body.append(row)
        else:
            around.append(row)
    yield around, section, body


FORMATS = (
    Format(
        provider=PROVIDER,
        name="PayPal, settlement report (STL)",
        columns=frozenset(
            map(
                column_key,
                (
                    _COLUMNS,
                    "Transaction ID",
                    "Invoice ID",
                    "Transaction Event Code",
                    "Transaction Completion Date",
                    _SIDE,
                    "Gross Transaction Amount",
                    "Gross Transaction Currency",
                    "Fee Debit or Credit",
                    "Fee Amount",
                ),
            )
        ),
        amounts=(),
        days=("Transaction Completion Date",),
        reader=_reader,
        group=_group,
        sections=_parts,
    ),
)
