"""Days and times in a form that a person spells out: `DD.MM.YY`, `MM/DD/YYYY hh:mm AM`, `D MMM YYYY`. Pure."""

from __future__ import annotations

import re
from datetime import datetime
from functools import lru_cache

from app.model.order import BOOKS_ZONE
from app.payouts.files.cells import in_books_zone, month_of
from app.payouts.files.faults import CellError, Fault

_PARTS = {
    "YYYY": r"(?P<year>\d{4})", "YY": r"(?P<short_year>\d\d)", "MMM": r"(?P<name>[^\W\d]{3,9})\.?",
    "MM": r"(?P<month>\d\d?)", "DD": r"(?P<day>\d\d?)", "D": r"(?P<day>\d\d?)", "hh": r"(?P<hour>\d\d?)",
    "HH": r"(?P<hour>\d\d?)", "mm": r"(?P<minute>\d\d)", "ss": r"(?P<second>\d\d(?:\.\d+)?)",
    "AM": r"(?P<half>[AaPp])\.?[Mm]\.?",
}  # fmt: skip
_TOKEN = re.compile("|".join(sorted(_PARTS, key=len, reverse=True)))


class DateFormError(ValueError):
    """A form that names no whole day."""


@lru_cache(maxsize=64)
def pattern_of(form: str) -> re.Pattern[str]:
    """What a text of this form looks like. Raises DateFormError."""
    written, place = [], 0
    for token in _TOKEN.finditer(form):
        written += [re.escape(form[place : token.start()]), _PARTS[token[0]]]
        place = token.end()
    written.append(re.escape(form[place:]))
    try:
        pattern = re.compile("".join(written).replace(r"\ ", r"\s+"))
    except re.error as error:  # a part occurs twice
        raise DateFormError(form) from error
    named = pattern.groupindex.keys()
    if "day" not in named or not named & {"year", "short_year"} or not named & {"month", "name"}:
        raise DateFormError(form)
    return pattern


@lru_cache(maxsize=4096)
def moment(text: str, form: str, zone: str) -> datetime:
    """A time in the books' zone. A text that ends before the form's time of day is a day alone. Raises CellError."""
    match = pattern_of(form).fullmatch(text.strip())
    if match is None and " " in form:
        match = pattern_of(form.partition(" h")[0].partition(" H")[0]).fullmatch(text.strip())
    if match is None:
        raise CellError(Fault("FILE_CELL_NO_DATE", {"value": text}))
    parts = match.groupdict()
    try:
        local = datetime(_year(parts), _month(parts), int(parts["day"]), *_clock(parts), tzinfo=BOOKS_ZONE)
    except ValueError as error:
        raise CellError(Fault("FILE_CELL_NO_DATE", {"value": text})) from error
    return in_books_zone(local, zone) if parts.get("hour") and zone else local


def _year(parts: dict[str, str]) -> int:
    return int(parts["year"]) if parts.get("year") else 2000 + int(parts["short_year"])


def _month(parts: dict[str, str]) -> int:
    if parts.get("month"):
        return int(parts["month"])
    return month_of(parts["name"])


def _clock(parts: dict[str, str]) -> tuple[int, int, int]:
    hour = int(parts.get("hour") or 0)
    if half := parts.get("half"):
        if not 1 <= hour <= 12:
            raise ValueError(hour)
        hour = hour % 12 + (12 if half in "Pp" else 0)
    return hour, int(parts.get("minute") or 0), int(float(parts.get("second") or 0))
