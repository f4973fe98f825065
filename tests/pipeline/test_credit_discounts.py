"""A credit note has the discount of its invoice, whoever made it: at the full price the buyer would get too much."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.shopify.model import StoredOrder
from tests.support.pipeline.bench import VASE, Bench
from tests.support.pipeline.person import Person, remedied

CODE = "CREDIT_INVOICE_MISSING_DISCOUNT_ROW"
ROW: dict[str, Any] = {"DeliveredQuantity": -1, "AccountNumber": 3001, "VAT": 25}


@pytest.fixture
def order(bench: Bench) -> StoredOrder:
    """Two vases of 499, less 100 each."""
    order = bench.place(lines=[VASE | {"quantity": 2, "discount": "200.00"}])
    bench.rest()
    assert (bench.state(order), bench.invoices()[0]["Total"]) == ("booked", 798)
    return order


def test_our_own_credit_note_is_net_of_the_discount(bench: Bench, order: StoredOrder) -> None:
    bench.act(order, "refund", lines=[{"line": 0, "quantity": 1}])
    bench.rest()
    assert ([invoice["Total"] for invoice in bench.invoices()], bench.findings()) == ([798, -399], [])


def test_credit_note_of_ours_whose_price_somebody_raised(bench: Bench, person: Person, order: StoredOrder) -> None:
    bench.act(order, "refund", lines=[{"line": 0, "quantity": 1}])
    bench.emulators.kit.faults.order("close_before", "PUT", "/3/invoices/2/bookkeep")
    bench.run_jobs()
    bench.api("PUT", "invoices/2", {"Invoice": {"InvoiceRows": [ROW | {"Price": 499}]}})
    bench.hand_touched(order)
    bench.rest()
    assert [invoice["Booked"] for invoice in bench.invoices()] == [True, False], "it is not booked"
    data = bench.finding(CODE).data
    assert (data["computed_amount"], data["shop_amount"]) == ("499 SEK", "399.00 SEK")
    with remedied(bench, "CREDIT_INVOICE_MISSING_DISCOUNT_ROW"):
        bench.api("PUT", "invoices/2", {"Invoice": {"InvoiceRows": [ROW | {"Price": 399}]}})
        person.retry(order)
    assert (bench.state(order), bench.balance(1510), bench.balance(1581)) == ("booked", 0, 399)
    bench.act(order, "refund", lines=[{"line": 0, "quantity": 1}])
    bench.rest()
    assert (bench.balance(1510), bench.balance(1581), bench.balance(3001)) == (0, 0, 0)


@pytest.mark.parametrize("units", [1, 2])
def test_credit_note_by_hand_at_the_full_price(bench: Bench, person: Person, order: StoredOrder, units: int) -> None:
    bench.api("PUT", "invoices/1/credit")
    bench.api("PUT", "invoices/2", {"Invoice": {"InvoiceRows": [ROW | {"Price": 499, "DeliveredQuantity": -units}]}})
    bench.api("PUT", "invoices/2/bookkeep")
    bench.hand_touched(order)
    bench.rest()
    assert bench.findings() == [CODE, "DIFFERS_IN_BOOKS"]
    with remedied(bench, "CREDIT_INVOICE_MISSING_DISCOUNT_ROW", "HANDLED_BY_HAND"):
        person.answer(order, CODE, "by_hand", number="A 31")


def test_credit_note_by_hand_with_the_discount_is_only_told_as_such(bench: Bench, order: StoredOrder) -> None:
    bench.api("PUT", "invoices/1/credit")
    bench.hand_touched(order)
    bench.rest()
    assert bench.findings() == ["DIFFERS_IN_BOOKS"]


def test_fee_on_a_credit_note_is_no_matter_of_discounts(bench: Bench, order: StoredOrder) -> None:
    bench.act(order, "refund", lines=[{"line": 0, "quantity": 1}])
    bench.emulators.kit.faults.order("close_before", "PUT", "/3/invoices/2/bookkeep")
    bench.run_jobs()
    bench.api("PUT", "invoices/2", {"Invoice": {"AdministrationFee": 29}})
    bench.hand_touched(order)
    bench.rest()
    assert CODE not in bench.findings()
    assert "FORTNOX_TOTAL_DIFFERS" in bench.findings()
