"""What foreign money is worth in the books: the clearing account at what was booked, the bank at the payout day's rate.

Fortnox keeps every account in kronor. A sale in euro stands on the clearing account at the rate of its own day; the
payout takes it off at exactly that, and what the bank is worth more or less is an exchange difference, never revenue
(accounting.md 2.5, acc-28). A worth or a rate that nobody knows is a finding: nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from app.kit.money import Money, total
from app.model.finding import Finding
from app.model.payout import MatchKey, Settlement, SettlementKind, SettlementLine
from app.posting.vouchers import BOOKS_CURRENCY

AT_THE_DAYS_RATE = frozenset({SettlementKind.ADJUSTMENT, SettlementKind.OTHER})
"""Kinds whose amounts come into the books with this payout: a person says what they are."""
_NEEDS_NO_WORTH = AT_THE_DAYS_RATE | {
    SettlementKind.FEE, SettlementKind.RESERVE_HELD, SettlementKind.CARRIED, SettlementKind.NETTED_DEBT,
}  # fmt: skip
"""Kinds that the payout day's rate gives a worth where no earlier booking does."""


@dataclass(frozen=True, slots=True)
class BookedPayment:
    """One payment of a document as it stands on a clearing account."""

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
class Worth:
    """What a line takes off a clearing account: all of one transaction (or several), as booked."""

    account: int
    role: str
    held: Money
    kronor: Money
    transaction_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Exchange:
    """What is known of a payout's foreign money."""

    worths: Mapping[str, Worth] = field(default_factory=dict)
    """Line → what it takes off the clearing account."""
    unknown: frozenset[str] = frozenset()
    """Lines whose worth something booked earlier decides, and of which it cannot be told."""
    rates: Mapping[str, Decimal] = field(default_factory=dict)
    """Currency → kronor for one unit on the payout's day."""


NO_EXCHANGE = Exchange()
"""Everything is in kronor."""


def rate_key(currency: str, day: date) -> str:
    """How a rate is named in the rules: `EUR 2026-11-20`."""
    return f"{currency} {day.isoformat()}"


def needed_rates(settlement: Settlement) -> frozenset[str]:
    """Currencies whose rate of the payout's day must be known to book it."""
    at_bank = at_bank_of(settlement)
    if _implied_rate(settlement) is not None:
        return frozenset()
    return frozenset({settlement.currency, at_bank.currency}) - {BOOKS_CURRENCY}


def at_bank_of(settlement: Settlement) -> Money:
    """What the bank gets, in the currency it gets it in."""
    return settlement.bank_amount or settlement.paid_out


def _implied_rate(settlement: Settlement) -> Decimal | None:
    """The rate at which the provider itself turned a payout into kronor for the bank: what it was worth that day."""
    bank, out = settlement.bank_amount, settlement.paid_out
    if bank is None or bank.currency != BOOKS_CURRENCY or out.currency == BOOKS_CURRENCY or not out:
        return None
    rate = bank.decimal / out.decimal
    return rate if rate > 0 else None


