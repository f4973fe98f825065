"""Accounts, charts and financial years (fortnox-api.md 3.8)."""

from dataclasses import replace
from datetime import date

from sandbox.fortnox.api import ApiCall, Collection
from sandbox.fortnox.company import Record, Year
from sandbox.fortnox.config import AccountConfig
from sandbox.fortnox.errors import UNKNOWN_CODE, not_found, refused, wrong_parameter
from sandbox.fortnox.lists import Listing, list_records
from sandbox.fortnox.schemas.accounting import ACCOUNT, FINANCIAL_YEAR
from sandbox.fortnox.wire import Document, Reply


def year_asked(call: ApiCall) -> Year:
    """Give the year that a call names by id or date, else the preselected one."""
    company = call.company
    if "financialyear" in call.query:
        asked = call.query["financialyear"]
        year = next((year for year in company.years if str(year.id) == asked), None)
    elif "financialyeardate" in call.query:
        year = company.year_of(_day(call.query["financialyeardate"]))
    else:
        return company.preselected_year()
    if year is None:
        raise refused("Räkenskapsår saknas.")
    return year


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise wrong_parameter() from None


class Accounts(Collection):
    """The chart of a year."""

    def __init__(self) -> None:
        self.listing = Listing(
            "Accounts", _account_row, search={"sru": "SRU", "number": "Number"}, sorts={"number": "Number"}
        )

    def list(self, call: ApiCall) -> Reply:
        """List the accounts of a year by number."""
        chart = call.company.accounts[year_asked(call).id]
        return list_records(call, [chart[number] for number in sorted(chart)], self.listing)

    def create(self, call: ApiCall) -> Reply:
        """Add an account to a year."""
        fields = ACCOUNT.check(call.sent("Account"), creating=True)
        year, number = year_asked(call), int(fields["Number"])
        if number in call.company.accounts[year.id]:
            raise refused(f"Konto {number} finns redan.")
        record = call.company.add_account(year.id, AccountConfig(number=number))
        record.fields.update(fields)
        return Reply(201, _show_account(call, record), location="accounts")

    def get(self, call: ApiCall, key: str) -> Reply:
        """Show an account."""
        return Reply(200, _show_account(call, self._find(call, key)))

    def update(self, call: ApiCall, key: str) -> Reply:
        """Change an account; its number stays."""
        record = self._find(call, key)
        fields = ACCOUNT.check(call.sent("Account"), creating=False)
        if str(fields.pop("Number", key)) != key:
            raise refused("Kontonumret kan inte ändras.")
        record.fields.update(fields)
        call.company.touch(record)
        return Reply(200, _show_account(call, record))

    def delete(self, call: ApiCall, key: str) -> Reply:
        """Delete an account that has no postings."""
        record = self._find(call, key)
        if record.fields["Number"] in call.company.ledger.balances():
            raise refused("Kontot används och kan inte tas bort.")
        del call.company.accounts[year_asked(call).id][record.fields["Number"]]
        return Reply(204, None)

    def _find(self, call: ApiCall, key: str) -> Record:
        chart = call.company.accounts[year_asked(call).id]
        record = chart.get(int(key)) if key.isdecimal() else None
        if record is None:
            raise not_found(2000423, "Kan inte hitta kontot.")
        return record


class AccountCharts(Collection):
    """The named charts one may start from; read only."""

    def list(self, call: ApiCall) -> Reply:
        """List the charts' names."""
        names = [{"Name": name} for name in ("Bas 2026", "Bas 2025", "K1 Enskild firma")]
        meta = {"@TotalResources": len(names), "@TotalPages": 1, "@CurrentPage": 1}
        return Reply(200, {"MetaInformation": meta, "AccountCharts": names}) if not call.parts else super().list(call)


class FinancialYears(Collection):
    """The company's financial years."""

    def list(self, call: ApiCall) -> Reply:
        """List the years, newest first, or only that of a day (``date`` or ``Date``)."""
        day = call.query.get("date")
        years = [year for year in call.company.years if day is None or year.holds(_day(day))]
        rest = {name: value for name, value in call.query.items() if name != "date"}
        records = [Record(str(year.id), _year(call, year), year.opened, year.opened) for year in reversed(years)]
        return list_records(replace(call, query=rest), records, Listing("FinancialYears", _year_row))

    def create(self, call: ApiCall) -> Reply:
        """Open a year that overlaps no other."""
        fields = FINANCIAL_YEAR.check(call.sent("FinancialYear"), creating=True)
        first, last = date.fromisoformat(fields["FromDate"]), date.fromisoformat(fields["ToDate"])
        if first >= last or any(first <= year.to_date and year.from_date <= last for year in call.company.years):
            raise refused("Räkenskapsåret överlappar ett annat räkenskapsår.")
        year = call.company.add_year(first, last)
        return Reply(201, {"FinancialYear": _year_with_url(call, year)}, location="financialyears")

    def get(self, call: ApiCall, key: str) -> Reply:
        """Show a year."""
        for year in call.company.years:
            if str(year.id) == key:
                return Reply(200, {"FinancialYear": _year_with_url(call, year)})
        raise not_found(UNKNOWN_CODE, "Kan inte hitta räkenskapsåret.")


def _year(call: ApiCall, year: Year) -> Document:
    return {
        "Id": year.id,
        "FromDate": year.from_date.isoformat(),
        "ToDate": year.to_date.isoformat(),
        "AccountChartType": "Bas 2026",
        "AccountingMethod": "CASH" if call.company.config.cash_method else "ACCRUAL",
    }


def _year_with_url(call: ApiCall, year: Year) -> Document:
    return {"@url": call.url("financialyears", str(year.id)), **_year(call, year)}


def _year_row(call: ApiCall, record: Record) -> Document:
    """Show a list row; the list spells one key in lower case (older documentation)."""
    fields = dict(record.fields)
    fields["accountCharts"] = fields.pop("AccountChartType")
    return {"@url": call.url("financialyears", record.key), **fields}


def _show_account(call: ApiCall, record: Record) -> Document:
    return {"Account": _account_row(call, record)}


def _account_row(call: ApiCall, record: Record) -> Document:
    return {"@url": call.url("accounts", record.key), **record.fields}
