"""Reads the carrying amounts of payments from the posting log, and rates of a day, for a foreign payout."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType

from sqlalchemy import select

from app.execution import operations as posting_log
from app.kit.db.engine import ReadSession
from app.kit.money import Money
from app.ledgers.base import CurrencyUnitError, Remote, kronor_for_one
from app.model.payout import OF_ORDERS, Payout
from app.payments.payment import clearing_role
from app.payouts.fx.booked_values import carrying_amounts_of, rates_when_booked
from app.payouts.fx.carrying_amounts import separate_amounts
from app.payouts.fx.exchange import BookedPayment, CarryingAmount, Exchange, carrying_amount_of, needed_rates, rate_key
from app.payouts.fx.held_balance import HELD_OF_ORDERS, HeldBalance
from app.payouts.fx.held_balances import held_balance_of
from app.payouts.matching.matching import names_our_transaction
from app.payouts.matching.references import Matched, orders_of
from app.posting.steps import PayInvoice
from app.posting.vouchers import BOOKS_CURRENCY
from app.schema import Job, Operation, OperationState, PayoutLineUse, StoredPayout
from app.tenants.rules import TenantRules

Payments = Mapping[int, Sequence[BookedPayment]]
"""Order → its payments at the provider."""
_PAID_IN = Operation.payload["amount"]["currency"].astext


def exchange_of(
    session: ReadSession,
    stored: StoredPayout,
    payout: Payout,
    matched: Mapping[str, Matched],
    rules: TenantRules,
) -> Exchange:
    """What is known of a payout's foreign money. One that is booked keeps what it was booked at."""
    rates = _rates(session, stored.tenant_id, payout, rules)
    known = carrying_amounts_of(stored)
    if known is not None:
        return Exchange(known, frozenset(), rates)
    payments = _payments(session, set(orders_of(payout, matched, OF_ORDERS | HELD_OF_ORDERS).values()), payout)
    carrying_amounts, unknown = _carrying_amounts_of_payments(
        session, stored.id, payout, orders_of(payout, matched), payments
    )
    if payout.currency != BOOKS_CURRENCY:
        held_balance = held_balance_of(session, stored, payout, payments)
        held, without_amount = _separate_amounts(payout, matched, payments, held_balance, rules, rates)
        carrying_amounts, unknown = carrying_amounts | held, unknown | without_amount
    return Exchange(carrying_amounts, frozenset(unknown), rates)


def exchange_of_reported(
    session: ReadSession,
    stored: StoredPayout,
    payout: Payout,
    matched: Mapping[str, Matched],
    rules: TenantRules,
    same: Collection[str],
) -> Exchange:
    """What is known of the foreign money of a booked payout's newest state, for its correction.

    `same`: lines that move what they were booked with; they keep their carrying amount, all lines the payout's rate.
    What is held or comes back has a carrying amount only among them (decision 0033).
    """
    kept = {
        line: carrying_amount for line, carrying_amount in (carrying_amounts_of(stored) or {}).items() if line in same
    }
    payments = _payments(session, set(orders_of(payout, matched, OF_ORDERS).values()), payout)
    amounts, unknown = _carrying_amounts_of_payments(
        session, stored.id, payout, orders_of(payout, matched), payments, kept
    )
    rates = _rates(session, stored.tenant_id, payout, rules) | rates_when_booked(stored, needed_rates(payout))
    return Exchange(kept | amounts, frozenset(unknown), rates)


def _carrying_amounts_of_payments(
    session: ReadSession,
    payout_id: int,
    payout: Payout,
    orders: Mapping[str, int],
    payments: Payments,
    kept: Mapping[str, CarryingAmount] = MappingProxyType({}),
) -> tuple[dict[str, CarryingAmount], set[str]]:
    """Carrying amounts of charges and refunds, and the lines without one. `orders`: line → its order.

    `kept`: lines whose carrying amount is known; their payments are not used twice.
    """
    used = _taken(session, payout_id, payments.keys())
    for line_id, known in kept.items():
        used.setdefault(orders.get(line_id, 0), set()).update(known.transaction_ids)
    carrying_amounts: dict[str, CarryingAmount] = {}
    unknown = set()
    for line in payout.lines:
        order = orders.get(line.id, 0)
        if order not in payments or line.id in kept:
            continue
        carrying_amount = carrying_amount_of(
            line, payments[order], used.setdefault(order, set()), by_id=names_our_transaction(line, payout)
        )
        if carrying_amount is not None:
            carrying_amounts[line.id] = carrying_amount
        elif any(payment.held.currency != payout.currency for payment in payments[order]):
            unknown.add(line.id)
    return carrying_amounts, unknown


