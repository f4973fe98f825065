"""What explains a clearing account: what we booked on it, what payouts took of that, and by name what is left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import exists, or_, select

from app.execution import operations as posting_log
from app.execution.fee_owners import written_off_of
from app.kit.db.engine import ReadSession, Store
from app.kit.money import Money, total
from app.model.payout import OF_ORDERS, PayoutLineKind
from app.payouts.bounced_facts import taken_back_of
from app.payouts.correction_answers import is_corrected_to
from app.payouts.fx.booked_values import carrying_amounts_of
from app.payouts.fx.payment_rates import booked_payment
from app.payouts.matching.foreign_invoices import BY_FOREIGN_INVOICE
from app.payouts.planning.line_answers import LineAnswer
from app.payouts.planning.plan import debtor_of
from app.payouts.planning.plausibility import BEYOND_ORDER
from app.payouts.repository import as_booked, read_payout
from app.posting.steps import PayInvoice
from app.posting.vouchers import BOOKS_CURRENCY, CreateVoucher
from app.schema import Job, JobState, Operation, OperationState, PayoutLineUse, Snapshot, StoredPayout

_ELSEWHERE = frozenset(
    {
        PayoutLineKind.FEE,
        PayoutLineKind.RESERVE_HELD,
        PayoutLineKind.RESERVE_RELEASED,
        PayoutLineKind.CHARGEBACK,
        PayoutLineKind.CHARGEBACK_REVERSED,
    }
)
"""Kinds whose amounts have an account of their own: they pass through the clearing account and leave nothing there."""


@dataclass(frozen=True, slots=True)
class Item:
    """One amount that explains a part of a balance."""

    what: str
    """An order's name, or the provider's own reference of a line."""
    amount: Money
    job_id: int
    """Of the order, or of the payout whose line it is."""
    kind: PayoutLineKind | None = None
    """Set on a line of the provider's own."""


@dataclass(frozen=True, slots=True)
class ClearingAccount:
    """One provider's clearing account in one currency, as our own bookings and booked payouts have it."""

    role: str
    paid: Money
    """Payments of invoices less those of credit notes."""
    settled: Money
    """Charges less refunds of the payouts that are booked, and the provider's own lines in them."""
    not_settled: tuple[Item, ...]
    """Orders whose money no payout has had yet, or not all of it: the provider owes it, or is owed."""
    unmatched: tuple[Item, ...]
    """Settled lines of no order of ours."""
    providers_own: tuple[Item, ...] = ()
    """Lines that belong to no order by their kind: a debt carried on, fees that Qliro claims apart, corrections."""

    @property
    def balance(self) -> Money:
        """What the account should show: the sum of what is not settled, less what was settled and is nobody's."""
        return self.paid - self.settled


def clearing_accounts(store: Store, tenant_id: int) -> Sequence[ClearingAccount]:
    """Every provider's clearing account that anything was booked on."""
    with store.read() as session:
        paid = _paid(session, tenant_id)
        settled, unmatched, own = _settled(session, tenant_id)
        named = select(Snapshot.job_id, Snapshot.name).where(Snapshot.tenant_id == tenant_id)
        names = {row.job_id: row.name for row in session.execute(named)}
    roles = sorted({role for role, _job in (*paid, *settled)} | set(unmatched) | set(own))
    return [_clearing(role, paid, settled, (unmatched.get(role, []), own.get(role, [])), names) for role in roles]


def _clearing(
    role: str,
    paid: dict[tuple[str, int], Money],
    settled: dict[tuple[str, int], Money],
    of_no_order: tuple[list[Item], list[Item]],
    names: dict[int, str],
) -> ClearingAccount:
    currency = role.rsplit(".", 1)[-1].upper()
    zero = Money.zero(currency)
    ours = {job: amount for (one, job), amount in paid.items() if one == role}
    theirs = {job: amount for (one, job), amount in settled.items() if one == role}
    left = {job: ours.get(job, zero) - theirs.get(job, zero) for job in ours.keys() | theirs.keys()}
    open_items = (Item(names.get(job, str(job)), amount, job) for job, amount in sorted(left.items()) if amount)
    unmatched, own = of_no_order
    of_nobody = total((item.amount for item in (*unmatched, *own)), currency)
    return ClearingAccount(
        role, total(ours.values(), currency), total(theirs.values(), currency) + of_nobody, tuple(open_items),
        tuple(unmatched), _without_pairs(own),
    )  # fmt: skip


def _paid(session: ReadSession, tenant_id: int) -> dict[tuple[str, int], Money]:
    """Role and order → what its booked payments moved there, in the account's currency."""
    statement = select(Operation).join(Job, Job.id == Operation.job_id)
    done = (Operation.kind.in_(("PayInvoice", "CreateVoucher")), Operation.state == OperationState.DONE.value)
    sums: dict[tuple[str, int], Money] = {}
    for row in session.scalars(statement.where(Job.tenant_id == tenant_id, *done)):
        step = posting_log.as_planned(row)
        if isinstance(step, PayInvoice) and step.role.startswith("psp."):
            booked = booked_payment(step, row.remote)
            role, held = booked.role, booked.held
        elif isinstance(step, CreateVoucher) and step.money and step.money.role.startswith("psp."):
            role, held = f"{step.money.role.rsplit('.', 1)[0]}.{BOOKS_CURRENCY.lower()}", step.money.booked
        else:
            continue
        place = (role, row.job_id)
        sums[place] = sums.get(place, Money.zero(held.currency)) + held
    return sums


