"""Any other provider's table, by a map of its columns that a person has made and saved. Pure.

What the map does not cover stops the file: a column with amounts that it does not name, a row without an amount, a
status that it does not know. Nothing is left out in silence.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from app.kit.money import Money, exponent, total
from app.model.payout import Payout, PayoutLine, PayoutLineKind
from app.payouts.files import date_forms
from app.payouts.files.cells import without_currency
from app.payouts.files.column_map import AmountColumn, ColumnMap
from app.payouts.files.description import Entry, Format, Grouped, Grouping, RowReader, Sheet, as_booked, hashed
from app.payouts.files.faults import CellError, Fault, FileNotUnderstoodError
from app.payouts.files.grouping import as_one_payout, by_payout_id, until_the_payout
from app.payouts.files.left_out import LeftOut, Reason, first_text
from app.payouts.files.records import Record, column_key, places_of
from app.payouts.files.table import Row

_WITH_DECIMALS = re.compile(r"[-+(]?\s*\d[\d .,'\u00a0\u202f]*[.,]\d{1,2}\s*(?:kr|[A-Z]{3})?\)?-?", re.IGNORECASE)
_DAY_WITH_POINTS = re.compile(r"\d\d?\.\d\d?\.\d\d")
_WHOLE = re.compile(r"[-+(]?\s*\d[\d \u00a0\u202f]*\)?-?", re.ASCII)
_MONEY = re.compile(
    r"belopp|amount|avgift|\bfees?\b|gross|brutto|\bnett?o?\b|\btotalt?|summa|moms|\bvat\b|\btax|deb[ei]t|[ck]redit|uttag"
    r"|insättning|refund|retur|återbetal|\btips?\b|dricks|saldo|balance|provision|[ck]ommission|utbetal|inbetal|payout"
    r"|paid|pris\b|price|kostnad|cost\b|deposit|withdraw",
    re.IGNORECASE,
)
"""A column named like this holds amounts also where it has whole numbers only."""
_NAMES = re.compile(
    r"id|ids|nr|no|number|nummer|date|datum|day|dag|referens|reference|ref|count|antal|quantity", re.IGNORECASE
)
"""Words of a column whose whole numbers are names, days or counts."""
_NO_MONEY = re.compile(
    r"(?:^|\W)(?:rate|kurs|procent|percent|momssats|sats|version|time|tid|klockslag)(?:$|\W)", re.IGNORECASE
)
_NOT_MOVED = re.compile(
    r"fail|declin|cancel|reject|refus|pending|expire|void|denied|misslyck|nekad|avbr[uo]|avvis|väntande|makuler|återkall",
    re.IGNORECASE,
)
"""Words of a status whose row moves no money for certain, or not yet: a map says what it is, or the file stops."""


def format_of(columns: ColumnMap) -> Format:
    """The format that a map describes."""
    group = until_the_payout(columns.provider)
    if columns.is_one_payout:
        group = as_one_payout(columns.provider)
    elif columns.payout_id or columns.payout_day:
        group = by_payout_id(columns.provider)
    return Format(
        provider=columns.provider,
        name=columns.name,
        columns=columns.headers,
        amounts=columns.figures,
        days=tuple(name for name in (columns.day, columns.payout_day) if name),
        reader=lambda sheet: _reader(columns, sheet),
        group=_adapted(group, columns),
        decimals=columns.decimals,
        day_order=columns.day_order,
        is_minor=columns.is_minor,
        fees={fee.column: -1 if fee.is_negative else 1 for fee in columns.fees},
        footer_words=tuple(columns.footer_words),
        section=_sections(columns) if columns.section else None,
    )


def _adapted(group: Grouping, columns: ColumnMap) -> Grouping:
    def grouped(sheet: Sheet, entries: Sequence[Entry]) -> Grouped:
        grouped = group(sheet, entries)
        per_account = bool(columns.account_column)
        payouts = (replace(_as_paid(payout), is_numbered_per_account=per_account) for payout in grouped.payouts)
        return replace(grouped, payouts=tuple(payouts))

    return grouped


def _as_paid(payout: Payout) -> Payout:
    """A payout's own row may say what the bank got without a minus: where just that ties, it is meant."""
    of_lines = payout.paid_out - payout.unexplained
    return replace(payout, paid_out=of_lines) if payout.is_captured and payout.paid_out == -of_lines else payout


def uncovered(header: Sequence[str], rows: Sequence[Sequence[str]], known_columns: frozenset[str]) -> list[str]:
    """Columns with amounts that are not among those `said` (as they are compared).

    A column without a name is `#` and its place, from 1.
    """
    names = [name.strip() or f"#{place}" for place, name in enumerate(header, 1)]
    return [
        name
        for place, name in enumerate(names)
        if column_key(name) not in known_columns and not _NO_MONEY.search(name) and _has_amounts(name, rows, place)
    ]


