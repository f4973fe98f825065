"""The order job: read the state, decide, check (pre-flight), execute the outstanding steps, in that order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from app.execution import operations as posting_log
from app.execution.booking import Booking, Hooks, Planned
from app.execution.context import JobContext, Work
from app.execution.preflight_check import Checker
from app.findings.repository import Place, open_finding, stops
from app.jobs import queue as jobs
from app.jobs.outcomes import Blocked, Completed, Retry
from app.jobs.queue import Lease
from app.kit.db.engine import Store, WriteSession
from app.kit.http.call_budget import RateLimitedError
from app.ledgers.base import Company
from app.master_data.customer_match import with_matched_customer
from app.master_data.facts import BooksFacts
from app.master_data.vat_numbers import VatNumbers
from app.model.answers import UNREAD
from app.model.finding import Finding
from app.model.order import Order
from app.model.platforms import PlatformKind
from app.orders import snapshots
from app.orders.adoption import Adoption
from app.orders.payout_days import with_reported_payouts
from app.orders.planning.planner import decide
from app.orders.planning.withheld import judged, with_stand_ins
from app.orders.pre_existing import ListedInvoice, PreExisting, listed_invoices
from app.orders.reader import OrderReader
from app.orders.repository import OrderRepository
from app.orders.shop_scopes import report_hidden_data
from app.orders.source_of_record import is_managed_elsewhere, owned
from app.posting.plan import Decision, Plan, Skipped, Stopped, Waiting
from app.posting.steps import ClearWayOfDelivery
from app.schema import JobState, Operation
from app.vat.food_rate import articles_at_the_old_rate
from app.vat.stated_facts import with_stated_facts


@dataclass(frozen=True, slots=True)
class _Decided:
    """What to do about an order, and what was read with it in one transaction."""

    decision: Decision
    facts: BooksFacts | None = None
    """What a plan is checked against; None: it must be read."""
    listed: Sequence[ListedInvoice] = ()
    """Invoices of others that may be of the order, where nothing of ours may stand."""


@dataclass(frozen=True, slots=True)
class OrderJob:
    """Handles order jobs."""

    store: Store
    repository: OrderRepository
    reader: OrderReader
    booking: Booking
    checker: Checker
    earlier: Adoption
    pre_existing: PreExisting
    vat_numbers: VatNumbers

    def work(self, lease: Lease) -> Completed | Retry | Blocked:
        """Book what the order's newest state asks for."""
        context, operations = self.repository.begin(lease)
        read = self.reader.read(context)
        if isinstance(read, Finding):
            if self._is_managed_elsewhere(context, operations):
                return Completed(JobState.SKIPPED)
            return self._unreadable(context, read)
        if isinstance(read, Retry):
            return read
        try:
            ended = self._with_order(context, read.order, operations)
        except RateLimitedError:
            self.reader.interrupted.keep(context, read.order, read.at, read.claimed_at)
            raise
        if isinstance(ended, Retry) and not ended.failed:
            self.reader.interrupted.keep(context, read.order, read.at, read.claimed_at)
        return ended

    def _with_order(
        self, context: JobContext, order: Order, operations: dict[str, Operation]
    ) -> Completed | Retry | Blocked:
        """Add to the order what others know of it, and work on it."""
        order = replace(order, shop_since=context.shop.created_at.replace(microsecond=0))  # shops tell whole seconds
        order = with_stand_ins(order, context.rules)
        order = with_reported_payouts(self.store, context.lease.of_order, order, context.rules)
        known = with_matched_customer(self.store, context.company, order, context.rules)
        if isinstance(known, Retry):
            return known
        stated = with_stated_facts(known, context.rules, context.answers)
        return self._work_on(context, self.vat_numbers.checked(stated, context.lease.of_order), operations)

    def _work_on(
        self, context: JobContext, order: Order, operations: dict[str, Operation]
    ) -> Completed | Retry | Blocked:
        decided = self._decided(context, order, operations)
        decision = decided.decision
        if context.company is None:
            if isinstance(decision, Plan) or posting_log.posted(operations).documents:
                return Blocked((Finding("FORTNOX_NOT_CONNECTED", "", {}),))
            return _plain(decision)
        if context.answers.accepts(order):
            return self._by_hand(context)
        resolved = self.booking.resolve(_work(context, context.company), operations)
        if isinstance(resolved, Retry | Blocked):
            return resolved
        if resolved is not operations:
            # What was uncertain may have been there all along: the plan takes it into account now.
            decided = self._decided(context, order, resolved)
        left_to_person = self._left_to_person(context, context.company, order, decided, resolved)
        if left_to_person is not None:
            return left_to_person
        if isinstance(decided.decision, Plan):
            planned = Planned(decided.decision, decided.facts)
            return self._book(context, context.company, order, planned, resolved)
        return self._leave(context, context.company, decided.decision, resolved)

    @property
    def _providers(self) -> frozenset[str]:
        """Platforms that may report an order beside the shop."""
        return self.reader.platforms.of_kind(PlatformKind.PROVIDER)

    def _by_hand(self, context: JobContext) -> Completed:
        """A person said that the books are right as they are: nothing is sent and nothing compared."""
        with self.store.write() as session:
            snapshots.externally_changed(session, context.lease.of_order)
        return _handled(context.answers.reference)

    def _left_to_person(
        self,
        context: JobContext,
        company: Company,
        order: Order,
        decided: _Decided,
        operations: dict[str, Operation],
    ) -> Completed | Retry | Blocked | None:
        """Adopt what somebody else booked. None: there is nothing to adopt."""
        if posting_log.posted(operations).documents:
            return None
        adopted = self.earlier.take(context, company, order, context.answers.invoice)
        if isinstance(adopted, Retry | Blocked):
            return adopted
        decision = decided.decision
        if not adopted and isinstance(decision, Plan) and not posting_log.may_stand(operations):
            adopted = self.pre_existing.check(context, company, order, decision, decided.listed)
            if isinstance(adopted, Retry | Blocked):
                return adopted
        return self._work_on(context, order, self._log(context)) if adopted else None

    def _log(self, context: JobContext) -> dict[str, Operation]:
        """The posting log as others may have changed it: what was adopted, or looked up."""
        with self.store.read() as session:
            return posting_log.load(session, context.lease.job_id)

    def _decided(self, context: JobContext, order: Order, operations: dict[str, Operation]) -> _Decided:
        """Decide by the order's newest state and the posted documents; remember both."""
        company = context.company
        posted = posting_log.posted(operations)
        with self.store.write() as session:
            known = self.checker.register.facts_in(session, company.connection_id) if company else None
            locked = known.locked_through if known else None
            decision = decide(
                order, context.rules, posted, locked_through=locked, answers=context.answers, now=self.checker.now()
            )
            decision = judged(decision, order, self.reader.scope_of(order.platform))
            decision = owned(session, context.lease, order, context.rules, posted, decision, providers=self._providers)
            snapshots.keep(session, context.lease, order, decision)
            report_hidden_data(session, self.reader.platforms[order.platform], context.shop, order.refused)
            for change in articles_at_the_old_rate(order):
                open_finding(session, Place(context.tenant.id, connection_id=context.shop.id), change)
            jobs.mark_processed(session, context.lease.inbox_ids)
            if company is None or known is None or not isinstance(decision, Plan):
                return _Decided(decision)
            facts = self.checker.facts_of_plan(session, company, known, decision)
            if posting_log.may_stand(operations):
                return _Decided(decision, facts)
            return _Decided(decision, facts, listed_invoices(session, context, company, order, decision))

    def _is_managed_elsewhere(self, context: JobContext, operations: dict[str, Operation]) -> bool:
        """Whether another channel is the source of record: then it does not matter what cannot be read of the order."""
        with self.store.read() as session:
            return not posting_log.posted(operations).documents and is_managed_elsewhere(session, context.shop)

    def _unreadable(self, context: JobContext, finding: Finding) -> Completed | Blocked:
        """The deliveries were looked at; what they announced cannot be read, and that is what people see.

        A person may book such an order by hand; it is asked about again when the shop says that it changed.
        """
        changed_at = str(finding.data.get(UNREAD, ""))
        with self.store.write() as session:
            jobs.mark_processed(session, context.lease.inbox_ids)
            if context.answers.accepts_unread(datetime.fromisoformat(changed_at) if changed_at else None):
                snapshots.externally_changed(session, context.lease.of_order)
                return _handled(context.answers.reference)
        return Blocked((replace(finding, data={**finding.data, UNREAD: changed_at}),))

    def _leave(
        self,
        context: JobContext,
        company: Company,
        decision: Waiting | Skipped | Stopped,
        operations: dict[str, Operation],
    ) -> Completed | Retry | Blocked:
        """The newest state cannot be planned. Documents that are booked already are finished all the same."""
        posted = posting_log.posted(operations)
        if not posted.documents:
            return _plain(decision)
        stuck = self.booking.finish(_work(context, company), operations, self._noting(context, operations))
        if isinstance(stuck, Retry):
            return stuck
        reasons = decision.findings if isinstance(decision, Stopped) else ()
        return Blocked((*(stuck.findings if stuck else ()), *reasons)) if stuck or reasons else _plain(decision)

    def _book(
        self,
        context: JobContext,
        company: Company,
        order: Order,
        planned: Planned,
        operations: dict[str, Operation],
    ) -> Completed | Retry | Blocked:
        hooks = replace(
            self._noting(context, operations), instead=partial(self._planned_again, context, order, operations)
        )
        booked = self.booking.book(_work(context, company, order), planned, operations, order=order, hooks=hooks)
        if isinstance(booked, Retry):
            return booked
        plan = booked.plan
        if booked.stuck is not None or booked.foreseen:
            refused = booked.stuck.findings if booked.stuck else ()
            return Blocked(_without_repeats(refused, booked.foreseen or plan.notices))
        if stops(plan.notices):
            return Blocked(plan.notices)
        if not plan.documents and plan.manual_entries:
            return Completed(JobState.WAITING if plan.waiting else JobState.BOOKED, plan.notices)
        if not plan.documents:
            # What was started is cancelled: from here on nothing of the order is posted.
            return self._leave(context, company, self._without_plan(context, order, operations), operations)
        return Completed(JobState.BOOKED, (*plan.notices, *self._cards_cleared(operations)))

    def _planned_again(
        self,
        context: JobContext,
        order: Order,
        operations: dict[str, Operation],
        planned: Planned,
        findings: Sequence[Finding],
    ) -> Planned | None:
        """The lock may have been read only now: a credit note gets another day by it, if the rules say so."""
        if not any(finding.code == "FORTNOX_PERIOD_LOCKED" for finding in findings):
            return None
        again = self._decided(context, order, operations)
        is_other = isinstance(again.decision, Plan) and again.decision.steps != planned.plan.steps
        return Planned(again.decision, again.facts) if is_other and isinstance(again.decision, Plan) else None

    def _cards_cleared(self, operations: dict[str, Operation]) -> list[Finding]:
        """What Bokbro removed from customer records for this order: reported until a person closes it."""
        own = {key: operation for key, operation in operations.items() if not (operation.remote or {}).get("adopted")}
        cleared = (step for step in posting_log.posted(own).steps if isinstance(step, ClearWayOfDelivery))
        return [
            Finding(
                "FORTNOX_CUSTOMER_CARD_CLEARED",
                step.customer,
                {"customer": step.customer, "way_of_delivery": step.way_of_delivery},
            )
            for step in cleared
        ]

    def _without_plan(
        self, context: JobContext, order: Order, operations: dict[str, Operation]
    ) -> Waiting | Skipped | Stopped:
        decision = self._decided(context, order, operations).decision
        if isinstance(decision, Plan):
            raise TypeError(f"{order.name}: nothing stands, and yet a plan without documents was made")
        return decision

    def _noting(self, context: JobContext, operations: dict[str, Operation]) -> Hooks:
        """Has noted at the end what the ledger has booked."""

        def note_booked(session: WriteSession) -> None:
            posted = posting_log.posted(operations)
            snapshots.booked(session, context.lease.of_order, posted, posting_log.results(operations))

        return Hooks(at_end=note_booked)


