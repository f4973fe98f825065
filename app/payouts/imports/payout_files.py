"""Stores payout files, shows what importing them would do, and imports them. A stored payout is never overwritten.

A payout that is known stays as it is, whoever reported it: what a file says otherwise is reported, and not stored.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache

import structlog
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import undefer

from app.jobs.notifier import Notifier
from app.kit.db.engine import ReadSession, Store, WriteSession
from app.model.payout import Payout
from app.model.platforms import PlatformKind
from app.model.providers import habits_of
from app.payouts.batch_gaps import report_gaps
from app.payouts.files import EQUAL, ColumnMap, DayOrder, Fault, LeftOut, Problem, RowsTwice, StatedSum, Table
from app.payouts.imports import file_space
from app.payouts.imports.column_maps import MapForm, form_of
from app.payouts.imports.file_outlines import (
    Outline,
    PayoutOutline,
    WholeFile,
    kept_outline,
    outline_key,
    outline_to_json,
)
from app.payouts.imports.file_reader import NOT_READ, FileReader, shared_reader
from app.payouts.imports.undo import ImportUndo
from app.payouts.imports.zip_members import Offered, offered
from app.payouts.known_payouts import Known, known_payouts
from app.payouts.repository import store_payouts
from app.payouts.stated_sums import keep_sums
from app.schema import Connection, PayoutFile, SavedColumnMap, StoredPayout

log = structlog.get_logger(__name__)

MOST_BYTES = 50_000_000
"""A larger file is no payout of one merchant."""
_EMPTY, _TOO_LARGE = Fault("FILE_EMPTY"), Fault("FILE_TOO_LARGE", {"limit": f"{MOST_BYTES // 10**6} MB"})
_COMPANY_FULL = Fault("FILE_SPACE_OF_COMPANY", {"limit": f"{file_space.MOST_OF_A_COMPANY // 10**9} GB"})
_ALL_FULL = Fault("FILE_SPACE_FULL")
NOT_KEPT = {fault.code: fault for fault in (_EMPTY, _TOO_LARGE, _COMPANY_FULL, _ALL_FULL, *NOT_READ)}
"""Why a file is not even kept, by its code."""
_MAP: TypeAdapter[ColumnMap] = TypeAdapter(ColumnMap)


class FileRefusedError(ValueError):
    """A file that is not even kept."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem.fault))
        self.problem = problem


class _LinesNotReadError(Exception):
    """The lines of a file whose outline is kept could not be read just now; the outline says why."""

    def __init__(self, outline: Outline) -> None:
        super().__init__("lines not read")
        self.outline = outline


@dataclass(frozen=True, slots=True)
class Foreseen:
    """One payout of a file, and what importing would do with it."""

    payout: PayoutOutline
    known: Known
    joined: Payout | None = None
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
    """Payouts whose stored state comes from this file."""


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
    left_out: tuple[LeftOut, ...] = ()
    """Rows that are no movements (totals, other sections, statuses without money): the first ones."""
    left_out_count: int = 0
    sums: tuple[StatedSum, ...] = ()
    """Sums of payouts that a list states without their lines: stored to check known payouts."""
    problems: tuple[Problem, ...] = ()
    """The first ones."""
    problem_count: int = 0
    table: Table | None = None
    """Of a file that is not recognised, or only by the company's own map: a person says what its columns are."""
    mapped: MapForm | None = None
    """The company's own map of it, as its form."""
    members: tuple[Offered, ...] = ()
    """Of a zip of several files."""

    @property
    def header(self) -> tuple[str, ...]:
        """Names of the columns of `table`."""
        return tuple(column.name for column in self.table.columns) if self.table else ()

    @property
    def asks_about_equal_rows(self) -> bool:
        """Whether all that stops it is that rows are equal in every column: a person says what they are."""
        return bool(self.problems) and all(EQUAL in problem.fault.values for problem in self.problems)

    @property
    def asks_about_days(self) -> bool:
        """Whether all that stops it is that its days can be read in two ways: a person says which part comes first."""
        return bool(self.problems) and all(problem.fault.code == "FILE_DATE_TWO_WAYS" for problem in self.problems)

    @property
    def new(self) -> int:
        """Payouts that importing stores: new ones, and those that replace what an earlier file reported."""
        return sum(payout.known in {Known.NEW, Known.REPLACES, Known.COMPLETES} for payout in self.payouts)

    @property
    def changed(self) -> int:
        """Payouts that are booked as an earlier file reported them, differently."""
        return sum(payout.known is Known.CHANGED for payout in self.payouts)

    @property
    def differing(self) -> int:
        """Payouts that are stored with other content."""
        return sum(payout.known is Known.DIFFERS for payout in self.payouts)


