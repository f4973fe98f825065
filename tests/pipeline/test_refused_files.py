"""A settlement file that cannot be taken in is refused with a code and its place; corrected, it is taken in and booked.

Through the service that the pages, the folder and the command ask, with the files' own formats.
"""

from __future__ import annotations

import gzip
from dataclasses import replace

import pytest
from sqlalchemy import select, update

from app.payouts.files import AmountColumn, DayOrder
from app.payouts.imports.payout_files import FileRefusedError, PayoutFiles
from app.payouts.imports.refused_files import refusals
from app.payouts.repository import read_payout
from app.schema import StoredPayout, Tenant
from tests.support.payout_files.files import shopify
from tests.support.pipeline.bench import Bench
from tests.support.pipeline.payout_files import HEAD, KLARNA, MAP, row
from tests.support.pipeline.refused_files import ODS, OTHER, SALE, WHOLE_NUMBERS


@pytest.fixture
def files(bench: Bench) -> PayoutFiles:
    files = bench.program.payout_files
    files.save_map(bench.tenant_id, MAP, by="maja@example.se")
    return files


def told(files: PayoutFiles, tenant_id: int, content: bytes) -> list[str]:
    """The codes with which a file is refused; none when it is taken in."""
    file_id = files.keep(tenant_id, "fil.csv", content, by="maja@example.se")
    return [refusal.fault.code for refusal in refusals(files.take_in(tenant_id, file_id))]


@pytest.mark.parametrize(
    ("code", "content"),
    [
        ("FILE_AMOUNT_NOT_EXACT", shopify(SALE.replace("1499.50", "1499.505"))),
        ("FILE_CELL_NO_CURRENCY", shopify(SALE.replace(",SEK,", ",KRONOR,"))),
        ("FILE_CELL_NO_TIME_ZONE", shopify(SALE.replace("+0100", "Mars/Olympus"))),
        ("FILE_CENTS_UNCLEAR", WHOLE_NUMBERS.encode()),
        ("FILE_COLUMN_TWICE", shopify(f"{SALE},1499.50").replace(b"Currency,VAT", b"Currency,VAT,Amount")),
        ("FILE_DATE_TWO_WAYS", shopify(SALE.replace("2026-03-02", "03/02/2026"))),
        ("FILE_DAYS_MIXED", shopify(SALE.replace("2026-03-02", "13/02/2026"), OTHER.replace("2026-03-02", "02/13/2026"))),  # noqa: E501
        ("FILE_HAS_NO_PAYOUT", shopify()),
        ("FILE_ID_ROUNDED", shopify(SALE.replace(",7001,", ",7.001E+11,"))),
        ("FILE_NO_XLSX", b"PK\x03\x04 and no more"),
        ("FILE_OLD_EXCEL", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100)),
        ("FILE_OTHER_SPREADSHEET", ODS),
        ("FILE_PAYOUT_SEVERAL_DAYS", shopify(SALE, OTHER.replace("2026-03-05,7001", "2026-03-06,7001"))),
        ("FILE_ROW_CUT_OFF", shopify(SALE.rpartition(",")[0])),
        ("FILE_ROW_TOO_LONG", shopify(f"{SALE},mer")),
        ("FILE_TOTAL_DIFFERS", shopify(SALE, f"Total{',' * 9}1500.50,12.25,1488.25,,,,,SEK,")),
        ("FILE_ZIP_RATIO", gzip.compress(bytes(5_000_000), mtime=0)),
    ],
)  # fmt: skip
def test_file_is_refused_with_its_code_and_nothing_of_it_is_kept(
    bench: Bench, files: PayoutFiles, code: str, content: bytes
) -> None:
    assert code in told(files, bench.tenant_id, content)
    assert [job.subject for job in bench.jobs()] == []
    assert told(files, bench.tenant_id, shopify(SALE)) == [], "the corrected file"
    assert [one.subject for one in bench.jobs()] != []


