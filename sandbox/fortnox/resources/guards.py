"""Rules that every booking shares: the date's year, the lock, and accounts that may be posted to."""

from collections.abc import Iterable
from datetime import date

from sandbox.fortnox.company import Company, Year
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
