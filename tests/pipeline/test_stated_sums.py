"""What proves a payout's sum: a list of payouts, the bank's amount by command; and batches that are missing."""

from __future__ import annotations

from datetime import date

import pytest
from typer.testing import CliRunner

from app import cli
from app.kit.money import Money
from app.payouts.files import StatedSum
from app.payouts.stated_sums import keep_sums
from app.payouts.views import payout_detail
from app.schema import Tenant
from tests.support.pipeline.bench import Bench
from tests.support.pipeline.payout_files import HEAD, KLARNA, kept, row, taken
from tests.support.pipeline.person import remedied

pytestmark = pytest.mark.usefixtures("files")

DAY = date(2026, 11, 20)


def listed(bench: Bench, *sums: StatedSum) -> int:
    """A list of payouts is imported; the file that it is."""
    file_id = kept(bench, f"a list of {len(sums)} sums: {sums}", "list.csv")
    with bench.program.store.write() as session:
        keep_sums(session, bench.tenant_id, "klarna", sums, file_id)
    bench.rest()
    return file_id


def of(payout: str, amount: str) -> StatedSum:
    return StatedSum(payout, DAY, Money.of(amount, "SEK"))


def state(bench: Bench) -> tuple[str, object]:
    return bench.state("payout:klarna:K-1"), bench.balance(1930)


@pytest.mark.parametrize("number", ["K-1", ""])
def test_list_proves_a_payout_that_states_no_sum_by_its_number_or_its_day(bench: Bench, number: str) -> None:
    order = bench.place(**KLARNA)
    bench.rest()
    taken(bench, HEAD + row(order.name, "499,00"), bank=None)
    assert state(bench) == ("waiting", 0)
    listed(bench, of(number, "499.00"))
    assert (state(bench), bench.findings()) == (("booked", 499), [])


def test_list_that_was_there_first_proves_the_payout_at_its_import(bench: Bench) -> None:
    order = bench.place(**KLARNA)
    bench.rest()
    listed(bench, of("K-1", "499.00"), of("K-0", "1.00"))
    taken(bench, HEAD + row(order.name, "499,00"), bank=None)
    assert state(bench) == ("booked", 499)


@pytest.mark.parametrize("number", ["K-1", ""])
def test_payout_of_another_sum_than_the_list_states_is_not_booked_whatever_the_bank_got(
    bench: Bench, number: str
) -> None:
    first, second = bench.place(**KLARNA), bench.place(**KLARNA)
    bench.rest()
    listed(bench, of(number, "998.00"))
    part = HEAD + row(first.name, "499,00")
    taken(bench, part, bank="499,00")
    told = bench.finding("PAYOUT_SUM_DIFFERS").data
    assert (told["shop_amount"], told["stated_amount"], bench.balance(1930)) == ("499.00 SEK", "998.00 SEK", 0)
    with remedied(bench, "PAYOUT_SUM_DIFFERS"):
        taken(bench, part + row(second.name, "499,00"), bank=None)
    assert (state(bench), bench.findings(), bench.balance(1586)) == (("booked", 998), [], 0)


def test_day_of_two_payouts_proves_only_an_equal_sum(bench: Bench) -> None:
    taken(bench, HEAD + row("#1", "499,00") + row("#2", "100,00", payout="K-2"), bank=None)
    listed(bench, of("", "499.00"))
    assert [bench.state(f"payout:klarna:{one}") for one in ("K-1", "K-2")] == ["booked", "waiting"]


def test_list_with_another_sum_of_a_booked_payout_is_told_and_moves_nothing(bench: Bench) -> None:
    order = bench.place(**KLARNA)
    bench.rest()
    taken(bench, HEAD + row(order.name, "499,00"))
    file_id = listed(bench, of("K-1", "500.00"))
    assert (bench.findings(), state(bench)) == (["PAYOUT_BOOKED_SUM_DIFFERS"], ("booked", 499))
    with remedied(bench, "PAYOUT_BOOKED_SUM_DIFFERS"):
        bench.program.payout_files.undo.take_back(bench.tenant_id, file_id, "maja@example.se")
        bench.rest()


