"""Executes one step: look up, mark, send, record. May be killed at any line and repeated from the top."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

import structlog

from app.execution import operations as posting_log
from app.execution import outdated
from app.execution.balances import BalanceExceededError
from app.execution.fee_owners import with_its_fee
from app.invoicing.customers import customer_marks
from app.jobs import queue as jobs
from app.jobs.call_wait import Patience
from app.jobs.outcomes import Blocked, Retry
from app.jobs.queue import Lease
from app.kit.db.engine import Store, WriteSession
from app.kit.db.stopwatch import steady
from app.kit.http.outcome import Done, Limited, NotSent, Outcome, Refused
from app.ledgers.base import (
    CANCELLED,
    Company,
    Disagrees,
    Exchange,
    Found,
    Ledger,
    Looked,
    LookFailed,
    Remote,
    Sent,
    StepContext,
)
from app.master_data.cache import ACCOUNT, WAY, MasterData
from app.master_data.entries import changed, put, remember
from app.model.finding import Finding
from app.model.platforms import Situation
from app.posting.documents import CreateInvoice
from app.posting.provisioning import EnsureCurrency, EnsureWayOfDelivery
from app.posting.steps import (
    BookInvoice,
    CancelInvoice,
    ClearWayOfDelivery,
    ConfirmSettled,
    CreateOrder,
    EnsureArticle,
    EnsureCustomer,
    MoveArticle,
    PayInvoice,
    Step,
)
from app.schema import Operation, OperationState

log = structlog.get_logger(__name__)

_CANCEL_AND_TRY_AGAIN = frozenset(
    {
        "CREDIT_INVOICE_MISSING_DISCOUNT_ROW", "FORTNOX_WAREHOUSE_ZEROED", "FORTNOX_TOTAL_DIFFERS",
        "FORTNOX_CURRENCY_UNIT",
    }
)  # fmt: skip
"""Findings on a draft that was never right: their remedy is to cancel it in the books, and it is made anew then."""
SENT_BY_US = "sent_by_us"
"""Of what was adopted: that it is ours, and only its answer was lost. It is what was planned, to the öre."""
SEND_FENCE_SECONDS = 5.0
"""A worker that was frozen longer than this between mark and wire does not send (architecture-options.md 7)."""


@dataclass(frozen=True, slots=True)
class Succeeded:
    """The step is done; go on."""

    remote: Remote


Progress = Succeeded | Retry | Blocked


@dataclass(frozen=True, slots=True)
class _Conversation:
    """Requests and answers of a sent step, and the results that it was rendered with."""

    exchanges: list[Exchange]
    results: Mapping[str, Remote]


@dataclass(frozen=True, slots=True)
class StepExecutor:
    """Executes steps in one ledger."""

    store: Store
    books: Ledger
    register: MasterData
    grace_period: timedelta
    lease_seconds: float
    patience: Patience

    def execute(
        self,
        lease: Lease,
        company: Company,
        step: Step,
        operation: Operation,
        context: StepContext,
        *,
        look_first: bool,
    ) -> Progress:
        """One step, once. What is uncertain was resolved before."""
        if look_first:
            looked = self._look(lease, company, step, operation, context)
            if looked is not None:
                return looked
        return self._send(lease, company, step, operation, context)

    def resolve(self, lease: Lease, company: Company, operation: Operation, context: StepContext) -> Progress | None:
        """Find out whether an uncertain step stands in the books, by what was sent; None: it does not.

        The newest state of the order must not be asked for here: it may have another day or another amount, and what
        was sent would not be recognised and sent twice.
        """
        with self.store.read() as session:
            wait = posting_log.grace_left(session, operation, self.grace_period)
        if wait:
            return Retry(wait)
        return self._look(lease, company, posting_log.as_planned(operation), operation, context)

    def recheck(
        self,
        lease: Lease,
        company: Company,
        step: CreateInvoice | CreateOrder,
        operation: Operation,
        context: StepContext,
        *,
        is_wanted_anew: bool,
    ) -> Progress:
        """Read a document again whose comparison failed, or that others may have touched.

        It stands in the books whatever becomes of the reading: a failure must not make it look unsent. One that a
        person cancelled, as the finding on it or an answer says, makes room: the order is planned again.
        """
        heard: list[Exchange] = []
        sent = self.books.recheck(company, step, _observed(context, heard))
        with self.store.write() as session:
            posting_log.add_history(session, operation.id, lease.job_id, "rechecked", heard)
            if not isinstance(sent.outcome, Done):
                return trouble(self.books, company, sent.outcome, self.grace_period, looked=True)
            if sent.remote is None:
                return Blocked(sent.findings)
            if sent.remote.get(CANCELLED):
                differences = (operation.remote or {}).get("differs", ())
                if not (is_wanted_anew or _CANCEL_AND_TRY_AGAIN.intersection(differences)):
                    return Blocked(sent.findings)
                cancelled = CancelInvoice(step.key), {**sent.remote, "adopted": True}
                posting_log.take_over(session, lease.job_id, [cancelled], operation.rules_version, operation.position)
                log.info("draft_cancelled_by_others", step=step.key, number=sent.remote["number"])
                return Retry(timedelta(0))
            remote = {**sent.remote, "differs": [finding.code for finding in sent.findings]}
            posting_log.record(session, lease, operation.id, OperationState.DONE, remote=remote)
        return Blocked(sent.findings) if sent.findings else Succeeded(remote)

    def _look(
        self, lease: Lease, company: Company, step: Step, operation: Operation, context: StepContext
    ) -> Progress | None:
        """Whether the document is there already; None: it is not, send it."""
        heard: list[Exchange] = []
        looked = self.books.find(company, step, _observed(context, heard))
        try:
            return self._note_look(lease, company, step, operation, looked, heard)
        except BalanceExceededError as error:
            log.exception("balance_exceeded", step=step.key)
            return Blocked(
                (Finding("CREDIT_EXCEEDS_INVOICE", step.key, {"document": step.key, "message": error.what}),)
            )

    def _note_look(
        self, lease: Lease, company: Company, step: Step, operation: Operation, looked: Looked, heard: list[Exchange]
    ) -> Progress | None:
        with self.store.write() as session:
            match looked:
                case Found() if not _is_managed_elsewhere(session, lease, step, looked.remote):
                    remote = {
                        **looked.remote,
                        "adopted": True,
                        "differs": [finding.code for finding in looked.findings],
                    }
                    remote[SENT_BY_US] = operation.sent_at is not None
                    posting_log.adopt(session, lease, operation, remote)
                    posting_log.add_history(session, operation.id, lease.job_id, "adopted", heard)
                    self._update_master_data(session, company, step, remote)
                    log.info("step_adopted", step=step.key, number=remote.get("number"))
                    return Blocked(looked.findings) if looked.findings else Succeeded(remote)
                case Disagrees():
                    posting_log.add_history(session, operation.id, lease.job_id, "conflict", heard, looked.finding.code)
                    return Blocked((looked.finding,))
                case LookFailed():
                    posting_log.add_history(session, operation.id, lease.job_id, "look_failed", heard)
                    return trouble(self.books, company, looked.outcome, self.grace_period, looked=True)
                case _:
                    posting_log.add_history(session, operation.id, lease.job_id, "looked_up", heard, "not there")
                    posting_log.record(session, lease, operation.id, OperationState.PLANNED)
                    return None

    def _send(self, lease: Lease, company: Company, step: Step, operation: Operation, context: StepContext) -> Progress:
        if self.patience.presence.stopping.is_set():
            return Retry(timedelta(0))  # the job goes back at once, and another process goes on with this step
        reserved_call = self.patience.wait_for(lambda: self.books.ready(company))
        marked = steady()
        try:
            with self.store.write() as session:
                jobs.renew(session, lease, self.lease_seconds)
                step = with_its_fee(session, lease, operation.id, step)
                posting_log.mark_sending(session, lease, operation.id)
        except BalanceExceededError as error:
            log.exception("balance_exceeded", step=step.key)
            return Blocked(
                (Finding("CREDIT_EXCEEDS_INVOICE", step.key, {"document": step.key, "message": error.what}),)
            )
        heard: list[Exchange] = []
        if steady() - marked > SEND_FENCE_SECONDS:
            # Frozen after the mark (a suspended machine): by now somebody may have looked, found nothing and sent.
            return Retry(self.grace_period)
        sent = self.books.send(company, step, _observed(context, heard), reserved_call)
        return self._recorded(lease, company, step, operation, sent, _Conversation(heard, context.results))

    def _recorded(
        self,
        lease: Lease,
        company: Company,
        step: Step,
        operation: Operation,
        sent: Sent,
        heard: _Conversation,
    ) -> Progress:
        """Write the outcome and say what follows from it. Raises LeaseLostError; the history is kept even then."""
        with self.store.write() as session:
            posting_log.add_history(session, operation.id, lease.job_id, _history_kind(sent), heard.exchanges)
        with self.store.write() as session:
            match sent.outcome:
                case Done() if sent.remote is not None:
                    remote = {**sent.remote, "differs": [finding.code for finding in sent.findings]}
                    posting_log.record(session, lease, operation.id, OperationState.DONE, remote=remote)
                    if sent.findings and isinstance(step, BookInvoice):
                        posting_log.doubt(
                            session, lease.job_id, step.document, [finding.code for finding in sent.findings]
                        )
                    self._update_master_data(session, company, step, remote)
                    log.info("step_done", step=step.key, number=remote.get("number"))
                    return Blocked(sent.findings) if sent.findings else Succeeded(remote)
                case Done():
                    if isinstance(step, ConfirmSettled | PayInvoice):
                        # Nothing was written: one only reads, the other was held back.
                        posting_log.record(session, lease, operation.id, OperationState.PLANNED)
                    return Blocked(sent.findings)
                case Refused():
                    posting_log.record(session, lease, operation.id, OperationState.REFUSED)
                    finding = self.books.refusal(company, sent.outcome, step, heard.results)
                    if outdated.believed_wrongly(session, company.connection_id, operation.id, step, finding):
                        # The local register was wrong: the entry is invalid now, the step planned again, once.
                        log.info("register_was_stale", step=step.key, code=finding.code)
                        return Retry(timedelta(0))
                    log.warning("step_refused", step=step.key, code=finding.code, status=sent.outcome.status)
                    return Blocked((finding,))
                case Limited() | NotSent():
                    posting_log.record(session, lease, operation.id, OperationState.PLANNED)
                case _:
                    posting_log.record(session, lease, operation.id, OperationState.UNKNOWN)
        log.warning("step_uncertain", step=step.key, outcome=str(sent.outcome))
        return trouble(self.books, company, sent.outcome, self.grace_period, looked=False)

    def _update_master_data(self, session: WriteSession, company: Company, step: Step, remote: Remote) -> None:
        if isinstance(step, EnsureCustomer):
            marks = {**customer_marks(step.organisation_number, step.email), WAY: ""}
            remember(session, company.connection_id, "customers", step.number, marks)
        if isinstance(step, ClearWayOfDelivery):
            put(session, company.connection_id, "customers", {step.customer: {WAY: remote["way"]}}, merged=True)
        if isinstance(step, EnsureArticle):
            remember(session, company.connection_id, "articles", step.number, {ACCOUNT: step.account})
        if isinstance(step, MoveArticle):
            put(session, company.connection_id, "articles", {step.number: {ACCOUNT: step.account}}, merged=True)
        if isinstance(step, EnsureCurrency | EnsureWayOfDelivery):
            kind = "currencies" if isinstance(step, EnsureCurrency) else "wayofdeliveries"
            put(session, company.connection_id, kind, {step.code: {"description": step.code, "active": True}})
            changed(session, company.connection_id, kind)


def _is_managed_elsewhere(session: WriteSession, lease: Lease, step: Step, remote: Remote) -> bool:
    is_document = isinstance(step, CreateInvoice)
    return is_document and posting_log.belongs_to_another(session, lease, type(step).__name__, str(remote["number"]))


def _history_kind(sent: Sent) -> str:
    """The history's kind of event for an outcome."""
    match sent.outcome:
        case Done():
            return "done"
        case Refused():
            return "refused"
        case Limited() | NotSent():
            return "not_sent"
        case _:
            return "unknown"


def _observed(context: StepContext, heard: list[Exchange]) -> StepContext:
    return replace(context, observe=heard.append)


def trouble(books: Ledger, company: Company, outcome: Outcome, grace_period: timedelta, *, looked: bool) -> Retry:
    """The retry that a failure without a finding of its own asks for."""
    codes = books.platform_of(company).codes
    match outcome:
        case Limited():
            wait = timedelta(seconds=outcome.retry_after)
            return Retry(wait, company=True, code=codes[Situation.RATE_LIMITED])
        case NotSent():
            return Retry(None, failed=True, code=codes[Situation.UNAVAILABLE], detail=outcome.reason)
        case Refused():
            finding = books.refusal(company, outcome)
            return Retry(None, failed=True, code=finding.code, detail=outcome.message, values=finding.data)
        case Done():
            raise ValueError("a success is no trouble")
        case _:
            # What may have been done is looked for only when Fortnox can no longer commit it late.
            return Retry(
                None if looked else grace_period, failed=True, code=codes[Situation.UNAVAILABLE], detail=outcome.reason
            )