Named = dict[str, list[Item]]


def _booked(session: ReadSession, tenant_id: int) -> Sequence[StoredPayout]:
    """Payouts that stand in the books; one that changed after it was booked stands there as it was."""
    voucher = (
        Operation.job_id == Job.id,
        Operation.step_key == "payout",
        Operation.state == OperationState.DONE.value,
    )
    booked = or_(Job.state == JobState.BOOKED.value, exists().where(*voucher))
    of_tenant = select(StoredPayout).join(Job, Job.id == StoredPayout.job_id)
    return session.scalars(of_tenant.where(StoredPayout.tenant_id == tenant_id, booked)).all()


def _settled(session: ReadSession, tenant_id: int) -> tuple[dict[tuple[str, int], Money], Named, Named]:
    """Role and order → what booked payouts had of it; role → lines of no order; role → lines of the provider's own."""
    stored = _booked(session, tenant_id)
    uses = select(
        PayoutLineUse.job_id, PayoutLineUse.line_id, PayoutLineUse.matched_job_id, PayoutLineUse.matched_by
    ).where(PayoutLineUse.job_id.in_([one.job_id for one in stored]))
    taken_back = taken_back_of(session, [payout.job_id for payout in stored])
    known = {(job, line): (order, by) for job, line, order, by in session.execute(uses)}
    sums: dict[tuple[str, int], Money] = {}
    of_nobody: Named = {}
    own: Named = {}
    for one in stored:
        carrying_amounts, fees = carrying_amounts_of(one) or {}, written_off_of(one)
        told = as_booked(one)
        if told.bounced or (one.job_id in taken_back and not is_corrected_to(one)):
            left = Item(one.payout_id, -told.paid_out, one.job_id, PayoutLineKind.PAYOUT_FAILED)
            own.setdefault(f"psp.{one.provider}.{told.currency.lower()}", []).append(left)
        for line in told.lines:
            role = f"psp.{one.provider}.{line.amount.currency.lower()}"
            order, by = known.get((one.job_id, line.id), (None, ""))
            carrying_amount = carrying_amounts.get(line.id)
            if by == LineAnswer.ACCOUNT:
                continue  # a voucher of its own took it to the account that a person named
            if line.kind in OF_ORDERS and order is not None:
                amount = line.amount - fees[line.id] if line.id in fees else line.amount
                place, amount = (
                    ((carrying_amount.role, order), carrying_amount.held)
                    if carrying_amount
                    else ((role, order), amount)
                )
                sums[place] = sums.get(place, Money.zero(amount.currency)) + amount
            elif line.kind in OF_ORDERS and by not in (LineAnswer.CLEARING, BY_FOREIGN_INVOICE):
                reference = next(iter(line.keys.values()), line.id)
                of_nobody.setdefault(role, []).append(Item(reference, line.amount, one.job_id))
            elif line.kind not in _ELSEWHERE and line.amount:
                name = f"{one.payout_id} {line.raw_kind}".strip()
                if line.kind is PayoutLineKind.NETTED_DEBT:
                    role = f"{debtor_of(one.provider)}.{line.amount.currency.lower()}"
                own.setdefault(role, []).append(Item(name, line.amount, one.job_id, line.kind))
    return sums, of_nobody, own


def _without_pairs(items: Sequence[Item]) -> tuple[Item, ...]:
    """What explains a balance: a payout that bounced and came back, or a debt carried on and taken, leaves nothing."""
    left: list[Item] = []
    for item in items:
        opposite = next((one for one in left if one.amount == -item.amount), None)
        if opposite is None:
            left.append(item)
        else:
            left.remove(opposite)
    return tuple(left)


@dataclass(frozen=True, slots=True)
class PayoutRow:
    """One payout in the list."""

    job_id: int
    provider: str
    payout_id: str
    paid_on: str
    paid_out: Money
    state: str
    lines: int
    matched: int
    voucher: str


def payouts(store: Store, tenant_id: int | None, most: int = 100) -> Sequence[PayoutRow]:
    """The newest payouts (of all tenants for None), with how many of their lines belong to an order of ours."""
    statement = (
        select(StoredPayout, Job.state)
        .join(Job, Job.id == StoredPayout.job_id)
        .where(*() if tenant_id is None else (StoredPayout.tenant_id == tenant_id,))
        .order_by(StoredPayout.paid_on.desc(), StoredPayout.job_id.desc())
        .limit(most)
    )
    with store.read() as session:
        rows = session.execute(statement).all()
        return [_payout_row(session, stored, state) for stored, state in rows]


def _payout_row(session: ReadSession, stored: StoredPayout, state: str) -> PayoutRow:
    matched = set(
        session.scalars(
            select(PayoutLineUse.line_id).where(
                PayoutLineUse.job_id == stored.job_id, PayoutLineUse.matched_by.not_in(("", BEYOND_ORDER))
            )
        )
    )
    vouchers = session.scalars(
        select(Operation.remote_id).where(Operation.job_id == stored.job_id, Operation.kind == "CreateVoucher")
    ).all()
    of_orders = [line.id for line in read_payout(stored.content).lines if line.kind in OF_ORDERS]
    return PayoutRow(
        stored.job_id,
        stored.provider,
        stored.payout_id,
        stored.paid_on.isoformat(),
        Money(stored.paid_out, stored.currency),
        state,
        len(of_orders),
        len(matched.intersection(of_orders)),  # a fee may name an order, too
        ", ".join(number for number in vouchers if number),
    )
