"""One order's lane: state → decision → pre-flight → outstanding steps → carried out, in that order, nothing skipped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypedDict

from app.adjustments.creditable_lines import Begun
from app.execution import operations as journal
from app.execution.context import Desk, Work
from app.execution.executor import Carried, Carrier
from app.execution.outstanding import follow_ups, outstanding
from app.execution.plan_execution import PlanExecutor
from app.execution.preflight_check import Checker
from app.findings.repository import Place, open_one, stops
from app.jobs import queue as lanes
from app.jobs.outcomes import Ended, Halt, Later
from app.jobs.queue import Lease
from app.kit.db.engine import Store
from app.kit.http.call_budget import MustWaitError
from app.ledgers.base import Company, Remote, StepContext
from app.master_data.company import company_of
from app.master_data.customer_match import with_known_card
from app.master_data.facts import BooksFacts
from app.master_data.vat_numbers import VatNumbers
from app.model.answers import UNREAD, Answers
from app.model.finding import Finding
from app.model.order import Order
from app.orders import snapshots
from app.orders.adoption import TakingOver
from app.orders.given_answers import answers_of
from app.orders.payout_days import told_payouts
from app.orders.planning.planner import decide
from app.orders.planning.withheld import judged, with_stand_ins
from app.orders.pre_existing import PreExisting
from app.orders.reader import OrderReader
from app.orders.shop_scopes import report_hidden_data
from app.orders.source_of_record import is_anothers, owned
from app.posting.plan import Decision, Plan, Skipped, Stopped, Waiting
from app.posting.steps import ClearWayOfDelivery, Step
from app.schema import Connection, LaneState, Operation, OperationState, Tenant
from app.shops.shopify.scopes import scope_of
from app.tenants.repository import load_rules
from app.tenants.rules import ArticlePolicy
from app.vat.food_rate import articles_at_the_old_rate
from app.vat.stated_facts import with_stated_facts


class _Said(TypedDict):
    """Fields of `Work` that people's answers decide."""

    wanted_anew: frozenset[str]
    late_payments: frozenset[str]


