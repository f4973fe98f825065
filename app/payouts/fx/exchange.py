"""Foreign payouts in kronor: the clearing account at its carrying amount, the bank at the payout day's rate.

Fortnox keeps every account in kronor. A sale in euro is on the clearing account at the rate of its own day; the
payout takes it off at exactly that, and what the bank gets more or less is an exchange difference, never revenue
(accounting.md 2.5, acc-28). A carrying amount or rate that is not known is a finding: nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from app.kit.money import Money, total
from app.model.finding import Finding
from app.model.payout import MatchKey, Payout, PayoutLine, PayoutLineKind
from app.posting.vouchers import BOOKS_CURRENCY

AT_THE_DAYS_RATE = frozenset({PayoutLineKind.ADJUSTMENT, PayoutLineKind.OTHER})
"""Kinds whose amounts come into the books with this payout: a person says what they are."""
_NEEDS_NO_CARRYING_AMOUNT = AT_THE_DAYS_RATE | {
    PayoutLineKind.FEE, PayoutLineKind.RESERVE_HELD, PayoutLineKind.CARRIED_FORWARD, PayoutLineKind.NETTED_DEBT,
}  # fmt: skip
"""Kinds that take the payout day's rate where no earlier booking decides."""


@dataclass(frozen=True, slots=True)
class BookedPayment:
    """One payment of a document as it is booked on a clearing account."""

    transaction_id: str
    account: int
    role: str
    """Of the clearing account in the currency the provider holds the money in (`psp.stripe.eur`)."""
    paid: Money
    """In the document's currency; negative for money that went back."""
    held: Money
    """As the provider holds it: where it converted, in its own currency."""
    kronor: Money | None
    """What Fortnox booked on the account; None where its answer did not say."""
    whole: Money | None = None
    """What the whole transaction moved, of which this payment may be a part."""


@dataclass(frozen=True, slots=True)
class CarryingAmount:
    """What a line takes off a clearing account: all of one transaction (or several), as booked."""

    account: int
    role: str
    held: Money
    kronor: Money
    transaction_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Exchange:
    """What is known of a payout's foreign money."""

    carrying_amounts: Mapping[str, CarryingAmount] = field(default_factory=dict)
    """Line → what it takes off the clearing account."""
    unknown: frozenset[str] = frozenset()
    """Lines whose carrying amount an earlier booking decides and is not known."""
    rates: Mapping[str, Decimal] = field(default_factory=dict)
    """Currency → kronor for one unit on the payout's day."""


NO_EXCHANGE = Exchange()
"""Everything is in kronor."""


def rate_key(currency: str, day: date) -> str:
    """How a rate is named in the rules: `EUR 2026-11-20`."""
    return f"{currency} {day.isoformat()}"


def needed_rates(payout: Payout) -> frozenset[str]:
    """Currencies whose rate of the payout's day must be known to book it."""
    at_bank = at_bank_of(payout)
    if _implied_rate(payout) is not None:
        return frozenset()
    return frozenset({payout.currency, at_bank.currency}) - {BOOKS_CURRENCY}


def at_bank_of(payout: Payout) -> Money:
    """What the bank gets, in the currency it gets it in."""
    return payout.bank_amount or payout.paid_out


def _implied_rate(payout: Payout) -> Decimal | None:
    """The rate at which the provider itself converted a payout into kronor for the bank."""
    bank, out = payout.bank_amount, payout.paid_out
    if bank is None or bank.currency != BOOKS_CURRENCY or out.currency == BOOKS_CURRENCY or not out:
        return None
    rate = bank.decimal / out.decimal
    return rate if rate > 0 else None


