"""The order job: read the state, decide, check (pre-flight), execute the outstanding steps, in that order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypedDict

from app.adjustments.creditable_lines import PostedDocuments
from app.execution import operations as posting_log
from app.execution.context import JobContext, Work
from app.execution.executor import StepExecutor, Succeeded
from app.execution.outstanding import follow_ups, outstanding
from app.execution.plan_execution import PlanExecutor
from app.execution.preflight_check import Checker
from app.findings.repository import Place, open_one, stops
from app.jobs import queue as jobs
from app.jobs.outcomes import Blocked, Completed, Retry
from app.jobs.queue import Lease
from app.kit.db.engine import Store
from app.kit.http.call_budget import RateLimitedError
from app.ledgers.base import Company, Remote, StepContext
from app.master_data.company import company_of
from app.master_data.customer_match import with_matched_customer
from app.master_data.facts import BooksFacts
from app.master_data.vat_numbers import VatNumbers
from app.model.answers import UNREAD, Answers
from app.model.finding import Finding
from app.model.order import Order
from app.model.platforms import PlatformKind
from app.orders import snapshots
from app.orders.adoption import Adoption
from app.orders.given_answers import answers_of
from app.orders.payout_days import with_reported_payouts
from app.orders.planning.planner import decide
from app.orders.planning.withheld import judged, with_stand_ins
from app.orders.pre_existing import PreExisting
from app.orders.reader import OrderReader
from app.orders.shop_scopes import report_hidden_data
from app.orders.source_of_record import is_managed_elsewhere, owned
from app.posting.plan import Decision, Plan, Skipped, Stopped, Waiting
from app.posting.steps import ClearWayOfDelivery, Step
from app.schema import Connection, JobState, Operation, OperationState, Tenant
from app.tenants.repository import load_rules
from app.tenants.rules import ArticlePolicy
from app.vat.food_rate import articles_at_the_old_rate
from app.vat.stated_facts import with_stated_facts


class _Requests(TypedDict):
    """Fields of `Work` that people's answers decide."""

    to_recreate: frozenset[str]
    late_payments: frozenset[str]


