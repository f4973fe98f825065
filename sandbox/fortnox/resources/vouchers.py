"""Vouchers: create, show, list (fortnox-api.md 3.7). There is no update: corrections are new vouchers."""

from datetime import date
from decimal import Decimal

from sandbox.fortnox.api import ApiCall, no_such_path
from sandbox.fortnox.books.ledger import Entry, Posting
from sandbox.fortnox.company import Company, Record, Year
from sandbox.fortnox.errors import (
    UNKNOWN_CODE,
    FortnoxError,
    forbidden,
    no_financial_year,
    not_found,
    refused,
    wrong_data,
)
from sandbox.fortnox.lists import Listing, list_records
from sandbox.fortnox.money import HUNDRED, to_ore
from sandbox.fortnox.resources.accounts import year_asked
from sandbox.fortnox.resources.guards import check_accounts, open_year
from sandbox.fortnox.resources.references import check_references
from sandbox.fortnox.schemas.accounting import VOUCHER, VOUCHER_ROW
from sandbox.fortnox.wire import Document, Reply


class Vouchers:
    """The vouchers, those of invoices and payments included."""

    def __init__(self) -> None:
        self.listing = Listing(
            "Vouchers",
            lambda _call, record: record.fields,
            search={"voucherseries": "VoucherSeries", "costcenter": "CostCenter"},
            date_field="TransactionDate",
            exact=frozenset({"voucherseries"}),
        )

    def answer(self, call: ApiCall) -> Reply:
        """Answer a call; vouchers are known by series and number, so their paths differ from other resources."""
        match call.method, call.parts:
            case "POST", ():
                return self._create(call)
            case "GET", () | ("sublist",):
                return self._list(call, None)
            case "GET", ("sublist", series):
                return self._list(call, series)
            case "GET", (series, number):
                return Reply(200, {"Voucher": _show(call, _find(call, series, number))})
            case "DELETE", (series, number):
                return self._delete(call, series, number)
            case _:
                raise no_such_path()

    def _list(self, call: ApiCall, series: str | None) -> Reply:
        """List the vouchers of a year, without rows."""
        company, year = call.company, year_asked(call)
        now = company.clock.now()
        records = [
            Record(f"{entry.series}/{entry.number}", _row(call, entry), entry.made or now, entry.made or now)
            for entry in company.ledger.entries
            if entry.year == year.id and series in {None, entry.series}
        ]
        return list_records(call, records, self.listing)

    def _delete(self, call: ApiCall, series: str, number: str) -> Reply:
        """Delete a voucher made by hand; only with a scope that Fortnox gives by agreement (fortnox-api.md 3.7)."""
        if "deletevoucher" not in call.scopes:
            raise forbidden(2000663, "Har inte behörighet för scope", call.switches.permission_status)
        entry = _find(call, series, number)
        open_year(call.company, entry.date)
        if entry.reference_type != "MANUAL":
            raise refused("Verifikationen hör till ett dokument och kan inte tas bort.")
        call.company.ledger.remove(entry)
        return Reply(204, None)

    def _create(self, call: ApiCall) -> Reply:
        company = call.company
        fields = VOUCHER.blank() | VOUCHER.check(
            call.sent("Voucher"), creating=True, refuse_read_only=call.switches.refuse_read_only_fields
        )
        check_references(company, fields)
        series = company.kind("voucherseries").get(fields["VoucherSeries"])
        if series is None:
            raise refused(f"Kunde inte hitta verifikationsserien ({fields['VoucherSeries']})")
        if not series.fields["Manual"]:
            raise refused(f"Verifikationsserien är inte manuell ({series.key})")
        year = _year(call, fields["TransactionDate"])
        postings = _postings(call, year, fields["VoucherRows"])
        entry = company.ledger.post(
            series.key,
            year.id,
            fields["TransactionDate"],
            fields["Description"],
            postings,
            reference=(fields["ReferenceType"] or "MANUAL", fields["ReferenceNumber"]),
            comments=fields["Comments"],
        )
        return Reply(201, {"Voucher": _show(call, entry)}, location="vouchers")


