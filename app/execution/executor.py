"""Finds out what stands in the ledger of a step: of one that is uncertain, and of a document that others may touch."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import structlog

from app.execution import operations as posting_log
from app.execution.balances import BalanceExceededError
from app.execution.documents import belongs_to_another
from app.execution.progress import Progress, Succeeded, credit_exceeds, observed, trouble
from app.execution.register_updates import update_register
from app.jobs.call_wait import Patience
from app.jobs.outcomes import Blocked, Retry
from app.jobs.queue import Lease
from app.kit.db.engine import Store, WriteSession
from app.kit.http.outcome import Done
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
    StepContext,
    WriteAuthorization,
)
from app.master_data.cache import MasterData
from app.posting.documents import CreateInvoice
from app.posting.steps import (
    CancelInvoice,
    CreateOrder,
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


@dataclass(frozen=True, slots=True)
class StepExecutor:
    """Executes steps in one ledger: what it does to find out is here, what it sends, in `app.execution.step_run`."""

    store: Store
    books: Ledger
    register: MasterData
    grace_period: timedelta
    lease_seconds: float
    patience: Patience

    def resolve(self, lease: Lease, company: Company, operation: Operation, context: StepContext) -> Progress | None:
        """Find out whether an uncertain step stands in the books, by what was sent; None: it does not.

        The newest state of the order must not be asked for here: it may have another day or another amount, and what
        was sent would not be recognised and sent twice.
        """
        with self.store.read() as session:
            wait = posting_log.grace_left(session, operation, self.grace_period)
        if wait:
            return Retry(wait)
        return self.look(lease, company, posting_log.as_planned(operation), operation, context)

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
        with self.store.read() as session:
            may_write = posting_log.may_write(session, lease)
        authorization = WriteAuthorization(company) if may_write else None
        sent = self.books.recheck(company, step, observed(context, heard), authorization)
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
                cancelled = CancelInvoice(step.ref), {**sent.remote, "adopted": True}
                posting_log.take_over(session, lease.job_id, [cancelled], operation.rules_version, operation.position)
                log.info("draft_cancelled_by_others", step=step.key, number=sent.remote["number"])
                return Retry(timedelta(0))
            remote = {**sent.remote, "differs": [finding.code for finding in sent.findings]}
            posting_log.record_done(session, lease, operation, remote)
        return Blocked(sent.findings) if sent.findings else Succeeded(remote)

    def look(
        self, lease: Lease, company: Company, step: Step, operation: Operation, context: StepContext
    ) -> Progress | None:
        """Whether the document is there already; None: it is not, send it."""
        heard: list[Exchange] = []
        looked = self.books.find(company, step, observed(context, heard))
        try:
            return self._note_look(lease, company, step, operation, looked, heard)
        except BalanceExceededError as error:
            log.exception("balance_exceeded", step=step.key)
            return Blocked((credit_exceeds(step, error),))

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
                    update_register(session, company, step, remote)
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


def _is_managed_elsewhere(session: WriteSession, lease: Lease, step: Step, remote: Remote) -> bool:
    return isinstance(step, CreateInvoice) and belongs_to_another(session, lease, str(remote["number"]))
