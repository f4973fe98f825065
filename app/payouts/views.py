"""One payout as its page shows it: every line, its order and key, and suggestions for unmatched lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from sqlalchemy import ColumnElement, exists, select

from app.execution.views import Step, steps_of
from app.findings.views import Found, open_findings
from app.kit.db.engine import ReadSession, Store
from app.kit.money import Money
from app.model.order import BOOKS_ZONE, books_day
from app.model.payout import OF_ORDERS, Payout, PayoutLine, PayoutLineKind
from app.model.providers import habits_of
from app.payouts.correction_answers import correction_of, corrections_of
from app.payouts.line_answer_store import GivenLineAnswer, bank_amount_of, line_answers_of, line_answers_shown
from app.payouts.matching.matching import match_lines
from app.payouts.planning.correction import Correction, differing_lines
from app.payouts.planning.line_answers import CLOSED, LineAnswer, choices
from app.payouts.planning.plausibility import BEYOND_ORDER, LEFT_OUT
from app.payouts.planning.waiting import Succeeded, WaitingPayout, succeeded_of, waiting_of
from app.payouts.repository import read_payout
from app.payouts.stated_sums import stated_sum_of
from app.schema import Job, PayoutLineUse, Snapshot, StoredPayout
from app.tenants.repository import load_rules

_LINES_SHOWN = 500
_SUGGESTED = 3
_NEAR = timedelta(days=7)
"""A sale is settled within days: an order further away from the line is no suggestion."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An order that a line may be, by nothing but amount and day: for a person to look at, never to book on."""

    order_id: int
    name: str


@dataclass(frozen=True, slots=True)
class LineView:
    """One line."""

    line: PayoutLine
    order_id: int | None
    """Of the order that it belongs to."""
    order_name: str
    matched_by: str
    """Name of the key that found it; empty: nothing did."""
    suggestions: tuple[Suggestion, ...] = ()

    @property
    def is_lost(self) -> bool:
        """Whether it should belong to an order and does not, and nobody said what it is."""
        return self.line.kind in OF_ORDERS and self.matched_by in ("", BEYOND_ORDER)

    @property
    def choices(self) -> tuple[LineAnswer, ...]:
        """What a person may say that it is; nothing where it is known."""
        return () if self.matched_by not in ("", BEYOND_ORDER) else choices(self.line.kind)


@dataclass(frozen=True, slots=True)
class PreExistingState:
    """A state that was booked before a person had it corrected."""

    payout: Payout
    reference: str
    """Of the correction by hand; empty where a voucher of ours is it."""


@dataclass(frozen=True, slots=True)
class PayoutDetail:
    """Everything about one payout."""

    id: int
    state: str
    payout: Payout
    lines: tuple[LineView, ...]
    """Those of no order first, and not more than a page can show."""
    count: int
    matched: int
    of_orders: int
    findings: tuple[Found, ...]
    steps: tuple[Step, ...]
    answers: tuple[GivenLineAnswer, ...]
    """What people said about it and its lines, oldest first."""

    at_bank: Money | None
    """What a person said that the bank got, where the source states no sum."""

    left_out: Mapping[PayoutLineKind, int] = field(default_factory=dict)
    """Kind → how many lines the comparison with what orders were paid leaves out."""
    waiting: WaitingPayout | None = None
    """Why it is not booked, where it waits."""
    carried_forward: tuple[Succeeded, ...] = ()
    """Debts that it carries on or leaves, and the payouts with their other side."""
    is_stated: bool = False
    """Whether a list of payouts proves its sum."""
    file_id: int | None = None
    """Of the file that reports it."""
    change: Correction | None = None
    """Where it is reported differently than it is booked: both states, and the voucher between them."""
    corrected: tuple[PreExistingState, ...] = ()
    """States that were booked before a person had them corrected, oldest first."""

    @property
    def versions(self) -> tuple[tuple[PayoutLine | None, PayoutLine | None], ...]:
        """Lines that differ, as pairs: booked, reported."""
        return () if self.change is None else differing_lines(self.change.booked, self.change.reported)

    @property
    def waits_for_bank(self) -> bool:
        """Whether a person is asked for the bank's amount: the source states no sum, and nothing is booked."""
        written = any(step.state in ("sending", "unknown", "done") for step in self.steps)
        return not (self.payout.is_captured or self.is_stated) and self.at_bank != self.payout.paid_out and not written

    @property
    def may_be_closed(self) -> bool:
        """Whether nothing of it is booked here, and nobody has closed it."""
        written = any(step.state in ("sending", "unknown", "done") for step in self.steps)
        return not written and not any(answer.holds and answer.answer == CLOSED for answer in self.answers)

    @property
    def may_be_held(self) -> bool:
        """Whether nothing of it is booked, and nobody holds it."""
        written = any(step.state in ("sending", "unknown", "done") for step in self.steps)
        return not written and not any(answer.holds and not answer.line_id for answer in self.answers)