@dataclass(frozen=True, slots=True)
class OrderJob:
    """Handles order jobs."""

    store: Store
    reader: OrderReader
    executor: StepExecutor
    checker: Checker
    earlier: Adoption
    pre_existing: PreExisting
    vat_numbers: VatNumbers

    def work(self, lease: Lease) -> Completed | Retry | Blocked:
        """Book what the order's newest state asks for."""
        try:
            ended = self._worked(lease)
        except RateLimitedError:
            self.reader.interrupted.begins(lease)
            raise
        if isinstance(ended, Retry) and not ended.failed:
            self.reader.interrupted.begins(lease)
        return ended

    def _worked(self, lease: Lease) -> Completed | Retry | Blocked:
        context = self._context(lease)
        order = self.reader.read(context)
        if isinstance(order, Finding):
            return (
                Completed(JobState.SKIPPED) if self._is_managed_elsewhere(context) else self._unreadable(lease, order)
            )
        if isinstance(order, Retry):
            return order
        order = replace(order, shop_since=context.shop.created_at.replace(microsecond=0))  # shops tell whole seconds
        order = with_stand_ins(order, context.rules)
        order = with_reported_payouts(self.store, lease.job_id, order, context.rules)
        known = with_matched_customer(self.store, context.company, order, context.rules)
        if isinstance(known, Retry):
            return known
        with self.store.read() as session:
            stated = with_stated_facts(known, context.rules, answers_of(session, lease.job_id))
        return self._work_on(context, self.vat_numbers.checked(stated, lease.job_id))

    def _work_on(self, context: JobContext, order: Order) -> Completed | Retry | Blocked:
        with self.store.read() as session:
            operations = posting_log.load(session, context.lease.job_id)
        decision = self._decided(context, order, operations)
        if context.company is None:
            if isinstance(decision, Plan) or posting_log.posted(operations).documents:
                return Blocked((Finding("FORTNOX_NOT_CONNECTED", "", {}),))
            return _plain(decision)
        with self.store.read() as session:
            answers = answers_of(session, context.lease.job_id)
        if answers.accepts(order):
            return self._by_hand(context, answers)
        resolved = self._resolve(context, context.company, operations)
        if isinstance(resolved, Retry | Blocked):
            return resolved
        left_to_person = self._left_to_person(context, context.company, order, decision, answers, resolved)
        if left_to_person is not None:
            return left_to_person
        if resolved is not operations:
            # What was uncertain may have been there all along: the plan takes it into account now.
            decision = self._decided(context, order, resolved)
        if isinstance(decision, Plan):
            return self._book(context, context.company, order, decision, resolved)
        return self._leave(context, context.company, decision, resolved)

    @property
    def _providers(self) -> frozenset[str]:
        """Platforms that may report an order beside the shop."""
        return self.reader.platforms.of_kind(PlatformKind.PROVIDER)

    def _by_hand(self, context: JobContext, answers: Answers) -> Completed:
        """A person said that the books are right as they are: nothing is sent and nothing compared."""
        with self.store.write() as session:
            snapshots.externally_changed(session, context.lease.job_id)
        return _handled(answers.reference)

    def _left_to_person(
        self,
        context: JobContext,
        company: Company,
        order: Order,
        decision: Decision,
        answers: Answers,
        operations: dict[str, Operation],
    ) -> Completed | Retry | Blocked | None:
        """Adopt what somebody else booked. None: there is nothing to adopt."""
        if posting_log.posted(operations).documents:
            return None
        adopted = self.earlier.take(context, company, order, answers.invoice)
        if isinstance(adopted, Retry | Blocked):
            return adopted
        if not adopted and isinstance(decision, Plan) and not posting_log.may_stand(operations):
            adopted = self.pre_existing.check(context, company, order, decision, answers)
            if isinstance(adopted, Retry | Blocked):
                return adopted
        return self._work_on(context, order) if adopted else None

    def _decided(self, context: JobContext, order: Order, operations: dict[str, Operation]) -> Decision:
        """Decide by the order's newest state and the posted documents; remember both."""
        locked = self.checker.facts(context.company).locked_through if context.company else None
        with self.store.write() as session:
            answers = answers_of(session, context.lease.job_id)
            posted = posting_log.posted(operations)
            decision = decide(
                order, context.rules, posted, locked_through=locked, answers=answers, now=self.checker.now()
            )
            decision = judged(decision, order, self.reader.scope_of(order.platform))
            decision = owned(session, context.lease, order, context.rules, posted, decision, providers=self._providers)
            snapshots.keep(session, context.lease, order, decision)
            report_hidden_data(session, self.reader.platforms[order.platform], context.shop, order.refused)
            for change in articles_at_the_old_rate(order):
                open_one(session, Place(context.tenant.id, connection_id=context.shop.id), change)
            jobs.mark_processed(session, context.lease.inbox_ids)
        return decision

    def _context(self, lease: Lease) -> JobContext:
        with self.store.read() as session:
            shop = session.get_one(Connection, lease.connection_id)
            tenant = session.get_one(Tenant, lease.tenant_id)
            rules = load_rules(session, tenant.id).for_orders_of(self.reader.platforms[shop.platform], shop.account)
            company = company_of(session, tenant.id)
        if company is not None:
            rules = rules.for_ledger(self.executor.books.platform_of(company).capabilities)
        return JobContext(lease, shop, tenant, rules, company)

    def _is_managed_elsewhere(self, context: JobContext) -> bool:
        """Whether another channel is the source of record: then it does not matter what cannot be read of the order."""
        with self.store.read() as session:
            posted = posting_log.posted(posting_log.load(session, context.lease.job_id))
            return not posted.documents and is_managed_elsewhere(session, context.shop)

    def _unreadable(self, lease: Lease, finding: Finding) -> Completed | Blocked:
        """The deliveries were looked at; what they announced cannot be read, and that is what people see.

        A person may book such an order by hand; it is asked about again when the shop says that it changed.
        """
        changed_at = str(finding.data.get(UNREAD, ""))
        with self.store.write() as session:
            jobs.mark_processed(session, lease.inbox_ids)
            answers = answers_of(session, lease.job_id)
            if answers.accepts_unread(datetime.fromisoformat(changed_at) if changed_at else None):
                snapshots.externally_changed(session, lease.job_id)
                return _handled(answers.reference)
        return Blocked((replace(finding, data={**finding.data, UNREAD: changed_at}),))

    def _resolve(
        self, context: JobContext, company: Company, operations: dict[str, Operation]
    ) -> dict[str, Operation] | Retry | Blocked:
        """The posting log after every uncertain step was looked up, before the newest state is decided on."""
        uncertain = [operation for operation in operations.values() if posting_log.is_uncertain(operation)]
        if not uncertain:
            return operations
        results: dict[str, Remote] = posting_log.results(operations)
        for operation in uncertain:
            progress = self.executor.resolve(context.lease, company, operation, StepContext(results, context.rules))
            if isinstance(progress, Succeeded):
                results[operation.step_key] = progress.remote
            elif progress is not None:
                return progress
        with self.store.read() as session:
            return posting_log.load(session, context.lease.job_id)

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
        stuck = self._finish(context, company, posted, operations)
        if isinstance(stuck, Retry):
            return stuck
        self._note_booked(context)
        reasons = decision.findings if isinstance(decision, Stopped) else ()
        return Blocked((*(stuck.findings if stuck else ()), *reasons)) if stuck or reasons else _plain(decision)

    def _finish(
        self, context: JobContext, company: Company, posted: PostedDocuments, operations: dict[str, Operation]
    ) -> Retry | Blocked | None:
        """Finish what was started: an invoice without its payment is one more thing to correct."""
        open_ones = [
            operation
            for operation in operations.values()
            if operation.state in (OperationState.PLANNED, OperationState.REFUSED)
        ]
        steps = follow_ups([posting_log.as_planned(operation) for operation in open_ones], posted)
        trusted_since = context.tenant.log_trusted_since
        work = Work(
            context.lease,
            company,
            context.rules,
            None,
            look_first=False,
            trusted_since=trusted_since,
            **self._requests(context),
        )
        return PlanExecutor(self.store, self.executor).execute(work, posted.documents, steps, operations)

    def _book(
        self, context: JobContext, company: Company, order: Order, plan: Plan, operations: dict[str, Operation]
    ) -> Completed | Retry | Blocked:
        posted = posting_log.posted(operations)
        findings, facts = self.checker.check(company, order, plan, context.rules, posted)
        if any(finding.code == "FORTNOX_PERIOD_LOCKED" for finding in findings):
            # The lock may have been read only now: a credit note gets another day by it, if the rules say so.
            again = self._decided(context, order, operations)
            if isinstance(again, Plan) and again.steps != plan.steps:
                return self._book(context, company, order, again, operations)
        steps = outstanding(plan, posted.keys, facts)
        blockers: tuple[Finding, ...] = ()
        if stops(findings):
            # Nothing new is sent. Documents that exist are booked and paid, whatever pre-flight finds now.
            blockers = (*findings, *plan.notices)
            steps = follow_ups(steps, posted)
            if not posted.documents:
                return Blocked(blockers)
        stuck = self._execute_steps(context, company, order, plan, steps, facts)
        if isinstance(stuck, Retry):
            return stuck
        self._note_booked(context)
        if stuck is not None or blockers:
            return Blocked(_without_repeats(stuck.findings if stuck else (), blockers or plan.notices))
        if stops(plan.notices):
            return Blocked(plan.notices)
        if not plan.documents and plan.own_vouchers:
            return Completed(JobState.WAITING if plan.waiting else JobState.BOOKED, plan.notices)
        if not plan.documents:
            # What was started is cancelled: from here on nothing of the order is posted.
            with self.store.read() as session:
                operations = posting_log.load(session, context.lease.job_id)
            return self._leave(context, company, self._without_plan(context, order, operations), operations)
        return Completed(JobState.BOOKED, (*plan.notices, *self._cards_cleared(context)))

    def _cards_cleared(self, context: JobContext) -> list[Finding]:
        """What Bokbro removed from customer records for this order: reported until a person closes it."""
        with self.store.read() as session:
            operations = posting_log.load(session, context.lease.job_id)
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
        decision = self._decided(context, order, operations)
        if isinstance(decision, Plan):
            raise TypeError(f"{order.name}: nothing stands, and yet a plan without documents was made")
        return decision

    def _requests(self, context: JobContext) -> _Requests:
        """Answers of people that do not change the plan, but its execution."""
        with self.store.read() as session:
            answers = answers_of(session, context.lease.job_id)
        return _Requests(to_recreate=answers.to_recreate, late_payments=answers.late_payments)

    def _note_booked(self, context: JobContext) -> None:
        with self.store.write() as session:
            operations = posting_log.load(session, context.lease.job_id)
            snapshots.booked(
                session, context.lease.job_id, posting_log.posted(operations), posting_log.results(operations)
            )

    def _execute_steps(
        self, context: JobContext, company: Company, order: Order, plan: Plan, steps: Sequence[Step], facts: BooksFacts
    ) -> Retry | Blocked | None:
        """Enter what is left of the plan in the posting log and execute it. None when all is done."""
        with self.store.write() as session:
            posting_log.plan_steps(session, context.lease.job_id, plan, steps)
            operations = posting_log.load(session, context.lease.job_id)
        known = facts.articles if context.rules.article_policy is ArticlePolicy.KNOWN else None
        # Older than the posting log: another integration, or a lost database, may have booked it before us.
        look_first = order.processed_at < context.tenant.log_trusted_since
        work = Work(
            context.lease,
            company,
            context.rules,
            known,
            look_first=look_first,
            trusted_since=context.tenant.log_trusted_since,
            dead_ways=facts.dead_ways,
            article_accounts=facts.article_accounts,
            **self._requests(context),
        )
        return PlanExecutor(self.store, self.executor).execute(work, plan.documents, steps, operations)


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
