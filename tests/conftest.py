"""One real PostgreSQL for the whole run (the wheel's, or TEST_DATABASE_URL); a fresh database per test that asks."""

from __future__ import annotations

import atexit
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from sqlalchemy import create_engine, make_url, text

from app.store.embedded import start_embedded
from app.store.engine import Store, open_store, with_driver
from app.store.migrating import migrate
from sandbox.fidelity.pytest_watching import register
from tests.fidelity.reference import OPENAPI


def pytest_configure(config: pytest.Config) -> None:
    """Hold all traffic with the Fortnox emulator against the official description, and log tracebacks as plain text."""
    register(config, OPENAPI)
    # structlog's own default draws every local of every frame with rich: minutes for one trace of a lane.
    plain = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[*structlog.get_config()["processors"][:-1], plain])


@pytest.fixture(autouse=True)
def _logs_as_before() -> Iterator[None]:
    """A test that starts the service sets logs up for the whole process, on a stream that ends with the test."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)


def _run(server_url: str, statement: str) -> None:
    engine = create_engine(server_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


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
    return start_embedded(Path(directory))


@pytest.fixture(scope="session")
def template_database(server_url: str) -> Iterator[str]:
    """A database made by running the migrations once; each test gets a copy of it."""
    name = f"bokbro_template_{secrets.token_hex(4)}"
    _run(server_url, f"create database {name}")
    store = open_store(make_url(server_url).set(database=name).render_as_string(hide_password=False))
    migrate(store)
    store.close()
    yield name
    _run(server_url, f"drop database {name}")


@pytest.fixture
def database_url(server_url: str, template_database: str) -> Iterator[str]:
    """The URL of an empty, migrated database that only this test uses."""
    name = f"bokbro_test_{secrets.token_hex(4)}"
    _run(server_url, f"create database {name} template {template_database}")
    yield make_url(server_url).set(database=name).render_as_string(hide_password=False)
    _run(server_url, f"drop database {name} with (force)")


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """The store on that database."""
    opened = open_store(database_url, pool_size=8)
    yield opened
    opened.close()