def _has_amounts(name: str, rows: Sequence[Sequence[str]], place: int) -> bool:
    """Whether any cell is an amount other than zero: a number with decimals, or any number where the name says so."""
    words = re.findall(r"[^\W\d_]+", name)
    counts_whole = bool(_MONEY.search(name)) and not any(_NAMES.fullmatch(word) for word in words)
    for cell in {without_currency(row[place])[0] for row in rows if place < len(row)}:
        is_amount = _WITH_DECIMALS.fullmatch(cell) and not _DAY_WITH_POINTS.fullmatch(cell)
        if (is_amount or (counts_whole and _WHOLE.fullmatch(cell))) and any(digit in "123456789" for digit in cell):
            return True
    return False


def _sections(columns: ColumnMap) -> Callable[[Row], Callable[[Row], str | None]]:
    words = {word.casefold() for word in columns.section_words}

    def of_header(header: Row) -> Callable[[Row], str | None]:
        place = places_of(header.cells)[columns.section]

        def section(row: Row) -> str | None:
            word = row.cells[place].strip() if place is not None and place < len(row.cells) else ""
            return None if word.casefold() in words else word

        return section

    return of_header


@dataclass(frozen=True, slots=True)
class _Movement:
    """An amount or a fee of a row, as it changes the balance."""

    gross: Money
    fee: Money
    vat: Money | None
    kind: PayoutLineKind | None = None
    """What the amount's column says; None: the row's own kind counts."""


def _reader(columns: ColumnMap, sheet: Sheet) -> RowReader:
    _check_columns(columns, sheet)
    kinds = {word.casefold(): kind for word, kind in columns.kinds.items()}
    payout_words = {word.casefold() for word in columns.payout_words}

    def entries(record: Record) -> Sequence[Entry] | LeftOut:
        if (left_out := _left_out(record, columns)) is not None:
            return left_out
        raw_kind = record.word(columns.kind) if columns.kind else ""
        kind = kinds.get(raw_kind.casefold(), PayoutLineKind.OTHER) if columns.kind else None
        whole = _whole(record, columns, kind, is_payout=raw_kind.casefold() in payout_words)
        built: list[Entry] = []
        for movement in _movements(record, columns, kind):
            line = _with_movement(whole, movement, movement.kind or kind or _by_sign(movement.gross))
            built.append(
                replace(line, line=replace(line.line, id=f"{line.line.id} {len(built) + 1}")) if built else line
            )
        return built

    return entries


def _check_columns(columns: ColumnMap, sheet: Sheet) -> None:
    """Raises FileNotUnderstoodError where a column has amounts that the map says nothing of."""
    known_columns = columns.headers | frozenset(map(column_key, columns.ignored))
    missed = uncovered(sheet.header, [record.cells for record in sheet.records], known_columns)
    if missed:
        values = {"columns": ", ".join(missed), "map": columns.name}
        raise FileNotUnderstoodError(Fault("FILE_COLUMN_NOT_COVERED", values))


def _left_out(record: Record, columns: ColumnMap) -> LeftOut | None:
    """The row as left out by its status. Raises FileNotUnderstoodError for a status of which nothing is said."""
    if not columns.status:
        return None
    word = record.text(columns.status).strip()
    if word.casefold() in map(str.casefold, columns.left_out_words):
        text = first_text(Row(record.line, tuple(record.cells)))
        amount = _number(record, columns, [(amount.column, amount.is_turned) for amount in columns.amounts])
        fee = _number(record, columns, [(fee.column, fee.is_negative) for fee in columns.fees])
        return LeftOut(record.line, Reason.STATUS, text, word, amount, fee)
    is_taken = word.casefold() in map(str.casefold, columns.taken_words)
    if not is_taken and (columns.taken_words or _NOT_MOVED.search(word)):
        raise record.fault(columns.status, Fault("FILE_STATUS_NOT_SAID", {"value": word}))
    return None


def _number(record: Record, columns: ColumnMap, named: Sequence[tuple[str, bool]]) -> Decimal | None:
    """The sum of a left-out row's columns (name, whether its sign turns), for people; None where none can be read."""
    written = [(name, is_turned) for name, is_turned in named if record.text(name).strip()]
    try:
        numbers = [-record.number(name) if is_turned else record.number(name) for name, is_turned in written]
    except FileNotUnderstoodError:
        return None
    return sum(numbers, Decimal(0)) / (100 if columns.is_minor else 1) if numbers else None


def _whole(record: Record, columns: ColumnMap, kind: PayoutLineKind | None, *, is_payout: bool) -> Entry:
    """What all movements of a row have in common; its line has no amount yet."""
    at = _moment(record, columns, columns.day, columns.clock)
    payout_id, payout_day = _payout(record, columns)
    keys = record.keys({key: (name,) for key, name in columns.keys.items()})
    own_id = record.needed(columns.line_id) if columns.line_id else ""
    raw_kind = record.word(columns.kind) if columns.kind else ""
    none = Money.zero(_currency(record, columns))
    return Entry(
        PayoutLine(
            id=own_id or "\x1f".join((payout_id, at.isoformat(), raw_kind, *keys.values())),
            kind=kind or PayoutLineKind.OTHER,
            occurred_on=at.date(),
            amount=none,
            fee=none,
            keys=keys,
            text=record.word(columns.text) if columns.text else "",
            raw_kind=raw_kind,
        ),
        at=at,
        file_line=record.line,
        payout_id=payout_id,
        paid_on=payout_day,
        account=record.needed(columns.account_column) if columns.account_column else columns.account,
        is_payout=is_payout,
        is_hashed=not own_id,
    )


