"""`bokbro backup` and `bokbro restore` as an operator types them: nothing twice, nothing lost, whoever restored."""

from __future__ import annotations

import json
import stat
import subprocess
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from sqlalchemy import text
from typer.testing import CliRunner, Result

from app import cli
from app.execution.restore import notice_restore
from app.kit.db.backups import BackupError, back_up, load
from app.kit.db.engine import open_store
from app.schema import Tenant
from tests.support.crash.restore import books
from tests.support.databases import Database
from tests.support.pipeline.bench import Bench


@pytest.fixture
def command(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The command line, with the settings of the bench's program."""
    given = bench.program.settings
    values = {
        "ENVIRONMENT": "test",
        "DATABASE_URL": given.database_url,
        "BROKER_URL": given.broker_url,
        "SECRET_KEYS": json.dumps([secret_key.get_secret_value() for secret_key in given.secret_keys]),
        "FORTNOX_AUTH_URL": given.fortnox_auth_url,
        "FORTNOX_API_URL": given.fortnox_api_url,
        "SHOPIFY_URL_TEMPLATE": given.shopify_url_template,
        "VIES_URL": "",
    }
    for name, value in values.items():
        monkeypatch.setenv(name, str(value))
    logs = structlog.get_config()

    def typed(*words: object) -> Result:
        result = CliRunner().invoke(cli.app, [str(word) for word in words])
        structlog.configure(**logs)  # the command's own stream has ended with it
        return result

    return typed


@pytest.fixture
def stop(database: Database) -> Callable[[], None]:
    """The service ends: nobody is connected any more."""
    return database.leave


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "bokbro.dump"


def done(result: Result) -> str:
    assert result.exit_code == 0, result.output
    return str(result.output)


def test_what_happened_after_the_backup_is_found_and_nothing_is_booked_twice(
    bench: Bench, command: Any, file: Path, stop: Callable[[], None]
) -> None:
    early = bench.place()
    bench.rest()
    done(command("backup", file))
    # The shop counts whole seconds: a change in the second of the dump is known by its webhook alone.
    early.body["updated_at"] = (datetime.fromisoformat(early.body["updated_at"]) + timedelta(seconds=2)).isoformat()
    bench.act(early, "refund", lines=[{"line": 0}])
    late = bench.place()
    bench.rest()
    whole, told = books(bench), bench.findings()
    stop()
    said = done(command("restore", file))
    assert "2 orders changed in the shops since then" in said
    assert bench.job(late).state == "new", "the backup did not know it"
    bench.rest()
    assert (books(bench), bench.findings()) == (whole, told)
    assert bench.state(early) == bench.state(late) == "booked"


def test_database_restored_with_other_tools_is_noticed_at_the_next_start(
    bench: Bench, file: Path, stop: Callable[[], None]
) -> None:
    """An operator who knows PostgreSQL and not the runbook."""
    assert not notice_restore(bench.program.store, bench.program.now())
    before = _restored_at(bench)
    back_up(bench.program.store, file)
    stop()
    load(bench.program.store, file)
    moment = bench.program.now()
    assert notice_restore(bench.program.store, moment)
    assert (before, _restored_at(bench)) == (None, moment)
    assert not notice_restore(bench.program.store, bench.program.now()), "noticed once"
    assert _restored_at(bench) == moment


def test_nothing_is_restored_while_anybody_is_connected(bench: Bench, command: Any, file: Path) -> None:
    done(command("backup", file))
    with bench.program.store.read() as session:
        session.scalar(text("select 1"))
        refused = command("restore", file)
    assert refused.exit_code == 1
    assert "stop API, workers, beat and events first" in refused.output
    assert bench.shop, "still there"


@pytest.mark.parametrize("broken", ["cut", "nothing", "of something else"])
def test_file_that_is_no_backup_changes_nothing(
    bench: Bench, file: Path, stop: Callable[[], None], broken: str
) -> None:
    order = bench.place()
    bench.rest()
    back_up(bench.program.store, file)
    whole = file.read_bytes()
    file.write_bytes({"cut": whole[: len(whole) // 2], "nothing": b"", "of something else": b"PK\3\4"}[broken])
    stop()
    with pytest.raises(BackupError, match="pg_restore failed"):
        load(bench.program.store, file)
    assert bench.state(order) == "booked"


def test_backup_is_for_its_owner_alone_and_whole_or_absent(
    bench: Bench, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_bytes(b"yesterday's")

    def dies(*_command: Any, **_options: Any) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("app.kit.db.backups._run", dies)
        with pytest.raises(KeyboardInterrupt):
            back_up(bench.program.store, file)
    assert (file.read_bytes(), list(file.parent.iterdir())) == (b"yesterday's", [file])
    back_up(bench.program.store, file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_password_is_in_no_process_list(bench: Bench, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[str]] = []
    run = subprocess.run

    def look(words: list[str], **options: Any) -> Any:
        seen.append(words)
        return run(words, **options)

    url = bench.program.store.engine.url.set(password="hemligt")
    store = open_store(url.render_as_string(hide_password=False))
    monkeypatch.setattr(subprocess, "run", look)
    back_up(store, file)
    store.close()
    assert seen
    assert "hemligt" not in str(seen)


def _restored_at(bench: Bench) -> Any:
    with bench.program.store.read() as session:
        return session.get_one(Tenant, bench.tenant_id).restored_at
