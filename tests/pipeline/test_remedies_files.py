"""What the page of a settlement file tells to do when the file cannot be taken in, done by a person; then it is."""

from __future__ import annotations

import gzip
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import select, update

from app.catalogue import lookup
from app.payouts.files import table
from app.payouts.imports import file_reader, file_space, payout_files
from app.payouts.imports.payout_files import PayoutFiles
from app.payouts.imports.refused_files import in_words, refusals
from app.schema import Connection, StoredPayout
from tests.support.payout_files.files import shopify
from tests.support.payout_files.paypal_languages import FILES as PAYPAL
from tests.support.payout_files.shopify_rest import CHARGE, PAYOUT_ROW, REFUND, STATED, rest
from tests.support.pipeline.bench import Bench
from tests.support.pipeline.payout_files import HEAD, row
from tests.support.pipeline.payout_lists import SHOPIFYS
from tests.support.pipeline.person import Person
from tests.support.pipeline.refused_files import OTHER, SALE
from tests.support.pipeline.remedies_files import FETCHED_ANEW, RIGHT, zipped
from tests.support.reading_pages import words_of

pytestmark = pytest.mark.usefixtures("files")


def payouts(bench: Bench) -> list[tuple[str, int, str]]:
    """What is stored of payouts: id, sum and content."""
    with bench.program.store.read() as session:
        rows = session.scalars(select(StoredPayout).order_by(StoredPayout.id))
        return [(one.number, one.paid_out, one.content_hash) for one in rows]


@contextmanager
def corrected(bench: Bench, words: str, code: str) -> Iterator[None]:
    """The page tells what is wrong and what to do; in the block a person does that; then a payout is taken in."""
    entry = lookup(code)
    said = re.escape(f"{entry.text_sv} {entry.remedy_sv}")
    told = re.search(re.sub(r"\\\{\w+\\\}", ".+?", said), words)
    assert told, f"{code} is not told: {words}"
    assert "…" not in told[0], told[0]
    before = payouts(bench)
    yield
    bench.rest()
    assert payouts(bench) != before, f"after the remedy of {code}"


@pytest.mark.parametrize("code", FETCHED_ANEW)
def test_file_that_the_remedy_asks_for_is_taken_in(bench: Bench, person: Person, code: str) -> None:
    refused, right = FETCHED_ANEW[code]
    page = person.hands_in(refused)
    assert f"{page}/import" not in person.get(page)
    with corrected(bench, person.reads(page), code):
        person.brings(right)


def test_files_of_a_zip_are_opened_one_by_one_and_taken_back_one_by_one(bench: Bench, person: Person) -> None:
    other = shopify(OTHER.replace("7001", "7002"))
    page = person.hands_in(zipped(RIGHT, other, gzip.compress(RIGHT)), "november.zip")
    with corrected(bench, person.reads(page), "FILE_ZIP_OF_SEVERAL"):
        first = person.opens(page, 0)
        person.imports(first)
    assert len(payouts(bench)) == 1, "the other one waits"
    assert "november.zip · 0.csv" in person.reads(first)
    shown = person.get(page)
    assert f'href="{first}"' in shown
    assert (f"{page}/members/1" in shown, f"{page}/members/2" in shown) == (True, False), "an archive is not opened"
    second = person.opens(page, 1)
    person.imports(second)
    assert [payout[0] for payout in payouts(bench)] == ["7001", "7002"]
    person.done(f"{first}/back")
    assert [one[0] for one in payouts(bench)] == ["7002"]
    for place in (2, 3):
        assert person.post(f"{page}/members/{place}").status_code == 404