def _with_movement(whole: Entry, movement: _Movement, kind: PayoutLineKind) -> Entry:
    amount, fee = as_booked(kind, movement.gross, movement.fee)
    figures = f"{movement.gross.minor} {movement.fee.minor} {movement.gross.currency}"
    identity = hashed(whole.line.id, figures) if whole.is_hashed else whole.line.id
    line = replace(whole.line, id=identity, kind=kind, amount=amount, fee=fee, fee_vat=movement.vat)
    return replace(whole, line=line)


def _movements(record: Record, columns: ColumnMap, kind: PayoutLineKind | None) -> list[_Movement]:
    """The row's amounts, with its fee beside the first. Raises FileNotUnderstoodError where no amount is written."""
    currency = _currency(record, columns)
    fee, vat = _fees(record, columns, currency)
    amounts = list(_amounts(record, columns, currency))
    _check_net(record, columns, total((gross for _, gross in amounts), currency) - fee - (vat or Money.zero(currency)))
    if not amounts and kind is PayoutLineKind.FEE and fee:
        return [_Movement(Money.zero(currency), fee, vat)]
    if not amounts:
        raise record.fault(", ".join(amount.column for amount in columns.amounts), Fault("FILE_CELL_EMPTY"))
    (column, first), *others = amounts
    none = Money.zero(currency)
    return [
        _Movement(first, fee, vat, column.kind),
        *(_Movement(gross, none, None, other.kind) for other, gross in others),
    ]


def _currency(record: Record, columns: ColumnMap) -> str:
    return record.currency(columns.currency) if columns.currency else columns.default_currency


def _payout(record: Record, columns: ColumnMap) -> tuple[str, date | None]:
    """The payout's id, which is its day where none is mapped, and its day."""
    has_day = bool(columns.payout_day) and bool(record.text(columns.payout_day).strip())
    day = _moment(record, columns, columns.payout_day).date() if has_day else None
    if columns.payout_id:
        return record.word(columns.payout_id), day
    return day.isoformat() if day else "", day


def _moment(record: Record, columns: ColumnMap, column: str, clock: str = "") -> datetime:
    if not columns.date_form:
        return record.moment(column, columns.zone, clock=clock)
    text = " ".join(record.text(name).strip() for name in (column, clock) if name)
    try:
        return date_forms.moment(text, columns.date_form, columns.zone)
    except CellError as error:
        raise record.fault(column, error.fault) from error


def _amounts(record: Record, columns: ColumnMap, currency: str) -> Iterator[tuple[AmountColumn, Money]]:
    """The row's amounts as they change the balance: one that is written, and of several those that are not zero."""
    named = [amount for amount in columns.amounts if record.text(amount.column).strip()]
    written = [(column, _money(record, columns, column.column, currency)) for column in named]
    moved = [(column, gross) for column, gross in written if gross] or written[:1]
    for column, gross in moved:
        if column.is_turned and gross.minor < 0:
            raise record.fault(
                column.column, Fault("FILE_WITHDRAWAL_WITH_MINUS", {"value": record.text(column.column).strip()})
            )
        yield column, -gross if column.is_turned else gross


def _fees(record: Record, columns: ColumnMap, currency: str) -> tuple[Money, Money | None]:
    """The row's fee without VAT, and the VAT on it; None where no column tells."""
    signed = ((fee.is_negative, _money(record, columns, fee.column, currency)) for fee in columns.fees)
    fee = total((-amount if is_negative else amount for is_negative, amount in signed), currency)
    if not columns.fee_vat:
        return fee, None
    vat = _money(record, columns, columns.fee_vat, currency)
    vat = -vat if columns.fee_is_negative else vat
    return fee - vat if columns.fee_includes_vat else fee, vat


def _check_net(record: Record, columns: ColumnMap, net: Money) -> None:
    if columns.net and record.text(columns.net).strip():
        written = _money(record, columns, columns.net, net.currency)
        if written != net:
            raise record.contradiction(columns.net, written, net)


def _money(record: Record, columns: ColumnMap, column: str, currency: str) -> Money:
    value = record.figure(column, currency)
    return record.exact(column, value.scaleb(-exponent(currency)) if columns.is_minor else value, currency)


def _by_sign(gross: Money) -> PayoutLineKind:
    return PayoutLineKind.REFUND if gross.minor < 0 else PayoutLineKind.CHARGE
