"""The OSS map as a file that a bookkeeper edits: country, rate, account of sales, account of VAT."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from app.vat.oss import oss_sales_role, oss_vat_role, proposed_oss_accounts, rate_text
from app.vat.rates import RATES, oss_countries

HEAD = ("country", "rate", "sales_account", "vat_account")
_MOST_LINES = 2_000


@dataclass(frozen=True, slots=True)
class OssChange:
    """A role that the file maps otherwise than the rules do."""

    role: str
    before: int | None
    after: int | None


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that is no mapping: its number, and what is wrong (`columns`, `country`, `rate`, `account`, `twice`)."""

    number: int
    problem: str


@dataclass(frozen=True, slots=True)
class OssFile:
    """What a file asks for. With bad lines nothing of it may be put in force."""

    changes: tuple[OssChange, ...]
    bad: tuple[BadLine, ...]

    def laid_over(self, accounts: Mapping[str, int]) -> dict[str, int]:
        """The accounts with the changes in them."""
        unchanged = {
            role: number for role, number in accounts.items() if role not in {change.role for change in self.changes}
        }
        return unchanged | {change.role: change.after for change in self.changes if change.after is not None}


def write_oss(accounts: Mapping[str, int], *, proposed: bool = False) -> str:
    """Every country and rate that is law in the EU, with its accounts; `proposed` fills what is not mapped yet."""
    mapped = {**(proposed_oss_accounts() if proposed else {}), **accounts}
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";")
    writer.writerow(HEAD)
    for country in oss_countries():
        rates = sorted({rate.percent for rate in RATES if rate.country == country and rate.percent}, reverse=True)
        for rate in rates:
            sales, vat = mapped.get(oss_sales_role(country, rate), ""), mapped.get(oss_vat_role(country), "")
            writer.writerow((country, rate_text(rate), sales, vat))
    return out.getvalue()


def read_oss(text: str, accounts: Mapping[str, int]) -> OssFile:
    """What a file changes of these accounts. An empty account takes the mapping away; the same file changes nothing."""
    requested: dict[str, int | None] = {}
    bad: list[BadLine] = []
    for number, row in _rows(text):
        problem = _enter(row, requested)
        if problem:
            bad.append(BadLine(number, problem))
    changes = (OssChange(role, accounts.get(role), after) for role, after in requested.items())
    return OssFile(tuple(change for change in changes if change.before != change.after), tuple(bad))


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    text = text.removeprefix("\ufeff")
    delimiter = ";" if ";" in text.partition("\n")[0] else ","
    for number, row in enumerate(csv.reader(io.StringIO(text), delimiter=delimiter), 1):
        cells = [cell.strip() for cell in row]
        if any(cells) and tuple(cell.lower() for cell in cells) != HEAD:
            yield number, cells
        if number > _MOST_LINES:
            return


def _enter(row: list[str], requested: dict[str, int | None]) -> str:
    """Enter a line; what is wrong with it, or nothing."""
    if len(row) != len(HEAD):
        return "columns"
    country, rate_given, sales, vat = row
    country = country.upper()
    if country not in oss_countries():
        return "country"
    try:
        rate = Decimal(rate_given.replace(",", "."))
    except InvalidOperation:
        return "rate"
    if not 0 < rate < 100:
        return "rate"
    if any(
        number_text and not (number_text.isascii() and number_text.isdigit() and len(number_text) == 4)
        for number_text in (sales, vat)
    ):
        return "account"
    for role, number in ((oss_sales_role(country, rate), sales), (oss_vat_role(country), vat)):
        account = int(number) if number else None
        if requested.get(role, account) != account:
            return "twice"
        requested[role] = account
    return ""