@dataclass(frozen=True, slots=True)
class PayoutFiles:
    """Files of every company. A file of another company is not there."""

    store: Store
    notifier: Notifier
    now: Callable[[], datetime]
    reader: FileReader = field(default_factory=shared_reader)

    def keep(self, tenant_id: int, name: str, content: bytes, by: str) -> int:
        """Keep a file; the same content again is the same file.

        Raises FileRefusedError for an empty or too large one, and where there is no room for it.
        """
        if not content:
            raise FileRefusedError(Problem(0, "", _EMPTY))
        if len(content) > MOST_BYTES:
            raise FileRefusedError(Problem(0, "", _TOO_LARGE))
        values = {"tenant_id": tenant_id, "name": name[:200], "content": content, "given_by": by}
        values["digest"] = hashlib.sha256(content).hexdigest()
        with self.store.write() as session:
            if not self._is_kept(session, tenant_id, values["digest"]):
                _take_room(session, tenant_id, len(content))
            statement = insert(PayoutFile).values(**values)
            keys = [PayoutFile.tenant_id, PayoutFile.digest]
            kept = statement.on_conflict_do_update(index_elements=keys, set_={"name": values["name"]})
            return session.scalars(kept.returning(PayoutFile.id)).one()

    def open_member(self, tenant_id: int, file_id: int, place: int, by: str) -> int | None:
        """Keep a file of a zip (from 0) as one of its own; None: there is none to open. Raises FileRefusedError."""
        preview = self.preview(tenant_id, file_id)
        if preview is None or place >= len(preview.members) or preview.members[place].member.is_archive:
            return None
        with self.store.read() as session:
            content = session.get_one(PayoutFile, file_id).content
        unpacked = self.reader.member(content, place)
        if isinstance(unpacked, Fault):
            raise FileRefusedError(Problem(0, "", unpacked))
        return self.keep(tenant_id, f"{preview.name[:90]} · {preview.members[place].member.name}", unpacked, by)

    @staticmethod
    def _is_kept(session: WriteSession, tenant_id: int, digest: object) -> bool:
        conditions = (PayoutFile.tenant_id == tenant_id, PayoutFile.digest == digest)
        return session.scalar(select(PayoutFile.id).where(*conditions)) is not None

    def kept(self, tenant_id: int, most: int = 50) -> Sequence[KeptFile]:
        """The newest files of a company."""
        count = func.count(StoredPayout.id)
        statement = (
            select(PayoutFile, count)
            .outerjoin(StoredPayout, StoredPayout.file_id == PayoutFile.id)
            .where(PayoutFile.tenant_id == tenant_id)
            .group_by(PayoutFile.id)
            .order_by(PayoutFile.id.desc())
            .limit(most)
        )
        with self.store.read() as session:
            return [
                KeptFile(
                    file.id, file.name, file.given_by, file.given_at, file.imported_at, file.taken_back_at,
                    file.taken_back_by, payouts,
                )
                for file, payouts in session.execute(statement)
            ]  # fmt: skip

    @property
    def undo(self) -> ImportUndo:
        """Undoes imports."""
        return ImportUndo(self.store, self.notifier.notify, self.now)

    def preview(self, tenant_id: int, file_id: int) -> Preview | None:
        """What importing would do; None where there is no such file. The file is read once, and what it says kept."""
        with self.store.read() as session:
            file = _file(session, tenant_id, file_id)
            if file is None:
                return None
            maps = _maps(session, tenant_id)
            key = outline_key(file, maps)
            outline = kept_outline(file, key)
        if outline is None:
            outline = self._read(file_id, maps, key, with_lines=False).outline
        return self._foreseen(tenant_id, file, outline, maps, lambda: self._read(file_id, maps, key))

    def try_map(self, tenant_id: int, file_id: int, columns: ColumnMap) -> Preview | None:
        """What importing would do if this map were saved; nothing is kept. None where there is no such file."""
        with self.store.read() as session:
            file = _file(session, tenant_id, file_id)
            if file is None:
                return None
            content, (twice, days) = file.content, _answers(file)

        def read(*, with_lines: bool) -> WholeFile:
            return self.reader.read(content, [columns], twice, days, with_lines=with_lines)

        outline = read(with_lines=False).outline
        return self._foreseen(tenant_id, file, outline, [columns], lambda: read(with_lines=True))

    def take_in(self, tenant_id: int, file_id: int) -> Preview | None:
        """Store what is new in a file and have it booked; what it came to. Twice changes nothing."""
        with self.store.read() as session:
            file = _file(session, tenant_id, file_id)
            if file is None:
                return None
            maps = _maps(session, tenant_id)
            key = outline_key(file, maps)
        whole = self._read(file_id, maps, key)
        preview = self._foreseen(tenant_id, file, whole.outline, maps, lambda: whole)
        if preview.problems or not (preview.payouts or preview.sums):
            return preview
        if preview.sums:
            with self.store.write() as session:
                keep_sums(session, tenant_id, preview.provider, preview.sums, file_id)
        if not preview.payouts:
            self._note_import(file_id)
            return preview
        connection = self._connection(tenant_id, preview.provider)
        if connection is None:
            problem = Problem(0, "", Fault("FILE_OF_NO_CONNECTION"))
            return Preview(preview.file_id, preview.name, preview.imported_at, problems=(problem,), problem_count=1)
        stores = {Known.NEW, Known.REPLACES, Known.COMPLETES, Known.CHANGED}
        foreseen = zip(whole.payouts, preview.payouts, strict=True)
        new = (plan.joined or payout for payout, plan in foreseen if plan.known in stores)
        store_payouts(self.store, connection, new, file_id)
        with self.store.write() as session:
            report_gaps(session, tenant_id, preview.provider, connection)
        self._note_import(file_id)
        log.info("payout_file_imported", file=file_id, new=preview.new, differing=preview.differing)
        return preview

    def _note_import(self, file_id: int) -> None:
        with self.store.write() as session:
            file = session.get_one(PayoutFile, file_id)
            file.imported_at, file.taken_back_at, file.taken_back_by = self.now(), None, ""
        self.notifier.notify()

    def _read(self, file_id: int, maps: Sequence[ColumnMap], key: str, *, with_lines: bool = True) -> WholeFile:
        """Have a file read, outside of any transaction, and keep its outline."""
        with self.store.read() as session:
            file = session.get_one(PayoutFile, file_id)
            content, (twice, days) = file.content, _answers(file)
        whole = self.reader.read(content, maps, twice, days, with_lines=with_lines)
        if whole.passes:
            return whole
        with self.store.write() as session:
            kept = {"outline": outline_to_json(whole.outline), "outline_key": key}
            session.execute(update(PayoutFile).where(PayoutFile.id == file_id).values(**kept))
        return whole

    def _foreseen(
        self,
        tenant_id: int,
        file: PayoutFile,
        outline: Outline,
        maps: Sequence[ColumnMap],
        whole: Callable[[], WholeFile],
    ) -> Preview:
        read = cache(whole)  # the lines are asked for only where an earlier file reported a payout differently

        def lines_of(place: int) -> Payout:
            reading = read()
            if not reading.payouts:
                raise _LinesNotReadError(reading.outline)
            return reading.payouts[place]

        try:
            with self.store.read() as session:
                stand = known_payouts(session, tenant_id, outline.payouts, lines_of)
        except _LinesNotReadError as error:
            outline, stand = error.outline, []
        own = next((column_map for column_map in maps if column_map.name == outline.format), None)
        return Preview(
            file.id,
            file.name,
            file.imported_at,
            file.taken_back_at,
            file.taken_back_by,
            format=outline.format,
            provider=outline.provider,
            payouts=tuple(
                Foreseen(payout, known.known, known.joined)
                for payout, known in zip(outline.payouts, stand, strict=True)
            ),
            pending=outline.pending,
            left_out=outline.left_out,
            left_out_count=outline.left_out_count,
            sums=outline.sums,
            problems=outline.problems,
            problem_count=outline.problem_count,
            table=outline.table,
            mapped=form_of(own) if own else None,
            members=offered(self.store, tenant_id, outline.members),
        )

    def say_rows_twice(self, tenant_id: int, file_id: int, said: str) -> bool:
        """Keep what equal rows of a file are; False where there is no such file."""
        return self._keep_answer(tenant_id, file_id, rows_twice=RowsTwice(said).value)

    def say_day_order(self, tenant_id: int, file_id: int, said: str) -> bool:
        """Keep whether the day or the month comes first in a file's days; False where there is no such file."""
        return self._keep_answer(tenant_id, file_id, day_order=DayOrder(said).value)

    def _keep_answer(self, tenant_id: int, file_id: int, **answer: str) -> bool:
        conditions = (PayoutFile.id == file_id, PayoutFile.tenant_id == tenant_id)
        with self.store.write() as session:
            statement = update(PayoutFile).where(*conditions).values(**answer)
            return session.scalar(statement.returning(PayoutFile.id)) is not None

    def save_map(self, tenant_id: int, columns: ColumnMap, by: str) -> None:
        """Remember what the columns of a kind of file mean, under the person's name for it."""
        values = {"columns": _MAP.dump_python(columns, mode="json"), "saved_by": by}
        with self.store.write() as session:
            statement = insert(SavedColumnMap).values(tenant_id=tenant_id, name=columns.name, **values)
            keys = [SavedColumnMap.tenant_id, SavedColumnMap.name]
            session.execute(statement.on_conflict_do_update(index_elements=keys, set_=values))

    def _connection(self, tenant_id: int, provider: str) -> int | None:
        """Whose payouts they are: the platform's that reports them, where just one is connected; else the company's."""
        with self.store.read() as session:
            own = list(_active(session, tenant_id, Connection.platform == habits_of(provider).reported_by))
            return (
                own[0]
                if len(own) == 1
                else next(_active(session, tenant_id, Connection.kind == PlatformKind.LEDGER), None)
            )