def _find(call: ApiCall, series: str, number: str) -> Entry:
    entry = call.company.ledger.find(series, int(number), year_asked(call).id) if number.isdecimal() else None
    if entry is None:
        raise not_found(UNKNOWN_CODE, "Kan inte hitta verifikationen.")
    return entry


def _year(call: ApiCall, day: str) -> Year:
    """Give the year of a voucher: that of its date, which must be the year the call names, if it names one."""
    year = open_year(call.company, day)
    if "financialyear" in call.query and year_asked(call) != year:
        raise no_financial_year(date.fromisoformat(day))
    return year


def _postings(call: ApiCall, year: Year, sent: object) -> list[Posting]:
    company = call.company
    if not isinstance(sent, list) or not sent or not all(isinstance(row, dict) for row in sent):
        raise wrong_data()
    rows = [VOUCHER_ROW.blank() | VOUCHER_ROW.check(row, creating=True) for row in sent]
    check_accounts(company, year, [row["Account"] for row in rows])
    postings = []
    for row in rows:
        check_references(company, {"CostCenter": row["CostCenter"], "Project": row["Project"]})
        debit, credit = Decimal(row["Debit"]), Decimal(row["Credit"])
        if debit < 0 or credit < 0 or (debit and credit):
            raise refused("En rad ska ha antingen debet eller kredit.")
        _check_cost_center(company, year, row)
        text = row["TransactionInformation"] or row["Description"]
        postings.append(
            Posting(row["Account"], to_ore(debit) - to_ore(credit), text, row["CostCenter"], row["Project"])
        )
    if sum(posting.ore for posting in postings):
        raise refused("Verifikationen balanserar inte.")
    return postings


def _check_cost_center(company: Company, year: Year, row: Document) -> None:
    """Hold each account's settings for cost centre and project."""
    account = company.accounts[year.id][row["Account"]].fields
    for name, setting in (("CostCenter", "CostCenterSettings"), ("Project", "ProjectSettings")):
        rule = account[setting]
        if (rule == "MANDATORY" and not row[name]) or (rule == "NOTALLOWED" and row[name]):
            raise FortnoxError(UNKNOWN_CODE, f"Konto {row['Account']}: {name} {rule}")


def _row(call: ApiCall, entry: Entry) -> Document:
    url = f"{call.url('vouchers', entry.series, str(entry.number))}?financialyear={entry.year}"
    return {
        "@url": url,
        "ApprovalState": 0,
        "Comments": entry.comments,
        "CostCenter": None,
        "Description": entry.description,
        "Project": None,
        "ReferenceNumber": entry.reference_number,
        "ReferenceType": entry.reference_type,
        "TransactionDate": entry.date,
        "VoucherNumber": entry.number,
        "VoucherSeries": entry.series,
        "Year": entry.year,
    }


def _show(call: ApiCall, entry: Entry) -> Document:
    chart = call.company.accounts[entry.year]
    rows = [
        {
            "Account": posting.account,
            "CostCenter": posting.cost_center,
            "Credit": Decimal(posting.credit) / HUNDRED,
            "Debit": Decimal(posting.debit) / HUNDRED,
            "Description": _row_text(call, chart[posting.account].fields["Description"], posting.text),
            "Project": posting.project,
            "Quantity": 0,
            "Removed": False,
            "TransactionInformation": posting.text,
        }
        for posting in entry.postings
    ]
    return _row(call, entry) | {"VoucherRows": rows}


def _row_text(call: ApiCall, account: str, sent: str) -> str:
    """Show a row's text; seen overwritten by the account's name (fortnox-api.md 3.7, unconfirmed)."""
    return account if call.switches.voucher_row_texts == "account" or not sent else sent
