"""Gift cards: a debt without VAT by default; where the bookkeeper has classed them, VAT at the sale and once only."""

from __future__ import annotations

from typing import Any

from sandbox.shopify.model import StoredOrder
from tests.support.pipeline.bench import VASE, Bench

CARD: dict[str, Any] = {"title": "Presentkort", "price": "530.00", "gift_card": True, "tax": None}
BOOK = VASE | {"title": "Bok", "sku": "BOK-1", "price": "530.00", "tax": "6"}
DEBT, CONTRA, SALES, VAT, CLEARING, CLAIM = 2421, 3099, 3003, 2631, 1581, 1510


def balances(bench: Bench) -> dict[int, int]:
    return {account: int(bench.balance(account)) for account in (DEBT, CONTRA, SALES, VAT, CLEARING, CLAIM)}


def sold(bench: Bench) -> StoredOrder:
    order = bench.place(lines=[CARD])
    bench.rest()
    assert bench.findings() == []
    return order


def test_card_is_a_debt_without_vat_unless_classed(bench: Bench) -> None:
    sold(bench)
    assert balances(bench) == {DEBT: -530, CONTRA: 0, SALES: 0, VAT: 0, CLEARING: 530, CLAIM: 0}


def test_classed_card_brings_its_vat_at_once_and_its_revenue_waits(bench: Bench) -> None:
    bench.rules(gift_card_rate="6")
    sold(bench)
    assert balances(bench) == {DEBT: -500, CONTRA: 500, SALES: -500, VAT: -30, CLEARING: 530, CLAIM: 0}


def test_used_card_earns_the_revenue_and_brings_no_vat_again(bench: Bench) -> None:
    bench.rules(gift_card_rate="6")
    sold(bench)
    bench.place(lines=[BOOK], payments=[{"gateway": "gift_card"}])
    bench.rest()
    assert bench.findings() == []
    assert balances(bench) == {DEBT: 0, CONTRA: 0, SALES: -500, VAT: -30, CLEARING: 530, CLAIM: 0}


def test_card_and_money_share_an_order_and_only_the_card_brought_its_vat_forward(bench: Bench) -> None:
    bench.rules(gift_card_rate="6")
    sold(bench)
    bench.place(
        lines=[BOOK | {"price": "1060.00"}],
        payments=[{"gateway": "gift_card", "amount": "530.00"}, {"gateway": "shopify_payments", "amount": "530.00"}],
    )
    bench.rest()
    assert bench.findings() == []
    assert balances(bench) == {DEBT: 0, CONTRA: 0, SALES: -1000, VAT: -60, CLEARING: 1060, CLAIM: 0}


def test_card_that_is_given_back_leaves_nothing(bench: Bench) -> None:
    bench.rules(gift_card_rate="6")
    order = sold(bench)
    bench.act(order, "refund", lines=[{"line": 0}])
    bench.rest()
    assert bench.findings() == []
    assert balances(bench) == dict.fromkeys(balances(bench), 0)


def test_goods_that_come_back_onto_the_card_restore_the_debt(bench: Bench) -> None:
    bench.rules(gift_card_rate="6")
    sold(bench)
    order = bench.place(lines=[BOOK], payments=[{"gateway": "gift_card"}])
    bench.rest()
    bench.act(order, "refund", lines=[{"line": 0}])
    bench.rest()
    assert bench.findings() == []
    assert balances(bench) == {DEBT: -500, CONTRA: 500, SALES: -500, VAT: -30, CLEARING: 530, CLAIM: 0}


def test_classed_card_in_another_currency_is_for_a_person(bench: Bench) -> None:
    bench.rules(gift_card_rate="6")
    bench.place(lines=[CARD], presentment={"currency": "EUR", "rate": "0.0891"})
    bench.rest()
    assert "VAT_TREATMENT_NOT_SUPPORTED" in bench.findings()
    assert bench.invoices() == []
