"""Reading Fortnox's registers whole, as (code, data) pairs for the local register."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from app.invoicing.customers import customer_marks, organisation_number
from app.kit.http.outcome import Done, Outcome, Refused
from app.ledgers.base import Company, RecordPage, RecordsUnreadableError, Remote
from app.ledgers.fortnox.call import Call
from app.ledgers.fortnox.client import FortnoxClient, ListFailedError
from app.ledgers.fortnox.wire import WireInvoiceListRow

_ZONE = ZoneInfo("Europe/Stockholm")
_UNSURE = timedelta(hours=3)
"""`lastmodified` is read in Swedish time or in UTC, nobody knows (fortnox-api.md 2.3): so much earlier is asked."""


def read_records(
    client: FortnoxClient, company: Company, kind: str, days: tuple[date, ...] = ()
) -> list[tuple[str, Remote]]:
    """Every entry of a register. Raises RecordsUnreadableError; a register that the grant may not read is `denied`."""
    try:
        if kind == "lockedperiod":
            return _locked_period(client, company)
        if kind == "accounts":
            return _accounts(client, company, days)
        path, key, entry = _LISTS[kind]
        return [entry(row) for row in client.pages(company, path, key)]
    except ListFailedError as error:
        if kind == "costcenters" and isinstance(error.outcome, Refused):
            return [("", {"denied": True})]
        raise RecordsUnreadableError(kind, error.outcome) from error


def read_page(client: FortnoxClient, company: Company, kind: str, page: int, since: datetime | None) -> RecordPage:
    """One page of a long register. Raises RecordsUnreadableError."""
    path, key, entry = _LISTS[kind]
    params = changed_since(since) if since else None
    try:
        rows, is_last = client.page(company, path, key, page, params)
    except ListFailedError as error:
        raise RecordsUnreadableError(kind, error.outcome) from error
    return RecordPage([entry(row) for row in rows], is_last)


def changed_since(moment: datetime) -> dict[str, str]:
    """The parameter that asks for what changed after a moment, and for some hours before it."""
    return {"lastmodified": (moment.astimezone(_ZONE) - _UNSURE).strftime("%Y-%m-%d %H:%M")}


def read_entry(
    client: FortnoxClient, company: Company, kind: str, code: str, years: tuple[int, ...]
) -> list[tuple[str, Remote]]:
    """One entry as it stands now, an account in each of the years; empty when it is gone."""
    if kind == "accounts":
        path, single = f"/3/accounts/{quote(code, safe='')}", "Account"
        requests = [(path, {"financialyear": str(year)}, _entry_of_year(year)) for year in years]
    else:
        requests = [(f"{_LISTS[kind][0]}/{quote(code, safe='')}", {}, _LISTS[kind][2])]
        single = _SINGLE[kind]
    entries = []
    for path, params, entry in requests:
        outcome = client.call(company, Call("GET", path), params=params)
        if isinstance(outcome, Done):
            entries.append(entry(outcome.data[single]))
        elif not _is_gone(outcome):
            raise RecordsUnreadableError(kind, outcome)
    return entries


def _is_gone(outcome: Outcome) -> bool:
    """Fortnox says 404 for what is not there, or 400 with a text of its own (fortnox-api.md 5)."""
    words = outcome.message.lower() if isinstance(outcome, Refused) else ""
    return isinstance(outcome, Refused) and (outcome.status == 404 or "kan inte hitta" in words or "not find" in words)


def _entry_of_year(year: int) -> Callable[[Mapping[str, Any]], tuple[str, Remote]]:
    return lambda row: _account(year, row)


def _locked_period(client: FortnoxClient, company: Company) -> list[tuple[str, Remote]]:
    outcome = client.call(company, Call("GET", "/3/settings/lockedperiod"))
    if not isinstance(outcome, Done):
        raise ListFailedError(outcome)
    return [("", {"end": (outcome.data.get("LockedPeriod") or {}).get("EndDate") or None})]


def _accounts(client: FortnoxClient, company: Company, days: tuple[date, ...]) -> list[tuple[str, Remote]]:
    """The chart of each financial year that a day asks for: an account may be active in one year and not in another."""
    entries: list[tuple[str, Remote]] = []
    for year in client.pages(company, "/3/financialyears", "FinancialYears"):
        if not any(str(year["FromDate"]) <= day.isoformat() <= str(year["ToDate"]) for day in days):
            continue
        rows = client.pages(company, "/3/accounts", "Accounts", {"financialyear": str(year["Id"])})
        entries.extend(_account(int(year["Id"]), row) for row in rows)
    return entries


def _account(year: int, row: Mapping[str, Any]) -> tuple[str, Remote]:
    data = {
        "year": year,
        "number": int(row["Number"]),
        "active": bool(row.get("Active", True)),
        "vat_code": str(row.get("VATCode") or ""),
        "description": str(row.get("Description") or ""),
    }
    return f"{year}:{data['number']}", data


def _year(row: Mapping[str, Any]) -> tuple[str, Remote]:
    data = {"id": int(row["Id"]), "from": str(row["FromDate"]), "to": str(row["ToDate"])}
    return str(row["Id"]), data | {"method": str(row.get("AccountingMethod") or "")}


def _code(row: Mapping[str, Any]) -> tuple[str, Remote]:
    return str(row["Code"]), {"description": str(row.get("Description") or ""), "active": bool(row.get("Active", True))}


def _mode(row: Mapping[str, Any]) -> tuple[str, Remote]:
    return str(row["Code"]), {"account": int(row["AccountNumber"]) if row.get("AccountNumber") else None}


def _article(row: Mapping[str, Any]) -> tuple[str, Remote]:
    return str(row["ArticleNumber"]), {"active": bool(row.get("Active", True))}


def _customer(row: Mapping[str, Any]) -> tuple[str, Remote]:
    """By what a buyer is known again. A person's identity number is not kept, nor an address as it is written."""
    organisation = organisation_number(str(row.get("OrganisationNumber") or ""))
    marks = customer_marks(organisation, str(row.get("Email") or ""))
    # The official description lists it with every row, the recorded lists do not: then only the record itself shows it.
    way = {"way": str(row["WayOfDelivery"] or "")} if "WayOfDelivery" in row else {}
    return str(row["CustomerNumber"]), {**marks, **way, "active": bool(row.get("Active", True))}


