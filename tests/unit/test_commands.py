from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from app import cli
from app.kit.db.engine import Store
from app.model.platforms import PlatformKind
from app.schema import Connection, Membership, Tenant, UserAccount
from app.tenants.repository import store_rules
from tests.support.unit.shopify_bodies import rest_order

PASSWORD = "granstrom-bokbro-demo"


@pytest.fixture
def runner(database_url: str, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setenv("DATABASE_URL", database_url)
    return CliRunner()


def test_adding_a_known_address_is_one_plain_sentence_and_status_1(runner: CliRunner, store: Store) -> None:
    asked = ["user", "add", "anna@example.se", "--company", "Exempel AB", "--new"]
    assert runner.invoke(cli.app, asked, input=f"{PASSWORD}\n").exit_code == 0
    again = runner.invoke(cli.app, ["user", "add", " Anna@example.se", "--operator"], input=f"{PASSWORD}\n")
    assert (again.exit_code, again.output.strip()) == (1, "anna@example.se may sign in already; nothing was changed.")
    with store.read() as session:
        assert session.scalars(select(Membership.role)).all() == ["merchant"]


@pytest.mark.parametrize(
    ("args", "status", "words"),
    [
        ([], 2, "Say --company NAME"),
        (["--company", "Exempel AB", "--operator"], 2, "Say --company NAME"),
        (["--company", "Exmepel AB"], 1, "There is no company 'Exmepel AB'."),
        (["--company", "Exempel AB", "--new"], 1, "There is a company 'Exempel AB' already: leave --new out."),
        (["--company", "Exempel AB", "--role", "owner"], 2, "'owner' is not one of 'merchant', 'bookkeeper'"),
    ],
)
def test_adding_a_person_wrongly_founds_nothing_and_says_what_to_do(
    runner: CliRunner, store: Store, args: list[str], status: int, words: str
) -> None:
    with store.write() as session:
        session.add(Tenant(name="Exempel AB"))
    said = runner.invoke(cli.app, ["user", "add", "bo@example.se", *args], input=f"{PASSWORD}\n", color=False)
    assert (said.exit_code, words in " ".join(said.output.replace("│", " ").split())) == (status, True), said.output
    with store.read() as session:
        assert session.scalars(select(Tenant.name)).all() == ["Exempel AB"]
        assert session.scalars(select(UserAccount)).all() == []


def test_version_is_said_without_a_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://127.0.0.1:1/nothing")
    said = CliRunner().invoke(cli.app, ["--version"])
    assert (said.exit_code, said.output.strip()) == (0, f"bokbro {version('bokbro')}")


def test_a_person_joins_a_second_company_without_a_new_password(runner: CliRunner) -> None:
    for company in ("Ett AB", "Två AB"):
        args = ["user", "add", "bo@example.se", "--company", company, "--new", "--role", "bookkeeper"]
        assert runner.invoke(cli.app, args, input=f"{PASSWORD}\n" if company == "Ett AB" else "").exit_code == 0
    listed = runner.invoke(cli.app, ["user", "list"], env={"COLUMNS": "200"}).output
    assert "Ett AB (bookkeeper), Två AB (bookkeeper)" in listed
    assert runner.invoke(cli.app, ["user", "disable", "bo@example.se"]).exit_code == 0
    assert "disabled" in runner.invoke(cli.app, ["user", "list"], env={"COLUMNS": "200"}).output
    assert runner.invoke(cli.app, ["user", "disable", "bo@example.se", "--undo"]).exit_code == 0
    assert runner.invoke(cli.app, ["user", "password", "bo@example.se"], input="kort\n").exit_code == 1
    assert runner.invoke(cli.app, ["user", "password", "bo@example.se"], input=f"{PASSWORD}-ny\n").exit_code == 0
    nobody = runner.invoke(cli.app, ["user", "password", "ingen@example.se"], input=f"{PASSWORD}\n")
    assert (nobody.exit_code, nobody.output.strip()) == (1, "Nobody signs in as 'ingen@example.se'.")


def test_a_company_goes_through_its_states_and_a_wrong_step_says_why(runner: CliRunner, store: Store) -> None:
    with store.write() as session:
        tenant = Tenant(name="Exempel AB")
        session.add(tenant)
        session.flush()
    early = runner.invoke(cli.app, ["company", "trial", "Exempel AB"])
    assert (early.exit_code, early.output.strip()) == (
        1, "Nothing was changed: it is not being set up, or lacks a connection.",
    )  # fmt: skip
    with store.write() as session:
        for platform, kind in (("fortnox", PlatformKind.LEDGER), ("shopify", PlatformKind.SHOP)):
            row = {"account": platform, "display_name": "", "state": "active", "grant": "refresh_token"}
            session.add(Connection(tenant_id=tenant.id, platform=platform, kind=kind, scopes=[], encrypted=b"", **row))
    steps = [["trial"], ["live", "--start", "2026-12-01"], ["pause"], ["resume"]]
    for step, *more in steps:
        assert runner.invoke(cli.app, ["company", step, "Exempel AB", *more]).exit_code == 0, step
    checked = runner.invoke(cli.app, ["doctor", "--company", "Exempel AB"], env={"COLUMNS": "200"})
    assert (checked.exit_code, "accounts" in checked.output) == (0, True), "nothing is known yet, and nothing is red"
    assert runner.invoke(cli.app, ["company", "live", "Exempel AB", "--start", "1/12"]).exit_code == 2
    assert runner.invoke(cli.app, ["company", "resume", "Exempel AB"]).exit_code == 1
    listed = runner.invoke(cli.app, ["company", "list"], env={"COLUMNS": "200"}).output
    assert [word for word in ("Exempel AB", "live", "fortnox, shopify") if word not in listed] == [], listed


def test_rules_check_says_what_a_bookkeeper_must_do(runner: CliRunner, store: Store) -> None:
    with store.write() as session:
        tenant = Tenant(name="Exempel AB")
        session.add(tenant)
        session.flush()
        account = {"account": "1", "display_name": "Exempel AB", "state": "active", "grant": "refresh_token"}
        session.add(
            Connection(
                tenant_id=tenant.id, platform="fortnox", kind=PlatformKind.LEDGER, scopes=[], encrypted=b"", **account
            )
        )
    told = runner.invoke(cli.app, ["rules", "check", "Exempel AB"])
    assert (told.exit_code, told.output.partition(":")[0]) == (1, "FORTNOX_FISCAL_YEAR")
    assert runner.invoke(cli.app, ["rules", "check", "Ingen AB"]).exit_code == 1


def test_oss_map_goes_out_is_edited_and_comes_in_whole_or_not_at_all(
    runner: CliRunner, store: Store, tmp_path: Path
) -> None:
    with store.write() as session:
        session.add(Tenant(name="Exempel AB"))
    file = tmp_path / "oss.csv"
    assert runner.invoke(cli.app, ["rules", "oss-export", "Exempel AB", str(file), "--proposed"]).exit_code == 0
    dry = runner.invoke(cli.app, ["rules", "oss-import", "Exempel AB", str(file), "--dry-run"])
    assert "oss_sales.DE.19: - -> 3116" in dry.output
    assert "Version" not in dry.output
    assert "Version 2 is in force" in runner.invoke(cli.app, ["rules", "oss-import", "Exempel AB", str(file)]).output
    again = runner.invoke(cli.app, ["rules", "oss-import", "Exempel AB", str(file)])
    assert (again.exit_code, again.output) == (0, "")

    file.write_text(file.read_text() + "XX;19;3116;2676\n")
    bad = runner.invoke(cli.app, ["rules", "oss-import", "Exempel AB", str(file)])
    assert bad.exit_code == 1
    assert "country" in bad.output


def test_oss_figures_of_a_company_without_sales_are_nothing_and_a_slip_of_the_pen_is_refused(
    runner: CliRunner, store: Store, tmp_path: Path
) -> None:
    with store.write() as session:
        session.add(Tenant(name="Exempel AB"))
    file = tmp_path / "oss.csv"
    told = runner.invoke(cli.app, ["oss", "figures", "Exempel AB", "2026-Q4", "--csv", str(file)])
    assert (told.exit_code, told.output.splitlines()[-1]) == (0, "To pay: 0.00 EUR")
    assert file.read_text().startswith("country;rate;")
    assert runner.invoke(cli.app, ["oss", "figures", "Exempel AB", "2026Q4"]).exit_code == 2
    assert runner.invoke(cli.app, ["oss", "figures", "Exempel AB", "2026-Q4", "--rate", "SEK=x"]).exit_code == 2
    assert runner.invoke(cli.app, ["oss", "payment", "Exempel AB", "2026-Q4", "28/1", "801.98"]).exit_code == 2
    assert runner.invoke(cli.app, ["oss", "figures", "Ingen AB", "2026-Q4"]).exit_code == 1


def test_preview_is_words_for_people_json_for_programs_and_goes_by_a_companys_rules(
    runner: CliRunner, store: Store, tmp_path: Path
) -> None:
    file = tmp_path / "order.json"
    file.write_text(json.dumps(rest_order(financial_status="pending")), encoding="utf-8")
    with store.write() as session:
        tenant = Tenant(name="Granström Form AB")
        session.add(tenant)
        session.flush()
        store_rules(session, tenant.id, {"trigger": "created"}, by="test")
    said = runner.invoke(cli.app, ["preview", str(file)])
    assert (said.exit_code, "it waits for payment" in said.output) == (0, True)
    told = json.loads(runner.invoke(cli.app, ["preview", str(file), "--json"]).output)
    assert (told["given"], told["outcome"]) == ("order", "waiting")
    by_rules = runner.invoke(cli.app, ["preview", str(file), "--company", "Granström Form AB", "--json"])
    assert json.loads(by_rules.output)["outcome"] == "plan"
    unknown = runner.invoke(cli.app, ["preview", str(file), "--company", "Nobody AB"])
    assert (unknown.exit_code, "There is no company 'Nobody AB'." in unknown.output) == (1, True)
