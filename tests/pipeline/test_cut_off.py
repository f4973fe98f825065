"""What is invoiced and not delivered when a month ends is moved over it, once; VAT stays where it is (acc-36)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from sandbox.shopify.model import StoredOrder
from tests.support.pipeline.bench import VASE, Bench

NOVEMBER = {"processed_at": "2026-11-27T12:00:00+01:00"}
LATER = {"at": "2026-11-28T12:00:00+01:00"}
"""Before the month ended, whatever day the test runs on."""
TWO = {"lines": [VASE | {"quantity": 2}]}


@pytest.fixture
def bench(bench: Bench) -> Bench:
    bench.rules(cut_off=True)
    return bench


def placed(bench: Bench, **spec: Any) -> StoredOrder:
    order = bench.place(**(NOVEMBER | TWO | spec))
    bench.rest()
    assert bench.findings() == []
    return order


def month_ends(bench: Bench, moment: datetime = datetime(2026, 12, 1, 6, tzinfo=UTC)) -> int:
    closed = replace(bench.program.scheduler, now=lambda: moment).close_months()
    bench.rest()
    return closed


def on(bench: Bench, day: str) -> dict[int, Decimal]:
    """Account → what vouchers of our own moved on a day, in kronor."""
    moved: dict[int, Decimal] = {}
    for voucher in bench.vouchers():
        if voucher.date == day and "eriodisering" in voucher.description:
            for posting in voucher.postings:
                moved[posting.account] = moved.get(posting.account, Decimal(0)) + Decimal(posting.ore) / 100
    return moved


def test_undelivered_sale_is_moved_into_the_next_month_without_its_vat(bench: Bench) -> None:
    placed(bench)
    assert month_ends(bench) == 1
    assert on(bench, "2026-11-30") == {3099: Decimal("798.40"), 2420: Decimal("-798.40")}
    assert on(bench, "2026-12-01") == {3099: Decimal("-798.40"), 2420: Decimal("798.40")}
    assert bench.balance(2611) == Decimal("-199.60")
    assert bench.findings() == []


def test_month_is_closed_once(bench: Bench) -> None:
    order = placed(bench)
    month_ends(bench)
    bench.act(order, "fulfil", **LATER)
    bench.rest()
    assert month_ends(bench, datetime(2026, 12, 9, 6, tzinfo=UTC)) == 0
    assert on(bench, "2026-11-30") == {3099: Decimal("798.40"), 2420: Decimal("-798.40")}


def test_delivered_sale_stays(bench: Bench) -> None:
    bench.act(placed(bench), "fulfil", **LATER)
    bench.rest()
    month_ends(bench)
    assert on(bench, "2026-11-30") == {}


def test_only_what_is_still_to_be_sent_is_moved(bench: Bench) -> None:
    bench.act(placed(bench), "fulfil", lines=[{"line": 0, "quantity": 1}], **LATER)
    bench.rest()
    month_ends(bench)
    assert on(bench, "2026-11-30") == {3099: Decimal("399.20"), 2420: Decimal("-399.20")}


def test_what_was_credited_before_the_end_is_no_revenue_to_move(bench: Bench) -> None:
    bench.act(placed(bench), "refund", lines=[{"line": 0, "quantity": 1}], **LATER)
    bench.rest()
    month_ends(bench)
    assert on(bench, "2026-11-30") == {3099: Decimal("399.20"), 2420: Decimal("-399.20")}


def test_invoice_per_delivery_has_nothing_undelivered(bench: Bench) -> None:
    bench.rules(cut_off=True, trigger="fulfilled")
    order = placed(bench)
    bench.act(order, "fulfil", lines=[{"line": 0, "quantity": 1}], **LATER)
    bench.rest()
    month_ends(bench)
    assert on(bench, "2026-11-30") == {}


def test_lost_answer_doubles_no_voucher(bench: Bench) -> None:
    placed(bench)
    bench.emulators.kit.faults.order("close_after", "POST", "/3/vouchers")
    month_ends(bench)
    assert on(bench, "2026-11-30") == {3099: Decimal("798.40"), 2420: Decimal("-798.40")}
    assert len(bench.calls("POST", "/3/vouchers")) == 2


def test_several_orders_share_two_vouchers_that_name_them(bench: Bench) -> None:
    names = [placed(bench).name for _order in range(3)]
    month_ends(bench)
    assert on(bench, "2026-11-30") == {3099: Decimal("2395.20"), 2420: Decimal("-2395.20")}
    sent = [call.body["Voucher"]["VoucherRows"] for call in bench.calls("POST", "/3/vouchers")]
    assert [{row.get("TransactionInformation") for row in rows} - {None} for rows in sent] == [set(names)] * 2


def test_nothing_is_moved_before_six_in_the_morning_or_without_the_rule(bench: Bench) -> None:
    placed(bench)
    assert month_ends(bench, datetime(2026, 12, 1, 4, tzinfo=UTC)) == 0
    bench.rules(cut_off=False)
    assert month_ends(bench) == 0
    assert on(bench, "2026-11-30") == {}


def test_foreign_sale_is_moved_at_the_rate_of_its_invoice(bench: Bench) -> None:
    bench.rules(cut_off=True, eu_consumers="oss", oss_from="2026-01-01")
    placed(bench, presentment={"currency": "EUR", "rate": "0.09"})
    month_ends(bench)
    (invoice,) = bench.invoices()
    net = Decimal(str(invoice["Net"])) * Decimal(str(invoice["CurrencyRate"]))
    assert abs(on(bench, "2026-11-30")[3099] - net) < 1
