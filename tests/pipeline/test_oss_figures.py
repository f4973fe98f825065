"""The OSS return's figures read off what was really booked."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app import cli
from app.kit.money import Money
from app.model.order import books_day
from app.periods.oss_return import Quarter, plan_payment, vat_to_pay
from app.posting.plan import Plan
from app.schema import Tenant
from app.tenants.repository import load_rules
from app.vat.oss import proposed_oss_accounts
from tests.support.pipeline.bench import VASE, Bench
from tests.support.pipeline.oss_figures import figures

TODAY = books_day(datetime.now(UTC))
GERMAN = {"first_name": "Jana", "last_name": "Weber", "country_code": "DE", "zip": "10115", "city": "Berlin"}


def sell_to_germany(bench: Bench) -> None:
    bench.company_is(currencies={"SEK": "1", "EUR": "11.05"}, vat_rates=("25", "12", "6", "0", "19"))
    bench.pass_time()
    bench.rules(
        eu_consumers="oss", oss_from="2021-07-01", accounts=proposed_oss_accounts(), vat_rates=["25", "19", "0"]
    )
    bench.place(
        lines=[VASE | {"price": "1190.00", "tax": "19"}],
        buyer={"id": 9, "email": "j@example.de", "shipping": GERMAN},
        presentment={"currency": "EUR", "rate": "0.1"},
    )
    bench.rest()
    assert bench.findings() == []


def test_figures_are_what_the_vat_account_holds_and_the_payment_empties_it(bench: Bench) -> None:
    sell_to_germany(bench)
    bench.place()
    bench.rest()
    found = figures(bench, Quarter.of(TODAY))
    assert [(figure.country, str(figure.base), str(figure.vat)) for figure in found] == [
        ("DE", "100.00 EUR", "19.00 EUR")
    ]
    assert (found[0].booked.decimal, str(vat_to_pay(found))) == (-bench.balance(2676), "19.00 EUR")
    with bench.program.store.read() as session:
        rules = load_rules(session, bench.tenant_id)
    plan = plan_payment(Quarter.of(TODAY), found, TODAY, Money.of("213.00", "SEK"), rules)
    assert isinstance(plan, Plan)
    (voucher,) = plan.manual_entries
    assert voucher.rows[0].account == 2676
    assert voucher.rows[0].debit.decimal == -bench.balance(2676)
    assert figures(bench, Quarter.of(date(TODAY.year - 1, 1, 1))) == ()


def test_command_shows_figures_and_the_payment_of_what_was_really_booked(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database_url: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    sell_to_germany(bench)
    bench.place()
    bench.rest()
    with bench.program.store.read() as session:
        company = session.get_one(Tenant, bench.tenant_id).name
    quarter, owed = f"{TODAY.year}-Q{(TODAY.month + 2) // 3}", -bench.balance(2676)
    file = tmp_path / "oss.csv"

    told = CliRunner().invoke(cli.app, ["oss", "figures", company, quarter, "--csv", str(file)])
    assert (told.exit_code, told.output.splitlines()[-1]) == (0, "To pay: 19.00 EUR")
    head, german = (line.split(";") for line in file.read_text().splitlines())
    booked = f"{owed:.2f}".replace(".", ",")
    assert dict(zip(head, german, strict=True)) == {
        "country": "DE", "rate": "19", "corrects": "", "currency": "EUR", "base": "100,00", "vat": "19,00",
        "base_eur": "100,00", "vat_eur": "19,00", "vat_account": "2676", "booked_sek": booked,
    }  # fmt: skip
    assert file.read_text().rstrip() in told.output

    paid = CliRunner().invoke(cli.app, ["oss", "payment", company, quarter, TODAY.isoformat(), "213,00"])
    assert paid.exit_code == 0
    _text, *rows = paid.output.splitlines()
    account, debit, credit = rows[0].split(";")
    assert (account, Decimal(debit), Decimal(credit)) == ("2676", owed, Decimal(0))
    sums = [sum(Decimal(row.split(";")[side]) for row in rows) for side in (1, 2)]
    assert sums[0] == sums[1]
    assert "1930;0.00;213.00" in rows
    assert bench.balance(2676) == -owed, "nothing is sent: the voucher is only shown"
