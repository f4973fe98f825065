"""Reading Fortnox's registers whole, as (code, data) pairs for the local register."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from app.books.base import Company, RegisterUnreadableError, Remote
from app.books.fortnox.client import FortnoxClient, ListFailedError
from app.books.fortnox.render import Call
from app.http.outcome import Done, Refused

KINDS = ("financialyears", "lockedperiod", "currencies", "wayofdeliveries", "costcenters", "accounts")
"""Registers that pre-flight looks into, in the order they are warmed (accounts need the years)."""


def read_register(
    client: FortnoxClient, company: Company, kind: str, days: tuple[date, ...] = ()
) -> list[tuple[str, Remote]]:
    """Every entry of a register. Raises RegisterUnreadableError; a register that the grant may not read is `denied`."""
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
        raise RegisterUnreadableError(kind, error.outcome) from error


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


_LISTS: Mapping[str, tuple[str, str, Callable[[Mapping[str, Any]], tuple[str, Remote]]]] = {
    "financialyears": ("/3/financialyears", "FinancialYears", _year),
    "currencies": ("/3/currencies", "Currencies", _code),
    "wayofdeliveries": ("/3/wayofdeliveries", "WayOfDeliveries", _code),
    "costcenters": ("/3/costcenters", "CostCenters", _code),
}