def _separate_amounts(
    payout: Payout,
    matched: Mapping[str, Matched],
    payments: Payments,
    held_balance: HeldBalance | None,
    rules: TenantRules,
    rates: Mapping[str, Decimal],
) -> tuple[dict[str, CarryingAmount], set[str]]:
    """The same of lines that are no order's payment, on the provider's own clearing account."""
    orders = orders_of(payout, matched, HELD_OF_ORDERS)
    kronor, unknown = separate_amounts(payout, orders, payments, held_balance, rates)
    stem = f"psp.{payout.provider}"
    account = rules.account(clearing_role(stem, payout.currency, rules)) or 0
    role = f"{stem}.{payout.currency.lower()}"
    lines = {line.id: line for line in payout.lines}
    return {
        line_id: CarryingAmount(account, role, lines[line_id].amount, carrying_amount, ())
        for line_id, carrying_amount in kronor.items()
    }, unknown


def booked_payment(step: PayInvoice, remote: Remote | None) -> BookedPayment:
    """A payment as it is booked on its clearing account."""
    held = step.settled or step.money
    reported = (remote or {}).get("kronor")
    kronor = None if reported is None else Money.of(str(reported), BOOKS_CURRENCY)
    if step.amount.currency == BOOKS_CURRENCY:
        kronor = step.money
    role = f"{step.role.rsplit('.', 1)[0]}.{held.currency.lower()}"
    return BookedPayment(step.transaction_id, step.account, role, step.taken, held, kronor, step.whole)


def _payments(session: ReadSession, orders: Iterable[int], payout: Payout) -> dict[int, list[BookedPayment]]:
    """Order → its payments at this provider; of a payout in kronor only orders that have foreign ones."""
    payments: dict[int, list[BookedPayment]] = {}
    done = (Operation.kind == "PayInvoice", Operation.state == OperationState.DONE.value)
    foreign = () if payout.currency != BOOKS_CURRENCY else (_PAID_IN != BOOKS_CURRENCY,)
    statement = select(Operation, Job.order_id).join(Job, Job.id == Operation.job_id)
    statement = statement.where(Job.order_id.in_(sorted(orders)), *done, *foreign).order_by(Operation.id)
    for row, order in session.execute(statement):
        step = posting_log.as_planned(row)
        if order is not None and isinstance(step, PayInvoice) and step.role.startswith(f"psp.{payout.provider}."):
            payments.setdefault(order, []).append(booked_payment(step, row.remote))
    return payments


def _taken(session: ReadSession, payout_id: int, orders: Iterable[int]) -> dict[int, set[str]]:
    """Order → transactions that a line of another booked payout has taken off the clearing account."""
    transactions: dict[int, set[str]] = {}
    order_ids = sorted(orders)
    if not order_ids:
        return transactions
    uses = (
        select(PayoutLineUse.line_id, PayoutLineUse.order_id, StoredPayout)
        .join(StoredPayout, StoredPayout.id == PayoutLineUse.payout_id)
        .where(PayoutLineUse.order_id.in_(order_ids), PayoutLineUse.payout_id != payout_id)
    )
    for line_id, order, other in session.execute(uses):
        carrying_amount = (carrying_amounts_of(other) or {}).get(line_id)
        if carrying_amount is not None and order is not None:
            transactions.setdefault(order, set()).update(carrying_amount.transaction_ids)
    return transactions


def _rates(session: ReadSession, tenant_id: int, payout: Payout, rules: TenantRules) -> dict[str, Decimal]:
    """Currency → kronor for one unit on the payout's day: as a person wrote it, else as Fortnox booked that day."""
    written = {" ".join(name.upper().split()): rate for name, rate in rules.exchange_rates.items()}
    rates = {}
    for currency in needed_rates(payout):
        rate = written.get(rate_key(currency, payout.paid_on)) or _rate_of_day(
            session, tenant_id, currency, payout.paid_on.isoformat()
        )
        if rate is not None:
            rates[currency] = rate
    return rates


def _rate_of_day(session: ReadSession, tenant_id: int, currency: str, day: str) -> Decimal | None:
    """The rate of an invoice of that day; a credit note has its sale's. None also where the day's invoices differ."""
    statement = (
        select(Operation.remote)
        .join(Job, Job.id == Operation.job_id)
        .where(Job.tenant_id == tenant_id, Operation.kind == "CreateInvoice")
        .where(Operation.state == OperationState.DONE.value, Operation.payload["day"].astext == day)
        .where(Operation.payload["currency"].astext == currency, Operation.payload["ref"]["credits"].astext.is_(None))
    )
    rates = {rate for remote in session.scalars(statement) if (rate := _rate_in(remote)) is not None}
    return rates.pop() if len(rates) == 1 else None


def _rate_in(remote: Remote | None) -> Decimal | None:
    """None where the answer is not kept, or states the rate of other than one unit."""
    if not remote or not remote.get("currency_rate"):
        return None
    try:
        rate = kronor_for_one(remote)
    except CurrencyUnitError:
        return None
    return rate if rate > 0 else None
