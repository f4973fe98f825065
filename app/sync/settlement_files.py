"""Settlement files of any provider: kept, shown before anything happens, and stored as payouts once, never over one.

A payout that is known stays as it is, whoever told it: what a file says otherwise is told, and stored nowhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

import structlog
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from app.domain.partial_payouts import are_two_parts, is_part_of, joined
from app.domain.settlements import Settlement
from app.sources.settlements import (
    EQUAL,
    ColumnMap,
    Fault,
    FileNotUnderstoodError,
    NotRecognised,
    Problem,
    RowsTwice,
    StatedSum,
    read_file,
    recognise,
)
from app.store.engine import ReadSession, Store
from app.store.tables import Connection, SavedColumnMap, SettlementFile, StoredSettlement
from app.sync.batch_gaps import tell_gaps
from app.sync.column_maps import form_of
from app.sync.doorbell import Doorbell
from app.sync.import_undo import ImportUndo
from app.sync.settlements import as_booked, digest_of, read_settlement, store_settlements
from app.sync.stated_sums import keep_sums

log = structlog.get_logger(__name__)

MOST_BYTES = 50_000_000
"""A file beyond this is no settlement of one merchant."""
_MAP: TypeAdapter[ColumnMap] = TypeAdapter(ColumnMap)
_PLATFORMS = {"shopify_payments": "shopify", "qliro": "qliro"}
"""Providers that also tell their payouts themselves: their connection has the payouts of both ways."""


class FileRefusedError(ValueError):
    """A file that is not even kept."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem.fault))
        self.problem = problem


class Known(StrEnum):
    """How a payout of a file stands to what is stored."""

    NEW = "new"
    KNOWN = "known"
    DIFFERS = "differs"
    """Stored already, with another amount or other lines from the same kind of source."""
    REPLACES = "replaces"
    """A file told it otherwise before, and nothing of it is booked: importing replaces it; both files are kept."""
    COMPLETES = "completes"
    """A file told other rows of it, and nothing of it is booked: importing puts both parts together."""
    PART = "part"
    """A file told all these rows and more: importing changes nothing."""
    CHANGED = "changed"
    """A file told it otherwise before, and that is booked: importing tells it for good, and books nothing."""


@dataclass(frozen=True, slots=True)
class Foreseen:
    """One payout of a file, and what importing would do with it."""

    settlement: Settlement
    known: Known
    joined: Settlement | None = None
    """With the rows of the part that is here already, where it completes that."""


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file in the list."""

    id: int
    name: str
    given_by: str
    given_at: datetime
    imported_at: datetime | None
    taken_back_at: datetime | None
    taken_back_by: str
    payouts: int
    """That it tells as they stand now."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What importing a file would do. With problems, or without a known header, nothing can be imported."""

    file_id: int
    name: str
    imported_at: datetime | None
    taken_back_at: datetime | None = None
    taken_back_by: str = ""
    format: str = ""
    provider: str = ""
    payouts: tuple[Foreseen, ...] = ()
    pending: int = 0
    """Rows of no payout yet."""
    sums: tuple[StatedSum, ...] = ()
    """Of payouts that a list states without their lines: kept as proof of payouts that are known."""
    problems: tuple[Problem, ...] = ()
    header: tuple[str, ...] = ()
    """Of a file that is not recognised, or only by the company's own map: a person says what its columns are."""
    mapped: Mapping[str, str] = field(default_factory=dict)
    """The company's own map of it, as its form."""

    @property
    def asks_about_equal_rows(self) -> bool:
        """Whether all that stops it is that rows are equal in every column: a person says what they are."""
        return bool(self.problems) and all(EQUAL in one.fault.values for one in self.problems)

    @property
    def new(self) -> int:
        """Payouts that importing stores: new ones, and those that replace what an earlier file told."""
        return sum(one.known in {Known.NEW, Known.REPLACES, Known.COMPLETES} for one in self.payouts)

    @property
    def changed(self) -> int:
        """Payouts that are booked as an earlier file told them otherwise."""
        return sum(one.known is Known.CHANGED for one in self.payouts)

    @property
    def differing(self) -> int:
        """Payouts that are stored otherwise."""
        return sum(one.known is Known.DIFFERS for one in self.payouts)