def test_empty_file_is_not_kept(bench: Bench, files: PayoutFiles) -> None:
    with pytest.raises(FileRefusedError) as refused:
        files.keep(bench.tenant_id, "tom.csv", b"", by="maja@example.se")
    assert refused.value.problem.fault.code == "FILE_EMPTY"


def test_file_that_is_gone(bench: Bench, files: PayoutFiles) -> None:
    assert [refusal.fault.code for refusal in refusals(files.take_in(bench.tenant_id, 4711))] == ["FILE_GONE"]


def test_payout_that_the_provider_tells_otherwise(bench: Bench, files: PayoutFiles) -> None:
    order = bench.place(**KLARNA)
    bench.rest()
    file = (HEAD + row(order.name, "499,00")).encode()
    assert told(files, bench.tenant_id, file) == []
    with bench.program.store.write() as session:  # as if it had come over a connection: no file tells it
        session.execute(update(StoredPayout).values(file_id=None))
    assert told(files, bench.tenant_id, (HEAD + row(order.name, "400,00")).encode()) == ["FILE_PAYOUT_DIFFERS"]


def test_file_of_a_company_that_is_connected_to_nothing(bench: Bench, files: PayoutFiles) -> None:
    with bench.program.store.write() as session:
        tenant = Tenant(name="Ny AB", state="live")
        session.add(tenant)
        session.flush()
        new = tenant.id
    assert told(files, new, shopify(SALE)) == ["FILE_OF_NO_CONNECTION"]


def test_what_a_map_does_not_cover_stops_the_file_until_the_map_says_it(bench: Bench, files: PayoutFiles) -> None:
    sale = row("#1", "499,00")
    extra = (HEAD.replace("\n", ";Uttag\n") + sale.replace("\n", ";\n") + sale.replace("\n", ";9,00\n")).encode()
    assert told(files, bench.tenant_id, extra) == ["FILE_COLUMN_NOT_COVERED"]
    covered = replace(MAP, more_amounts=(AmountColumn(column="Uttag", is_turned=True),))
    files.save_map(bench.tenant_id, covered, by="maja@example.se")
    assert told(files, bench.tenant_id, extra.replace(b";9,00", b";-9,00")) == ["FILE_WITHDRAWAL_WITH_MINUS"]
    files.save_map(
        bench.tenant_id, replace(covered, more_amounts=(AmountColumn(column="Uttag"),)), by="maja@example.se"
    )
    assert told(files, bench.tenant_id, extra.replace(b";9,00", b";-9,00")) == []


def test_status_that_nothing_is_said_of_stops_the_file_until_it_is(bench: Bench, files: PayoutFiles) -> None:
    content = (HEAD.replace("\n", ";Status\n") + row("#1", "499,00").replace("\n", ";Pending\n")).encode()
    with_status = replace(MAP, status="Status")
    files.save_map(bench.tenant_id, with_status, by="maja@example.se")
    assert told(files, bench.tenant_id, content) == ["FILE_STATUS_NOT_SAID"]
    said = replace(with_status, taken_words=frozenset({"Pending"}))
    files.save_map(bench.tenant_id, said, by="maja@example.se")
    assert told(files, bench.tenant_id, content) == []


def test_days_that_can_be_read_in_two_ways_are_asked_about_once(bench: Bench, files: PayoutFiles) -> None:
    content = shopify(SALE.replace("2026-03-02", "03/02/2026"))
    file_id = files.keep(bench.tenant_id, "fil.csv", content, by="maja@example.se")
    shown = files.preview(bench.tenant_id, file_id)
    assert shown is not None
    assert shown.asks_about_days
    assert files.say_day_order(bench.tenant_id, file_id, DayOrder.MONTH_FIRST)
    files.take_in(bench.tenant_id, file_id)
    with bench.program.store.read() as session:
        (stored,) = session.scalars(select(StoredPayout))
    assert [str(line.occurred_on) for line in read_payout(stored.content).lines] == ["2026-03-02"]