def rates_of(settlement: Settlement, rates: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """Currency → kronor for one unit at which a payout is booked. `rates`: of its day, where they are known."""
    implied = _implied_rate(settlement)
    found = {**rates, BOOKS_CURRENCY: Decimal(1)}
    return found if implied is None else found | {settlement.currency: implied}


def worth_of(line: SettlementLine, payments: Sequence[BookedPayment], used: set[str], *, by_id: bool) -> Worth | None:
    """Which of an order's payments a line takes off the clearing account; None where it is none of them whole.

    `used`: transactions that another line has taken already; this line's are added. `by_id`: the line names our
    transaction, so that no other one of the order can be meant.
    """
    groups: dict[str, list[BookedPayment]] = {}
    for one in payments:
        if one.transaction_id not in used and (one.paid.minor < 0) == (line.amount.minor < 0):
            groups.setdefault(one.transaction_id, []).append(one)
    named = line.keys.get(MatchKey.TRANSACTION_ID, "")
    unnamed = [] if by_id else [*([one] for one in groups), list(groups)]
    for ids in [[named]] if named in groups else unnamed:
        taken = [one for key in ids for one in groups[key]]
        if taken and _is_all_of(line, taken, is_named=named in groups):
            worth = _together(taken, tuple(ids))
            used.update(ids if worth else ())
            return worth
    return None


def _is_all_of(line: SettlementLine, taken: Sequence[BookedPayment], *, is_named: bool) -> bool:
    """Whether payments are what the line moved, not more and not a part of it."""
    paid = total((one.paid for one in taken), taken[0].paid.currency)
    wholes = {one.transaction_id: one.whole for one in taken if one.whole}
    if wholes and paid != total(wholes.values(), paid.currency):
        return False  # a part of the transaction pays no document yet
    if line.amount.currency == taken[0].held.currency == paid.currency:
        return line.amount == paid
    if line.order_amount is not None and line.order_amount.currency == paid.currency:
        return abs(line.order_amount) == abs(paid)
    return is_named or line.amount == total((one.held for one in taken), taken[0].held.currency)


def _together(taken: Sequence[BookedPayment], ids: tuple[str, ...]) -> Worth | None:
    """Payments of one line as one; None where Fortnox did not say what it booked, or on several accounts."""
    kronor = [one.kronor for one in taken if one.kronor is not None]
    places = {(one.account, one.role, one.held.currency) for one in taken}
    if len(kronor) < len(taken) or len(places) > 1:
        return None
    ((account, role, currency),) = places
    held = total((one.held for one in taken), currency)
    return Worth(account, role, held, total(kronor, BOOKS_CURRENCY), ids)


def unknown_worths(settlement: Settlement, exchange: Exchange) -> Iterable[Finding]:
    """Every rate and worth that is needed and not known."""
    for currency in sorted(needed_rates(settlement) - exchange.rates.keys()):
        data = {"reference": settlement.id, "currency": currency, "date": settlement.paid_on.isoformat()}
        yield Finding("PAYOUT_RATE_UNKNOWN", rate_key(currency, settlement.paid_on), data)
    for line in settlement.lines:
        lacks = settlement.currency != BOOKS_CURRENCY and line.amount and line.kind not in _NEEDS_NO_WORTH
        if line.id not in exchange.worths and (lacks or line.id in exchange.unknown):
            reference = next(iter(line.keys.values()), line.id)
            data = {"reference": reference, "shop_amount": str(line.amount)}
            yield Finding("PAYOUT_LINE_WORTH_UNKNOWN", line.id, data)


@dataclass(frozen=True, slots=True)
class InKronor:
    """A settlement as the books see it."""

    settlement: Settlement
    """Every amount in kronor; `paid_out` is what the bank's money is worth, of one that bounced what stayed behind."""
    difference: Money
    """What the bank's money is worth more than what leaves the clearing account: a gain; negative: a loss."""
    elsewhere: Mapping[int, Money]
    """Clearing account → what lines take off it, where that is not the settlement's own."""


def in_kronor(settlement: Settlement, exchange: Exchange, clearing: int | None) -> InKronor:
    """A settlement in kronor. Every rate and worth must be known: `unknown_worths` has no findings."""
    rates = rates_of(settlement, exchange.rates)
    elsewhere: dict[int, Money] = {}
    lines = []
    for line in settlement.lines:
        worth = exchange.worths.get(line.id)
        amount = worth.kronor if worth else valued(line.amount, rates)
        vat = None if line.fee_vat is None else valued(line.fee_vat, rates)
        lines.append(replace(line, amount=amount, fee=valued(line.fee, rates), fee_vat=vat))
        if worth and worth.account != clearing:
            elsewhere[worth.account] = elsewhere.get(worth.account, Money.zero(BOOKS_CURRENCY)) + worth.kronor
    held = total((line.net for line in lines), BOOKS_CURRENCY)
    bank = held if settlement.bounced else valued(at_bank_of(settlement), rates)
    made = replace(settlement, currency=BOOKS_CURRENCY, paid_out=bank, bank_amount=None, lines=tuple(lines))
    return InKronor(made, bank - held, elsewhere)


def valued(amount: Money, rates: Mapping[str, Decimal]) -> Money:
    """An amount in kronor. `rates`: see `rates_of`; the amount's currency must be there."""
    if amount.currency == BOOKS_CURRENCY:
        return amount
    return Money.rounded(amount.decimal * rates[amount.currency], BOOKS_CURRENCY)
