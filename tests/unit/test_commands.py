from __future__ import annotations

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from app import cli
from app.store.engine import Store
from app.store.tables import UserAccount

PASSWORD = "granstrom-bokbro-demo"


@pytest.fixture
def runner(database_url: str, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setenv("DATABASE_URL", database_url)
    return CliRunner()


def test_adding_a_known_address_is_one_plain_sentence_and_status_1(runner: CliRunner, store: Store) -> None:
    asked = ["user", "add", "anna@example.se", "--company", "Exempel AB"]
    assert runner.invoke(cli.app, asked, input=f"{PASSWORD}\n").exit_code == 0
    again = runner.invoke(cli.app, ["user", "add", " Anna@example.se"], input=f"{PASSWORD}\n")
    assert (again.exit_code, again.output.strip()) == (1, "anna@example.se may sign in already; nothing was changed.")
    with store.read() as session:
        assert session.scalars(select(UserAccount.role)).all() == ["merchant"]
