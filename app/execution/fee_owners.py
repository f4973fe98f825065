"""Who takes the fee of a payout's line: its order's payment, or the payout's own voucher. Always exactly one of them.

The row of the order's job is the lock: the payout decides under it, and a payment is sent under it (decision 0025).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import bindparam, select, update

from app.execution import operations as posting_log
from app.jobs.queue import Lease
from app.kit.db.engine import ReadSession, WriteSession
from app.kit.money import Money, total
from app.model.finding import Finding
from app.model.order import Transaction, WriteOff
from app.model.payout import Payout, PayoutLine
from app.payments.fee_write_offs import FeeAccountMissingError, WrittenOff, fee_write_offs
from app.posting.steps import PayInvoice, Step
from app.posting.vouchers import BOOKS_CURRENCY
from app.schema import Job, JobState, Operation, OperationState, PayoutLineUse, Snapshot, StoredPayout
from app.tenants.rules import TenantRules

Row = dict[str, Any]
"""A `PayoutLineUse` that is to be entered."""
_Money = tuple[int, str]
"""An order and one of its transactions."""

_WRITE_OFFS: TypeAdapter[tuple[WriteOff, ...]] = TypeAdapter(tuple[WriteOff, ...])
_MAY_STAND = (OperationState.SENDING, OperationState.UNKNOWN, OperationState.DONE)
_CLAIMED = select(PayoutLineUse.write_offs).where(
    PayoutLineUse.order_id == bindparam("order"), PayoutLineUse.transaction_id == bindparam("transaction")
)
_NAMED = 5
"""Orders that a finding names."""


@dataclass(frozen=True, slots=True)
class Fees:
    """What became of a payout's fees."""

    written_off: WrittenOff = field(default_factory=dict)
    """By payments that stand in the books: the voucher takes all others."""
    is_awaited: bool = False
    """Orders were assigned their fees and are due: nothing is booked before they have taken them, or cannot."""
    findings: tuple[Finding, ...] = ()
    """Fees that an order cannot take until a person has done something."""


def read_write_offs(kept: list[Any] | None) -> tuple[WriteOff, ...]:
    """What a payment is to write off, as `PayoutLineUse.write_offs` keeps it."""
    return _WRITE_OFFS.validate_python(kept or ())


def written_off_of(stored: StoredPayout) -> dict[str, Money]:
    """Line of a booked payout → the fee that its payment had written off: that much never was on the account."""
    kept: Mapping[str, int] = (stored.booked or {}).get("written_off", {})
    return {line: Money(minor, BOOKS_CURRENCY) for line, minor in kept.items()}


def write_off_orders(session: ReadSession, orders: Iterable[int]) -> frozenset[int]:
    """Those of the orders whose payments wrote fees off, whatever the rules say by now."""
    return frozenset(order for (order, _id), payments in _payments(session, orders).items() if _write_offs_of(payments))


def taken_by_payments(session: ReadSession, places: Mapping[str, tuple[int, str]]) -> dict[str, tuple[WriteOff, ...]]:
    """Line → what the payment of its transaction wrote off; without lines whose payment took nothing.

    `places`: line → its order and the transaction.
    """
    payments = _payments(session, {order for order, _transaction in places.values()})
    write_offs_by_line = {
        line: _write_offs_of((payment, done) for payment, done in payments.get(place, []) if done)
        for line, place in places.items()
    }
    return {line: write_offs for line, write_offs in write_offs_by_line.items() if write_offs}


def assign_fees(
    session: WriteSession,
    stored: StoredPayout,
    payout: Payout,
    rules: TenantRules,
    transactions: Mapping[int, Sequence[Transaction]],
    rows: Sequence[Row],
) -> tuple[list[Row], Fees]:
    """Decide for each line whether its order's payment takes the fee; the rows with that, and what became of it.

    To be written in the same commit that makes the orders due. `transactions`: order → those of the provider.
    """
    uses = select(PayoutLineUse).where(PayoutLineUse.payout_id == stored.id)
    before = {use.line_id: use for use in session.scalars(uses)}
    orders = {row["order_id"] for row in rows if row["transaction_id"]}
    orders |= {use.order_id for use in before.values() if use.write_offs}
    orders -= {None}
    if not orders:
        return [*rows], Fees()
    is_concerned = payout.provider in rules.fee_write_off or any(use.write_offs for use in before.values())
    idle_states = _locked(session, orders) if is_concerned else {}
    lines = {line.id: line for line in payout.lines}
    payments = _payments(session, orders)
    assigning = _Assigning(stored, payout, lines, rules, transactions, before, idle_states, payments)
    assigned = [assigning.assigned(row) for row in rows]
    return assigned, assigning.fees(session, assigned)


