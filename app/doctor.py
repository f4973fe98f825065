"""`bokbro doctor`: is this installation fit to work? Each check says what it looked at and what it found."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass

from kombu import Connection as BrokerConnection
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from app.kit.db.clock import machine_time
from app.kit.db.embedded import DataDirectoryError, start_embedded
from app.kit.db.engine import ReadSession, RoleNotSetError, Store, Waits, open_store, require_role_settings
from app.kit.db.migration import pending_revisions
from app.payouts.imports.file_space import largest_space
from app.schema import Worker
from app.schema.service import CLOCK_OFF_SECONDS, IS_LIVING
from app.settings import Settings

_LEAST_TEMPORARY = 500_000_000
"""Bytes: what files on their way into one process may take at once."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One check."""

    what: str
    is_well: bool
    found: str


def examine(settings: Settings) -> list[Diagnosis]:
    """Every check, none of which changes anything."""
    return [*_settings(settings), *_temporary_space(), *_database(settings), *_broker(settings)]


def _temporary_space() -> Iterator[Diagnosis]:
    """Files on their way in are spooled there."""
    free = shutil.disk_usage(tempfile.gettempdir()).free
    yield Diagnosis("temporary space", is_well=free > _LEAST_TEMPORARY, found=f"{free // 10**6} MB free")


def _settings(settings: Settings) -> Iterator[Diagnosis]:
    yield Diagnosis("environment", is_well=True, found=settings.environment.value)
    mode = "embedded (worker and beat in this process)" if settings.is_embedded else "scaled (Celery workers)"
    yield Diagnosis("mode", is_well=True, found=mode)
    https = settings.base_url.startswith("https://")
    yield Diagnosis("base address", is_well=https or not settings.is_production, found=settings.base_url)


def _database(settings: Settings) -> Iterator[Diagnosis]:
    try:
        url = settings.database_url or start_embedded(settings.data_dir)
        pooled = settings.database_pooled and bool(settings.database_url)
        store = open_store(url, pool_size=1, waits=Waits(*settings.database_waits), pooled=pooled)
        with store.read() as session:
            version = session.scalar(text("show server_version"))
        yield Diagnosis("PostgreSQL", is_well=True, found=str(version))
        if pooled:
            yield _behind_the_pooler(store)
        pending = pending_revisions(store)
        message = f"{len(pending)} to run: bokbro migrate" if pending else "newest"
        yield Diagnosis("schema", is_well=not pending, found=message)
        if not pending:
            yield from _work(store, settings)
        store.close()
    except (SQLAlchemyError, OSError, DataDirectoryError) as error:
        yield Diagnosis("PostgreSQL", is_well=False, found=f"{type(error).__name__}: {str(error).splitlines()[0]}")


def _behind_the_pooler(store: Store) -> Diagnosis:
    try:
        require_role_settings(store)
    except RoleNotSetError as error:
        return Diagnosis("settings behind the pooler", is_well=False, found=str(error))
    return Diagnosis("settings behind the pooler", is_well=True, found="as promised")


def _work(store: Store, settings: Settings) -> Iterator[Diagnosis]:
    with store.read() as session:
        lost = session.scalar(text("select count(*) from connection where state = 'needs_consent'")) or 0
        yield Diagnosis("connections that need consent", is_well=lost == 0, found=str(lost))
        due = text(
            "select extract(epoch from now() - min(due_at)) from job"
            " where due_at < now() and kind not in ('backfill', 'poll_payouts')"
        )
        oldest = session.scalar(due)
        waited = float(oldest or 0)
        yield Diagnosis("oldest due order", is_well=waited < 300, found=f"{waited:.0f} s")
        space = largest_space(session)
        usage = f"{space.of_company // 10**6} MB of the company with most, {space.in_all // 10**6} MB in all"
        yield Diagnosis("settlement files kept", is_well=not space.is_low, found=usage)
        open_findings = session.scalar(text("select count(*) from finding where resolved_at is null")) or 0
        yield Diagnosis("open findings", is_well=True, found=str(open_findings))
        yield from _workers(session, settings)


def _workers(session: ReadSession, settings: Settings) -> Iterator[Diagnosis]:
    """Who works, and whether the clocks of their machines are right."""
    living = select(func.count(), func.max(func.abs(Worker.clock_ahead))).where(IS_LIVING)
    count, clock_ahead = session.execute(living).one()
    # In embedded mode the service is the worker, and doctor may be asked while it does not run.
    yield Diagnosis("workers that live", is_well=count > 0 or settings.is_embedded, found=str(count))
    own_offset = (machine_time() - session.scalars(select(func.clock_timestamp())).one()).total_seconds()
    worst = max(float(clock_ahead or 0), abs(own_offset))
    yield Diagnosis(
        "clocks, against the database's", is_well=worst <= CLOCK_OFF_SECONDS, found=f"{worst:.1f} s off at most"
    )


def _broker(settings: Settings) -> Iterator[Diagnosis]:
    if settings.is_embedded:
        return
    try:
        with BrokerConnection(settings.broker_url, connect_timeout=3) as connection:
            connection.ensure_connection(max_retries=1)
        yield Diagnosis("broker", is_well=True, found="answers")
    except Exception as error:  # noqa: BLE001 - kombu's transports raise their own kinds of errors
        yield Diagnosis("broker", is_well=False, found=f"{type(error).__name__}: {error}")