def _invoice(row: Mapping[str, Any]) -> tuple[str, Remote]:
    listed = WireInvoiceListRow.model_validate(row)
    return listed.document_number, invoice_entry(listed)


def invoice_entry(listed: WireInvoiceListRow) -> Remote:
    """What is kept of an invoice that a list shows."""
    return {
        "external1": listed.external1.strip(),
        "external2": listed.external2.strip(),
        "document_number": listed.document_number,
        "ocr": listed.ocr.strip(),
        "counts": not listed.cancelled and not listed.is_credit,
        "open": bool(listed.balance),
        "total": f"{listed.total:.2f}",
        "currency": listed.currency,
        "customer": listed.customer_name.strip(),
        "day": listed.invoice_date[:10],
    }


_LISTS: Mapping[str, tuple[str, str, Callable[[Mapping[str, Any]], tuple[str, Remote]]]] = {
    "financialyears": ("/3/financialyears", "FinancialYears", _year),
    "currencies": ("/3/currencies", "Currencies", _code),
    "wayofdeliveries": ("/3/wayofdeliveries", "WayOfDeliveries", _code),
    "costcenters": ("/3/costcenters", "CostCenters", _code),
    "termsofpayments": ("/3/termsofpayments", "TermsOfPayments", _code),
    "modesofpayments": ("/3/modesofpayments", "ModesOfPayments", _mode),
    "customers": ("/3/customers", "Customers", _customer),
    "articles": ("/3/articles", "Articles", _article),
    "invoices": ("/3/invoices", "Invoices", _invoice),
}
_SINGLE = {
    "currencies": "Currency", "wayofdeliveries": "WayOfDelivery", "costcenters": "CostCenter",
    "termsofpayments": "TermsOfPayment", "modesofpayments": "ModeOfPayment", "customers": "Customer",
    "articles": "Article",
}  # fmt: skip
"""The name of one object in the answer to its own address."""
