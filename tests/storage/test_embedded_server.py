"""The embedded PostgreSQL comes back by itself, whatever its end left behind, and goes with the service."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import psycopg
import pytest
from sqlalchemy.exc import OperationalError

from app.kit.db.embedded import DataDirectoryError, EmbeddedServer
from app.kit.db.outage import Outages
from app.kit.db.supervisor import Supervisor
from tests.support.contract.shopify_stage import eventually
from tests.support.serving import free_port

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with TemporaryDirectory(prefix="bokbro-test-embedded-") as name:
        path = Path(name)
        path.chmod(0o755)
        yield path


@pytest.fixture
def server(folder: Path) -> Iterator[EmbeddedServer]:
    started = EmbeddedServer.at(folder)
    yield started
    EmbeddedServer.at(folder).ensure_running()


def lock_file(folder: Path) -> Path:
    return folder / "postgres" / "postmaster.pid"


def killed(server: EmbeddedServer) -> int:
    """The server after a loss of power; the id that its head had."""
    head = server.head
    assert head is not None
    children = head.children(recursive=True)
    head.kill()
    psutil.wait_procs(children, timeout=10)
    return int(head.pid)


def answers(server: EmbeddedServer) -> bool:
    try:
        with psycopg.connect(server.url.replace("+psycopg", ""), connect_timeout=5) as connection:
            return connection.execute("select 1").fetchone() == (1,)
    except psycopg.OperationalError:
        return False


def test_a_server_that_dies_is_started_again(
    server: EmbeddedServer, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    supervisor = Supervisor(server, folder)
    supervisor.start()
    dead = killed(server)
    eventually(lambda: server.is_running and answers(server), seconds=30)
    supervisor.stop()
    assert server.head is not None
    assert server.head.pid != dead
    told = capsys.readouterr().out
    assert [told.count(event) for event in ("embedded_database_died", "embedded_database_started")] == [1, 1]


@pytest.mark.parametrize("left", ["a stranger's id", "half a line"])
def test_a_lock_that_a_loss_of_power_left_is_taken_away(server: EmbeddedServer, folder: Path, left: str) -> None:
    """After a boot its id may be given to anybody: here to these tests."""
    killed(server)
    lines = lock_file(folder).read_text().splitlines()
    text = {"a stranger's id": "\n".join([str(os.getpid()), *lines[1:]]) + "\n", "half a line": "12x"}
    lock_file(folder).write_text(text[left])
    assert not server.is_running
    server.ensure_running()
    assert answers(server)


def test_a_server_that_cannot_start_is_told_in_one_sentence_and_tried_again(
    server: EmbeddedServer, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    killed(server)
    hidden = folder / "postgres" / "pg_wal"
    hidden.rename(folder / "postgres" / "pg_wal.gone")
    with pytest.raises(DataDirectoryError, match=r"did not start: .*FATAL.*pg_wal") as told:
        server.ensure_running()
    assert "\n" not in str(told.value)
    supervisor = Supervisor(server, folder)
    supervisor.start()
    eventually(lambda: "embedded_database_not_started" in capsys.readouterr().out, seconds=20)
    (folder / "postgres" / "pg_wal.gone").rename(hidden)
    eventually(lambda: server.is_running and answers(server), seconds=30)
    supervisor.stop()


def test_the_last_of_its_users_stops_it(server: EmbeddedServer, folder: Path) -> None:
    """A user that was killed counts no more: its process id stands nowhere."""
    code = "import sys, pathlib, app.kit.db.embedded as e; e.EmbeddedServer.at(pathlib.Path(sys.argv[1])); print(1, flush=True); sys.stdin.read()"  # noqa: E501
    command = [sys.executable, "-c", code, str(folder)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"1\n"
        server.stop()
        assert server.is_running, "somebody else works with it"
        other.kill()
    again = EmbeddedServer.at(folder)
    assert again is not server
    again.stop()
    assert not again.is_running
    EmbeddedServer.at(folder)


def test_sigterm_ends_the_service_and_its_server(server: EmbeddedServer, folder: Path) -> None:
    server.stop()
    own = {"ENVIRONMENT": "test", "PORT": str(free_port()), "DATA_DIR": str(folder), "VIES_URL": ""}
    own |= {"BROKER_URL": "memory://localhost/", "SECRET_KEYS": json.dumps(["k" * 32])}
    environment = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"} | own
    command = [sys.executable, "-m", "app.cli", "serve"]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE) as service:
        assert service.stderr is not None
        assert any(b"service_ready" in line for line in iter(service.stderr.readline, b""))
        head = psutil.Process(int(lock_file(folder).read_text().splitlines()[0]))
        assert head.name().startswith("postgres")
        service.send_signal(signal.SIGTERM)
        assert service.wait(30) == 0
    assert not head.is_running() or head.status() == psutil.STATUS_ZOMBIE, "a zombie waits for its parent only"


def test_a_full_disk_is_told_by_its_name_and_each_half_minute(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    outages, seconds = Outages(), [0.0]
    monkeypatch.setattr("app.kit.db.outage.steady", lambda: seconds[0])
    full = OperationalError("insert", {}, psycopg.errors.DiskFull("could not extend file: No space left on device"))
    for now in range(40):
        seconds[0] = float(now)
        assert outages.note(full)
        outages.over()  # other statements succeed between
    told = capsys.readouterr().out
    assert (told.count("database_disk_full"), told.count("more_since_last=29"), told.count("back")) == (2, 1, 0)
    seconds[0] = 45.0
    outages.over()
    assert "database_back                  seconds=39.0" in capsys.readouterr().out
