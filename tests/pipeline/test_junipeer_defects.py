"""What the market leader gets wrong about refunds and edits (junipeer.md 1.3, L1, L2, L11), each by name."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.pipeline.bench import VASE, Bench

PLATE: dict[str, Any] = VASE | {"title": "Tallrik", "sku": "GF-TAL", "price": "200.00"}
FREIGHT: dict[str, Any] = {"title": "PostNord Ombud", "price": "49.00"}


def _credits(bench: Bench) -> list[dict[str, Any]]:
    return [one for one in bench.invoices() if one["Credit"] == "true"]


def _nothing_left(bench: Bench, *, held: str = "0") -> None:
    """Every claim is settled, the provider holds just this, and nobody is asked anything."""
    assert {one["Balance"] for one in bench.invoices()} == {0}
    assert (bench.balance(1510), bench.balance(1581), bench.findings()) == (0, Decimal(held), [])


@pytest.mark.parametrize("count", [2, 3, 10])
def test_l1_second_third_and_tenth_refund_of_one_order_each_have_a_credit_note_and_its_money(
    bench: Bench, count: int
) -> None:
    order = bench.place(lines=[PLATE | {"quantity": 10}])
    bench.rest()
    for _time in range(count):
        bench.act(order, "refund", lines=[{"line": 0, "quantity": 1}])
        bench.rest()
    assert [one["Total"] for one in _credits(bench)] == [-200] * count
    assert len(bench.payments()) == 1 + count
    _nothing_left(bench, held=str(2000 - 200 * count))


def test_l2_booked_invoice_is_left_as_it_is_and_an_edit_makes_a_document_of_its_own(bench: Bench) -> None:
    order = bench.place()
    bench.rest()
    before = bench.invoices()[0]["InvoiceRows"]
    bench.act(order, "edit", add=[PLATE])
    bench.act(order, "pay", gateway="shopify_payments")
    bench.rest()
    assert bench.invoices()[0]["InvoiceRows"] == before
    assert [one["Total"] for one in bench.invoices()] == [499, 200]
    _nothing_left(bench, held="699")


def test_l11_shipping_that_is_refunded_after_the_invoice_is_credited(bench: Bench) -> None:
    order = bench.place(shipping=[FREIGHT])
    bench.rest()
    bench.act(order, "refund", shipping="all")
    bench.rest()
    assert [[row["AccountNumber"] for row in one["InvoiceRows"]] for one in _credits(bench)] == [[3520]]
    _nothing_left(bench, held="499")


def test_credit_of_a_discounted_line_is_what_the_buyer_paid_for_it(bench: Bench) -> None:
    discounted = [VASE | {"discount": "49.00"}, PLATE]
    order = bench.place(lines=discounted)
    bench.rest()
    bench.act(order, "refund", lines=[{"line": 0}])
    bench.rest()
    assert [one["Total"] for one in _credits(bench)] == [-450]
    _nothing_left(bench, held="200")


def test_refund_that_is_heard_of_many_times_and_late_is_credited_and_paid_once(bench: Bench) -> None:
    order = bench.place(lines=[VASE, PLATE])
    bench.rest()
    bench.act(order, "refund", lines=[{"line": 1}])
    for _time in range(3):
        bench.hear(order)
        bench.rest()
    assert [one["Total"] for one in _credits(bench)] == [-200]
    assert sorted(one["Amount"] for one in bench.payments()) == [-200, 699]
    _nothing_left(bench, held="499")
