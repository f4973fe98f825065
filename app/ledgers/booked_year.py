"""The books of a financial year as the accounting system has them, and the comparison with what we expected of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from app.kit.money import Money
from app.model.finding import Finding
from app.posting.plan import ExpectedVoucher
from app.posting.vouchers import BOOKS_CURRENCY

_NOTHING = Money.zero(BOOKS_CURRENCY)


@dataclass(frozen=True, slots=True)
class BookedVoucher:
    """A voucher as it stands in the books, made by us or by others."""

    name: str
    """Series and number as people write it: `A12`."""
    day: date
    text: str
    amounts: Mapping[int, Money]
    """Account → debit less credit, in kronor; accounts that come to nothing are left out."""


@dataclass(frozen=True, slots=True)
class BookedYear:
    """One financial year: every voucher by name, and what each balance account opens and closes at."""

    first_day: date
    last_day: date
    vouchers: Mapping[str, BookedVoucher]
    opening: Mapping[int, Money]
    closing: Mapping[int, Money]

    def balance(self, account: int) -> Money:
        """What an account shows today; nothing for one that was never used."""
        return self.closing.get(account, _NOTHING)


@dataclass(frozen=True, slots=True)
class Leeway:
    """What Fortnox does to a voucher by its own rules, so that it is no difference."""

    rate: Decimal = Decimal(1)
    """Kronor per unit of the document's currency."""
    rounding: Money = _NOTHING
    """Whole-krona rounding of the claim (fortnox-api.md 4, 10); negative where the claim was rounded down."""
    rounding_account: int = 0
    claim_account: int = 0
    per_account: int = 0
    """Öre that an account may differ by: VAT is rounded by rate or by row (accounting.md T2), kronor by account."""
    only_claim: bool = False
    """Of a payment in another currency only what it closes of the claim is ours to foresee: the rate is the day's."""


@dataclass(frozen=True, slots=True)
class AccountDifference:
    """An account of one voucher that shows another amount than expected."""

    account: int
    expected: Money
    booked: Money


def differences(expected: ExpectedVoucher, booked: BookedVoucher, leeway: Leeway) -> list[AccountDifference]:
    """Where a booked voucher differs from the one expected by more than Fortnox's own rounding explains."""
    expected_amounts = _in_kronor(expected, leeway)
    accounts = {leeway.claim_account} if leeway.only_claim else expected_amounts.keys() | booked.amounts.keys()
    pairs = (
        (account, expected_amounts.get(account, _NOTHING), booked.amounts.get(account, _NOTHING))
        for account in sorted(accounts)
    )
    return [AccountDifference(*pair) for pair in pairs if abs(pair[1] - pair[2]).minor > _allowed(pair[0], leeway)]


def foreseen(expected: ExpectedVoucher, booked: BookedVoucher | None, leeway: Leeway | None) -> Mapping[int, Money]:
    """What a voucher of ours should move by account; of what nobody can foresee, what it did move."""
    stands = booked.amounts if booked else {}
    if leeway is None:
        return stands
    expected_amounts = _in_kronor(expected, leeway)
    return (
        {**stands, leeway.claim_account: expected_amounts.get(leeway.claim_account, _NOTHING)}
        if leeway.only_claim
        else expected_amounts
    )


def _allowed(account: int, leeway: Leeway) -> int:
    """The claim is what the buyer owes: of that no öre may differ in kronor."""
    return 0 if account == leeway.claim_account and leeway.rate == 1 else leeway.per_account


def _in_kronor(expected: ExpectedVoucher, leeway: Leeway) -> dict[int, Money]:
    sums: dict[int, Money] = {}
    for entry in expected.entries:
        amount = entry.debit - entry.credit
        whole = (Decimal(amount.minor) * leeway.rate).to_integral_value(ROUND_HALF_UP)
        kronor = Money(int(whole), BOOKS_CURRENCY)
        sums[entry.account] = sums.get(entry.account, _NOTHING) + kronor
    if leeway.rounding:
        for account, sign in ((leeway.claim_account, 1), (leeway.rounding_account, -1)):
            share = leeway.rounding * sign
            sums[account] = sums.get(account, _NOTHING) + share
    return sums


def of_others(year: BookedYear, account: int, ours: Collection[str]) -> list[BookedVoucher]:
    """Vouchers on an account that we did not make: what explains a balance that is not ours."""
    return [voucher for name, voucher in year.vouchers.items() if account in voucher.amounts and name not in ours]


def overdrawn_gift_cards(booked: BookedYear, account: int | None) -> Finding | None:
    """More was paid with gift cards than was ever sold: cards that were given away are discounts, and no debt."""
    balance = booked.balance(account) if account is not None else _NOTHING
    if balance.minor <= 0:
        return None
    data = {"account": str(account), "amount": str(balance)}
    return Finding("GIFT_CARDS_OVERDRAWN", str(account), data)
