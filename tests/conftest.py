"""One real PostgreSQL for the whole run (the wheel's, or TEST_DATABASE_URL); an empty database per test that asks."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
import structlog
from argon2 import PasswordHasher

from app.kit.db.embedded import start_embedded
from app.kit.db.engine import Store, open_store, with_driver
from app.tenants import passwords
from sandbox.fidelity.pytest_watching import register

pytest.register_assert_rewrite("tests.support")  # what tests share asserts, too
from tests.support.databases import Database, run  # noqa: E402
from tests.support.fidelity.reference import OPENAPI  # noqa: E402

_LONGEST = ("stories", "chaos", "weeks")
"""Folders."""


def pytest_configure(config: pytest.Config) -> None:
    """Hold all traffic with the Fortnox emulator against the official description, and log tracebacks as plain text."""
    register(config, OPENAPI)
    # Nothing here speaks TLS, and reading the machine's authorities costs each of thousands of clients 25 ms.
    os.environ.setdefault("SSL_CERT_DIR", os.devnull)
    # structlog's own default draws every local of every frame with rich: minutes for one trace of a job.
    plain = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[*structlog.get_config()["processors"][:-1], plain])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first: at the end one worker would play them for minutes while the others have nothing."""
    items.sort(key=lambda item: item.path.parent.name not in _LONGEST)


@pytest.fixture(scope="session", autouse=True)
def _passwords_are_cheap() -> Iterator[None]:
    """A hash as it is made in earnest costs 64 MiB and a tenth of a second: hundreds of tests sign somebody in."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "PasswordHasher", partial(PasswordHasher, time_cost=1, memory_cost=8, parallelism=1))
        yield


@pytest.fixture(autouse=True)
def _logs_as_before() -> Iterator[None]:
    """A test that starts the service sets logs up for the whole process, on a stream that ends with the test."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)


@pytest.fixture(scope="session")
def server_url() -> str:
    """The PostgreSQL server under test."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        return with_driver(given)
    # Not below pytest's own folder: another run closes that one to other users, and with it to a server that root
    # started as somebody else. Registered before the server, so removed after it has stopped.
    directory = tempfile.mkdtemp(prefix="bokbro-test-pg-")
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    url = start_embedded(Path(directory))
    # No test switches the machine off, and what a commit waits for its disk is a fifth of the run.
    for setting in ("fsync", "full_page_writes", "synchronous_commit"):
        run(url, f"alter system set {setting} = off")
    run(url, "select pg_reload_conf()")
    return url


@pytest.fixture(scope="session")
def database(server_url: str) -> Iterator[Database]:
    """The worker's own, made by running the migrations once."""
    made = Database(server_url)
    yield made
    made.drop()


@pytest.fixture
def database_url(database: Database) -> str:
    """The URL of an empty, migrated database that only this test uses."""
    return database.empty()


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """The store on that database."""
    opened = open_store(database_url, pool_size=8)
    yield opened
    opened.close()
