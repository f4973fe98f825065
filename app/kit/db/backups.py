"""Backups of the whole database by PostgreSQL's own tools, and which database this is: a restored one is another.

Only the database is in a backup. What encrypts the secrets in it (SECRET_KEYS) is kept apart, or the backup would hold
the key to itself.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, text

from app.kit.db.embedded import tools_folder
from app.kit.db.engine import Store

_OLD_SCHEMA = "before_restore"
"""Schema that holds what was there before, until the restored one is whole."""
_MAJOR = re.compile(r"\(PostgreSQL\) (\d+)")

ORIGIN = text("""
    select concat_ws('/', (select system_identifier from pg_control_system()),
                     (select timeline_id from pg_control_checkpoint()),
                     (select oid from pg_database where datname = current_database()), 'tenant'::regclass::oid)
""")
"""Names this database: server, timeline, database and a table's id in it.

Loading a dump makes tables anew, recovery to a point in time and a standby that takes over begin a new timeline: in
each case commits may be missing that the outside world has seen. A copy of the server's files is not recognised.
"""
_OTHERS = text("""
    select count(*) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid()
      and (backend_type is null or backend_type = 'client backend')
""")


class BackupError(RuntimeError):
    """A backup was not made or not restored, and nothing was changed; the sentence says why."""


@dataclass(frozen=True, slots=True)
class _Tools:
    dump: str
    restore: str


def back_up(store: Store, target: Path) -> int:
    """Write the database to `target`, readable by its owner alone; returns its bytes. The service may run.

    The file appears under its name only when it is whole and on disk. It is pg_dump's custom format.
    Raises BackupError.
    """
    tools = _tools(store)
    unfinished = target.with_name(f".{target.name}.unfinished")
    try:
        descriptor = os.open(unfinished, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    except OSError as error:
        raise BackupError(f"{target} cannot be written: {error.strerror}") from error
    try:
        with os.fdopen(descriptor, "wb") as file:
            _run(store, tools.dump, "--format=custom", "--no-owner", "--no-privileges",
                 f"--exclude-schema={_OLD_SCHEMA}", stdout=file)  # fmt: skip
            os.fsync(file.fileno())
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
    return target.stat().st_size


def load(store: Store, source: Path) -> None:
    """Put the database back as it was when `source` was made: all of it, or nothing is changed. Raises BackupError.

    Nobody else may be connected. The caller brings it to the newest revision and says that it was restored.
    """
    tools = _tools(store)
    if not source.is_file():
        raise BackupError(f"there is no file {source}")
    with store.engine.connect() as connection:
        if connection.scalar(_OTHERS):
            raise BackupError("somebody is connected to the database: stop API, workers, beat and events first")
    with _old_schema_kept(store):
        _run(store, tools.restore, "--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges",
             str(source))  # fmt: skip
        with store.engine.connect() as connection:
            if connection.scalar(text("select to_regclass('public.alembic_version')")) is None:
                raise BackupError(f"{source} holds no database of Bokbro")


@contextmanager
def _old_schema_kept(store: Store) -> Iterator[None]:
    """Rename the current schema; restore it when the block fails, drop it when it succeeds."""
    with store.engine.begin() as connection:
        _drop(connection, _OLD_SCHEMA)
        connection.execute(text(f"alter schema public rename to {_OLD_SCHEMA}"))
        connection.execute(text("create schema public"))
    try:
        yield
    except BaseException:
        with store.engine.begin() as connection:
            _drop(connection, "public")
            connection.execute(text(f"alter schema {_OLD_SCHEMA} rename to public"))
        raise
    with store.engine.begin() as connection:
        _drop(connection, _OLD_SCHEMA)


def _drop(connection: Connection, schema: str) -> None:
    connection.execute(text(f"drop schema if exists {schema} cascade"))


def _run(store: Store, *command: str, stdout: object = subprocess.DEVNULL) -> None:
    """Run one of PostgreSQL's tools on the database; the password is not on its command line. Raises BackupError."""
    url = store.engine.url.set(drivername="postgresql")
    password = {"PGPASSWORD": str(url.password)} if url.password else {}
    address = url._replace(password=None).render_as_string(hide_password=False)
    done = subprocess.run(  # noqa: S603 - names and arguments are ours
        [*command[:1], f"--dbname={address}", *command[1:]],
        env={**os.environ, **password},
        stdin=subprocess.DEVNULL,
        stdout=stdout,  # type: ignore[call-overload]
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise BackupError(f"{Path(command[0]).name} failed: {done.stderr.strip() or done.returncode}")


def _tools(store: Store) -> _Tools:
    """pg_dump and pg_restore that understand the server: of its own version if there are, else newer ones."""
    with store.engine.connect() as connection:
        server = int(str(connection.scalar(text("show server_version_num")))) // 10_000
    fitting = sorted((major, folder) for folder in _folders() if (major := _major(folder)) >= server)
    if not fitting:
        raise BackupError(f"pg_dump and pg_restore of PostgreSQL {server} or newer are not on the PATH: install them")
    folder = fitting[0][1]
    return _Tools(str(folder / "pg_dump"), str(folder / "pg_restore"))


def _folders() -> Iterator[Path]:
    program = shutil.which("pg_dump")
    if program:
        yield Path(program).parent
    with suppress(ImportError):
        yield tools_folder()


def _major(folder: Path) -> int:
    """The major version of the tools in a folder; 0 where they do not start."""
    tool = folder / "pg_dump"
    try:
        done = subprocess.run([str(tool), "--version"], capture_output=True, text=True, check=True)  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        return 0
    version = _MAJOR.search(done.stdout)
    return int(version.group(1)) if version else 0
