"""What an event from the books changes here: register entries that are wished for, orders that are looked at again.

Nothing is read from Fortnox here, and everything may happen twice: events come at least once. Our own writes come back
as events too; they must cost no call.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog
from sqlalchemy import ColumnElement, exists, func, select, update
from sqlalchemy.dialects.postgresql import insert

from app.execution.documents import CUSTOMER_DOCUMENTS, jobs_of, own_invoices
from app.jobs.queue import wake
from app.kit.db.engine import Store, WriteSession
from app.ledgers.base import BookEvent
from app.master_data.cache import INVOICES, PAGED
from app.master_data.entries import changed, invalidate, is_held, remember, request_refresh
from app.schema import Connection, DocumentKind, Job, MasterDataRefresh, Operation, OperationState, TopicOffset
from app.tenants.repository import load_rules
from app.tenants.rules import CustomerPolicy

log = structlog.get_logger(__name__)

_REGISTERS: Mapping[str, str] = {
    "currencies": "currencies",
    "cost-centers": "costcenters",
    "waysofdeliveries": "wayofdeliveries",
    "termsofpayments": "termsofpayments",
    "customers": "customers",
    "articles": "articles",
}
"""Topic → the register that it is about."""
_NEVER_OURS = ("cancelled", "deleted")
"""We never do this to a document of ours: somebody else did."""
_ECHO = timedelta(minutes=5)
"""An event so close to a step of ours on the same order is taken for its echo. A change that quick by others is seen
at the order's next look."""
_SPACING = timedelta(seconds=4)
"""Between two companies whose registers are read because events were missed: up to nine calls each."""
_ALL_WITHIN = timedelta(hours=1)
"""However many they are. What a person fixes in Fortnox meanwhile is an event, and read at once."""


@dataclass(frozen=True, slots=True)
class BookEvents:
    """Applies events, each in one transaction with its offset."""

    store: Store
    platform: str
    """Name of the ledger whose events they are: two ledgers may call two companies the same."""

    def offsets(self) -> dict[str, str]:
        """Topic → the last event that was dealt with."""
        with self.store.read() as session:
            return {row.topic: row.offset for row in session.scalars(select(TopicOffset))}

    def apply(self, event: BookEvent) -> bool:
        """Deal with one event; returns whether there is something to do now."""
        with self.store.write() as session:
            _remember(session, event)
            conditions = (Connection.platform == self.platform, Connection.account == event.account)
            connection = session.scalar(select(Connection).where(*conditions))
            if connection is None:
                return False
            if event.topic == "invoices":
                return _invoice(session, connection, event)
            return _register(session, connection, event)

    def missed(self, topics: Collection[str]) -> None:
        """Events may have been lost: read again what they were about. Of long registers only what changed.

        Of invoices nothing is read: there the daily look at the documents is the net (`documents_job`).
        All companies have missed them: they read one after the other, so that orders find workers free.
        """
        kinds = [_REGISTERS[topic] for topic in topics if topic in _REGISTERS]
        kinds += ["financialyears", "accounts"] if "financial-years" in topics else []
        with self.store.write() as session:
            active = (Connection.platform == self.platform, Connection.state == "active")
            companies = session.scalars(select(Connection.id).where(*active).order_by(Connection.id)).all()
            spacing = min(_SPACING, _ALL_WITHIN / max(len(companies), 1))
            for place, connection_id in enumerate(companies):
                request_refresh(session, connection_id, [(kind, "") for kind in kinds], after=spacing * place)


def _remember(session: WriteSession, event: BookEvent) -> None:
    values = {"offset": event.offset, "told_at": event.at}
    statement = insert(TopicOffset).values(topic=event.topic, **values)
    session.execute(statement.on_conflict_do_update(index_elements=[TopicOffset.topic], set_=values))