@dataclass(frozen=True, slots=True)
class OrderLane:
    """Works on order lanes."""

    store: Store
    reader: OrderReader
    carrier: Carrier
    checker: Checker
    earlier: TakingOver
    pre_existing: PreExisting
    vat_numbers: VatNumbers

    def work(self, lease: Lease) -> Ended | Later | Halt:
        """Bring the books to what the order's newest state asks for."""
        try:
            ended = self._worked(lease)
        except MustWaitError:
            self.reader.interrupted.begins(lease)
            raise
        if isinstance(ended, Later) and not ended.failed:
            self.reader.interrupted.begins(lease)
        return ended

    def _worked(self, lease: Lease) -> Ended | Later | Halt:
        desk = self._desk(lease)
        order = self.reader.read(desk)
        if isinstance(order, Finding):
            return Ended(LaneState.SKIPPED) if self._is_anothers(desk) else self._unreadable(lease, order)
        if isinstance(order, Later):
            return order
        order = replace(order, shop_since=desk.shop.created_at.replace(microsecond=0))  # shops tell whole seconds
        order = with_stand_ins(order, desk.rules)
        order = told_payouts(self.store, lease.lane_id, order, desk.rules)
        known = with_known_card(self.store, desk.company, order, desk.rules)
        if isinstance(known, Later):
            return known
        with self.store.read() as session:
            stated = with_stated_facts(known, desk.rules, answers_of(session, lease.lane_id))
        return self._work_on(desk, self.vat_numbers.checked(stated, lease.lane_id))

    def _work_on(self, desk: Desk, order: Order) -> Ended | Later | Halt:
        with self.store.read() as session:
            operations = journal.load(session, desk.lease.lane_id)
        decision = self._decided(desk, order, operations)
        if desk.company is None:
            if isinstance(decision, Plan) or journal.begun(operations).documents:
                return Halt((Finding("FORTNOX_NOT_CONNECTED", "", {}),))
            return _plain(decision)
        with self.store.read() as session:
            answers = answers_of(session, desk.lease.lane_id)
        if answers.accepts(order):
            return self._by_hand(desk, answers)
        resolved = self._resolve(desk, desk.company, operations)
        if isinstance(resolved, Later | Halt):
            return resolved
        by_others = self._by_others(desk, desk.company, order, decision, answers, resolved)
        if by_others is not None:
            return by_others
        if resolved is not operations:
            # What was uncertain may have been there all along: the plan reckons with it now.
            decision = self._decided(desk, order, resolved)
        if isinstance(decision, Plan):
            return self._book(desk, desk.company, order, decision, resolved)
        return self._leave(desk, desk.company, decision, resolved)

    def _by_hand(self, desk: Desk, answers: Answers) -> Ended:
        """A person said that the books are right as they stand: nothing is sent, and nothing compared."""
        with self.store.write() as session:
            snapshots.by_other_hands(session, desk.lease.lane_id)
        return _handled(answers.reference)

    def _by_others(
        self,
        desk: Desk,
        company: Company,
        order: Order,
        decision: Decision,
        answers: Answers,
        operations: dict[str, Operation],
    ) -> Ended | Later | Halt | None:
        """What others booked and is taken over from before us. None: it is all ours to do."""
        if journal.begun(operations).documents:
            return None
        taken = self.earlier.take(desk, company, order, answers.invoice)
        if isinstance(taken, Later | Halt):
            return taken
        if not taken and isinstance(decision, Plan) and not journal.may_stand(operations):
            taken = self.pre_existing.check(desk, company, order, decision, answers)
            if isinstance(taken, Later | Halt):
                return taken
        return self._work_on(desk, order) if taken else None

    def _decided(self, desk: Desk, order: Order, operations: dict[str, Operation]) -> Decision:
        """Decide by the order's newest state and what the journal says stands in the books; remember both."""
        locked = self.checker.facts(desk.company).locked_through if desk.company else None
        with self.store.write() as session:
            answers = answers_of(session, desk.lease.lane_id)
            begun = journal.begun(operations)
            decision = decide(order, desk.rules, begun, locked_through=locked, answers=answers, now=self.checker.now())
            decision = judged(decision, order, scope_of)
            decision = owned(session, desk.lease, order, desk.rules, begun, decision)
            snapshots.keep(session, desk.lease, order, decision)
            report_hidden_data(session, desk.shop, order.refused)
            for told in articles_at_the_old_rate(order):
                open_one(session, Place(desk.tenant.id, connection_id=desk.shop.id), told)
            lanes.absorb(session, desk.lease.inbox_ids)
        return decision

    def _desk(self, lease: Lease) -> Desk:
        with self.store.read() as session:
            shop = session.get_one(Connection, lease.connection_id)
            tenant = session.get_one(Tenant, lease.tenant_id)
            rules = load_rules(session, tenant.id).for_orders_of(shop.platform, shop.account)
            return Desk(lease, shop, tenant, rules, company_of(session, tenant.id))

    def _is_anothers(self, desk: Desk) -> bool:
        """Whether the order is another channel's to read: what cannot be read of it hinders nobody then."""
        with self.store.read() as session:
            begun = journal.begun(journal.load(session, desk.lease.lane_id))
            return not begun.documents and is_anothers(session, desk.shop)

    def _unreadable(self, lease: Lease, finding: Finding) -> Ended | Halt:
        """The deliveries were looked at; what they announced cannot be read, and that is what people see.

        A person may book such an order by hand; it is asked about again when the shop says that it changed.
        """
        changed_at = str(finding.data.get(UNREAD, ""))
        with self.store.write() as session:
            lanes.absorb(session, lease.inbox_ids)
            answers = answers_of(session, lease.lane_id)
            if answers.accepts_unread(datetime.fromisoformat(changed_at) if changed_at else None):
                snapshots.by_other_hands(session, lease.lane_id)
                return _handled(answers.reference)
        return Halt((replace(finding, data={**finding.data, UNREAD: changed_at}),))

    def _resolve(
        self, desk: Desk, company: Company, operations: dict[str, Operation]
    ) -> dict[str, Operation] | Later | Halt:
        """The journal with nothing uncertain in it, before anything is decided on the order's newest state."""
        uncertain = [one for one in operations.values() if journal.is_uncertain(one)]
        if not uncertain:
            return operations
        results: dict[str, Remote] = journal.results(operations)
        for operation in uncertain:
            progress = self.carrier.resolve(desk.lease, company, operation, StepContext(results, desk.rules))
            if isinstance(progress, Carried):
                results[operation.step_key] = progress.remote
            elif progress is not None:
                return progress
        with self.store.read() as session:
            return journal.load(session, desk.lease.lane_id)

    def _leave(
        self, desk: Desk, company: Company, decision: Waiting | Skipped | Stopped, operations: dict[str, Operation]
    ) -> Ended | Later | Halt:
        """The newest state cannot be planned. Documents that stand in the books already are finished all the same."""
        begun = journal.begun(operations)
        if not begun.documents:
            return _plain(decision)
        stuck = self._finish(desk, company, begun, operations)
        if isinstance(stuck, Later):
            return stuck
        self._note_booked(desk)
        reasons = decision.findings if isinstance(decision, Stopped) else ()
        return Halt((*(stuck.findings if stuck else ()), *reasons)) if stuck or reasons else _plain(decision)

    def _finish(
        self, desk: Desk, company: Company, begun: Begun, operations: dict[str, Operation]
    ) -> Later | Halt | None:
        """Finish what the journal began: an invoice without its payment is one more thing to correct."""
        open_ones = [
            one for one in operations.values() if one.state in (OperationState.PLANNED, OperationState.REFUSED)
        ]
        steps = follow_ups([journal.as_planned(one) for one in open_ones], begun)
        trusted_since = desk.tenant.journal_trusted_since
        work = Work(
            desk.lease, company, desk.rules, None, look_first=False, trusted_since=trusted_since, **self._wishes(desk)
        )
        return PlanExecutor(self.store, self.carrier).execute(work, begun.documents, steps, operations)

    def _book(
        self, desk: Desk, company: Company, order: Order, plan: Plan, operations: dict[str, Operation]
    ) -> Ended | Later | Halt:
        begun = journal.begun(operations)
        findings, facts = self.checker.check(company, order, plan, desk.rules, begun)
        if any(one.code == "FORTNOX_PERIOD_LOCKED" for one in findings):
            # The lock may have been read only now: a credit note gets another day by it, if the rules say so.
            again = self._decided(desk, order, operations)
            if isinstance(again, Plan) and again.steps != plan.steps:
                return self._book(desk, company, order, again, operations)
        steps = outstanding(plan, begun.keys, facts)
        blockers: tuple[Finding, ...] = ()
        if stops(findings):
            # Nothing new is sent. What stands in the books already is booked and paid, whatever pre-flight thinks now.
            blockers = (*findings, *plan.notices)
            steps = follow_ups(steps, begun)
            if not begun.documents:
                return Halt(blockers)
        stuck = self._carry_out(desk, company, order, plan, steps, facts)
        if isinstance(stuck, Later):
            return stuck
        self._note_booked(desk)
        if stuck is not None or blockers:
            return Halt(_told_once(stuck.findings if stuck else (), blockers or plan.notices))
        if stops(plan.notices):
            return Halt(plan.notices)
        if not plan.documents and plan.own_vouchers:
            return Ended(LaneState.WAITING if plan.waiting else LaneState.BOOKED, plan.notices)
        if not plan.documents:
            # What was begun is cancelled: from here on it is an order that nothing stands of.
            with self.store.read() as session:
                operations = journal.load(session, desk.lease.lane_id)
            return self._leave(desk, company, self._without_plan(desk, order, operations), operations)
        return Ended(LaneState.BOOKED, (*plan.notices, *self._cards_cleared(desk)))

    def _cards_cleared(self, desk: Desk) -> list[Finding]:
        """What we took off customers' cards for this order: told until a person closes it."""
        with self.store.read() as session:
            operations = journal.load(session, desk.lease.lane_id)
        ours = {key: one for key, one in operations.items() if not (one.remote or {}).get("adopted")}
        cleared = (step for step in journal.begun(ours).steps if isinstance(step, ClearWayOfDelivery))
        return [
            Finding(
                "FORTNOX_CUSTOMER_CARD_CLEARED",
                step.customer,
                {"customer": step.customer, "way_of_delivery": step.way_of_delivery},
            )
            for step in cleared
        ]

    def _without_plan(self, desk: Desk, order: Order, operations: dict[str, Operation]) -> Waiting | Skipped | Stopped:
        decision = self._decided(desk, order, operations)
        if isinstance(decision, Plan):
            raise TypeError(f"{order.name}: nothing stands, and yet a plan without documents was made")
        return decision

    def _wishes(self, desk: Desk) -> _Said:
        """What people said that does not change the plan, but how it is carried out."""
        with self.store.read() as session:
            answers = answers_of(session, desk.lease.lane_id)
        return _Said(wanted_anew=answers.wanted_anew, late_payments=answers.late_payments)

    def _note_booked(self, desk: Desk) -> None:
        with self.store.write() as session:
            operations = journal.load(session, desk.lease.lane_id)
            snapshots.booked(session, desk.lease.lane_id, journal.begun(operations), journal.results(operations))

    def _carry_out(
        self, desk: Desk, company: Company, order: Order, plan: Plan, steps: Sequence[Step], facts: BooksFacts
    ) -> Later | Halt | None:
        """Enter what is left of the plan in the journal and carry it out. None when all is done."""
        with self.store.write() as session:
            journal.plan_steps(session, desk.lease.lane_id, plan, steps)
            operations = journal.load(session, desk.lease.lane_id)
        known = facts.articles if desk.rules.article_policy is ArticlePolicy.KNOWN else None
        # Older than our journal: another integration, or a lost database, may have booked it before us.
        look_first = order.processed_at < desk.tenant.journal_trusted_since
        work = Work(
            desk.lease,
            company,
            desk.rules,
            known,
            look_first=look_first,
            trusted_since=desk.tenant.journal_trusted_since,
            dead_ways=facts.dead_ways,
            article_accounts=facts.article_accounts,
            **self._wishes(desk),
        )
        return PlanExecutor(self.store, self.carrier).execute(work, plan.documents, steps, operations)


def _handled(reference: str) -> Ended:
    """What a person booked counts as booked, and is told under their reference."""
    if reference:
        return Ended(LaneState.BOOKED, (Finding("HANDLED_BY_HAND", "", {"reference": reference}),))
    return Ended(LaneState.BOOKED, (Finding("BOOKED_BY_OTHER_HANDS", "", {}),))


def _plain(decision: Waiting | Skipped | Stopped) -> Ended | Halt:
    """What a decision without documents comes to, where none stand in the books."""
    match decision:
        case Waiting():
            return Ended(LaneState.WAITING, decision.notices)
        case Skipped():
            return Ended(LaneState.SKIPPED)
        case Stopped():
            return Halt(decision.findings)


def _told_once(refused: tuple[Finding, ...], foreseen: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """What Fortnox refused and pre-flight foresees for the same reason is one thing to do; pre-flight's says more."""
    codes = {one.code for one in foreseen}
    return (*(one for one in refused if one.code not in codes), *foreseen)
