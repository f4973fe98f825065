"""The job that looks once a day at what somebody else did to our documents in the books, without any event.

Two lists tell what to look at closer; only those orders are read and compared. Nothing is written to the books here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

import structlog
from sqlalchemy import select

from app.execution.operations import results
from app.jobs.outcomes import Blocked, Completed, Retry
from app.jobs.queue import Lease
from app.kit.db.engine import ReadSession, Store, WriteSession
from app.kit.http.outcome import Refused
from app.ledgers.base import Company, Ledger, ListedDocument, RecordsUnreadableError
from app.ledgers.refusals import refusal
from app.master_data.cache import INVOICES
from app.master_data.entries import put, read_now, request_refresh
from app.model.finding import Finding
from app.reconciliation.ledger_events import compare_again
from app.schema import Connection, Job, JobState, MasterDataRefresh, Operation, OperationState

log = structlog.get_logger(__name__)

DOCUMENTS_JOB = "documents:fortnox"
"""Subject of the job."""
CHECKED_UNTIL = "documents_checked_until"
"""Where the connection's details say until when changes were looked at."""
_FIRST_LOOK = timedelta(days=2)
_UNSURE = timedelta(hours=4)
"""The list begins some hours early, because nobody knows its time zone (`app/ledgers/fortnox/register.py`)."""
_STRANGE_CREDITS = 100
"""Credit notes of others that are read in one look: each costs a call."""


@dataclass(frozen=True, slots=True)
class _Ours:
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
            company = Company(connection.id, connection.account)
            marked = connection.details.get(CHECKED_UNTIL)
        since = datetime.fromisoformat(marked) if marked else started - _FIRST_LOOK
        try:
            listed = self.books.changed_documents(company, since)
            touched = self._touched(company, lease.tenant_id, since, listed)
        except RecordsUnreadableError as error:
            if not isinstance(error.outcome, Refused):
                raise
            return Blocked((refusal(error.outcome, scope="invoice"),))
        with self.store.write() as session:
            row = session.get_one(Connection, lease.connection_id, with_for_update=True)
            twins = _twins(session, lease.tenant_id, listed)
            if not twins:
                # While there are some, the next look begins where this one did: it must see whether they are gone.
                row.details = row.details | {CHECKED_UNTIL: started.isoformat()}
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
            ours = _ours(session, tenant_id, [one.number for one in listed])
        early = since - _UNSURE
        touched = {
            ours[document.number].job_id
            for document in listed
            if document.number in ours and _is_odd(document, ours, early)
        }
        strange = [one.number for one in listed if one.is_credit and one.number not in ours and not one.cancelled]
        if len(strange) > _STRANGE_CREDITS:
            log.warning("credit_notes_not_read", count=len(strange) - _STRANGE_CREDITS)
        credited = [self.books.credited_by(company, number) for number in strange[-_STRANGE_CREDITS:]]
        with self.store.read() as session:
            theirs = _ours(session, tenant_id, [number for number in credited if number])
        return touched | {their.job_id for their in theirs.values() if not their.marked}


def _twins(session: WriteSession, tenant_id: int, listed: Sequence[ListedDocument]) -> list[Finding]:
    """Invoices of others that bear the reference of an order that we have invoiced."""
    invoices = {
        document.number: document.reference
        for document in listed
        if not (document.is_credit or document.cancelled) and document.reference
    }
    reference = Operation.payload["reference1"].astext
    made = select(Operation.remote_id, reference).join(Job, Job.id == Operation.job_id)
    made = made.where(Job.tenant_id == tenant_id, Operation.kind == "CreateInvoice")
    made = made.where(Operation.state == OperationState.DONE.value, reference.in_(set(invoices.values())))
    ours: dict[str, list[str]] = {}
    for number, name in session.execute(made.order_by(Operation.id)):
        ours.setdefault(str(name), []).append(str(number))
    found: dict[str, list[str]] = {}
    for number, name in invoices.items():
        if name in ours and number not in ours[name]:
            found.setdefault(name, []).append(number)
    return [
        Finding("ORDER_INVOICED_TWICE", name, {"order": name, "documents": ", ".join([ours[name][0], *theirs])})
        for name, theirs in found.items()
    ]


def _is_odd(listed: ListedDocument, ours: Mapping[str, _Ours], since: datetime) -> bool:
    """Whether a document must be read: it is not as we left it, or it changed though we sent nothing."""
    own = ours[listed.number]
    if own.marked or own.cancelled:
        return False
    by_others = listed.changed and (own.written_at is None or own.written_at < since)
    return by_others or listed.cancelled or _is_payment_gone(listed, own) or _is_overpaid(listed, own)


def _is_overpaid(listed: ListedDocument, own: _Ours) -> bool:
    """Whether more is paid than the invoice: others paid it, too."""
    return own.currency == "SEK" and not own.is_credit and listed.balance <= -1


def _is_payment_gone(listed: ListedDocument, own: _Ours) -> bool:
    """Whether less is paid than we paid: only in SEK is it known what the balance is stated in."""
    paid = own.total - listed.balance
    return own.currency == "SEK" and not own.is_credit and own.paid - paid >= 1


def _ours(session: ReadSession, tenant_id: int, numbers: Sequence[str]) -> dict[str, _Ours]:
    """Number → what we know of it, of those that we made."""
    made = select(Operation.job_id).join(Job, Job.id == Operation.job_id)
    made = made.where(Job.tenant_id == tenant_id, Operation.kind == "CreateInvoice")
    made = made.where(Operation.remote_id.in_(numbers), Operation.state == OperationState.DONE.value)
    rows = session.scalars(select(Operation).where(Operation.job_id.in_(made)).order_by(Operation.position))
    by_job: dict[int, list[Operation]] = {}
    for row in rows:
        by_job.setdefault(row.job_id, []).append(row)
    found = (document for operations in by_job.values() for document in _documents(operations))
    return dict(found)


def _documents(operations: Sequence[Operation]) -> Iterable[tuple[str, _Ours]]:
    known = results({row.step_key: row for row in operations})
    sent = max((row.sent_at for row in operations if row.sent_at), default=None)
    for row in operations:
        if row.kind != "CreateInvoice" or row.step_key not in known:
            continue
        remote = known[row.step_key]
        payments = [one for key, one in known.items() if one.get("document") == row.step_key and f"{key}:book" in known]
        yield (
            str(remote["number"]),
            _Ours(
                row.job_id,
                bool(row.payload.get("credits")),
                sum((Decimal(str(payment["paid"])) for payment in payments if "paid" in payment), Decimal(0)),
                Decimal(str(remote["total"])),
                str(remote["currency"]),
                f"{row.step_key}:cancel" in known,
                bool(remote.get("differs")),
                sent,
            ),
        )
