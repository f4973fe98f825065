"""Rules that bookings and changes share: the date's year, the lock, accounts, and documents that are ready."""

from collections.abc import Collection, Iterable
from datetime import date

from sandbox.fortnox.api import ApiCall
from sandbox.fortnox.company import Company, Record, Year
from sandbox.fortnox.errors import FortnoxError, inactive_account, no_account, no_financial_year


def open_year(company: Company, day: str) -> Year:
    """Give the year of a booking day; refuses days outside every year and in the locked period."""
    when = date.fromisoformat(day)
    year = company.year_of(when)
    if year is None:
        raise no_financial_year(day)
    locked = company.config.locked_until
    if locked is not None and when <= locked:
        who = company.config.user.name
        raise FortnoxError(
            2000401, f"{who} har låst perioden t.o.m. {locked.isoformat()}. Lås upp perioden för att fortsätta."
        )
    return year


def check_accounts(company: Company, year: Year, numbers: Iterable[int]) -> None:
    """Refuse accounts that are missing or switched off in a year."""
    chart = company.accounts[year.id]
    for number in numbers:
        record = chart.get(number)
        if record is None:
            raise no_account()
        if not record.fields["Active"]:
            raise inactive_account(number)


# What of a document the warehouse module looks at: the official page says that "all information affecting Warehouse
# is locked", the refusal's own text that the document cannot be changed at all (`Switches.ready_locks`).
_OF_STOCK = frozenset({"InvoiceRows", "OrderRows", "OutboundDate", "DeliveryState", "CustomerNumber", "StockPointCode"})
_READY = "Ett klarmarkerat dokument kan inte ändras"


def check_unlocked(call: ApiCall, record: Record, changes: Collection[str]) -> None:
    """Refuse changes of a document that was marked ready."""
    if call.company.config.warehouse and record.hidden.get("ready"):
        locked = call.switches.ready_locks == "all" or not _OF_STOCK.isdisjoint(changes)
        if locked:
            raise FortnoxError(2003125, _READY)


def mark(call: ApiCall, record: Record) -> Record:
    """Mark a document ready; whether it may be done twice is not known (`Switches.ready_again`)."""
    if record.hidden.get("ready") and call.switches.ready_again == "refused":
        raise FortnoxError(2003125, _READY)
    record.fields["WarehouseReady"] = True
    record.hidden["ready"] = call.company.config.warehouse
    call.company.touch(record)
    return record
