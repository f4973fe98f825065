"""VAT rates of the EU, dated: to check what a shop charged and to name accounts, never to choose a product's rate.

Sources: accounting/eu_vat_rates.yaml of the dossier (European Commission TEDB as of 2026-09-29, and the news pages of
each change named there), and accounting.md 4 for the days of change. GR-A and GR-B are the Aegean islands of article
26 of the Greek VAT code (five islands before 2026; circular AADE E.2113/2025 for the others: 24, 13, 6 and 4 % become
17, 9, 4 and 3 %). The mainland's rates stay legal there, for whether a sale has the lower ones hangs on the buyer.
Levels: 1 standard, 2 and 3 the reduced rates that accounting.md 1.2 has a sales account for (the higher first, as its
Finnish example has it), 0 any other rate.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from app.vat.territories import EU_COUNTRIES

KNOWN_FROM = date(2024, 1, 1)
"""Before this day the table is not complete; nothing is legal there, so that an old order stops."""

_TABLE = """
AT 1 20
AT 2 13
AT 3 10
AT 0 4.9 2026-07-01
AT-19 1 19
AT-19 2 13
AT-19 3 10
AT-19 0 4.9 2026-07-01
BE 1 21
BE 2 12
BE 3 6
BG 1 20
BG 2 9
CY 1 19
CY 2 9
CY 3 5
CY 0 3
CZ 1 21
CZ 2 12
CZ 0 0
DE 1 19
DE 2 7
DK 1 25
EE 1 22 - 2025-06-30
EE 1 24 2025-07-01
EE 2 13 2025-01-01
EE 3 9
ES 1 21
ES 2 10
ES 3 4
FI 1 24 - 2024-08-31
FI 1 25.5 2024-09-01
FI 2 14 - 2025-12-31
FI 2 13.5 2026-01-01
FI 3 10
FR 1 20
FR 2 10
FR 3 5.5
FR 0 2.1
FR-20 1 20
FR-20 2 10
FR-20 3 5.5
FR-20 0 2.1
FR-20 0 13
FR-20 0 0.9
GR 1 24
GR 2 13
GR 3 6
GR-A 1 24
GR-A 2 13
GR-A 3 6
GR-A 0 17
GR-A 0 9
GR-A 0 4
GR-A 0 3 2026-01-01
GR-B 1 24
GR-B 2 13
GR-B 3 6
GR-B 0 17 2026-01-01
GR-B 0 9 2026-01-01
GR-B 0 4 2026-01-01
GR-B 0 3 2026-01-01
HR 1 25
HR 2 13
HR 3 5
HU 1 27
HU 2 18
HU 3 5
IE 1 23
IE 2 13.5
IE 3 9
IE 0 4.8
IE 0 0
IT 1 22
IT 2 10
IT 3 5
IT 0 4
LT 1 21
LT 2 9 - 2025-12-31
LT 2 12 2026-01-01
LT 3 5
LU 1 17
LU 2 14
LU 3 8
LU 0 3
LV 1 21
LV 2 12
LV 3 5
LV 0 12 2026-07-01 2027-06-30
MT 1 18
MT 2 7
MT 3 5
MT 0 12
NL 1 21
NL 2 9
PL 1 23
PL 2 8
PL 3 5
PT 1 23
PT 2 13
PT 3 6
PT-20 1 16
PT-20 2 9
PT-20 3 4
PT-30 1 22
PT-30 2 12
PT-30 3 5 - 2024-09-30
PT-30 3 4 2024-10-01
RO 1 19 - 2025-07-31
RO 1 21 2025-08-01
RO 2 9 - 2025-07-31
RO 2 11 2025-08-01
RO 3 5 - 2025-07-31
SE 1 25
SE 2 12
SE 3 6
SI 1 22
SI 2 9.5
SI 3 5
SK 1 20 - 2024-12-31
SK 1 23 2025-01-01
SK 2 10 - 2024-12-31
SK 2 19 2025-01-01
SK 3 5 2025-01-01
XI 1 20
XI 2 5
XI 0 0
NO 1 25
NO 2 15
NO 3 12
GB 1 20
GB 2 5
GB 0 0
"""
"""Country, level, percent, first day ("-" or nothing: before the table begins), last day (nothing: still in force)."""


@dataclass(frozen=True, slots=True)
class Rate:
    """One rate of a country and the days it is law."""

    country: str
    level: int
    percent: Decimal
    first_day: date
    last_day: date

    def covers(self, day: date) -> bool:
        """Whether the rate is law on a day."""
        return self.first_day <= day <= self.last_day


def _read(line: str) -> Rate:
    country, level, percent, *days = line.split()
    first = date.fromisoformat(days[0]) if days and days[0] != "-" else KNOWN_FROM
    last = date.fromisoformat(days[1]) if len(days) > 1 else date.max
    return Rate(country, int(level), Decimal(percent), first, last)


RATES: tuple[Rate, ...] = tuple(_read(line) for line in _TABLE.strip().splitlines())
"""The whole table."""


def legal_rates(country: str, day: date) -> frozenset[Decimal]:
    """The rates a sale to a country may carry on a day; none for a country or a day that the table does not know."""
    return frozenset(rate.percent for rate in RATES if rate.country == country and rate.covers(day))


def oss_countries() -> tuple[str, ...]:
    """The countries of OSS in the order that gives accounting.md 1.2 its numbers; Northern Ireland is the last."""
    return (*sorted(EU_COUNTRIES - {"SE"}), "XI")
