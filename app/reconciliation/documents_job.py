"""The job that finds once a day, without any event, what somebody else changed on our documents in the ledger.

Two lists tell what to look at closer; only those orders are read and compared. Nothing is written to the books here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

import structlog

from app.execution.operations import results
from app.jobs.outcomes import Blocked, Completed, Retry
from app.jobs.queue import Lease
from app.kit.db.engine import ReadSession, Store, WriteSession
from app.kit.http.outcome import Refused
from app.ledgers.base import Company, Ledger, ListedDocument, RecordsUnreadableError, booking_of
from app.master_data.cache import INVOICES
from app.master_data.company import company_at
from app.master_data.entries import put, read_now, request_refresh
from app.model.finding import Finding
from app.posting.references import Action, ActionRef, DocumentRef, Form, PaymentRef
from app.reconciliation.ledger_events import compare_again
from app.reconciliation.repository import invoices_by_reference, steps_of_documents
from app.schema import Connection, JobState, MasterDataRefresh, Operation

log = structlog.get_logger(__name__)

DOCUMENTS_JOB = "documents:company"
"""Subject of the job."""
_FIRST_LOOK = timedelta(days=2)
_UNSURE = timedelta(hours=4)
"""The list begins some hours early, because nobody knows its time zone (`app/ledgers/fortnox/register.py`)."""
_UNKNOWN_CREDITS = 100
"""Credit notes of others that are read in one look: each costs a call."""


@dataclass(frozen=True, slots=True)
class _PostedDocument:
    """A document that we made."""

    job_id: int
    is_credit: bool
    paid: Decimal
    """What payments of ours, booked, closed of it."""
    total: Decimal
    currency: str
    cancelled: bool
    """By us."""
    marked: bool
    """Waits to be compared already."""
    written_at: datetime | None
    """When we last sent anything for its order."""


@dataclass(frozen=True, slots=True)
class DocumentsJob:
    """Works on jobs that look at documents."""

    store: Store
    books: Ledger
    now: Callable[[], datetime]

    def work(self, lease: Lease) -> Completed | Retry | Blocked:
        """Find the orders whose documents were touched and have them compared.

        Raises RateLimitedError, ConsentLostError, TokenUnavailableError, and RecordsUnreadableError for what may pass.
        """
        started = self.now()
        with self.store.read() as session:
            connection = session.get_one(Connection, lease.connection_id)
            if connection.state != "active":
                return Completed(JobState.SKIPPED)
            company = company_at(connection)
            since = connection.documents_checked_until or started - _FIRST_LOOK
        try:
            listed = self.books.changed_documents(company, since)
            touched = self._touched(company, lease.tenant_id, since, listed)
        except RecordsUnreadableError as error:
            if not isinstance(error.outcome, Refused):
                raise
            return Blocked((self.books.refusal(company, error.outcome, scope="invoice"),))
        with self.store.write() as session:
            row = session.get_one(Connection, lease.connection_id, with_for_update=True)
            twins = _twins(session, lease.tenant_id, listed)
            if not twins:
                # While there are some, the next look begins where this one did: it must see whether they are gone.
                row.documents_checked_until = started
            compare_again(session, sorted(touched), "seen-in-list")
            self._keep_index(session, lease.connection_id, listed, since=since, started=started)
        log.info("documents_looked_at", touched=len(touched), twins=len(twins))
        return Blocked(tuple(twins)) if twins else Completed(JobState.SKIPPED)

    def _keep_index(
        self, session: WriteSession, connection_id: int, listed: Sequence[ListedDocument], *, since: datetime,
        started: datetime,
    ) -> None:  # fmt: skip
        """What the lists show goes into the index of invoices; an older index is read on from where it ends."""
        read = session.get(MasterDataRefresh, (connection_id, INVOICES))
        put(session, connection_id, INVOICES, {document.number: document.entry for document in listed})
        if read is not None and read.refreshed_at >= since:
            read_now(session, connection_id, INVOICES, started)
        elif read is not None:
            request_refresh(session, connection_id, [(INVOICES, "")])

    def _touched(self, company: Company, tenant_id: int, since: datetime, listed: Sequence[ListedDocument]) -> set[int]:
        """Jobs whose documents somebody else may have touched."""
        with self.store.read() as session:
            posted = _posted_by_number(session, tenant_id, [document.number for document in listed])
        earliest = since - _UNSURE
        touched = {
            posted[document.number].job_id
            for document in listed
            if document.number in posted and _is_odd(document, posted, earliest)
        }
        unknown_credits = [
            document.number
            for document in listed
            if document.is_credit and document.number not in posted and not document.cancelled
        ]
        if len(unknown_credits) > _UNKNOWN_CREDITS:
            log.warning("credit_notes_not_read", count=len(unknown_credits) - _UNKNOWN_CREDITS)
        credited = [self.books.credited_by(company, number) for number in unknown_credits[-_UNKNOWN_CREDITS:]]
        with self.store.read() as session:
            credited_documents = _posted_by_number(session, tenant_id, [number for number in credited if number])
        return touched | {document.job_id for document in credited_documents.values() if not document.marked}


def _twins(session: WriteSession, tenant_id: int, listed: Sequence[ListedDocument]) -> list[Finding]:
    """Invoices of others that have the reference of an order that we have invoiced."""
    invoices = {
        document.number: document.reference
        for document in listed
        if not (document.is_credit or document.cancelled) and document.reference
    }
    numbers_by_reference = invoices_by_reference(session, tenant_id, invoices.values())
    twins: dict[str, list[str]] = {}
    for number, name in invoices.items():
        if name in numbers_by_reference and number not in numbers_by_reference[name]:
            twins.setdefault(name, []).append(number)
    return [
        Finding(
            "ORDER_INVOICED_TWICE",
            name,
            {"order": name, "documents": ", ".join([numbers_by_reference[name][0], *numbers])},
        )
        for name, numbers in twins.items()
    ]


def _is_odd(listed: ListedDocument, posted: Mapping[str, _PostedDocument], since: datetime) -> bool:
    """Whether a document must be read: it is not as we left it, or it changed though we sent nothing."""
    document = posted[listed.number]
    if document.marked or document.cancelled:
        return False
    by_others = listed.changed and (document.written_at is None or document.written_at < since)
    return by_others or listed.cancelled or _is_payment_gone(listed, document) or _is_overpaid(listed, document)


def _is_overpaid(listed: ListedDocument, document: _PostedDocument) -> bool:
    """Whether more is paid than the invoice: others paid it, too."""
    return document.currency == "SEK" and not document.is_credit and listed.balance <= -1


def _is_payment_gone(listed: ListedDocument, document: _PostedDocument) -> bool:
    """Whether less is paid than we paid: only in SEK is it known what the balance is stated in."""
    paid = document.total - listed.balance
    return document.currency == "SEK" and not document.is_credit and document.paid - paid >= 1


def _posted_by_number(session: ReadSession, tenant_id: int, numbers: Sequence[str]) -> dict[str, _PostedDocument]:
    """Number → what we know of it, of those that we made."""
    of_jobs = steps_of_documents(session, tenant_id, numbers)
    documents = (document for operations in of_jobs for document in _documents(operations))
    return dict(documents)


def _documents(operations: Sequence[Operation]) -> Iterable[tuple[str, _PostedDocument]]:
    answers = results({row.step_key: row for row in operations})
    sent = max((row.sent_at for row in operations if row.sent_at), default=None)
    for ref, remote in answers.items():
        if not isinstance(ref, DocumentRef) or ref.form is not Form.DOCUMENT:
            continue
        payments = [
            answer
            for paid, answer in answers.items()
            if isinstance(paid, PaymentRef) and paid.document == ref and booking_of(paid, answers) is not None
        ]
        yield (
            str(remote["number"]),
            _PostedDocument(
                operations[0].job_id,
                ref.credits is not None,
                sum((Decimal(str(payment["paid"])) for payment in payments if "paid" in payment), Decimal(0)),
                Decimal(str(remote["total"])),
                str(remote["currency"]),
                ActionRef(Action.CANCEL, ref) in answers,
                bool(remote.get("differs")),
                sent,
            ),
        )