def rates_of(payout: Payout, rates: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """Currency → kronor for one unit at which a payout is booked. `rates`: of its day, where they are known."""
    implied = _implied_rate(payout)
    all_rates = {**rates, BOOKS_CURRENCY: Decimal(1)}
    return all_rates if implied is None else all_rates | {payout.currency: implied}


def carrying_amount_of(
    line: PayoutLine, payments: Sequence[BookedPayment], used: set[str], *, by_id: bool
) -> CarryingAmount | None:
    """Which of an order's payments a line takes off the clearing account; None where it is none of them whole.

    `used`: transactions that another line has taken already; this line's are added. `by_id`: the line names our
    transaction, so that no other one of the order can be meant.
    """
    groups: dict[str, list[BookedPayment]] = {}
    for payment in payments:
        if payment.transaction_id not in used and (payment.paid.minor < 0) == (line.amount.minor < 0):
            groups.setdefault(payment.transaction_id, []).append(payment)
    named = line.keys.get(MatchKey.TRANSACTION_ID, "")
    unnamed = [] if by_id else [*([group] for group in groups), list(groups)]
    for ids in [[named]] if named in groups else unnamed:
        taken = [group for key in ids for group in groups[key]]
        if taken and _is_all_of(line, taken, is_named=named in groups):
            carrying_amount = _together(taken, tuple(ids))
            used.update(ids if carrying_amount else ())
            return carrying_amount
    return None


def _is_all_of(line: PayoutLine, taken: Sequence[BookedPayment], *, is_named: bool) -> bool:
    """Whether payments are what the line moved, not more and not a part of it."""
    paid = total((payment.paid for payment in taken), taken[0].paid.currency)
    wholes = {payment.transaction_id: payment.whole for payment in taken if payment.whole}
    if wholes and paid != total(wholes.values(), paid.currency):
        return False  # a part of the transaction pays no document yet
    if line.amount.currency == taken[0].held.currency == paid.currency:
        return line.amount == paid
    if line.order_amount is not None and line.order_amount.currency == paid.currency:
        return abs(line.order_amount) == abs(paid)
    return is_named or line.amount == total((payment.held for payment in taken), taken[0].held.currency)


def _together(taken: Sequence[BookedPayment], ids: tuple[str, ...]) -> CarryingAmount | None:
    """Payments of one line as one; None where Fortnox did not say what it booked, or on several accounts."""
    kronor = [payment.kronor for payment in taken if payment.kronor is not None]
    places = {(payment.account, payment.role, payment.held.currency) for payment in taken}
    if len(kronor) < len(taken) or len(places) > 1:
        return None
    ((account, role, currency),) = places
    held = total((payment.held for payment in taken), currency)
    return CarryingAmount(account, role, held, total(kronor, BOOKS_CURRENCY), ids)


def unknown_carrying_amounts(payout: Payout, exchange: Exchange) -> Iterable[Finding]:
    """Every rate and carrying amount that is needed and not known."""
    for currency in sorted(needed_rates(payout) - exchange.rates.keys()):
        data = {"reference": payout.id, "currency": currency, "date": payout.paid_on.isoformat()}
        yield Finding("PAYOUT_RATE_UNKNOWN", rate_key(currency, payout.paid_on), data)
    for line in payout.lines:
        lacks = payout.currency != BOOKS_CURRENCY and line.amount and line.kind not in _NEEDS_NO_CARRYING_AMOUNT
        if line.id not in exchange.carrying_amounts and (lacks or line.id in exchange.unknown):
            reference = next(iter(line.keys.values()), line.id)
            data = {"reference": reference, "shop_amount": str(line.amount)}
            yield Finding("PAYOUT_LINE_WORTH_UNKNOWN", line.id, data)


@dataclass(frozen=True, slots=True)
class InKronor:
    """A payout as the books see it."""

    payout: Payout
    """Every amount in kronor; `paid_out` is the bank's amount, of a bounced payout what stayed at the provider."""
    difference: Money
    """Bank's amount less what leaves the clearing account: a gain; negative: a loss."""
    elsewhere: Mapping[int, Money]
    """Clearing account → what lines take off it, where that is not the payout's own."""


def in_kronor(payout: Payout, exchange: Exchange, clearing: int | None) -> InKronor:
    """A payout in kronor. Every rate and carrying amount must be known: `unknown_carrying_amounts` has no findings."""
    rates = rates_of(payout, exchange.rates)
    elsewhere: dict[int, Money] = {}
    lines = []
    for line in payout.lines:
        carrying_amount = exchange.carrying_amounts.get(line.id)
        amount = carrying_amount.kronor if carrying_amount else valued(line.amount, rates)
        vat = None if line.fee_vat is None else valued(line.fee_vat, rates)
        lines.append(replace(line, amount=amount, fee=valued(line.fee, rates), fee_vat=vat))
        if carrying_amount and carrying_amount.account != clearing:
            elsewhere[carrying_amount.account] = (
                elsewhere.get(carrying_amount.account, Money.zero(BOOKS_CURRENCY)) + carrying_amount.kronor
            )
    held = total((line.net for line in lines), BOOKS_CURRENCY)
    bank = held if payout.bounced else valued(at_bank_of(payout), rates)
    made = replace(payout, currency=BOOKS_CURRENCY, paid_out=bank, bank_amount=None, lines=tuple(lines))
    return InKronor(made, bank - held, elsewhere)


def valued(amount: Money, rates: Mapping[str, Decimal]) -> Money:
    """An amount in kronor. `rates`: see `rates_of`; the amount's currency must be there."""
    if amount.currency == BOOKS_CURRENCY:
        return amount
    return Money.rounded(amount.decimal * rates[amount.currency], BOOKS_CURRENCY)