@dataclass(frozen=True, slots=True)
class SettlementFiles:
    """Files of every company. A file of another company is not there."""

    store: Store
    doorbell: Doorbell
    now: Callable[[], datetime]

    def keep(self, tenant_id: int, name: str, content: bytes, by: str) -> int:
        """Keep a file; the same content again is the same file.

        Raises FileRefusedError for an empty or too large one.
        """
        if not content:
            raise FileRefusedError(Problem(0, "", Fault("FILE_EMPTY")))
        if len(content) > MOST_BYTES:
            raise FileRefusedError(Problem(0, "", Fault("FILE_TOO_LARGE", {"limit": f"{MOST_BYTES // 10**6} MB"})))
        values = {"tenant_id": tenant_id, "name": name[:200], "content": content, "given_by": by}
        values["digest"] = hashlib.sha256(content).hexdigest()
        with self.store.write() as session:
            statement = insert(SettlementFile).values(**values)
            keys = [SettlementFile.tenant_id, SettlementFile.digest]
            kept = statement.on_conflict_do_update(index_elements=keys, set_={"name": values["name"]})
            return session.scalars(kept.returning(SettlementFile.id)).one()

    def kept(self, tenant_id: int, most: int = 50) -> Sequence[KeptFile]:
        """The newest files of a company."""
        count = func.count(StoredSettlement.lane_id)
        statement = (
            select(SettlementFile, count)
            .outerjoin(StoredSettlement, StoredSettlement.file_id == SettlementFile.id)
            .where(SettlementFile.tenant_id == tenant_id)
            .group_by(SettlementFile.id)
            .order_by(SettlementFile.id.desc())
            .limit(most)
        )
        with self.store.read() as session:
            return [
                KeptFile(
                    one.id, one.name, one.given_by, one.given_at, one.imported_at, one.taken_back_at,
                    one.taken_back_by, payouts,
                )
                for one, payouts in session.execute(statement)
            ]  # fmt: skip

    @property
    def undo(self) -> ImportUndo:
        """Takes imports back."""
        return ImportUndo(self.store, self.doorbell.ring, self.now)

    def preview(self, tenant_id: int, file_id: int) -> Preview | None:
        """What importing would do; None where there is no such file."""
        with self.store.read() as session:
            here = (SettlementFile.id == file_id, SettlementFile.tenant_id == tenant_id)
            file = session.scalar(select(SettlementFile).where(*here))
            if file is None:
                return None
            shown = Preview(file.id, file.name, file.imported_at, file.taken_back_at, file.taken_back_by)
            maps = _maps(session, tenant_id)
            try:
                found = recognise(file.content, maps)
            except FileNotUnderstoodError as error:
                return replace(shown, problems=(Problem(error.line, error.column, error.fault),))
            if isinstance(found, NotRecognised):
                return replace(shown, header=found.header)
            read = read_file(found, RowsTwice(file.rows_twice))
            payouts = tuple(_foreseen(session, tenant_id, one) for one in read.settlements)
        own = next((one for one in maps if one.name == read.format), None)
        return replace(
            shown,
            format=read.format,
            provider=read.provider,
            payouts=payouts,
            pending=read.pending,
            sums=read.sums,
            problems=read.problems,
            header=found.header.cells if own else (),
            mapped=form_of(own) if own else {},
        )

    def take_in(self, tenant_id: int, file_id: int) -> Preview | None:
        """Store what is new in a file and have it booked; what it came to. Twice changes nothing."""
        found = self.preview(tenant_id, file_id)
        if found is None or found.problems or not (found.payouts or found.sums):
            return found
        if found.sums:
            with self.store.write() as session:
                keep_sums(session, tenant_id, found.provider, found.sums, file_id)
        if not found.payouts:
            self._note_import(file_id)
            return found
        connection = self._connection(tenant_id, found.provider)
        if connection is None:
            problem = Problem(0, "", Fault("FILE_OF_NO_CONNECTION"))
            return Preview(found.file_id, found.name, found.imported_at, problems=(problem,))
        stores = {Known.NEW, Known.REPLACES, Known.COMPLETES, Known.CHANGED}
        new = (one.joined or one.settlement for one in found.payouts if one.known in stores)
        store_settlements(self.store, connection, new, file_id)
        with self.store.write() as session:
            tell_gaps(session, tenant_id, found.provider, connection)
        self._note_import(file_id)
        log.info("settlement_file_imported", file=file_id, new=found.new, differing=found.differing)
        return found

    def _note_import(self, file_id: int) -> None:
        with self.store.write() as session:
            file = session.get_one(SettlementFile, file_id)
            file.imported_at, file.taken_back_at, file.taken_back_by = self.now(), None, ""
        self.doorbell.ring()

    def say_rows_twice(self, tenant_id: int, file_id: int, said: str) -> bool:
        """Keep what equal rows of a file are; False where there is no such file."""
        here = (SettlementFile.id == file_id, SettlementFile.tenant_id == tenant_id)
        with self.store.write() as session:
            statement = update(SettlementFile).where(*here).values(rows_twice=RowsTwice(said).value)
            return session.scalar(statement.returning(SettlementFile.id)) is not None

    def save_map(self, tenant_id: int, columns: ColumnMap, by: str) -> None:
        """Remember what the columns of a kind of file mean, under the person's name for it."""
        values = {"columns": _MAP.dump_python(columns, mode="json"), "saved_by": by}
        with self.store.write() as session:
            statement = insert(SavedColumnMap).values(tenant_id=tenant_id, name=columns.name, **values)
            keys = [SavedColumnMap.tenant_id, SavedColumnMap.name]
            session.execute(statement.on_conflict_do_update(index_elements=keys, set_=values))

    def _connection(self, tenant_id: int, provider: str) -> int | None:
        """Whose payouts they are: the shop's or Qliro's, where just one is connected; else the company's in Fortnox."""
        with self.store.read() as session:
            own = list(_active(session, tenant_id, _PLATFORMS.get(provider, "")))
            return own[0] if len(own) == 1 else next(_active(session, tenant_id, "fortnox"), None)


