"""Double entry: every entry balances or it is not made. Amounts are integer öre."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


class UnbalancedEntryError(Exception):
    """An entry whose debit and credit differ; for automatic entries this is a fault of the emulator."""

    def __init__(self, difference: int) -> None:
        super().__init__(f"debit minus credit is {difference} öre")
        self.difference = difference


@dataclass(frozen=True)
class Posting:
    """One row: öre on an account, positive for debit, negative for credit."""

    account: int
    ore: int
    text: str = ""
    cost_center: str | None = None
    project: str | None = None

    @property
    def debit(self) -> int:
        """The debit side in öre."""
        return max(self.ore, 0)

    @property
    def credit(self) -> int:
        """The credit side in öre."""
        return max(-self.ore, 0)


@dataclass(frozen=True)
class Entry:
    """A voucher."""

    series: str
    number: int
    year: int
    date: str
    description: str
    postings: tuple[Posting, ...]
    reference_type: str = "MANUAL"
    reference_number: str | None = None
    comments: str | None = None
    made: datetime | None = None

    def as_json(self) -> dict[str, Any]:
        """Show the entry to the control interface, in öre."""
        rows = [{"account": p.account, "debit": p.debit, "credit": p.credit, "text": p.text} for p in self.postings]
        return {
            "series": self.series,
            "number": self.number,
            "year": self.year,
            "date": self.date,
            "description": self.description,
            "reference_type": self.reference_type,
            "reference_number": self.reference_number,
            "rows": rows,
        }


@dataclass
class Ledger:
    """The entries of a company. Numbers run without gaps within a series and a year."""

    now: Callable[[], datetime]
    entries: list[Entry] = field(default_factory=list)
    _next: dict[tuple[str, int], int] = field(default_factory=lambda: defaultdict(lambda: 1))

    def next_number(self, series: str, year: int) -> int:
        """Tell the number that the next entry of a series gets."""
        return self._next[series, year]

    def post(
        self,
        series: str,
        year: int,
        date: str,
        description: str,
        postings: Iterable[Posting],
        *,
        reference: tuple[str, str | None] = ("MANUAL", None),
        comments: str | None = None,
    ) -> Entry:
        """Make an entry. Raises `UnbalancedEntryError` and makes none if it does not balance."""
        rows = tuple(posting for posting in postings)
        difference = sum(posting.ore for posting in rows)
        if difference:
            raise UnbalancedEntryError(difference)
        number = self._next[series, year]
        entry = Entry(series, number, year, date, description, rows, *reference, comments, self.now())
        self._next[series, year] += 1
        self.entries.append(entry)
        return entry

    def remove(self, entry: Entry) -> None:
        """Remove an entry; its number is free again if it was the last of its series."""
        self.entries.remove(entry)
        if self._next[entry.series, entry.year] == entry.number + 1:
            self._next[entry.series, entry.year] -= 1

    def find(self, series: str, number: int, year: int) -> Entry | None:
        """Find an entry."""
        return next((e for e in self.entries if (e.series, e.number, e.year) == (series, number, year)), None)

    def balances(self, year: int | None = None) -> dict[int, int]:
        """Sum every account in öre, debit positive; of one year or of all."""
        sums: dict[int, int] = defaultdict(int)
        for entry in self.entries:
            if year in {None, entry.year}:
                for posting in entry.postings:
                    sums[posting.account] += posting.ore
        return dict(sorted(sums.items()))