def _take_room(session: WriteSession, tenant_id: int, size: int) -> None:
    """Raises FileRefusedError where a file has no room; says in the log that there is little left."""
    space = file_space.space_with(session, tenant_id, size)
    if space.is_low:
        log.warning("file_space_low", tenant=tenant_id, of_company=space.of_company, in_all=space.in_all)
    if space.of_company > file_space.MOST_OF_A_COMPANY:
        raise FileRefusedError(Problem(0, "", _COMPANY_FULL))
    if space.in_all > file_space.MOST_IN_ALL:
        raise FileRefusedError(Problem(0, "", _ALL_FULL))


def _file(session: ReadSession, tenant_id: int, file_id: int) -> PayoutFile | None:
    conditions = (PayoutFile.id == file_id, PayoutFile.tenant_id == tenant_id)
    return session.scalar(select(PayoutFile).where(*conditions).options(undefer(PayoutFile.outline)))


def _answers(file: PayoutFile) -> tuple[RowsTwice, DayOrder | None]:
    """What a person says of a file's equal rows and of its days."""
    return RowsTwice(file.rows_twice), DayOrder(file.day_order) if file.day_order else None


def _active(session: ReadSession, tenant_id: int, which: ColumnElement[bool]) -> Iterator[int]:
    conditions = (Connection.tenant_id == tenant_id, which, Connection.state == "active")
    yield from session.scalars(select(Connection.id).where(*conditions).order_by(Connection.id))


def _maps(session: ReadSession, tenant_id: int) -> list[ColumnMap]:
    rows = session.scalars(select(SavedColumnMap.columns).where(SavedColumnMap.tenant_id == tenant_id))
    maps = []
    for row in rows:
        try:
            maps.append(_MAP.validate_python(row))
        except ValidationError:
            log.exception("column_map_not_understood", tenant=tenant_id)
    return maps