def test_member_whose_reader_is_stopped_is_told(bench: Bench, person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    page = person.hands_in(zipped(os.urandom(4_000_000), RIGHT))
    person.get(page)
    monkeypatch.setattr(file_reader, "MEMORY", 1_000_000)
    answer = person.post(f"{page}/members/0")
    assert answer.headers["location"] == "/payouts?refused=FILE_READER_STOPPED"
    assert lookup("FILE_READER_STOPPED").remedy_sv in person.reads(answer.headers["location"])
    assert payouts(bench) == []


def test_report_in_english_knows_every_word(bench: Bench, person: Person) -> None:
    german = PAYPAL["German"].replace("Abgelehnt", "Zzz").replace('"Memo"', '"Haben"')
    with corrected(bench, person.reads(person.hands_in(german)), "FILE_WORD_NOT_KNOWN"):
        person.brings(PAYPAL["Swedish"])


def test_file_that_is_empty_is_fetched_anew(bench: Bench, person: Person) -> None:
    with corrected(bench, person.reads(person.hands_in(b"")), "FILE_EMPTY"):
        person.brings(RIGHT)


def test_periods_of_a_file_that_is_too_large_are_handed_in_one_by_one(
    bench: Bench, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(payout_files, "MOST_BYTES", 450)
    with corrected(bench, person.reads(person.hands_in(shopify(SALE, OTHER))), "FILE_TOO_LARGE"):
        person.brings(RIGHT, shopify(OTHER.replace("7001", "7002")))
    assert [number for number, _, _ in payouts(bench)] == ["7001", "7002"]


def test_periods_of_a_file_of_too_many_rows_are_handed_in_one_by_one(bench: Bench, person: Person) -> None:
    other = OTHER.replace("7001", "7002")
    both = shopify(SALE, other) + b"x\n" * table.MAX_ROWS
    with corrected(bench, person.reads(person.hands_in(both)), "FILE_TOO_MANY_ROWS"):
        person.brings(RIGHT, shopify(other))
    assert [number for number, _, _ in payouts(bench)] == ["7001", "7002"]


def test_file_for_which_there_was_no_room_is_handed_in_again_once_there_is(
    bench: Bench, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as full:
        full.setattr(file_space, "MOST_OF_A_COMPANY", len(RIGHT) - 1)
        words = person.reads(person.hands_in(RIGHT))
    with corrected(bench, words, "FILE_SPACE_OF_COMPANY"):
        person.brings(RIGHT)
    with monkeypatch.context() as full:
        full.setattr(file_space, "MOST_IN_ALL", len(RIGHT))
        person.hands_in(RIGHT)  # what is kept takes no more room
        words = person.reads(person.hands_in(shopify(OTHER.replace("7001", "7002"))))
    with corrected(bench, words, "FILE_SPACE_FULL"):
        person.brings(shopify(OTHER.replace("7001", "7002")))


def test_periods_of_a_file_that_takes_too_much_are_handed_in_one_by_one(
    bench: Bench, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as small:
        small.setattr(file_reader, "MEMORY", 70_000_000)
        page = person.reads(person.hands_in(shopify(*[SALE] * 20_000)))
    with corrected(bench, page, "FILE_READER_STOPPED"):
        person.brings(RIGHT)


def test_file_that_was_not_read_for_want_of_time_is_opened_again(
    bench: Bench, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as busy:
        busy.setattr(file_reader, "SECONDS", 0.0001)
        page = person.hands_in(RIGHT)
        words = person.reads(page)
    with corrected(bench, words, "FILE_READER_BUSY"):
        person.imports(page)


def test_file_of_a_company_without_fortnox_is_taken_in_once_it_is_connected(bench: Bench, person: Person) -> None:
    with bench.program.store.write() as session:
        session.execute(update(Connection).values(state="needs_consent"))
    page = person.hands_in(HEAD + row("#1", "499,00"))
    refused = person.post(f"{page}/import")
    with corrected(bench, words_of(refused.text), "FILE_OF_NO_CONNECTION"):
        person.connect_fortnox()
        person.imports(page)


# --- questions that the file's page asks


def test_days_that_can_be_read_in_two_ways_are_answered_on_the_page(bench: Bench, person: Person) -> None:
    page = person.hands_in(shopify(SALE.replace("2026-03-02", "03/02/2026")))
    with corrected(bench, person.reads(page), "FILE_DATE_TWO_WAYS"):
        person.done(f"{page}/days", said="month first")
        assert "Datumen kan läsas på två sätt" not in person.reads(page)
        person.imports(page)


@pytest.mark.parametrize("said", ["one", "each"])
def test_equal_rows_are_answered_on_the_page(bench: Bench, person: Person, said: str) -> None:
    page = person.hands_in(shopify(SALE, OTHER, OTHER))
    with corrected(bench, person.reads(page), "FILE_ROW_TWICE"):
        person.done(f"{page}/rows", said=said)
        person.imports(page)
    assert [paid_out for _, paid_out, _ in payouts(bench)] == [158625 if said == "one" else 168525]


def test_row_with_a_number_of_its_own_that_stands_twice_is_fetched_anew(bench: Bench, person: Person) -> None:
    page = person.hands_in(rest(CHARGE, REFUND, REFUND, PAYOUT_ROW))
    assert f"{page}/rows" not in person.get(page), "nothing to say: the provider's number tells"
    with corrected(bench, person.reads(page), "FILE_ROW_TWICE"):
        person.brings(rest(CHARGE, REFUND, PAYOUT_ROW))


# --- what the columns are


@pytest.mark.parametrize("way", ["said", "longer period"])
def test_amount_that_can_be_read_in_two_ways(bench: Bench, person: Person, way: str) -> None:
    unclear = HEAD + row("#1", "1.234", fee="0")
    page = person.hands_in(unclear)
    with corrected(bench, person.reads(page), "FILE_AMOUNT_TWO_WAYS"):
        if way == "said":
            person.maps(page, {"Datum": "day"}, decimals=",")
            person.imports(page)
        else:
            person.brings(unclear + row("#2", "499,00", fee="0", payout="K-2"))
    assert payouts(bench)[0][1] == 123400


@pytest.mark.parametrize("role", ["fee", "ignored"])
def test_column_that_the_map_says_nothing_of_is_named(bench: Bench, person: Person, role: str) -> None:
    page = person.hands_in((HEAD + row("#1", "499,00")).replace("\n", ";9,00\n").replace("ning;9,00", "ning;Extra"))
    with corrected(bench, person.reads(page), "FILE_COLUMN_NOT_COVERED"):
        person.maps(page, {"Datum": "day", "Extra": role})
        person.imports(page)
    assert [paid_out for _, paid_out, _ in payouts(bench)] == [49000 if role == "fee" else 49900]


@pytest.mark.parametrize(("said", "sum_"), [("taken", 59900), ("left_out", 49900)])
def test_status_that_nothing_is_said_of_is_answered(bench: Bench, person: Person, said: str, sum_: int) -> None:
    head = HEAD.replace("\n", ";Status\n")
    first = person.hands_in(head + row("#1", "1,00", payout="K-0").replace("\n", ";Klar\n"))
    person.maps(first, {"Datum": "day", "Status": "status"}, {"Klar": "taken"})
    rows = row("#1", "499,00").replace("\n", ";Klar\n") + row("#2", "100,00").replace("\n", ";Pending\n")
    page = person.hands_in(head + rows)
    with corrected(bench, person.reads(page), "FILE_STATUS_NOT_SAID"):
        person.maps(page, {}, {"Pending": said})
        person.imports(page)
    assert [paid_out for _, paid_out, _ in payouts(bench)] == [sum_]


def test_withdrawals_that_stand_with_their_sign_are_said_to(bench: Bench, person: Person) -> None:
    head = HEAD.replace("\n", ";Uttag\n")
    turned = person.hands_in(head + row("#1", "499,00").replace("\n", ";9,00\n"))
    person.maps(turned, {"Datum": "day", "Uttag": "amount_turned"})
    page = person.hands_in(head + row("#1", "499,00").replace("\n", ";-9,00\n"))
    with corrected(bench, person.reads(page), "FILE_WITHDRAWAL_WITH_MINUS"):
        person.maps(page, {"Uttag": "amount"})
        person.imports(page)
    assert [paid_out for _, paid_out, _ in payouts(bench)] == [49000]


def test_file_of_an_unknown_kind_is_handed_in_on_the_page_and_the_next_one_is_known(
    bench: Bench, person: Person, files: PayoutFiles
) -> None:
    content = "Tid;Händelse;Ref;Kronor;Batch\n2026-11-20;sålt;#1;499,00;B-{0}\n"
    dropped = files.keep(bench.tenant_id, "ny.csv", content.format(1).encode(), by="mappen")  # the watched folder
    (problem,) = refusals(files.take_in(bench.tenant_id, dropped))
    with corrected(bench, in_words(problem, "sv"), "FILE_UNKNOWN_KIND"):
        page = person.hands_in(content.format(1))
        columns = {"Tid": "day", "Händelse": "kind", "Ref": "key_order_name", "Kronor": "amount", "Batch": "payout_id"}
        person.maps(page, columns, {"sålt": "charge"}, name="Ny sort", provider="nypay", default_currency="SEK")
        person.imports(page)
    person.brings(content.format(2))
    assert [number for number, _, _ in payouts(bench)] == ["B-1", "B-2"]


# --- what else is handed in


@pytest.mark.parametrize("listed", ["json", "csv"])
def test_instead_of_a_list_of_payouts_their_transactions_are_handed_in(
    bench: Bench, person: Person, listed: str
) -> None:
    content: bytes | str = json.dumps({"payouts": [STATED]}) if listed == "json" else SHOPIFYS
    with corrected(bench, person.reads(person.hands_in(content)), "FILE_PAYOUTS_WITHOUT_LINES"):
        person.brings(rest(CHARGE, REFUND, PAYOUT_ROW))


def test_file_that_is_right_is_taken_in_once_the_earlier_import_is_taken_back(bench: Bench, person: Person) -> None:
    earlier = person.hands_in(rest(CHARGE, REFUND, PAYOUT_ROW))
    person.imports(earlier)
    page = person.hands_in(RIGHT)
    with corrected(bench, person.reads(page), "FILE_PAYOUT_DIFFERS"):
        person.done(f"{earlier}/back")
        person.imports(page)
    assert [paid_out for _, paid_out, _ in payouts(bench)] == [148725]
