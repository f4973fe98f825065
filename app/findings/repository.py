"""Findings in the database: opened, seen again, resolved; one open row per job, code and subject."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, replace

from sqlalchemy import ColumnElement, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from app.catalogue import MasterDataKind, Severity, lookup
from app.jobs.queue import wake
from app.kit.db.engine import WriteSession
from app.model.finding import UNSTATED, Finding
from app.model.platforms import PlatformKind
from app.schema import Connection, Job, MasterDataRefresh, Priority
from app.schema import Finding as FindingRow


@dataclass(frozen=True, slots=True)
class Place:
    """What findings are about: an order's job, or a connection."""

    tenant_id: int | None
    """None: what is about no tenant, and only operators see."""
    job_id: int | None = None
    connection_id: int | None = None


_OPEN = text("""
    select id, code, about from finding
     where tenant_id is not distinct from :tenant_id and job_id is not distinct from :job_id
       and connection_id is not distinct from :connection_id and resolved_at is null
""")
_RESOLVE = text("update finding set resolved_at = clock_timestamp() where id = any (cast(:ids as bigint[]))")
_RESOLVE_CODE = text("""
    update finding set resolved_at = clock_timestamp()
     where tenant_id is not distinct from :tenant_id and job_id is not distinct from :job_id
       and connection_id is not distinct from :connection_id and resolved_at is null and code = :code
""")


def replace_open(session: WriteSession, place: Place, findings: Iterable[Finding]) -> None:
    """Make the open findings of a place exactly these: new ones open, known ones are seen again, others resolve."""
    current = {(finding.code, finding.about): finding for finding in findings}
    rows = session.execute(_OPEN, asdict(place)).all()
    if resolved := [row.id for row in rows if (row.code, row.about) not in current]:
        session.execute(_RESOLVE, {"ids": resolved})
    for finding in current.values():
        open_finding(session, place, finding)


def open_finding(session: WriteSession, place: Place, finding: Finding) -> None:
    """Open a finding, or count that it was seen again. A notice that a person closed stays so while it is the same."""
    entry = lookup(finding.code)
    finding = replace(finding, data={**dict.fromkeys(entry.placeholders, UNSTATED), **finding.data})
    if entry.severity is Severity.NOTICE and _is_closed(session, place, finding):
        return
    registers = [] if entry.register is MasterDataKind.NONE else [entry.register.value]
    statement = insert(FindingRow).values(
        tenant_id=place.tenant_id,
        job_id=place.job_id,
        connection_id=place.connection_id,
        code=finding.code,
        about=finding.about,
        data=dict(finding.data),
        registers=registers,
    )
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["tenant_id", "job_id", "connection_id", "code", "about"],
            index_where=text("resolved_at is null"),
            set_={
                "seen": FindingRow.seen + 1,
                "last_seen_at": func.clock_timestamp(),
                "data": statement.excluded.data,
            },
        )
    )


def _is_closed(session: WriteSession, place: Place, finding: Finding) -> bool:
    same = (FindingRow.code == finding.code, FindingRow.about == finding.about, FindingRow.data == dict(finding.data))
    closed = select(FindingRow.id).where(*_conditions(place), *same, FindingRow.closed_by.is_not(None))
    return session.scalar(closed.limit(1)) is not None


def is_open(session: WriteSession, job_id: int, code: str) -> bool:
    """Whether a job has an open finding of this code."""
    conditions = (FindingRow.job_id == job_id, FindingRow.code == code, FindingRow.resolved_at.is_(None))
    return session.scalar(select(FindingRow.id).where(*conditions).limit(1)) is not None


def resolve_code(session: WriteSession, place: Place, code: str) -> None:
    """Resolve the findings of this code."""
    session.execute(_RESOLVE_CODE, {**asdict(place), "code": code})


def resolve_others(session: WriteSession, place: Place, code: str, about: Sequence[str]) -> None:
    """Resolve the findings of this code, except those about `about`."""
    _resolve(session, place, FindingRow.code == code, FindingRow.about.not_in(about))


def resolve_about(session: WriteSession, place: Place, codes: Collection[str], about: str) -> None:
    """Resolve the findings of these codes about that, where they are open."""
    _resolve(session, place, FindingRow.code.in_(codes), FindingRow.about == about)


def _resolve(session: WriteSession, place: Place, *conditions: ColumnElement[bool]) -> None:
    is_open = FindingRow.resolved_at.is_(None)
    outdated = update(FindingRow).where(*_conditions(place), *conditions, is_open)
    session.execute(outdated.values(resolved_at=func.clock_timestamp()))


def stops(findings: Iterable[Finding]) -> bool:
    """Whether one of them is a blocker: then the order is stopped."""
    return any(lookup(finding.code).severity is Severity.BLOCKER for finding in findings)


def jobs_waiting_for(session: WriteSession, tenant_id: int, registers: Sequence[str]) -> list[int]:
    """Jobs with an open finding that a change of one of these registers may release."""
    statement = (
        select(Job.id)
        .join(FindingRow, FindingRow.job_id == Job.id)
        .where(
            Job.tenant_id == tenant_id,
            FindingRow.resolved_at.is_(None),
            FindingRow.registers.overlap(list(registers)),
        )
        .distinct()
    )
    return list(session.scalars(statement))


def jobs_with_code(session: WriteSession, tenant_id: int, code: str, about: str = "") -> list[int]:
    """Jobs with an open finding of this code, and about this one thing if it is named."""
    statement = select(FindingRow.job_id).where(
        FindingRow.tenant_id == tenant_id, FindingRow.code == code, FindingRow.resolved_at.is_(None)
    )
    if about:
        statement = statement.where(FindingRow.about == about)
    return [job_id for job_id in session.scalars(statement.distinct()) if job_id is not None]


def release(session: WriteSession, job_ids: Sequence[int]) -> int:
    """A person says that it is fixed: look at these jobs now, and into the registers anew. Returns how many."""
    tenants = select(Job.tenant_id).where(Job.id.in_(job_ids))
    companies = select(Connection.id).where(Connection.tenant_id.in_(tenants), Connection.kind == PlatformKind.LEDGER)
    long_ago = func.to_timestamp(0)
    session.execute(
        update(MasterDataRefresh)
        # References of invoices release nothing by being read again from the first: that costs a call for each 500.
        .where(MasterDataRefresh.connection_id.in_(companies), MasterDataRefresh.kind != "invoices")
        .values(refreshed_at=long_ago)
    )
    return wake(session, job_ids, Priority.PERSON)


def _conditions(place: Place) -> tuple[ColumnElement[bool], ...]:
    return (
        FindingRow.tenant_id.is_not_distinct_from(place.tenant_id),
        FindingRow.job_id.is_not_distinct_from(place.job_id),
        FindingRow.connection_id.is_not_distinct_from(place.connection_id),
    )
