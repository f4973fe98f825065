"""Carrying amounts of a foreign payout's lines that are no order's payment: disputes, reserves, balances carried on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import partial

from app.kit.money import Money, total
from app.model.payout import MatchKey, Payout, PayoutLine, PayoutLineKind
from app.payouts.fx.exchange import AT_THE_DAYS_RATE, BookedPayment, rates_of, valued
from app.payouts.fx.held_balance import HELD_KINDS, NEEDS_PRE_EXISTING, AtRate, HeldBalance, share
from app.posting.vouchers import BOOKS_CURRENCY

_OF_EARLIER_AMOUNT = HELD_KINDS - {PayoutLineKind.RESERVE_HELD, PayoutLineKind.CARRIED_FORWARD}
"""Kinds whose carrying amount an earlier booking decides, never the day's rate."""


def separate_amounts(
    payout: Payout,
    orders: Mapping[str, int],
    payments: Mapping[int, Sequence[BookedPayment]],
    held_balance: HeldBalance | None,
    rates: Mapping[str, Decimal],
) -> tuple[dict[str, Money], set[str]]:
    """Line → its carrying amount in kronor, and the lines whose amount an earlier booking decides and is not known.

    `orders`: line → its order. `payments`: order → what is booked of it. `held_balance`: that of earlier
    payouts, None where one of them is not booked yet. `rates`: of the payout's day; a line that lacks only the day's
    rate is in neither result.
    """
    at_rate = partial(_at_rate, rates_of(payout, rates))
    balance = held_balance or HeldBalance()
    carrying_amounts: dict[str, Money] = {}
    unknown = set()
    for line in payout.lines:
        order = orders.get(line.id, 0)
        if not line.amount or line.kind not in HELD_KINDS | AT_THE_DAYS_RATE:
            continue
        kronor = None
        if line.kind in AT_THE_DAYS_RATE:
            kronor = at_rate(line.amount)
        elif held_balance is not None or line.kind not in NEEDS_PRE_EXISTING:
            kronor = balance.carrying_amount(
                line, order, _carrying_amount_of_new(line, payments.get(order, ()), at_rate)
            )
        if kronor is not None:
            carrying_amounts[line.id] = kronor
        elif line.kind in _OF_EARLIER_AMOUNT or held_balance is None:
            unknown.add(line.id)
    return carrying_amounts, unknown


def _at_rate(rates: Mapping[str, Decimal], amount: Money) -> Money | None:
    return valued(amount, rates) if amount.currency in rates else None


def _carrying_amount_of_new(line: PayoutLine, payments: Sequence[BookedPayment], at_rate: AtRate) -> AtRate:
    """A dispute takes its sale's carrying amount; everything else that is held takes the day's rate."""
    if line.kind is PayoutLineKind.CHARGEBACK:
        return lambda _amount: disputed_amount(line, payments)
    return at_rate


def disputed_amount(line: PayoutLine, payments: Sequence[BookedPayment]) -> Money | None:
    """What a dispute takes off the clearing account: its sale's carrying amount, in proportion for a part of the sale.

    It is the sale whose transaction it names, else the one of exactly that amount, else the only one; None where
    several of different carrying amounts fit.
    """
    sales: dict[str, list[BookedPayment]] = {}
    for payment in payments:
        if payment.held.currency == line.amount.currency and payment.held.minor > 0:
            sales.setdefault(payment.transaction_id, []).append(payment)
    joined = [together(parts) for parts in sales.values()]
    if named := sales.get(line.keys.get(MatchKey.TRANSACTION_ID, "")):
        joined = [together(named)]
    exact = {kronor for held, kronor in joined if held == -line.amount}
    if len(exact) == 1:
        kronor = exact.pop()
        return None if kronor is None else -kronor
    if len(joined) != 1 or exact:
        return None
    ((held, kronor),) = joined
    return None if kronor is None or held < -line.amount else share(kronor, line.amount, held)


def together(parts: Sequence[BookedPayment]) -> tuple[Money, Money | None]:
    """Sum of payments and of their carrying amounts; None where Fortnox did not state that of each."""
    held = total((payment.held for payment in parts), parts[0].held.currency)
    kronor = [part.kronor for part in parts if part.kronor is not None]
    return held, total(kronor, BOOKS_CURRENCY) if len(kronor) == len(parts) else None
