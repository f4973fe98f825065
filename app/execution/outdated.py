"""Refusals that prove the local register wrong: the entry is invalidated and the step planned again."""

from __future__ import annotations

from sqlalchemy import delete, func, select, update

from app.catalogue import MasterDataKind, lookup
from app.kit.db.engine import WriteSession
from app.ledgers.areas import PERMISSIONS, SCOPES, Closed, areas_of
from app.master_data.cache import WAY, keep_closed
from app.master_data.entries import put
from app.model.finding import Finding
from app.posting.documents import CreateInvoice
from app.posting.steps import BookInvoice, ClearWayOfDelivery, Step, content_of
from app.schema import MasterDataRefresh, MasterRecord, Operation, OperationEvent, OperationState

_DEAD_WAY = "KUNDE_INTE_HAMTA_HITTA_LEVERANSSATT"
_MARK = "register_was_stale"
"""Kind of event in the history: a step that has it is not planned again for the same reason."""
_NUMBERED = {MasterDataKind.ARTICLES: "articles", MasterDataKind.CUSTOMERS: "customers"}
_WHOLE = (
    MasterDataKind.CURRENCIES,
    MasterDataKind.ACCOUNTS,
    MasterDataKind.FINANCIAL_YEARS,
    MasterDataKind.LOCKED_PERIOD,
    MasterDataKind.WAYS_OF_DELIVERY,
    MasterDataKind.COST_CENTERS,
    MasterDataKind.TERMS_OF_PAYMENT,
    MasterDataKind.MODES_OF_PAYMENT,
)


def believed_wrongly(
    session: WriteSession, connection_id: int, operation_id: int, step: Step, finding: Finding
) -> bool:
    """Whether an entry that the plan relied on was invalidated: then it is planned again, once per step."""
    if finding.code == "FORTNOX_NOT_WAREHOUSE_READY" and isinstance(step, BookInvoice):
        return _needs_mark(session, operation_id, step)
    if finding.code in PERMISSIONS:
        _close(session, connection_id, step, finding)
        return False
    register = lookup(finding.code).register
    before = select(OperationEvent.id).where(OperationEvent.operation_id == operation_id, OperationEvent.kind == _MARK)
    if session.scalar(before.limit(1)) is not None:
        return False
    if isinstance(step, ClearWayOfDelivery):
        _doubt_customer(session, connection_id, step.customer)
        return False
    content = content_of(step)
    if finding.code == _DEAD_WAY and content:
        # It is on the customer's record, since the code of our settings was checked before: the record is read again.
        _forget_all(session, connection_id, register)
        _doubt_customer(session, connection_id, content.customer_number)
        forgotten = True
    elif register in _NUMBERED and content:
        forgotten = _forget_numbers(session, connection_id, _NUMBERED[register], content)
    elif register in _WHOLE:
        forgotten = _forget_all(session, connection_id, register)
    else:
        return False
    if forgotten:
        session.add(OperationEvent(operation_id=operation_id, kind=_MARK, note=finding.code))
    return forgotten


def _close(session: WriteSession, connection_id: int, step: Step, finding: Finding) -> None:
    """Remember that an area is closed: other orders stop before anything is sent, and its opening is a change."""
    for area in areas_of([step]):
        why = Closed(finding.code, str(finding.data["message"]), ", ".join(SCOPES[area]))
        keep_closed(session, connection_id, area, why)


def _needs_mark(session: WriteSession, operation_id: int, step: BookInvoice) -> bool:
    """The document was ready when it was made, and is not: the module was turned on since. It gets the mark now."""
    job_id = session.get_one(Operation, operation_id).job_id
    conditions = (
        Operation.job_id == job_id,
        Operation.step_key == step.document.key,
        Operation.state == OperationState.DONE,
    )
    believed_ready = Operation.remote["ready"].astext.is_distinct_from("false")
    unready = Operation.remote.concat(func.jsonb_build_object("ready", False))
    marked = session.scalars(
        update(Operation).where(*conditions, believed_ready).values(remote=unready).returning(Operation.id)
    )
    return bool(marked.all())


def _forget_numbers(session: WriteSession, connection_id: int, kind: str, invoice: CreateInvoice) -> bool:
    """Fortnox does not say which number it means: all of this invoice's are asked for again."""
    numbers = [row.article_number for row in invoice.rows if row.article_number]
    if kind == "customers":
        numbers = [invoice.customer_number]
    conditions = (
        MasterRecord.connection_id == connection_id,
        MasterRecord.kind == kind,
        MasterRecord.code.in_(numbers),
    )
    return bool(session.scalars(delete(MasterRecord).where(*conditions).returning(MasterRecord.code)).all())


def _doubt_customer(session: WriteSession, connection_id: int, customer: str) -> None:
    put(session, connection_id, "customers", {customer: {WAY: None}}, merged=True)


def _forget_all(session: WriteSession, connection_id: int, register: MasterDataKind) -> bool:
    """A register that was never read is read before the next step is decided on."""
    conditions = (MasterDataRefresh.connection_id == connection_id, MasterDataRefresh.kind == register.value)
    return bool(session.scalars(delete(MasterDataRefresh).where(*conditions).returning(MasterDataRefresh.kind)).all())