def _register(session: WriteSession, connection: Connection, event: BookEvent) -> bool:
    kind = _REGISTERS.get(event.topic)
    if event.topic == "financial-years":
        kind = "accounts" if event.subject == "account" else "financialyears"
    if kind is None or not event.verb:
        log.info("event_not_used", topic=event.topic, subject=event.subject)
        return False
    if kind == "financialyears":
        request_refresh(session, connection.id, [(kind, "")])
        return True
    if event.verb == "deleted":
        if invalidate(session, connection.id, kind, event.entity):
            changed(session, connection.id, kind)
        return True
    if kind in PAGED and not is_held(session, connection.id, kind, event.entity):
        # Nobody has asked for this one yet. Its number is all that we would know of it, and costs nothing.
        remember(session, connection.id, kind, event.entity)
        changed(session, connection.id, kind)
        if kind == "customers" and _uses_existing_records(session, connection):
            request_refresh(session, connection.id, [(kind, event.entity)])  # what the record says decides who gets it
        return True
    if kind in PAGED and event.verb == "created":
        return False  # the echo of what we made ourselves
    if session.get(MasterDataRefresh, (connection.id, kind)) is not None:
        request_refresh(session, connection.id, [(kind, event.entity)])
    return True


def _uses_existing_records(session: WriteSession, connection: Connection) -> bool:
    return load_rules(session, connection.tenant_id).customer_policy is CustomerPolicy.EXISTING


def _invoice(session: WriteSession, connection: Connection, event: BookEvent) -> bool:
    """Look at the orders whose documents somebody else has touched: their invoice is read again and compared."""
    if event.verb == "created":
        return _is_new_to_us(session, connection, event)
    jobs = _touched(session, connection, event)
    if not jobs:
        return False
    log.info("documents_touched", what=f"{event.subject}-{event.verb}", entity=event.entity, jobs=len(jobs))
    compare_again(session, jobs, f"{event.subject}-{event.verb}")
    return True


def _is_new_to_us(session: WriteSession, connection: Connection, event: BookEvent) -> bool:
    """An invoice that others made: the index of invoices reads what is new, so that its order is not booked twice."""
    if event.subject != "invoice" or own_invoices(session, connection.tenant_id, [event.entity]):
        return False
    # The event may be here before the answer that says the number: what is under way is ours.
    making = select(Operation.id).join(Job, Job.id == Operation.job_id)
    making = making.where(Job.tenant_id == connection.tenant_id, Operation.kind.in_(("CreateInvoice", "MakeCredit")))
    under_way = Operation.state.in_((OperationState.SENDING.value, OperationState.UNKNOWN.value))
    if session.scalar(making.where(under_way).limit(1)) is not None:
        return False
    request_refresh(session, connection.id, [(INVOICES, "")])
    return True


def compare_again(session: WriteSession, job_ids: Sequence[int], what: str) -> None:
    """Have the documents of these orders read and compared before anything else; `what` names the event."""
    made = (Operation.job_id.in_(job_ids), Operation.kind == "CreateInvoice", Operation.state == OperationState.DONE)
    # What differs is read again first (`StepExecutor.recheck`).
    # What was found on it before stays known: it says whether a person was asked to cancel it.
    differences = func.coalesce(Operation.remote["differs"], func.jsonb_build_array())
    mark = func.jsonb_build_object("differs", differences.concat(func.jsonb_build_array(what)))
    session.execute(update(Operation).where(*made).values(remote=Operation.remote.concat(mark)))
    wake(session, job_ids)


def _touched(session: WriteSession, connection: Connection, event: BookEvent) -> Sequence[int]:
    # A payment event may name the payment or its invoice: that is not documented.
    kinds = CUSTOMER_DOCUMENTS if event.subject == "invoice" else (*CUSTOMER_DOCUMENTS, DocumentKind.PAYMENT)
    statement = jobs_of(connection.tenant_id, kinds, [event.entity])
    if event.verb not in _NEVER_OURS:
        statement = statement.where(~_is_echo(event))
    return session.scalars(statement.distinct()).all()


def _is_echo(event: BookEvent) -> ColumnElement[bool]:
    step = Operation.__table__.alias()
    near = step.c.sent_at.between(event.at - _ECHO, event.at + _ECHO)
    return exists().where(step.c.job_id == Job.id, near)