def test_page_asks_for_no_bank_amount_where_a_list_proves_the_sum(bench: Bench) -> None:
    taken(bench, HEAD + row("#1", "499,00"), bank=None)
    payout_id = bench.payout_id("payout:klarna:K-1")
    before = payout_detail(bench.program.store, bench.tenant_id, payout_id)
    listed(bench, of("K-1", "499.00"))
    after = payout_detail(bench.program.store, bench.tenant_id, payout_id)
    assert (before and before.waits_for_bank, after and after.waits_for_bank) == (True, False)


def test_command_gives_the_banks_amount(bench: Bench, monkeypatch: pytest.MonkeyPatch, database_url: str) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    with bench.program.store.read() as session:
        company = session.get_one(Tenant, bench.tenant_id).name
    taken(bench, HEAD + row("#1", "499,00"), bank=None)
    run = CliRunner().invoke
    assert run(cli.app, ["payouts", "bank", company, "K-1", "mycket"]).exit_code == 1
    assert run(cli.app, ["payouts", "bank", company, "K-9", "499"]).exit_code == 1
    assert run(cli.app, ["payouts", "bank", company, "K-1", "499,00"]).exit_code == 0
    payout_id = bench.payout_id("payout:klarna:K-1")
    shown = payout_detail(bench.program.store, bench.tenant_id, payout_id)
    assert shown is not None
    assert str(shown.at_bank) == "499.00 SEK"


# --- numbered batches

ADYEN = (
    "Company Account,Merchant Account,Psp Reference,Merchant Reference,Payment Method,Creation Date,TimeZone,Type,"
    "Modification Reference,Gross Currency,Gross Debit (GC),Gross Credit (GC),Exchange Rate,Net Currency,"
    "Net Debit (NC),Net Credit (NC),Commission (NC),Markup (NC),Scheme Fees (NC),Interchange (NC),"
    "Payment Method Variant,Modification Merchant Reference,Batch Number\n"
)


def batch(number: int, account: str = "GranstromSE") -> str:
    at = f"2026-11-{number - 60:02} 10:00:00"
    sale = (
        f"Granstrom,{account},PSP{number},#{number},visa,{at},CET,Settled,MOD{number},SEK,,100.00,1,SEK,,98.00,2.00,,,"
    )
    paid = f"Granstrom,{account},,,,{at},CET,MerchantPayout,TX{number},,,,,SEK,98.00,,,,,"
    return f"{sale},visa,,{number}\n{paid},,,{number}\n"


def missing(bench: Bench) -> list[str]:
    return [finding.data["missing"] for finding in bench.all_findings("PAYOUT_BATCH_MISSING")]


def test_missing_batch_is_told_until_it_is_imported_and_holds_nothing_up(bench: Bench) -> None:
    bench.rules(accounts={"psp.adyen.sek": 1589})
    taken(bench, ADYEN + batch(77))
    later = taken(bench, ADYEN + batch(79) + batch(82))
    assert missing(bench) == ["78", "80-81"]
    assert bench.state("payout:adyen:GranstromSE 79") == "booked"
    with remedied(bench, "PAYOUT_BATCH_MISSING", *["PAYOUT_LINE_UNMATCHED"] * 6):
        taken(bench, ADYEN + batch(78) + batch(80) + batch(81))
    assert later.new == 2


def test_each_account_has_numbers_of_its_own(bench: Bench) -> None:
    bench.rules(accounts={"psp.adyen.sek": 1589})
    taken(bench, ADYEN + batch(77) + batch(79, "GranstromNO"))
    assert missing(bench) == []


def test_gap_of_an_import_that_is_taken_back_is_told_no_more(bench: Bench) -> None:
    taken(bench, ADYEN + batch(77))  # no clearing account: nothing is booked
    later = taken(bench, ADYEN + batch(79))
    assert missing(bench) == ["78"]
    bench.program.payout_files.undo.take_back(bench.tenant_id, later.file_id, "maja@example.se")
    assert missing(bench) == []
