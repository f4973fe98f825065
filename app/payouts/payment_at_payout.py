"""Payments booked at the payout: which transaction each line settles, and which orders have to be woken."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Select, cast, exists, func, select
from sqlalchemy.dialects.postgresql import JSONPATH

from app.execution.fee_owners import read_write_offs, write_off_orders
from app.jobs.queue import wake_orders, wake_payouts
from app.kit.db.engine import ReadSession, WriteSession
from app.model.finding import Finding
from app.model.order import Transaction, WriteOff
from app.model.payout import Payout, PayoutLineKind
from app.payments.payout_timing import provider_of, transaction_of
from app.payouts.matching.matching import names_our_transaction
from app.payouts.matching.references import Matched, orders_of
from app.payouts.repository import read_payout
from app.schema import PayoutLineUse, Snapshot, StoredPayout
from app.tenants.rules import TenantRules

Use = tuple[str, str, date | None, tuple[WriteOff, ...]]
"""Line, transaction, the payout's day, and what the payment is to write off of its fee."""

_BRINGS_BACK = cast(f'$.lines[*] ? (@.kind == "{PayoutLineKind.PAYOUT_FAILED}")', JSONPATH)
_IN_TURN = (StoredPayout.paid_on, StoredPayout.id)
_TRANSACTIONS: TypeAdapter[tuple[Transaction, ...]] = TypeAdapter(tuple[Transaction, ...])


def settled_transactions(
    session: ReadSession, payout_id: int, payout: Payout, matched: Mapping[str, Matched], rules: TenantRules
) -> dict[str, str]:
    """Line → the shop's transaction that it settles, for a provider whose money waits; without lines of none.

    For others, those of orders whose payments wrote fees off.
    """
    orders = orders_of(payout, matched)
    if payout.provider not in rules.clear_at_payout:
        # A fee that a payment took under an earlier rule must not stand in the voucher, too.
        still = write_off_orders(session, set(orders.values()))
        orders = {line: order for line, order in orders.items() if order in still}
    lines = [line for line in payout.lines if line.id in orders]
    transactions = transactions_of(session, set(orders.values()), payout.provider, rules)
    used = _used_by_others(session, payout_id, set(orders.values()))
    matches: dict[str, str] = {}
    for line in sorted(lines, key=lambda line: line.id):
        order = orders[line.id]
        taken = used.setdefault(order, set())
        transaction = transaction_of(
            line, transactions.get(order, ()), taken, by_id=names_our_transaction(line, payout)
        )
        if transaction:
            taken.add(transaction)
            matches[line.id] = transaction
    return matches


def not_payments(payout: Payout, matched: Mapping[str, Matched], settled: Mapping[str, str]) -> list[Finding]:
    """Lines of a known order that are none of its payments: their documents stay open until a person has looked."""
    uses = []
    orders = orders_of(payout, matched)
    for line in payout.lines:
        if line.id in orders and line.id not in settled:
            reference = next(iter(line.keys.values()), line.id)
            data = {"reference": reference, "shop_amount": str(line.amount), "order": matched[line.id].match.order_name}
            uses.append(Finding("PAYOUT_LINE_NOT_A_PAYMENT", line.id, data))
    return uses


def wake_paid_orders(session: WriteSession, before: Iterable[Use], after: Iterable[Mapping[str, Any]]) -> int:
    """Make the orders due whose money is known to be paid out now and was not; returns how many."""
    known = set(before)
    reported: set[int] = {
        row["order_id"]
        for row in after
        if row["transaction_id"] and row["paid_on"]
        if use_of(row["line_id"], row["transaction_id"], row["paid_on"], row["write_offs"]) not in known
    }
    return wake_orders(session, reported)


def use_of(line: str, transaction: str, paid_on: date | None, write_offs: list[Any] | None) -> Use:
    """What an order reads of a payout line: when it changes, the order is woken."""
    return (line, transaction, paid_on, read_write_offs(write_offs))


def came_back_on(session: ReadSession, stored: StoredPayout, payout: Payout) -> date | None:
    """The day of the later payout that brought the money of one that bounced; None before that one is sure.

    A line of it has the amount; of several equal ones the first that bounced comes back first.
    """
    others = select(StoredPayout).where(
        StoredPayout.connection_id == stored.connection_id, StoredPayout.provider == stored.provider,
        StoredPayout.currency == stored.currency, StoredPayout.paid_on >= stored.paid_on,
        StoredPayout.content["is_final"].astext == "true", StoredPayout.content["bounced"].astext == "false",
        func.jsonb_path_exists(StoredPayout.content, _BRINGS_BACK),
    ).order_by(StoredPayout.paid_on, StoredPayout.id)  # fmt: skip
    days = [
        other.paid_on
        for other in session.scalars(others)
        for line in read_payout(other.content).lines
        if line.kind is PayoutLineKind.PAYOUT_FAILED and line.amount == payout.paid_out
    ]
    equal = list(session.scalars(_bounced(stored, {stored.paid_out}).order_by(*_IN_TURN)))
    turn = equal.index(stored.id) if stored.id in equal else 0
    return days[turn] if turn < len(days) else None


def wake_bounced(session: WriteSession, stored: StoredPayout, payout: Payout) -> int:
    """Make the bounced payouts due whose money this one brings and whose orders wait for it; returns how many."""
    back = {line.amount.minor for line in payout.lines if line.kind is PayoutLineKind.PAYOUT_FAILED}
    if not back or not payout.is_final or payout.bounced:
        return 0
    waits = exists().where(
        PayoutLineUse.payout_id == StoredPayout.id, PayoutLineUse.transaction_id != "",
        PayoutLineUse.paid_on.is_(None),
    )  # fmt: skip
    return wake_payouts(session, session.scalars(_bounced(stored, back).where(waits)).all())


def _bounced(stored: StoredPayout, amounts: Collection[int]) -> Select[int]:
    """The account's payouts of these amounts that bounced."""
    return select(StoredPayout.id).where(
        StoredPayout.connection_id == stored.connection_id, StoredPayout.provider == stored.provider,
        StoredPayout.currency == stored.currency, StoredPayout.paid_out.in_(amounts),
        StoredPayout.content["bounced"].astext == "true",
    )  # fmt: skip


def transactions_of(
    session: ReadSession | WriteSession, orders: Iterable[int], provider: str, rules: TenantRules
) -> dict[int, list[Transaction]]:
    """Order → its transactions at a provider, as the shop reported them last."""
    statement = select(Snapshot.order_id, Snapshot.order["transactions"]).where(Snapshot.order_id.in_(sorted(orders)))
    return {
        order: [
            transaction
            for transaction in _TRANSACTIONS.validate_python(held or ())
            if provider_of(transaction, rules) == provider
        ]
        for order, held in session.execute(statement)
    }


def _used_by_others(session: ReadSession, payout_id: int, orders: Iterable[int]) -> dict[int, set[str]]:
    """Order → transactions that another payout has."""
    conditions = (PayoutLineUse.order_id.in_(sorted(orders)), PayoutLineUse.payout_id != payout_id)
    used: dict[int, set[str]] = {}
    for order, transaction in session.execute(
        select(PayoutLineUse.order_id, PayoutLineUse.transaction_id).where(
            *conditions, PayoutLineUse.transaction_id != ""
        )
    ):
        used.setdefault(order or 0, set()).add(transaction)
    return used