def with_its_fee(session: WriteSession, lease: Lease, operation_id: int, step: Step) -> Step:
    """The step as it may be sent: a payment without the fee that the payout's voucher takes by now.

    A payment that was planned without the fee gives it to the voucher, for good. The caller holds the job's row.
    """
    if not isinstance(step, PayInvoice):
        return step
    conditions = (PayoutLineUse.order_id == lease.of_order, PayoutLineUse.transaction_id == step.transaction_id)
    place = {"order": lease.of_order, "transaction": step.transaction_id}
    claimed = read_write_offs(session.scalar(_CLAIMED, place))
    if not (claimed or step.write_offs):
        return step
    others = _other_payments(session, lease.job_id, operation_id, step.transaction_id)
    if step.write_offs and (step.write_offs != claimed or any(other.write_offs for other, sent in others if sent)):
        step = replace(step, write_offs=())
        posting_log.plan_anew(session, operation_id, step)
    if claimed and not step.write_offs and not any(other.write_offs == claimed for other, _sent in others):
        session.execute(update(PayoutLineUse).where(*conditions).values(write_offs=[]))
    return step


@dataclass(frozen=True, slots=True)
class _Assigning:
    """One payout's lines, with the rows of their orders' jobs locked where the taker of a fee may change."""

    stored: StoredPayout
    payout: Payout
    lines: Mapping[str, PayoutLine]
    rules: TenantRules
    transactions: Mapping[int, Sequence[Transaction]]
    before: Mapping[str, PayoutLineUse]
    idle_states: Mapping[int, str]
    payments: Mapping[_Money, list[tuple[PayInvoice, bool]]]
    missing: dict[str, str] = field(default_factory=dict)
    """Line → role that has no account."""

    def assigned(self, row: Row) -> Row:
        """A line's row with what its order's payment is to write off: None as long as nobody asked, [] when never."""
        earlier = self.before.get(row["line_id"])
        if earlier is not None and earlier.write_offs and _write_offs_of(self._made(_money_of(earlier))):
            # The payment may stand in the books: what it took is the line's, whatever the rules or a person say now.
            kept = ("order_id", "matched_by", "transaction_id", "paid_on", "write_offs")
            return row | {name: getattr(earlier, name) for name in kept}
        try:
            claim = self._claim(row, earlier)
        except FeeAccountMissingError as error:
            self.missing[row["line_id"]] = error.role
            return row | {"write_offs": None, "paid_on": None}  # nothing is paid by halves
        return row | {"write_offs": None if claim is None else _WRITE_OFFS.dump_python(claim, mode="json")}

    def _claim(self, row: Row, earlier: PayoutLineUse | None) -> tuple[WriteOff, ...] | None:
        place = (row["order_id"], row["transaction_id"])
        is_same = earlier is not None and _money_of(earlier) == place and earlier.write_offs is not None
        old = read_write_offs(earlier.write_offs) if earlier is not None and is_same else None
        if old == () or self.stored.booked is not None:
            return old  # the voucher has it, or is as it is
        if not row["transaction_id"] or row["paid_on"] is None:
            return None
        requested = self._wanted(row)
        if not requested or requested != old:
            return None if not requested else () if self._made(place) else requested
        has_refrained = self.idle_states.get(place[0]) not in (None, JobState.STOPPED.value)
        return () if has_refrained else requested

    def _wanted(self, row: Row) -> tuple[WriteOff, ...]:
        moved = self.transactions.get(row["order_id"], ())
        transaction = next((candidate for candidate in moved if candidate.id == row["transaction_id"]), None)
        if transaction is None:
            return ()
        line = self.lines[row["line_id"]]
        return fee_write_offs(line, transaction, self.payout.provider, row["paid_on"], self.rules)

    def fees(self, session: ReadSession | WriteSession, rows: Sequence[Row]) -> Fees:
        """What payments took, and what is still to come."""
        written_off: dict[str, tuple[WriteOff, ...]] = {}
        awaited: list[Row] = []
        for row in rows:
            payments = self._made((row["order_id"], row["transaction_id"]))
            write_offs = _write_offs_of((payment, done) for payment, done in payments if done)
            if write_offs:
                written_off[row["line_id"]] = write_offs
            elif row["write_offs"]:
                awaited.append(row)
        stopped = [row for row in awaited if self._is_stopped(row)]
        if len(stopped) < len(awaited):
            return Fees(written_off, is_awaited=True)
        failed = [*stopped, *(row for row in rows if row["line_id"] in self.missing)]
        return Fees(written_off, findings=(self._failed(session, failed),) if failed else ())

    def _is_stopped(self, row: Row) -> bool:
        earlier = self.before.get(row["line_id"])
        was_reported = earlier is not None and earlier.write_offs == row["write_offs"]
        return was_reported and self.idle_states.get(row["order_id"]) == JobState.STOPPED.value

    def _failed(self, session: ReadSession | WriteSession, rows: Sequence[Row]) -> Finding:
        orders = {row["order_id"] for row in rows}
        names = session.scalars(
            select(Snapshot.name).where(Snapshot.order_id.in_(orders)).order_by(Snapshot.name)
        ).all()
        more = f" (+{len(names) - _NAMED})" if len(names) > _NAMED else ""
        lines = [self.lines[row["line_id"]] for row in rows]
        fee = total((line.amount - line.net for line in lines), self.payout.currency)
        data = {"fee_amount": str(fee), "reference": self.payout.id, "orders": ", ".join(names[:_NAMED]) + more}
        return Finding("PAYOUT_FEE_WRITEOFF_FAILED", self.payout.id, data)

    def _made(self, place: _Money) -> list[tuple[PayInvoice, bool]]:
        return self.payments.get(place, [])


