"""Manual entries: vouchers that Bokbro writes itself, because no invoice and no payment makes them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from app.kit.money import Money, UnbalancedPlanError, total
from app.posting.references import DocumentRef, Referenced, VoucherRef

BOOKS_CURRENCY = "SEK"
"""What Fortnox keeps vouchers in."""


@dataclass(frozen=True, slots=True)
class VoucherRow:
    """One row of a voucher of our own; exactly one of debit and credit is above zero."""

    account: int
    debit: Money
    credit: Money
    text: str = ""
    cost_center: str | None = None


@dataclass(frozen=True, slots=True)
class MoneyMoved:
    """What of a provider's transaction a voucher books, so that no payment uses it again."""

    transaction_id: str
    amount: Money
    """In the transaction's currency; negative where money went back."""
    whole: Money
    """What the whole transaction moved, with the same sign."""
    role: str
    """Of the account that it moved on."""
    booked: Money
    """What the voucher moved there, in kronor."""


@dataclass(frozen=True, slots=True)
class CreateVoucher(Referenced):
    """A voucher that no invoice and no payment makes: deferred revenue, a payout. Debit equals credit, in kronor.

    Raises ValueError for rows that are no voucher, UnbalancedPlanError where the sides differ (accounting.md T1).
    """

    ref: VoucherRef
    day: date
    text: str
    series: str
    """Of Fortnox; it must allow manual entries (fortnox-api.md 3.7)."""
    rows: tuple[VoucherRow, ...]
    reference: str
    """Ends the voucher's text and is looked for there: no other voucher of the company may ever have it."""
    document: DocumentRef | None = None
    """The order's document that it belongs to; None where it belongs to none (a payout)."""
    money: MoneyMoved | None = None
    """Set on a voucher that takes a payment's place."""

    def __post_init__(self) -> None:
        if not self.rows or not self.reference:
            raise ValueError(f"voucher {self.key} has no rows or no reference")
        if any(min(row.debit.minor, row.credit.minor) or not (row.debit or row.credit) for row in self.rows):
            raise ValueError(f"voucher {self.key} has a row that is not on one side")
        debit, credit = (
            total((row.debit for row in self.rows), BOOKS_CURRENCY),
            total((row.credit for row in self.rows), BOOKS_CURRENCY),
        )
        if debit != credit:
            raise UnbalancedPlanError(f"voucher {self.key} debit and credit", debit, credit)


def rows_of(amounts: Iterable[tuple[int, Money]]) -> tuple[VoucherRow, ...]:
    """Accounts and amounts as rows: what is positive is debited, what is nothing is left out."""
    return tuple(_row(account, amount) for account, amount in amounts if amount)


def _row(account: int, amount: Money) -> VoucherRow:
    zero = Money.zero(amount.currency)
    return VoucherRow(account, max(amount, zero), max(-amount, zero))
