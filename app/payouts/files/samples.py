"""Samples of a table, for a person to say what its columns are: names, some rows, repeated words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.payouts.files.table import Row

_ROWS = 4
_MOST_WORDS = 15
_LONGEST_WORD = 60
_LONGEST_NAME = 200
"""Characters; what is longer names no column."""
_LONGEST_SAMPLE = 100
MOST_COLUMNS = 200
"""That a person is shown."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a file."""

    name: str
    """As the header has it; `#` and the place, from 1, where it has none."""
    samples: tuple[str, ...]
    """Some cells that say something, different ones first."""
    words: tuple[str, ...]
    """All its values, where that is few words: kinds of rows, statuses. Empty: ids, amounts, days."""


@dataclass(frozen=True, slots=True)
class Table:
    """The table of a file, as it is shown."""

    columns: tuple[Column, ...]
    line: int
    """Of the header."""
    rows: int
    more_columns: int = 0
    """Beyond those that are shown."""


def table_of(header: Row, rows: Sequence[Row]) -> Table:
    """The columns that have a name or say something, and not too many of them."""
    named = [
        (place, name if len(name) <= _LONGEST_NAME else "") for place, name in enumerate(map(str.strip, header.cells))
    ]
    sampled = [
        (place, name)
        for place, name in named
        if name or any(place < len(row.cells) and row.cells[place].strip() for row in rows)
    ]
    columns = (
        _column(name or f"#{place + 1}", [row.cells[place] for row in rows if place < len(row.cells)])
        for place, name in sampled[:MOST_COLUMNS]
    )
    return Table(tuple(columns), header.line, len(rows), max(0, len(sampled) - MOST_COLUMNS))


def _column(name: str, cells: Sequence[str]) -> Column:
    return Column(name, tuple(sample[:_LONGEST_SAMPLE] for sample in _first_different(cells, _ROWS)), _words(cells))


def _first_different(cells: Sequence[str], most: int) -> Iterator[str]:
    seen: set[str] = set()
    for cell in cells:
        text = cell.strip()
        if text and text not in seen:
            seen.add(text)
            yield text
            if len(seen) == most:
                return


def _words(cells: Sequence[str]) -> tuple[str, ...]:
    distinct: dict[str, None] = {}
    for cell in cells:
        text = cell.strip()
        if not text or text in distinct:
            continue
        if len(distinct) == _MOST_WORDS or len(text) > _LONGEST_WORD or not any(map(str.isalpha, text)):
            return ()
        distinct[text] = None
    return tuple(distinct)


def words_of(table: Table) -> Mapping[str, tuple[str, ...]]:
    """Column → its words, where it has few."""
    return {column.name: column.words for column in table.columns if column.words}