def _money_of(use: PayoutLineUse) -> _Money:
    return (use.order_id or 0, use.transaction_id)


def _write_offs_of(payments: Iterable[tuple[PayInvoice, bool]]) -> tuple[WriteOff, ...]:
    return tuple(write_off for payment, _done in payments for write_off in payment.write_offs)


def _locked(session: WriteSession, orders: Iterable[int]) -> dict[int, str]:
    """Hold the orders' jobs until the commit; the states of those that have nothing to do, by order."""
    rows = select(Job).where(Job.order_id.in_(sorted(orders))).order_by(Job.id).with_for_update()
    idle = (row for row in session.scalars(rows) if row.due_at is None and row.lease_until is None)
    return {job.order_id: job.state for job in idle if job.order_id is not None}


def _payments(
    session: ReadSession | WriteSession, orders: Iterable[int]
) -> dict[_Money, list[tuple[PayInvoice, bool]]]:
    """Order and transaction → its payments that may stand in the books, and whether each surely does."""
    payments: dict[_Money, list[tuple[PayInvoice, bool]]] = {}
    conditions = (Job.order_id.in_(sorted(orders)), Operation.kind == "PayInvoice", Operation.state.in_(_MAY_STAND))
    statement = select(Operation, Job.order_id).join(Job, Job.id == Operation.job_id).where(*conditions)
    for row, order in session.execute(statement.order_by(Operation.id)):
        step = posting_log.as_planned(row)
        if isinstance(step, PayInvoice) and order is not None:
            is_done = row.state == OperationState.DONE
            payments.setdefault((order, step.transaction_id), []).append((step, is_done))
    return payments


def _other_payments(
    session: WriteSession, job_id: int, excluded_id: int, transaction_id: str
) -> list[tuple[PayInvoice, bool]]:
    """Other payments of a transaction that are planned or sent, and whether each may stand in the books."""
    conditions = (Operation.job_id == job_id, Operation.id != excluded_id, Operation.kind == "PayInvoice")
    statement = select(Operation).where(*conditions, Operation.state != OperationState.SUPERSEDED.value)
    steps = ((posting_log.as_planned(row), row.state in _MAY_STAND) for row in session.scalars(statement))
    return [
        (step, sent) for step, sent in steps if isinstance(step, PayInvoice) and step.transaction_id == transaction_id
    ]