def _work(context: JobContext, company: Company, order: Order | None = None) -> Work:
    """What the execution needs besides its steps. Without an order: to finish documents that stand already."""
    trusted_since = context.tenant.log_trusted_since
    return Work(
        context.lease,
        company,
        context.rules,
        # Older than the posting log: another integration, or a lost database, may have booked it before us.
        look_first=order is not None and order.processed_at < trusted_since,
        trusted_since=trusted_since,
        late_payments=context.answers.late_payments,
        to_recreate=context.answers.to_recreate,
    )


def _handled(reference: str) -> Completed:
    """What a person booked counts as booked, and is reported under their reference."""
    if reference:
        return Completed(JobState.BOOKED, (Finding("HANDLED_BY_HAND", "", {"reference": reference}),))
    return Completed(JobState.BOOKED, (Finding("BOOKED_BY_OTHER_HANDS", "", {}),))


def _plain(decision: Waiting | Skipped | Stopped) -> Completed | Blocked:
    """The outcome of a decision without documents, where none is booked."""
    match decision:
        case Waiting():
            return Completed(JobState.WAITING, decision.notices)
        case Skipped():
            return Completed(JobState.SKIPPED)
        case Stopped():
            return Blocked(decision.findings)


def _without_repeats(refused: tuple[Finding, ...], foreseen: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """What Fortnox refused and pre-flight foresees for the same reason is one thing to do; pre-flight's says more."""
    codes = {finding.code for finding in foreseen}
    return (*(finding for finding in refused if finding.code not in codes), *foreseen)
