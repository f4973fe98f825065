"""Writing the ledger as an SIE file (type 1 to 4), as bookkeepers exchange it (fortnox-api.md 3.15).

Code page 437, one label per line, amounts with a point; a debit is positive. Type 1 holds yearly balances, 2 adds them
by month, 3 by cost centre and project, 4 every voucher.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal

from sandbox.fortnox.books.ledger import Entry
from sandbox.fortnox.company import Company, Year
from sandbox.fortnox.money import HUNDRED

CODE_PAGE = "cp437"
_FIRST_RESULT_ACCOUNT = 3000
_COST_CENTRE, _PROJECT = "1", "6"


def write_sie(company: Company, year: Year, kind: int, from_date: str = "", to_date: str = "9999") -> bytes:
    """Write a year; of its vouchers only those between two days."""
    entries = [entry for entry in company.ledger.entries if entry.year == year.id]
    chosen = [entry for entry in entries if from_date <= entry.date <= to_date]
    lines = [*_head(company, year, kind), *_accounts(company, year), *_objects(company, kind)]
    lines += _balances(company, year, entries)
    if kind >= 2:
        lines += _by_month(entries)
    if kind == 4:
        for entry in sorted(chosen, key=lambda one: (one.series, one.number)):
            lines += _voucher(entry)
    return "".join(f"{line}\r\n" for line in lines).encode(CODE_PAGE, "replace")


def _head(company: Company, year: Year, kind: int) -> Iterator[str]:
    config = company.config
    yield "#FLAGGA 0"
    yield '#PROGRAM "Fortnox sandbox" "1"'
    yield "#FORMAT PC8"
    yield f"#GEN {company.clock.today():%Y%m%d}"
    yield f"#SIETYP {kind}"
    yield f"#ORGNR {config.organisation_number}"
    yield f"#FNAMN {_quoted(config.name)}"
    for offset, one in enumerate(reversed([one for one in company.years if one.from_date <= year.from_date])):
        yield f"#RAR {-offset} {one.from_date:%Y%m%d} {one.to_date:%Y%m%d}"
    yield "#KPTYP EUBAS97"


def _accounts(company: Company, year: Year) -> Iterator[str]:
    for number, record in sorted(company.accounts[year.id].items()):
        yield f"#KONTO {number} {_quoted(record.fields['Description'])}"
        if record.fields["SRU"]:
            yield f"#SRU {number} {record.fields['SRU']}"


def _objects(company: Company, kind: int) -> Iterator[str]:
    if kind < 3:
        return
    for dimension, name, register in (
        (_COST_CENTRE, "Kostnadsställe", "costcenters"),
        (_PROJECT, "Projekt", "projects"),
    ):
        yield f"#DIM {dimension} {_quoted(name)}"
        for record in company.kind(register).values():
            yield f"#OBJEKT {dimension} {_quoted(record.key)} {_quoted(record.fields['Description'])}"


def _balances(company: Company, year: Year, entries: Iterable[Entry]) -> Iterator[str]:
    before = _sums(entry for entry in company.ledger.entries if entry.date < year.from_date.isoformat())
    during = _sums(entries)
    for account in sorted(before.keys() | during.keys()):
        if account < _FIRST_RESULT_ACCOUNT:
            yield f"#IB 0 {account} {_amount(before[account])}"
            yield f"#UB 0 {account} {_amount(before[account] + during[account])}"
        elif during[account]:
            yield f"#RES 0 {account} {_amount(during[account])}"


def _by_month(entries: Iterable[Entry]) -> Iterator[str]:
    sums: dict[tuple[str, int], int] = defaultdict(int)
    for entry in entries:
        for posting in entry.postings:
            sums[entry.date[:7].replace("-", ""), posting.account] += posting.ore
    for (month, account), ore in sorted(sums.items()):
        yield f"#PSALDO 0 {month} {account} {{}} {_amount(ore)}"


def _voucher(entry: Entry) -> Iterator[str]:
    day = entry.date.replace("-", "")
    yield f"#VER {_quoted(entry.series)} {entry.number} {day} {_quoted(entry.description)}"
    yield "{"
    for posting in entry.postings:
        objects = [_COST_CENTRE, _quoted(posting.cost_center)] if posting.cost_center else []
        objects += [_PROJECT, _quoted(posting.project)] if posting.project else []
        text = f" {day} {_quoted(posting.text)}" if posting.text else ""
        yield f"   #TRANS {posting.account} {{{' '.join(objects)}}} {_amount(posting.ore)}{text}"
    yield "}"


def _sums(entries: Iterable[Entry]) -> dict[int, int]:
    sums: dict[int, int] = defaultdict(int)
    for entry in entries:
        for posting in entry.postings:
            sums[posting.account] += posting.ore
    return sums


def _amount(ore: int) -> str:
    return f"{Decimal(ore) / HUNDRED:.2f}"


def _quoted(text: str) -> str:
    clean = "".join(sign for sign in text if sign.isprintable())
    return '"' + clean.replace('"', '\\"') + '"'
