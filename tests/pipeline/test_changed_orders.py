"""Orders that change while their documents are made, or after: what was begun is finished so, and it is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.store.tables import Tenant
from sandbox.shopify.model import StoredOrder
from tests.pipeline.bench import CARD, VASE, Bench

CHANGED = "SHOPIFY_ORDER_CHANGED_AFTER_BOOKING"
SECOND_VASE: dict[str, Any] = VASE | {"title": "Vas Ek", "sku": "GF-VAS-02", "price": "150.00"}


def _add_a_line(bench: Bench, order: StoredOrder) -> None:
    bench.act(order, "edit", add=[SECOND_VASE])


def _stands_as_it_was(bench: Bench) -> None:
    """One invoice of 499.00, paid once in full, nothing called rounding."""
    assert [(one["Total"], one["Balance"], one["Booked"]) for one in bench.invoices()] == [(499, 0, True)]
    assert [(one["Amount"], one["Booked"]) for one in bench.payments()] == [(499, True)]
    assert (bench.balance(1510), bench.balance(1581), bench.balance(3740)) == (0, 499, 0)


def test_payment_of_a_line_that_was_added_after_booking_is_not_booked_against_rounding(bench: Bench) -> None:
    order = bench.place()
    bench.rest()
    _add_a_line(bench, order)
    bench.rest()
    bench.act(order, "pay", gateway="shopify_payments")
    bench.rest()
    _stands_as_it_was(bench)
    assert bench.findings() == [CHANGED]


def test_payment_whose_answer_was_lost_is_recognised_though_the_order_was_paid_again_on_another_day(
    bench: Bench,
) -> None:
    long_ago = (datetime.now(UTC) - timedelta(days=3)).isoformat()
    order = bench.place(processed_at=long_ago, payments=[CARD])
    bench.emulators.kit.faults.order("close_after", "POST", "/3/invoicepayments")
    bench.drain()
    _add_a_line(bench, order)
    bench.act(order, "pay", gateway="shopify_payments", at=datetime.now(UTC).isoformat())
    bench.rest()
    _stands_as_it_was(bench)
    assert bench.findings() == [CHANGED]


@pytest.mark.parametrize("fault", ["close_before", "close_after", "status"])
@pytest.mark.parametrize("path", ["/3/invoices", "/3/invoices/*/bookkeep", "/3/invoicepayments"])
def test_chain_that_was_interrupted_is_finished_though_the_order_now_waits_for_money(
    bench: Bench, fault: Any, path: str
) -> None:
    order = bench.place()
    bench.emulators.kit.faults.order(fault, "*", path)
    bench.drain()
    _add_a_line(bench, order)
    bench.rest()
    if bench.invoices():
        _stands_as_it_was(bench)
        assert bench.findings() == [CHANGED]
    else:
        assert (bench.state(order), bench.findings()) == ("waiting", [])


def test_cancelling_an_order_whose_invoice_stands_open_is_told(bench: Bench) -> None:
    bench.rules(trigger="created")
    order = bench.place(payments=[])
    bench.drain()
    bench.act(order, "cancel")
    bench.rest()
    assert (bench.state(order), bench.findings()) == ("stopped", [CHANGED])


def test_order_of_a_restored_database_is_found_in_fortnox_and_not_booked_again(bench: Bench) -> None:
    order = bench.place()
    bench.rest()
    with bench.program.store.write() as session:
        for table in ("operation_event", "operation", "snapshot"):
            session.execute(text(f"delete from {table}"))  # noqa: S608  names from this line
        session.get_one(Tenant, bench.tenant_id).journal_trusted_since = datetime.now(UTC)
    bench.hear(order)
    bench.rest()
    bench.proves(order)


def test_second_shop_with_the_same_order_name_does_not_take_over_the_first_ones_invoice(bench: Bench) -> None:
    bench.place(name="#1001")
    bench.rest()
    bench.shop_id = bench.connect_shop("andra-butiken.myshopify.com", "shpss_andra")
    bench.domain = "andra-butiken.myshopify.com"
    bench.emulators.kit.faults.order("close_before", "POST", "/3/invoices")
    bench.place(name="#1001")
    bench.rest()
    assert [one["ExternalInvoiceReference1"] for one in bench.invoices()] == ["#1001", "#1001"]
    assert [one["Balance"] for one in bench.invoices()] == [0, 0]
    assert bench.balance(1581) == 998
