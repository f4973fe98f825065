"""A provider's settlement file: shown, imported once, booked as one voucher per payout; what is stored stays."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from app import cli
from app.payouts.imports.file_outlines import WholeFile
from app.payouts.imports.file_reader import FileReader
from app.payouts.imports.folder import SettlementFolder
from app.payouts.imports.payout_files import PayoutFiles
from app.payouts.known_payouts import Known
from app.schema import SavedColumnMap, Tenant
from tests.support.pipeline.bench import Bench
from tests.support.pipeline.payout_files import HEAD, KLARNA, MAP, give_bank_amounts, kept, row, stored, taken
from tests.support.pipeline.person import remedied


@pytest.mark.usefixtures("files")
def test_file_is_matched_booked_in_one_call_and_empties_the_clearing_account(bench: Bench) -> None:
    order = bench.place(**KLARNA)
    bench.rest()
    bench.emulators.kit.calls.clear()

    taken(bench, HEAD + row(order.name, "499,00", "12,00"))

    assert bench.sent() == ["POST vouchers"]
    assert (bench.balance(1586), bench.balance(1930)) == (0, Decimal("487.00"))
    assert (bench.state("payout:klarna:K-1"), bench.findings()) == ("booked", [])


@pytest.mark.usefixtures("files")
def test_preview_says_what_would_happen_and_changes_nothing(bench: Bench) -> None:
    file_id = kept(bench, HEAD + row("#1", "499,00") + row("#2", "100,00", payout="K-2"))
    found = bench.program.payout_files.preview(bench.tenant_id, file_id)
    assert found is not None
    assert (found.new, [payout.payout.id for payout in found.payouts]) == (2, ["K-1", "K-2"])
    assert stored(bench) == []


@pytest.mark.usefixtures("files")
def test_same_file_twice_changes_nothing(bench: Bench) -> None:
    order = bench.place(**KLARNA)
    bench.rest()
    text = HEAD + row(order.name, "499,00", "12,00")
    first, second = taken(bench, text), taken(bench, text)
    assert (first.file_id, first.new) == (second.file_id, 1)
    assert [payout.known for payout in second.payouts] == [Known.KNOWN]
    assert bench.balance(1930) == Decimal("487.00")


@pytest.mark.usefixtures("files")
def test_longer_file_that_overlaps_brings_only_what_is_new(bench: Bench) -> None:
    first, second = bench.place(**KLARNA), bench.place(**KLARNA)
    bench.rest()
    text = HEAD + row(first.name, "499,00")
    taken(bench, text)
    taken(bench, text + row(second.name, "499,00", payout="K-2"))
    assert bench.balance(1930) == 998
    assert bench.balance(1586) == 0


@pytest.mark.usefixtures("files")
def test_booked_payout_that_another_file_tells_otherwise_stays_booked_and_is_told_for_good(bench: Bench) -> None:
    order = bench.place(**KLARNA)
    bench.rest()
    first = HEAD + row(order.name, "499,00")
    taken(bench, first)
    again = taken(bench, HEAD + row(order.name, "400,00"))
    assert ([payout.known for payout in again.payouts], again.new) == ([Known.CHANGED], 0)
    assert (bench.balance(1930), bench.findings()) == (499, ["PAYOUT_CHANGED_AFTER_BOOKING"])
    taken(bench, HEAD + row(order.name, "400,00"))
    assert bench.findings() == ["PAYOUT_CHANGED_AFTER_BOOKING"]
    taken(bench, first)
    assert (bench.balance(1930), bench.findings()) == (499, []), "the first file is what is booked"


# --- a file that states no sum may hold a part of a payout


@pytest.mark.usefixtures("files")
def test_payout_without_a_stated_sum_waits_for_the_banks_amount(bench: Bench) -> None:
    order = bench.place(**KLARNA)
    bench.rest()
    taken(bench, HEAD + row(order.name, "499,00", "12,00"), bank=None)
    assert (bench.state("payout:klarna:K-1"), bench.balance(1930), bench.findings()) == ("waiting", 0, [])
    give_bank_amounts(bench, "487,00")
    assert (bench.state("payout:klarna:K-1"), bench.balance(1930)) == ("booked", 487)


@pytest.mark.usefixtures("files")
def test_part_of_a_payout_is_not_booked_and_the_whole_file_replaces_it(bench: Bench) -> None:
    first, second = bench.place(**KLARNA), bench.place(**KLARNA)
    bench.rest()
    part = HEAD + row(first.name, "499,00")
    taken(bench, part, bank="998,00")
    told = bench.finding("PAYOUT_NOT_WHOLE").data
    assert (told["shop_amount"], told["bank_amount"], bench.balance(1930)) == ("499.00 SEK", "998.00 SEK", 0)
    whole = taken(bench, part + row(second.name, "499,00"), bank=None)
    assert [payout.known for payout in whole.payouts] == [Known.REPLACES]
    assert (bench.balance(1930), bench.balance(1586), bench.findings()) == (998, 0, [])


@pytest.mark.usefixtures("files")
def test_two_exports_over_a_months_end_are_one_payout_in_either_order_and_booked_once(bench: Bench) -> None:
    first, second = bench.place(**KLARNA), bench.place(**KLARNA)
    bench.rest()
    october, november = HEAD + row(first.name, "499,00"), HEAD + row(second.name, "300,00")
    taken(bench, october, bank="799,00")
    assert bench.findings() == ["PAYOUT_NOT_WHOLE"]
    assert [payout.known for payout in taken(bench, november, bank=None).payouts] == [Known.COMPLETES]
    assert (bench.balance(1930), bench.findings()) == (799, [])
    for again in (october, november):
        assert [one.known for one in taken(bench, again, bank=None).payouts] == [Known.PART]
    assert (bench.balance(1930), bench.findings()) == (799, [])


@pytest.mark.usefixtures("files")
def test_part_that_comes_after_the_whole_replaces_nothing(bench: Bench) -> None:
    part = HEAD + row("#1", "499,00")
    taken(bench, part + row("#2", "300,00"), bank=None)
    assert [payout.known for payout in taken(bench, part, bank=None).payouts] == [Known.PART]
    assert [one.known for one in taken(bench, HEAD + row("#1", "500,00"), bank=None).payouts] == [Known.REPLACES]


@pytest.mark.usefixtures("files")
def test_file_with_one_unreadable_line_imports_nothing_and_names_it(bench: Bench) -> None:
    found = taken(bench, HEAD + row("#1", "499,00") + row("#2", "fyra", payout="K-2"))
    assert [(problem.line, problem.column) for problem in found.problems] == [(3, "Belopp")]
    assert stored(bench) == []


def test_unknown_header_is_shown_to_be_mapped(bench: Bench) -> None:
    found = taken(bench, HEAD + row("#1", "499,00"))
    assert found.header == tuple(HEAD.strip().split(";"))
    assert stored(bench) == []


@pytest.mark.usefixtures("files")
def test_line_of_no_order_is_booked_and_told(bench: Bench) -> None:
    taken(bench, HEAD + row("#okänd", "499,00"))
    assert bench.findings() == ["PAYOUT_LINE_UNMATCHED"]
    assert bench.balance(1586) == -499, "it stays visible on the clearing account (acc-32)"


@pytest.mark.usefixtures("files")
def test_another_company_sees_nothing_of_a_file(bench: Bench) -> None:
    file_id = kept(bench, HEAD + row("#1", "499,00"))
    assert bench.program.payout_files.preview(bench.tenant_id + 1, file_id) is None
    assert bench.program.payout_files.take_in(bench.tenant_id + 1, file_id) is None


def test_swish_payments_are_known_by_their_message_and_empty_their_clearing_account(bench: Bench) -> None:
    order = bench.place(payments=[{"gateway": "swish"}])
    bench.rest()
    assert bench.balance(1587) == 499
    head = "Clnr,Kontonr,Bokfdag,Transdag,Valutadag,Mottagarnr,Mottagarnamn,Avsändarnr,Avsändarnamn,Meddelande,Tid,"
    paid = "8327,7001,2026-11-20,2026-11-20,2026-11-20,1230001,Granström,46700,ANNA,{name},10:01,499.00,"
    taken(bench, f"{head}Belopp,Orderreferens\n{paid.format(name=order.name)}\n")
    assert (bench.balance(1587), bench.balance(1930), bench.findings()) == (0, 499, [])


# --- the watched folder


@pytest.mark.usefixtures("files")
def test_file_in_the_folder_is_imported_and_moved_and_a_bad_one_lies_with_its_reason(
    bench: Bench, tmp_path: Path
) -> None:
    with bench.program.store.read() as session:
        company = tmp_path / session.get_one(Tenant, bench.tenant_id).name
    company.mkdir()
    (company / "good.csv").write_text(HEAD + row("#1", "499,00"))
    (company / "bad.csv").write_text(HEAD + row("#1", "fyra"))
    (company / "copying.csv").write_text(HEAD)
    long_ago = time.time() - 60
    for name in ("good.csv", "bad.csv"):
        os.utime(company / name, (long_ago, long_ago))
    folder = SettlementFolder(bench.program.store, bench.program.payout_files, tmp_path)
    assert folder.run() == 2
    assert stored(bench) == ["payout:klarna:K-1"]
    assert [one.name for one in (company / "done").iterdir()] == ["good.csv"]
    reasons = (company / "refused" / "bad.csv.txt").read_text().splitlines()
    assert [reason.split(":")[0] for reason in reasons] == ["Rad 2, kolumn Belopp", "Line 2, column Belopp"]
    assert (company / "copying.csv").exists()


# --- the command


def test_command_shows_imports_and_says_by_its_status_whether_all_went_in(
    bench: Bench, files: PayoutFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database_url: str
) -> None:
    del files
    monkeypatch.setenv("DATABASE_URL", database_url)
    with bench.program.store.read() as session:
        company = session.get_one(Tenant, bench.tenant_id).name
    file = tmp_path / "klarna.csv"
    file.write_text(HEAD + row("#1", "499,00", "12,00"))
    ran = CliRunner().invoke(cli.app, ["payouts", "import", company, str(file), "--dry-run"])
    assert (ran.exit_code, stored(bench)) == (0, [])
    assert "klarna K-1: 487.00 SEK, 1 lines, new" in ran.output
    assert CliRunner().invoke(cli.app, ["payouts", "import", company, str(file)]).exit_code == 0
    assert stored(bench) == ["payout:klarna:K-1"]
    file.write_text("a;b\n1;2\n")
    bad = CliRunner().invoke(cli.app, ["payouts", "import", company, str(file)])
    assert bad.exit_code == 1
    assert "of a kind that is not known here. Its columns are a, b." in bad.output


def test_file_is_read_once_and_shown_from_what_was_kept(
    bench: Bench, files: PayoutFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    file_id = kept(bench, HEAD + row("#1", "499,00") + row("#1", "499,00"))
    asked = files.preview(bench.tenant_id, file_id)
    assert asked is not None
    assert asked.asks_about_equal_rows
    read: list[bytes] = []
    read_file = FileReader.read

    def counting(reader: FileReader, content: bytes, *others: Any, **how: Any) -> WholeFile:
        read.append(content)
        return read_file(reader, content, *others, **how)

    monkeypatch.setattr(FileReader, "read", counting)
    assert files.preview(bench.tenant_id, file_id) == asked
    assert read == []
    files.say_rows_twice(bench.tenant_id, file_id, "each")
    answered = files.preview(bench.tenant_id, file_id)
    assert answered is not None
    assert (len(read), answered.problems, answered.payouts[0].payout.lines) == (1, (), 2)
    files.save_map(bench.tenant_id, replace(MAP, fee_is_negative=True), by="maja@example.se")
    files.preview(bench.tenant_id, file_id)
    assert len(read) == 2, "another map reads it anew"


def test_payouts_of_one_number_on_two_accounts_are_two_payouts(bench: Bench, files: PayoutFiles) -> None:
    files.save_map(bench.tenant_id, replace(MAP, account_column="Konto"), by="maja@example.se")
    head = HEAD.replace("\n", ";Konto\n")
    rows = [row(f"#{account}", "499,00").replace("\n", f";{account}\n") for account in "AB"]
    assert taken(bench, head + rows[0], bank=None).new == 1
    second = taken(bench, head + rows[1], bank=None)
    assert [(payout.payout.id, payout.known) for payout in second.payouts] == [("K-1", Known.NEW)]
    assert sorted(stored(bench)) == ["payout:klarna:A K-1", "payout:klarna:B K-1"]


def test_map_stored_before_maps_could_say_more_is_read_as_before(bench: Bench) -> None:
    old = {
        "provider": "klarna", "name": "Gammal", "day": "Datum", "amount": "Belopp", "kind": "Typ", "fee": "Avgift",
        "kinds": {"köp": "charge"}, "payout_words": [], "currency": "", "default_currency": "SEK", "fee_vat": "",
        "fee_is_negative": False, "net": "", "line_id": "", "payout_id": "Utbetalning", "payout_day": "",
        "keys": {"order_name": "Order"}, "text": "", "account": "", "zone": "", "decimals": None, "is_minor": False,
    }  # fmt: skip
    with bench.program.store.write() as session:
        session.add(SavedColumnMap(tenant_id=bench.tenant_id, name="Gammal", columns=old, saved_by="maja"))
    found = bench.program.payout_files.preview(bench.tenant_id, kept(bench, HEAD + row("#1", "499,00", "12,00")))
    assert found is not None
    assert (found.format, found.problems) == ("Gammal", ())
    assert str(found.payouts[0].payout.paid_out) == "487.00 SEK"
    assert found.mapped is not None
    assert found.mapped.roles["Belopp"] == "amount"


# --- Klarna's own report (docs.klarna.com, settlement files), one fee row of which is missing at first

TOTALS = {
    "total_sale_amount": "800.00", "total_fee_amount": "20.00", "total_tax_amount": "5.00",
    "total_settlement_amount": "775.00", "payment_reference": "9100", "settlement_currency": "SEK",
    "payout_date": "2026-11-24T07:45:00Z",
}  # fmt: skip
COLUMNS = (
    "type;capture_date;sale_date;order_id;short_order_id;capture_id;merchant_reference1;merchant_reference2;amount;"
    "currency_code;refund_id;purchase_country;vat_rate;vat_amount;detailed_type;payment_reference;payout_date"
)


def klarna_row(kind: str, order: str, amount: str, vat: str, detail: str) -> str:
    at = "2026-11-20T10:00:00Z"
    tail = f"SEK;;SE;25.00;{vat};{detail};9100;2026-11-24T07:45:00Z"
    return f"{kind};{at};{at};o-1;S1;c-1;{order};;{amount};{tail}\n"


def klarna_report(order: str, *, is_whole: bool) -> str:
    fees = [("-15.00", "-3.75", "PURCHASE_FEE_PERCENTAGE"), ("-5.00", "-1.25", "PURCHASE_FEE_FIXED")]
    rows = [klarna_row("SALE", order, "800.00", "", "PURCHASE")]
    rows += [klarna_row("FEE", order, *fee) for fee in (fees if is_whole else fees[:1])]
    return f"{';'.join(TOTALS)}\n{';'.join(TOTALS.values())}\n{COLUMNS}\n{''.join(rows)}"


def test_report_of_klarna_that_lacks_a_fee_row_waits_and_the_corrected_one_is_booked(bench: Bench) -> None:
    line = {"title": "Vas", "sku": "GF-VAS-02", "price": "800.00"}
    order = bench.place(lines=[line], **KLARNA)
    bench.rest()
    taken(bench, klarna_report(order.name, is_whole=False), bank=None)
    assert (bench.findings(), bench.balance(1930)) == (["PAYOUT_DOES_NOT_ADD_UP"], 0)
    with remedied(bench, "PAYOUT_DOES_NOT_ADD_UP"):
        whole = taken(bench, klarna_report(order.name, is_whole=True), bank=None)
    assert [payout.known for payout in whole.payouts] == [Known.REPLACES]
    assert [bench.balance(one) for one in (1930, 6064, 2641, 1586)] == [775, 20, 5, 0]
    names = [one.name for one in bench.program.payout_files.kept(bench.tenant_id)]
    assert len(names) == 2, "both files are kept"
