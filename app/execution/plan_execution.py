"""Executing a plan: its steps in order, each once, and before some of them what only the ledger's answers ask for."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from app.execution import operations as posting_log
from app.execution.context import Work
from app.execution.executor import StepExecutor
from app.execution.outstanding import articles_moved_before, customer_fix_before, mark_before
from app.execution.progress import Progress, Succeeded
from app.execution.step_run import StepRun, running
from app.jobs.outcomes import Blocked, Retry
from app.kit.db.engine import Store, WriteSession
from app.ledgers.base import Remote, Results, StepContext
from app.model.finding import Finding
from app.posting.documents import CreateInvoice
from app.posting.references import StepRef
from app.posting.steps import (
    BookInvoice,
    BookPayment,
    ClearWayOfDelivery,
    CreateOrder,
    MakeCredit,
    PayInvoice,
    Step,
    document_of,
)
from app.posting.vouchers import CreateVoucher
from app.schema import Operation, OperationState

_DOCUMENTS = (CreateInvoice, CreateOrder, MakeCredit)
_FOLLOWING = (BookInvoice, PayInvoice, BookPayment)
_STOOD_LONG = timedelta(minutes=5)
"""A document that was made longer ago is read again before it is booked or paid: somebody else may have edited,
cancelled, credited or paid it. What is booked is fixed, a draft is not (fortnox-api.md 4, 5); that Fortnox refuses a
payment of more than is open is not known. It costs a call where work was cut short, or money comes after the invoice.
"""
_FRESH_SECONDS = 10.0
"""An order that was read longer ago is looked at again before a document of it is made."""


@dataclass(frozen=True, slots=True)
class PlanExecutor:
    """Executes the steps of one job's plan."""

    store: Store
    executor: StepExecutor

    def execute(
        self,
        work: Work,
        documents: Sequence[CreateInvoice],
        steps: Sequence[Step],
        operations: dict[str, Operation],
        at_end: Callable[[WriteSession], object] | None = None,
    ) -> Retry | Blocked | None:
        """Execute the steps in order; None when all are done. `operations` is kept as the posting log is.

        `at_end` writes in the transaction of the last answer, unless the job is to be retried.
        """
        with running(self.executor, work.lease, work.company, operations) as run:
            stuck = self._execute_all(run, work, documents, steps)
            if at_end is not None and not isinstance(stuck, Retry):
                with run.transaction() as session:
                    run.write_answer(session)
                    at_end(session)
        return stuck

    def _execute_all(
        self, run: StepRun, work: Work, documents: Sequence[CreateInvoice], steps: Sequence[Step]
    ) -> Retry | Blocked | None:
        operations = run.operations
        results: dict[StepRef, Remote] = posting_log.results(operations)
        orders: list[CreateInvoice | CreateOrder] = [
            CreateOrder(invoice) for invoice in documents if invoice.ref.order.key in operations
        ]
        for document in (*orders, *documents):
            differing = self._recheck(work, document, steps, operations, results)
            if isinstance(differing, Succeeded):
                results[document.ref] = differing.remote  # later steps use what the document holds now
            elif differing is not None:
                return differing
        started_at = time.monotonic()
        for step in steps:
            if isinstance(step, _DOCUMENTS) and time.monotonic() - started_at > _FRESH_SECONDS:
                return Retry(timedelta(0))  # what it needed took long: the shop is asked whether the order is the same
            for due in self._with_what_comes_first(work, step, operations, results):
                look_first = _must_look(due, work, results, operations)
                progress = run.execute(due, _context(work, results), look_first=look_first)
                if not isinstance(progress, Succeeded):
                    return progress
                results[due.ref] = progress.remote
        return None

    def _with_what_comes_first(
        self, work: Work, step: Step, operations: dict[str, Operation], results: Results
    ) -> Sequence[Step]:
        """The step, and before it what it needs: the mark "ready" of its document, changes of records."""
        first = mark_before(step, results) or customer_fix_before(step, work.missing_ways, results)
        needed: list[Step] = [first] if first else []
        needed += articles_moved_before(step, work.article_accounts, results)
        if needed:
            with self.store.write() as session:
                for needed_step in needed:
                    operations[needed_step.key] = posting_log.enter_before(session, needed_step, operations[step.key])
        return (*needed, step)

    def _recheck(
        self,
        work: Work,
        document: CreateInvoice | CreateOrder,
        steps: Sequence[Step],
        operations: dict[str, Operation],
        results: dict[StepRef, Remote],
    ) -> Progress | None:
        """A document that differed from the plan, or has stood for long, is read again before anything follows it."""
        row = operations.get(document.key)
        if row is None or row.state != OperationState.DONE:
            return None
        following = [step for step in steps if isinstance(step, _FOLLOWING) and step.document == document.ref]
        following = [step for step in following if not _must_look(step, work, results, operations)]
        if not (row.remote or {}).get("differs") and not (following and self._has_stood(row)):
            return None
        context = _context(work, results)
        is_wanted_anew = str((row.remote or {}).get("number")) in work.to_recreate
        progress = self.executor.recheck(
            work.lease, work.company, document, row, context, is_wanted_anew=is_wanted_anew
        )
        paid = _paid_by_others(following, results, progress.remote) if isinstance(progress, Succeeded) else None
        return Blocked((paid,)) if paid else progress

    def _has_stood(self, row: Operation) -> bool:
        with self.store.read() as session:
            return posting_log.sent_before(session, row, _STOOD_LONG)


def _paid_by_others(following: Sequence[Step], results: Results, remote: Remote) -> Finding | None:
    """That less is open of a document than we are about to pay: somebody paid it meanwhile.

    Only in SEK is it known what the balance is stated in.
    """
    amounts = [step.closes.decimal for step in following if isinstance(step, PayInvoice)]
    booked_payments = [results.get(payment.payment, {}) for payment in following if isinstance(payment, BookPayment)]
    amounts += [Decimal(str(payment["paid"])) for payment in booked_payments if "paid" in payment]
    due, balance = sum(amounts, Decimal(0)), Decimal(str(remote.get("balance") or 0))
    still_open = abs(balance) if balance * due > 0 else Decimal(0)
    if remote.get("currency") != "SEK" or abs(due) - still_open < 1:
        return None
    shown = {"document": f"{remote['number']} (obetalt)", "shop_amount": f"{due} SEK", "books_amount": f"{balance} SEK"}
    return Finding("DIFFERS_IN_BOOKS", f"{remote['number']} obetalt", shown)


def _context(work: Work, results: Results) -> StepContext:
    return StepContext(results, work.rules, work.known_articles, late_payments=work.late_payments, file=work.file)


def _must_look(step: Step, work: Work, results: Results, operations: Mapping[str, Operation]) -> bool:
    """Whether a step may be done already: by somebody else, or by us after the dump that was restored.

    After a restore the posting log ends at the dump. What it holds as done was done before; what followed may have been
    done after it, up to the moment from which the posting log is whole again (`trusted_since`).
    """
    if isinstance(step, ClearWayOfDelivery):
        return True  # our copy of the record may be outdated, and a person's choice must not be lost
    document = document_of(step)
    # Who made the invoice may have booked, paid and credited it too.
    if document and results.get(document, {}).get("adopted"):
        return True
    if not work.look_first:
        return False
    created = operations.get(document.key) if document else None
    if created is not None and created.state == OperationState.DONE and created.updated_at is not None:
        return created.updated_at < work.trusted_since
    return isinstance(step, (*_DOCUMENTS, CreateVoucher))
