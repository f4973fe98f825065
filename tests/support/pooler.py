"""PgBouncer in transaction mode before the server of a test, where the machine has it."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from tests.support.serving import free_port

_SETTINGS = """
[databases]
* = {server}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = {connections}
logfile = {folder}/log
pidfile = {folder}/pid
admin_users = pgbouncer
"""


def needs_pgbouncer() -> str:
    """Its path. Skips the test where there is none, and says so."""
    found = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if found is None:
        pytest.skip("NOT CHECKED: PgBouncer (apt-get install pgbouncer)")
    return found


@contextmanager
def pooled(url: str, *, connections: int = 3) -> Iterator[str]:
    """The URL of the same database behind PgBouncer, with so few connections that its clients must share them."""
    program, at = needs_pgbouncer(), make_url(url)
    host, port = str(at.query.get("host") or at.host), free_port()
    # Not below pytest's own folder: as root it runs as the user of the server, whose socket nobody else may open.
    with tempfile.TemporaryDirectory(prefix="bokbro-pooler-") as folder:
        server = f"host={host} port={at.port or 5432} user={at.username}"
        settings = Path(folder) / "pgbouncer.ini"
        settings.write_text(_SETTINGS.format(server=server, port=port, folder=folder, connections=connections))
        command = [program, str(settings)]
        if os.geteuid() == 0:
            owner = Path(host).stat() if Path(host).is_dir() else Path(folder).stat()
            os.chown(folder, owner.st_uid, owner.st_gid)
            Path(folder).chmod(0o755)
            command[1:1] = ["-u", Path(host).owner()]
        with (Path(folder) / "out").open("wb") as out:
            process = subprocess.Popen(command, stdout=out, stderr=out)
        try:
            pooled_url = f"postgresql+psycopg://{at.username}@127.0.0.1:{port}/{at.database}"
            _wait_for(pooled_url.replace("+psycopg", ""), Path(folder))
            yield pooled_url
        finally:
            process.terminate()
            process.wait(10)


def reconnect(pooled_url: str) -> None:
    """Have it make new connections, as an operator does after `bokbro migrate`."""
    at = make_url(pooled_url)
    with psycopg.connect(
        host=at.host, port=at.port, user="pgbouncer", dbname="pgbouncer", autocommit=True, prepare_threshold=None
    ) as admin:
        admin.execute("reconnect")


def _wait_for(url: str, folder: Path) -> None:
    for _try in range(100):
        try:
            psycopg.connect(url, connect_timeout=2).close()
        except psycopg.OperationalError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(
        (folder / "out").read_text() + ((folder / "log").read_text() if (folder / "log").exists() else "")
    )
