"""Text of one cell as an amount or a time. A file's convention is found by evidence, never guessed. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.model.order import BOOKS_ZONE
from app.payouts.files.faults import CellError, Fault
from app.payouts.files.table import NumberText
from app.shops.base import has_neighbours


class DecimalSign(StrEnum):
    """What comes before the decimals; the other of the two then separates thousands."""

    POINT = "."
    COMMA = ","


class DayOrder(StrEnum):
    """How 03/04/2026 is meant."""

    DAY_FIRST = "day first"
    MONTH_FIRST = "month first"


_OTHER = {DecimalSign.POINT: DecimalSign.COMMA, DecimalSign.COMMA: DecimalSign.POINT}
_PLAIN = re.compile(r"-?\d+(?:\.\d+)?", re.ASCII)
_ROUNDED = re.compile(r"\d(?:[.,]\d+)?[Ee]\+\d+")
_GROUPERS = str.maketrans(dict.fromkeys(" \u00a0\u2009\u202f'\u2019", " "))
_MINUS = str.maketrans({"\u2212": "-", "\u2013": "-"})
_GROUPED = re.compile(r"\d+|\d{1,3}(?: \d{3})+", re.ASCII)

_OPEN_DAY = re.compile(r"(\d{1,2})([/-])(\d{1,2})\2(\d{4})")
"""A day that may be written with the day or the month first."""
_CERTAIN_DAY = re.compile(r"(\d{4})([-/]?)(\d\d)\2(\d\d)(?!\d)|(\d{1,2})\.(\d{1,2})\.(\d{4})")
_NAMED_DAY = re.compile(
    r"(?P<month>[^\W\d_]{3,9})\.? (?P<d>\d{1,2}),? (?P<y>\d{4})"
    r"|(?P<day>\d{1,2})[. -]+(?P<name>[^\W\d_]{3,9})\.?[ -](?P<year>\d{4})"
)
_MONTHS = ("jan", "feb", "mar", "apr", "maj", "jun", "jul", "aug", "sep", "okt", "nov", "dec")
_OTHER_NAMES = {"may": "maj", "mai": "maj", "mär": "mar", "oct": "okt", "des": "dec", "dez": "dec"}
_NEAR = timedelta(days=45)
"""Days of one row (sold, paid out, available) lie within this; a reading that parts them further is not meant."""
_KRONOR = re.compile(r"(?<=[\d\s\u00a0\u202f])(?:kr|sek)\.?$", re.IGNORECASE)
"""A word for kronor behind a number; whether the row is in kronor is checked where its currency is known."""
_CURRENCY = r"kr\.?|[a-z]{3}|[€$£]"
_BESIDE = re.compile(
    rf"(?P<before>{_CURRENCY})[\s\u00a0]*(?=[-+(\d\u2212])|(?<=[\d)\s\u00a0-])(?P<after>{_CURRENCY})$", re.IGNORECASE
)
_SIGNS = {"KR": ("SEK", "NOK", "DKK"), "€": ("EUR",), "$": ("USD",), "£": ("GBP",)}
_TIME = re.compile(
    r"(?P<day>\d{4}[-/]\d\d[-/]\d\d|\d{8}|\d{1,2}[/.-]\d{1,2}[/.-]\d{4})"
    r"(?:[T ]+(?P<time>\d{1,2}:\d\d(?::\d\d)?)(?:\.\d+)?(?:\s*(?P<half>[AaPp])\.?[Mm]\.?(?!\w))?)?"
    r"\s*(?P<zone>Z|[A-Za-z][\w/+:-]*|[+-]\d\d:?\d\d)?"
)
# Names as Adyen's, PayPal's and Stripe's files write them: each a fixed distance from UTC, in hours.
_ZONES = {
    name: hours
    for hours, names in {
        0: ("UTC", "GMT", "Z", "WET"),
        1: ("WEST", "BST", "CET"),
        2: ("CEST", "EET"),
        3: ("EEST",),
        -4: ("EDT",),
        -5: ("EST", "CDT"),
        -6: ("CST", "MDT"),
        -7: ("MST", "PDT"),
        -8: ("PST",),
    }.items()
    for name in names
}
_OFFSET = re.compile(r"(?:GMT|UTC)?([+-])(\d\d):?(\d\d)")


def decimal_sign(texts: Iterable[str]) -> DecimalSign | None:
    """The decimal sign that the amounts of a file prove; None where none does. Raises CellError where two do."""
    proven: dict[DecimalSign, str] = {}
    for text in dict.fromkeys(text for text in texts if not isinstance(text, NumberText)):
        sign = _proven_sign(without_currency(text)[0])
        if sign:
            proven.setdefault(sign, text)
    if len(proven) == 2:
        point, comma = proven[DecimalSign.POINT], proven[DecimalSign.COMMA]
        raise CellError(Fault("FILE_DECIMALS_MIXED", {"value": point, "other": comma}))
    return next(iter(proven), None)


def amount(text: str, sign: DecimalSign | None) -> Decimal:
    """The number of a cell; nothing written is zero. Without a known sign "1.234" is refused. Raises CellError."""
    if isinstance(text, NumberText):
        return Decimal(text) if text else Decimal(0)
    text = without_kronor(text)
    if not text:
        return Decimal(0)
    sign = sign or _proven_sign(text)
    if sign is None and ("." in text or "," in text):
        raise CellError(Fault("FILE_AMOUNT_TWO_WAYS", {"value": text}))
    if sign is not DecimalSign.COMMA and _PLAIN.fullmatch(text):
        return Decimal(text)
    size, is_negative = _unsigned(text)
    sign = sign or DecimalSign.POINT
    whole, separator, decimals = size.partition(sign)
    whole = whole.replace(_OTHER[sign], " ")
    if not _GROUPED.fullmatch(whole) or (separator and not (decimals.isascii() and decimals.isdigit())):
        raise CellError(Fault("FILE_CELL_NO_AMOUNT", {"value": text}))
    value = Decimal(f"{whole.replace(' ', '')}.{decimals or '0'}")
    return -value if is_negative else value


def without_kronor(text: str) -> str:
    """A number without the word for kronor behind it."""
    text = text.strip()
    return text if text[-1:].isdigit() else _KRONOR.sub("", text).strip()


def without_currency(text: str) -> tuple[str, str]:
    """A number without the word or sign of a currency before or behind it, and that word."""
    text = text.strip()
    if text[-1:].isdigit() and text.removeprefix("-")[:1].isdigit():
        return text, ""
    signs = len(text) - len(text.lstrip("-+(\u2212"))  # some write the sign before the currency: -kr5.00
    match = _BESIDE.match(text, signs) or _BESIDE.search(text)
    if not match:
        return text, ""
    word = match["before"] or match["after"]
    return (text[: match.start()] + text[match.end() :]).strip(), word


def names_currency(word: str, currency: str) -> bool:
    """Whether a word or sign beside a number is that of a currency."""
    word = word.upper().removesuffix(".")
    return currency == word or currency in _SIGNS.get(word, ())


def day_order(rows: Iterable[Sequence[str]]) -> DayOrder | None:
    """How the days of a file must be meant; None where nothing proves it. `rows`: the days of each row.

    A number above twelve proves it; else that the days of a row lie near each other. Raises CellError where two days
    prove different orders.
    """
    orders: set[DayOrder] = set()
    undecided: set[tuple[str, ...]] = set()
    for row in dict.fromkeys(map(tuple, rows)):
        matches = [match for text in row if (match := _OPEN_DAY.match(text.strip()))]
        orders |= {DayOrder.DAY_FIRST for match in matches if int(match[1]) > 12}
        orders |= {DayOrder.MONTH_FIRST for match in matches if int(match[3]) > 12}
        if len(orders) == 2:
            raise CellError(Fault("FILE_DAYS_MIXED"))
        if matches and len(row) > 1:
            undecided.add(tuple(row))
    if orders:
        return orders.pop()
    fitting = [order for order in DayOrder if all(_are_near(row, order) for row in undecided)]
    return fitting[0] if len(fitting) == 1 and any(_has_certain_day(row) for row in undecided) else None


def _are_near(row: Sequence[str], order: DayOrder) -> bool:
    days = [day for text in row if (day := _read_day(text.strip(), order))]
    return max(days) - min(days) <= _NEAR if days else True


def _has_certain_day(row: Sequence[str]) -> bool:
    return any(_CERTAIN_DAY.match(text.strip()) for text in row)


def _read_day(text: str, order: DayOrder) -> date | None:
    match = _TIME.match(_with_number(text))
    try:
        return date.fromisoformat(_iso_day(match["day"], order)) if match else None
    except ValueError:
        return None


@lru_cache(maxsize=4096)
def moment(text: str, zone: str, order: DayOrder | None) -> datetime:
    """A time in the books' zone (Europe/Stockholm). `zone` is for a time that names none, empty for the books' own.

    A day alone is that day, wherever it was written. Kept, for payout days repeat on every row. Raises CellError.
    """
    match = _TIME.fullmatch(_with_number(text.strip()))
    if not match:
        raise CellError(Fault("FILE_CELL_NO_DATE", {"value": text}))
    try:
        local = datetime.fromisoformat(f"{_iso_day(match['day'], order)} {_clock(match['time'], match['half'])}")
    except ValueError as error:
        if isinstance(error, CellError):
            raise
        raise CellError(Fault("FILE_CELL_NO_DATE", {"value": text})) from error
    written = match["zone"] or zone
    return in_books_zone(local, written if match["time"] else "")


def in_books_zone(local: datetime, zone: str) -> datetime:
    """A time of day in the named zone as the books' own; without a name it is the books' already. Raises CellError."""
    if not has_neighbours(local):
        raise CellError(Fault("FILE_CELL_NO_DATE", {"value": str(local.date())}))
    return local.replace(tzinfo=_zone(zone)).astimezone(BOOKS_ZONE) if zone else local.replace(tzinfo=BOOKS_ZONE)


def is_zone(name: str) -> bool:
    """Whether a name is that of a time zone, as files write them or as the tz database has it."""
    try:
        _zone(name)
    except CellError:
        return False
    return True


def reference(text: str) -> str:
    """An id or a reference as written. Raises CellError where Excel has made a rounded number of it."""
    text = text.strip()
    if "+" in text and _ROUNDED.fullmatch(text):
        raise CellError(Fault("FILE_ID_ROUNDED", {"value": text}))
    return text


def month_of(name: str) -> int:
    """The number of a month by its name in Swedish, Danish, Norwegian, English or German. Raises ValueError."""
    short = name.casefold()[:3]
    return _MONTHS.index(_OTHER_NAMES.get(short, short)) + 1


def _with_number(text: str) -> str:
    """A text whose day names its month, as with numbers: `Nov 2, 2026`, `2 november 2026`."""
    match = _NAMED_DAY.match(text)
    if not match:
        return text
    try:
        month = month_of(match["month"] or match["name"])
    except ValueError:
        return text
    return f"{match['y'] or match['year']}-{month:02}-{int(match['d'] or match['day']):02}{text[match.end() :]}"


def _proven_sign(text: str) -> DecimalSign | None:
    """What one amount proves: both signs, a sign that occurs twice, or a group that is not of three digits."""
    point, comma = text.count("."), text.count(",")
    if not point and not comma:
        return None
    if point and comma:
        return DecimalSign.POINT if text.rfind(".") > text.rfind(",") else DecimalSign.COMMA
    sign = DecimalSign.POINT if point else DecimalSign.COMMA
    if text[-3:-2] == sign and text[-2:].isdigit():  # the most usual by far
        return sign if point + comma == 1 else _OTHER[sign]
    if point + comma > 1:
        return _OTHER[sign]
    whole, _, rest = _unsigned(text)[0].partition(sign)
    could_be_thousands = len(rest) == 3 and 1 <= len(whole) <= 3 and not whole.startswith("0")
    return None if could_be_thousands else sign


def _unsigned(text: str) -> tuple[str, bool]:
    """The digits, and whether a minus (before or behind) or parentheses make them negative."""
    plain = text.strip().translate(_MINUS).translate(_GROUPERS)
    if plain.startswith("(") and plain.endswith(")"):
        return plain[1:-1].strip(), True
    if plain.startswith("-"):
        return plain[1:].strip(), True
    if plain.endswith("-"):
        return plain[:-1].strip(), True
    return plain.removeprefix("+").strip(), False


def _clock(time: str | None, half: str | None) -> str:
    """A time of day with 24 hours; `half` is the A or P of a.m. and p.m. Raises ValueError."""
    hour, colon, rest = (time or "00:00").partition(":")
    if half:
        if not 1 <= int(hour) <= 12:
            raise ValueError(time)
        hour = str(int(hour) % 12 + (12 if half in "Pp" else 0))
    return f"{hour:0>2}{colon}{rest}"


def _iso_day(text: str, order: DayOrder | None) -> str:
    if text.isdigit():
        return f"{text[:4]}-{text[4:6]}-{text[6:]}"
    if text[4] in "-/" and text[:4].isdigit():
        return text.replace("/", "-")
    first, second, year = re.split(r"[/.-]", text)
    if "." in text:  # no country writes the month first with points
        order = DayOrder.DAY_FIRST
    elif "-" in text:  # as Danish, Dutch and German reports have it, unless the file proves otherwise
        order = order or DayOrder.DAY_FIRST
    if order is None and int(first) <= 12 and int(second) <= 12 and first != second:
        raise CellError(Fault("FILE_DATE_TWO_WAYS", {"value": text}))
    if order is None:
        order = DayOrder.MONTH_FIRST if int(second) > 12 else DayOrder.DAY_FIRST
    day, month = (second, first) if order is DayOrder.MONTH_FIRST else (first, second)
    return f"{year}-{month:0>2}-{day:0>2}"


@lru_cache(maxsize=64)
def _zone(name: str) -> tzinfo:
    if name.upper() in _ZONES:
        return timezone(timedelta(hours=_ZONES[name.upper()]))
    offset = _OFFSET.fullmatch(name.upper())
    try:
        if offset:
            size = timedelta(hours=int(offset[2]), minutes=int(offset[3]))
            return timezone(-size if offset[1] == "-" else size)
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise CellError(Fault("FILE_CELL_NO_TIME_ZONE", {"value": name})) from error
