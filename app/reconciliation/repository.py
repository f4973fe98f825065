"""What the comparisons with a ledger read of our posting log, and keep of what they found."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.dialects.postgresql import insert

from app.execution.documents import CUSTOMER_DOCUMENTS, jobs_of
from app.kit.db.engine import ReadSession, WriteSession
from app.schema import Job, LedgerReading, Operation, OperationState


def _jobs_between(tenant_id: int, first: date, last: date) -> Select[int]:
    """Jobs with something that may lie in these days; its day stands in what was sent."""
    day = Operation.payload["day"].astext
    conditions = (Job.tenant_id == tenant_id, Operation.state == OperationState.DONE.value)
    days = (day >= first.isoformat(), day <= last.isoformat())
    return select(Operation.job_id).join(Job, Job.id == Operation.job_id).where(*conditions, *days)


def has_booked_between(session: ReadSession, tenant_id: int, first: date, last: date) -> bool:
    """Whether a company has anything of ours in these days."""
    return session.scalar(_jobs_between(tenant_id, first, last).limit(1)) is not None


def booked_between(session: ReadSession, tenant_id: int, first: date, last: date) -> Iterator[Mapping[str, Operation]]:
    """The done steps, by key, of every job with something in these days, a job at a time: a large company has many."""
    done = Operation.state == OperationState.DONE.value
    statement = select(Operation).where(Operation.job_id.in_(_jobs_between(tenant_id, first, last)), done)
    statement = statement.order_by(Operation.job_id, Operation.position).execution_options(yield_per=500)
    for _job, rows in groupby(session.scalars(statement), key=lambda row: row.job_id):
        yield {row.step_key: row for row in rows}


def keep_reading(session: WriteSession, connection_id: int, first_day: date, values: Mapping[str, Any]) -> None:
    """Keep what a financial year was compared with, in place of what was read before."""
    statement = insert(LedgerReading).values(connection_id=connection_id, first_day=first_day, **values)
    keys = [LedgerReading.connection_id, LedgerReading.first_day]
    session.execute(statement.on_conflict_do_update(index_elements=keys, set_=dict(values)))


def invoices_by_reference(session: WriteSession, tenant_id: int, references: Collection[str]) -> dict[str, list[str]]:
    """Reference → numbers of our invoices that have it, oldest first."""
    reference = Operation.payload["reference1"].astext
    statement = select(Operation.remote_id, reference).join(Job, Job.id == Operation.job_id)
    statement = statement.where(Job.tenant_id == tenant_id, Operation.kind == "CreateInvoice")
    statement = statement.where(Operation.state == OperationState.DONE.value, reference.in_(set(references)))
    numbers: dict[str, list[str]] = {}
    for number, name in session.execute(statement.order_by(Operation.id)):
        numbers.setdefault(str(name), []).append(str(number))
    return numbers


def steps_of_documents(session: ReadSession, tenant_id: int, numbers: Sequence[str]) -> list[list[Operation]]:
    """All steps of every job that made one of these documents, a list for each job."""
    jobs = jobs_of(tenant_id, CUSTOMER_DOCUMENTS, numbers)
    by_job: dict[int, list[Operation]] = {}
    for row in session.scalars(select(Operation).where(Operation.job_id.in_(jobs)).order_by(Operation.position)):
        by_job.setdefault(row.job_id, []).append(row)
    return list(by_job.values())
