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
from app.posting.references import PAYOUT
from app.posting.steps import PayInvoice
from app.posting.vouchers import BOOKS_CURRENCY, CreateVoucher
from app.schema import Document, Job, JobState, Operation, OperationState, PayoutLineUse, Snapshot, StoredPayout

_OTHER_ACCOUNTS = frozenset(
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
    id: int
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
    """Lines that belong to no order by their kind: a debt carried forward, fees claimed apart, corrections."""

    @property
    def balance(self) -> Money:
        """What the account should show: the sum of what is not settled, less settled lines of no order."""
        return self.paid - self.settled


def clearing_accounts(store: Store, tenant_id: int) -> Sequence[ClearingAccount]:
    """Every provider's clearing account that anything was booked on."""
    with store.read() as session:
        paid = _paid(session, tenant_id)
        paid_out, unmatched, providers_own = _paid_out(session, tenant_id)
        named = select(Snapshot.order_id, Snapshot.name).where(Snapshot.tenant_id == tenant_id)
        names = {row.order_id: row.name for row in session.execute(named)}
    roles = sorted({role for role, _order in (*paid, *paid_out)} | set(unmatched) | set(providers_own))
    return [
        _clearing(role, paid, paid_out, (unmatched.get(role, []), providers_own.get(role, [])), names) for role in roles
    ]


def _clearing(
    role: str,
    paid: dict[tuple[str, int], Money],
    paid_out: dict[tuple[str, int], Money],
    of_no_order: tuple[list[Item], list[Item]],
    names: dict[int, str],
) -> ClearingAccount:
    currency = role.rsplit(".", 1)[-1].upper()
    zero = Money.zero(currency)
    payments = {order: amount for (account_role, order), amount in paid.items() if account_role == role}
    payouts_of_orders = {order: amount for (account_role, order), amount in paid_out.items() if account_role == role}
    remaining = {
        order: payments.get(order, zero) - payouts_of_orders.get(order, zero)
        for order in payments.keys() | payouts_of_orders.keys()
    }
    open_items = (
        Item(names.get(order, str(order)), amount, order) for order, amount in sorted(remaining.items()) if amount
    )
    unmatched, providers_own = of_no_order
    of_no_order_total = total((item.amount for item in (*unmatched, *providers_own)), currency)
    return ClearingAccount(
        role, total(payments.values(), currency), total(payouts_of_orders.values(), currency) + of_no_order_total,
        tuple(open_items), tuple(unmatched), _without_pairs(providers_own),
    )  # fmt: skip


def _paid(session: ReadSession, tenant_id: int) -> dict[tuple[str, int], Money]:
    """Role and order → what its booked payments moved there, in the account's currency."""
    statement = select(Operation, Job.order_id).join(Job, Job.id == Operation.job_id)
    done = (Operation.kind.in_(("PayInvoice", "CreateVoucher")), Operation.state == OperationState.DONE.value)
    sums: dict[tuple[str, int], Money] = {}
    for row, order in session.execute(statement.where(Job.tenant_id == tenant_id, Job.order_id.is_not(None), *done)):
        step = posting_log.as_planned(row)
        if isinstance(step, PayInvoice) and step.role.startswith("psp."):
            booked = booked_payment(step, row.remote)
            role, held = booked.role, booked.held
        elif isinstance(step, CreateVoucher) and step.money and step.money.role.startswith("psp."):
            role, held = f"{step.money.role.rsplit('.', 1)[0]}.{BOOKS_CURRENCY.lower()}", step.money.booked
        else:
            continue
        place = (role, order or 0)
        sums[place] = sums.get(place, Money.zero(held.currency)) + held
    return sums


Named = dict[str, list[Item]]


def _booked(session: ReadSession, tenant_id: int) -> Sequence[StoredPayout]:
    """Payouts that stand in the books; one that changed after it was booked stands there as it was."""
    voucher = (
        Operation.job_id == Job.id,
        Operation.step_key == PAYOUT.key,
        Operation.state == OperationState.DONE.value,
    )
    booked = or_(Job.state == JobState.BOOKED.value, exists().where(*voucher))
    of_tenant = select(StoredPayout).join(Job, Job.payout_id == StoredPayout.id)
    return session.scalars(of_tenant.where(StoredPayout.tenant_id == tenant_id, booked)).all()


def _paid_out(session: ReadSession, tenant_id: int) -> tuple[dict[tuple[str, int], Money], Named, Named]:
    """Role and order → what booked payouts had of it; role → lines of no order; role → lines of the provider's own."""
    stored = _booked(session, tenant_id)
    uses = select(
        PayoutLineUse.payout_id, PayoutLineUse.line_id, PayoutLineUse.order_id, PayoutLineUse.matched_by
    ).where(PayoutLineUse.payout_id.in_([stored_payout.id for stored_payout in stored]))
    taken_back = taken_back_of(session, [payout.id for payout in stored])
    matches = {(payout, line): (order, by) for payout, line, order, by in session.execute(uses)}
    sums: dict[tuple[str, int], Money] = {}
    unmatched: Named = {}
    providers_own: Named = {}
    for stored_payout in stored:
        carrying_amounts, fees = carrying_amounts_of(stored_payout) or {}, written_off_of(stored_payout)
        content = as_booked(stored_payout)
        if content.bounced or (stored_payout.id in taken_back and not is_corrected_to(stored_payout)):
            item = Item(stored_payout.number, -content.paid_out, stored_payout.id, PayoutLineKind.PAYOUT_FAILED)
            providers_own.setdefault(f"psp.{stored_payout.provider}.{content.currency.lower()}", []).append(item)
        for line in content.lines:
            role = f"psp.{stored_payout.provider}.{line.amount.currency.lower()}"
            order, by = matches.get((stored_payout.id, line.id), (None, ""))
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
                unmatched.setdefault(role, []).append(Item(reference, line.amount, stored_payout.id))
            elif line.kind not in _OTHER_ACCOUNTS and line.amount:
                name = f"{stored_payout.number} {line.raw_kind}".strip()
                if line.kind is PayoutLineKind.NETTED_DEBT:
                    role = f"{debtor_of(stored_payout.provider)}.{line.amount.currency.lower()}"
                providers_own.setdefault(role, []).append(Item(name, line.amount, stored_payout.id, line.kind))
    return sums, unmatched, providers_own


def _without_pairs(items: Sequence[Item]) -> tuple[Item, ...]:
    """Items without pairs that cancel out: a payout that bounced and came back, a debt carried forward and taken."""
    remaining: list[Item] = []
    for item in items:
        opposite = next((other for other in remaining if other.amount == -item.amount), None)
        if opposite is None:
            remaining.append(item)
        else:
            remaining.remove(opposite)
    return tuple(remaining)


@dataclass(frozen=True, slots=True)
class PayoutRow:
    """One payout in the list."""

    id: int
    provider: str
    number: str
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
        .join(Job, Job.payout_id == StoredPayout.id)
        .where(*() if tenant_id is None else (StoredPayout.tenant_id == tenant_id,))
        .order_by(StoredPayout.paid_on.desc(), StoredPayout.id.desc())
        .limit(most)
    )
    with store.read() as session:
        rows = session.execute(statement).all()
        return [_payout_row(session, stored, state) for stored, state in rows]


def _payout_row(session: ReadSession, stored: StoredPayout, state: str) -> PayoutRow:
    matched = set(
        session.scalars(
            select(PayoutLineUse.line_id).where(
                PayoutLineUse.payout_id == stored.id, PayoutLineUse.matched_by.not_in(("", BEYOND_ORDER))
            )
        )
    )
    name = Document.series.concat(Document.number)
    vouchers = session.scalars(select(name).where(Document.payout_id == stored.id).order_by(Document.id)).all()
    of_orders = [line.id for line in read_payout(stored.content).lines if line.kind in OF_ORDERS]
    return PayoutRow(
        stored.id,
        stored.provider,
        stored.number,
        stored.paid_on.isoformat(),
        Money(stored.paid_out, stored.currency),
        state,
        len(of_orders),
        len(matched.intersection(of_orders)),  # a fee may name an order, too
        ", ".join(vouchers),
    )