def payout_detail(store: Store, tenant_id: int | None, payout_id: int) -> PayoutDetail | None:
    """One payout, or None when there is none or it is another tenant's (all are within reach for None)."""
    with store.read() as session:
        conditions = (StoredPayout.id == payout_id, *_of(tenant_id))
        row = session.execute(
            select(StoredPayout, Job).join(Job, Job.payout_id == StoredPayout.id).where(*conditions)
        ).one_or_none()
        if row is None:
            return None
        stored, job = row
        payout = read_payout(stored.content)
        uses = {
            use.line_id: use
            for use in session.scalars(select(PayoutLineUse).where(PayoutLineUse.payout_id == payout_id))
        }
        names = _names(session, [use.order_id for use in uses.values() if use.order_id])
        views = [_line(line, uses.get(line.id), names) for line in payout.lines]
        shown = sorted(views, key=lambda view: not view.choices)[:_LINES_SHOWN]
        is_stated = stated_sum_of(session, stored, payout) == payout.paid_out
        return PayoutDetail(
            id=payout_id,
            state=job.state,
            payout=payout,
            lines=tuple(_with_suggestions(session, stored.tenant_id, view) for view in shown),
            count=len(views),
            # A fee may name an order, too: it is no line that should have one.
            matched=sum(not view.is_lost for view in views if view.line.kind in OF_ORDERS),
            of_orders=sum(view.line.kind in OF_ORDERS for view in views),
            findings=open_findings(session, job.id),
            steps=steps_of(session, job.id),
            answers=line_answers_shown(session, payout_id),
            left_out=Counter(line.kind for line in payout.lines if line.kind in LEFT_OUT),
            at_bank=bank_amount_of(session, payout_id),
            waiting=_waiting(session, stored, payout, is_stated=is_stated),
            carried_forward=succeeded_of(payout, _others(session, stored)) if _carries(payout) else (),
            is_stated=is_stated,
            file_id=stored.file_id,
            change=_change(session, stored, payout),
            corrected=tuple(
                PreExistingState(read_payout(correction["payout"]), correction["reference"])
                for correction in corrections_of(stored)
            ),
        )


_NEAR_PAYOUTS = timedelta(days=62)
"""Within which two payouts may cancel each other out, or pass a debt on."""


def _waiting(session: ReadSession, stored: StoredPayout, payout: Payout, *, is_stated: bool) -> WaitingPayout | None:
    if stored.booked is not None or payout.bounced:
        return None
    is_at_bank = bank_amount_of(session, stored.id) == payout.paid_out
    is_captured = payout.is_captured or is_stated or is_at_bank
    late_rows = habits_of(stored.provider).late_rows
    until = stored.paid_on + late_rows if late_rows else None
    others = _others(session, stored, only_open=True) if payout.unexplained else ()
    return waiting_of(payout, others, until, is_captured=is_captured)


def _carries(payout: Payout) -> bool:
    return any(line.kind is PayoutLineKind.CARRIED_FORWARD for line in payout.lines)


def _others(session: ReadSession, stored: StoredPayout, *, only_open: bool = False) -> list[Payout]:
    """Payouts of the same account around that day."""
    conditions = (
        StoredPayout.tenant_id == stored.tenant_id, StoredPayout.provider == stored.provider,
        StoredPayout.id != stored.id, StoredPayout.currency == stored.currency,
        StoredPayout.paid_on.between(stored.paid_on - _NEAR_PAYOUTS, stored.paid_on + _NEAR_PAYOUTS),
    )  # fmt: skip
    is_open = (StoredPayout.booked.is_(None),) if only_open else ()
    return [read_payout(row.content) for row in session.scalars(select(StoredPayout).where(*conditions, *is_open))]


def _change(session: ReadSession, stored: StoredPayout, payout: Payout) -> Correction | None:
    if stored.booked is None or stored.booked_hash == stored.content_hash:
        return None
    rules = load_rules(session, stored.tenant_id).for_payouts_of(payout.provider, payout.account)
    matched = match_lines(session, stored.tenant_id, payout, rules)
    answers = line_answers_of(session, stored.id)
    return correction_of(session, stored, rules, answers.over(matched), payout.paid_on)


def _of(tenant_id: int | None) -> tuple[ColumnElement[bool], ...]:
    return () if tenant_id is None else (StoredPayout.tenant_id == tenant_id,)


def _names(session: ReadSession, orders: Sequence[int]) -> dict[int, str]:
    named = select(Snapshot.order_id, Snapshot.name).where(Snapshot.order_id.in_(orders))
    return {row.order_id: row.name for row in session.execute(named)}


def _line(line: PayoutLine, use: PayoutLineUse | None, names: dict[int, str]) -> LineView:
    if use is None or not use.matched_by:
        return LineView(line, None, "", "")
    name = names.get(use.order_id, "") if use.order_id else ""
    return LineView(line, use.order_id, name, use.matched_by)


def _with_suggestions(session: ReadSession, tenant_id: int, view: LineView) -> LineView:
    """Orders of exactly that amount around that day whose money no payout has had."""
    if not view.is_lost or view.line.kind is not PayoutLineKind.CHARGE:
        return view
    day = view.line.occurred_on
    near = Snapshot.processed_at
    settled = exists().where(PayoutLineUse.order_id == Snapshot.order_id)
    of_amount = (Snapshot.total == view.line.amount.minor, Snapshot.currency == view.line.amount.currency)
    rows = session.execute(
        select(Snapshot.order_id, Snapshot.name, near).where(
            Snapshot.tenant_id == tenant_id, *of_amount, near > _midnight(day - _NEAR), near < _midnight(day + _NEAR),
            ~settled,
        )
    ).all()  # fmt: skip
    nearest = sorted(rows, key=lambda row: abs(books_day(row[2]) - day))[:_SUGGESTED]
    suggestions = tuple(Suggestion(order, name) for order, name, _at in nearest)
    return LineView(view.line, None, "", "", suggestions)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), BOOKS_ZONE)
