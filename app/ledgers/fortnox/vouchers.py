"""Vouchers of our own: found by series, year and day, and by their text, which ends in our reference."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from app.kit.http.outcome import Done
from app.ledgers.base import Company, Disagrees, Found, Looked, LookFailed, NotThere, Results, Sent, StepContext
from app.ledgers.fortnox.call import Call, Context, number_in_path
from app.ledgers.fortnox.client import FortnoxClient, ListFailedError
from app.ledgers.fortnox.content import filled
from app.ledgers.fortnox.text import clean
from app.ledgers.fortnox.wire import WireVoucher
from app.model.finding import Finding
from app.posting.vouchers import CreateVoucher


def build(step: CreateVoucher, _context: Context) -> Call:
    """The request that makes a voucher."""
    return Call("POST", "/3/vouchers", {"Voucher": voucher_fields(step)})


def voucher_text(step: CreateVoucher) -> str:
    """The text of a voucher; it ends in the reference, whole, for vouchers are found by nothing else."""
    reference = f" ({clean(step.reference, 80)})"
    return clean(step.text, 200 - len(reference)) + reference


def voucher_fields(step: CreateVoucher) -> dict[str, Any]:
    """What a voucher is made of."""
    return {
        "Description": voucher_text(step),
        "TransactionDate": step.day.isoformat(),
        "VoucherSeries": step.series,
        "VoucherRows": [
            filled(
                {
                    "Account": row.account,
                    "Debit": row.debit.decimal,
                    "Credit": row.credit.decimal,
                    "CostCenter": row.cost_center,
                    "TransactionInformation": clean(row.text, 100),
                }
            )
            for row in step.rows
        ],
    }


def find(client: FortnoxClient, company: Company, step: CreateVoucher, context: StepContext) -> Looked:
    """Whether a voucher with our text stands there, and with our amounts. Lists hold no rows: what fits is read."""
    try:
        year = _year_of(client, company, step)
        if year is None:
            return NotThere()
        listed = _listed(client, company, step, year)
    except ListFailedError as error:
        return LookFailed(error.outcome)
    text = voucher_text(step)
    vouchers = [voucher for voucher in map(WireVoucher.model_validate, listed) if voucher.text == text]
    if not vouchers:
        return NotThere()
    numbers = ", ".join(f"{voucher.series}{voucher.number}" for voucher in vouchers)
    if len(vouchers) > 1:
        return Disagrees(Finding("DUPLICATE_IN_BOOKS", numbers, {"reference": step.reference, "documents": numbers}))
    path = f"/3/vouchers/{number_in_path(vouchers[0].series)}/{vouchers[0].number}"
    # Without the year it would be the one that a person happens to have selected there.
    outcome = client.call(company, Call("GET", path), params={"financialyear": str(year)}, observe=context.observe)
    if not isinstance(outcome, Done):
        return LookFailed(outcome)
    voucher = WireVoucher.model_validate(outcome.data["Voucher"])
    if voucher.by_account == _by_account(step):
        return Found(voucher_remote(voucher))
    stands = sum((amount for amount in voucher.by_account.values() if amount > 0), Decimal(0))
    debit = sum((amount for amount in _by_account(step).values() if amount > 0), Decimal(0))
    shown = {"document": numbers, "shop_amount": f"{debit} SEK", "books_amount": f"{stands} SEK"}
    return Disagrees(Finding("DIFFERS_IN_BOOKS", numbers, shown))


def _year_of(client: FortnoxClient, company: Company, step: CreateVoucher) -> int | None:
    day = step.day.isoformat()
    years = client.pages(company, "/3/financialyears", "FinancialYears")
    return next((int(year["Id"]) for year in years if str(year["FromDate"]) <= day <= str(year["ToDate"])), None)


def _listed(client: FortnoxClient, company: Company, step: CreateVoucher, year: int) -> list[Any]:
    day = step.day.isoformat()
    params = {"financialyear": str(year), "fromdate": day, "todate": day}
    path = f"/3/vouchers/sublist/{number_in_path(step.series)}"
    return list(client.pages(company, path, "Vouchers", params))


def _by_account(step: CreateVoucher) -> dict[int, Decimal]:
    sums: dict[int, Decimal] = {}
    for row in step.rows:
        sums[row.account] = sums.get(row.account, Decimal(0)) + (row.debit - row.credit).decimal
    return {account: amount for account, amount in sums.items() if amount}


def read(_step: CreateVoucher, done: Done, _results: Results) -> Sent:
    """The voucher as Fortnox numbered it."""
    return Sent(done, voucher_remote(WireVoucher.model_validate(done.data["Voucher"])))


def voucher_remote(voucher: WireVoucher) -> dict[str, Any]:
    """What people need of a voucher: numbers begin anew with every financial year."""
    name = f"{voucher.series}{voucher.number}"
    return {"number": name, "voucher": name, "voucher_year": voucher.year}