def _active(session: ReadSession, tenant_id: int, platform: str) -> Iterator[int]:
    here = (Connection.tenant_id == tenant_id, Connection.platform == platform, Connection.state == "active")
    yield from session.scalars(select(Connection.id).where(*here).order_by(Connection.id))


def _maps(session: ReadSession, tenant_id: int) -> list[ColumnMap]:
    rows = session.scalars(select(SavedColumnMap.columns).where(SavedColumnMap.tenant_id == tenant_id))
    maps = []
    for row in rows:
        try:
            maps.append(_MAP.validate_python(row))
        except ValidationError:
            log.exception("column_map_not_understood", tenant=tenant_id)
    return maps


def _foreseen(session: ReadSession, tenant_id: int, told: Settlement) -> Foreseen:
    """What importing would do with a payout.

    The same payout may have been told by the provider itself, whose lines have other ids: the amount decides.
    """
    here = (StoredSettlement.tenant_id == tenant_id, StoredSettlement.provider == told.provider)
    stored = session.scalars(select(StoredSettlement).where(*here, StoredSettlement.payout_id == told.id)).all()
    if not stored:
        return Foreseen(told, Known.NEW)
    same = any(one.content_hash == digest_of(told) for one in stored)
    connected = told.provider in _PLATFORMS
    equal = any((one.currency, one.paid_out) == (told.currency, told.paid_out.minor) for one in stored)
    if same:
        return Foreseen(told, Known.KNOWN)
    if len(stored) == 1 and stored[0].file_id is not None:
        return _as_next_file(stored[0], told)
    return Foreseen(told, Known.KNOWN if connected and equal else Known.DIFFERS)


def _as_next_file(stored: StoredSettlement, told: Settlement) -> Foreseen:
    """A file of a payout that an earlier file told otherwise. What states its sum is not replaced by what does not."""
    now = read_settlement(stored.content)
    if stored.booked_hash is not None:
        booked = as_booked(stored)
        if is_part_of(told, booked):
            return Foreseen(told, Known.PART)
        same = stored.booked_hash == digest_of(told) and stored.booked_hash == stored.content_hash
        return Foreseen(told, Known.KNOWN if same else Known.CHANGED)
    if is_part_of(told, now):
        return Foreseen(told, Known.PART)
    if are_two_parts(now, told):
        return Foreseen(told, Known.COMPLETES, joined(now, told))
    return Foreseen(told, Known.REPLACES if told.is_proven or not now.is_proven else Known.DIFFERS)
