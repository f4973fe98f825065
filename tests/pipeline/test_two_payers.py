"""An order that two providers pay is paid out by both: each payout takes its part, and nothing stands after them."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from app.reconciliation.reconciliation import clearing_accounts
from sandbox.shopify.model import StoredOrder
from tests.support.payout_files.providers import KLARNA_DOCUMENTED
from tests.support.pipeline.bench import CARD, VASE, Bench
from tests.support.pipeline.payouts import hear, line_of, payout

SHOPIFY, KLARNA, BANK, CLAIM, GIFT_CARDS, SALES, FEES, KLARNAS_FEES = 1581, 1586, 1930, 1510, 2421, 3001, 6041, 6064
PLATE: dict[str, Any] = VASE | {"title": "Tallrik", "sku": "GF-TAL", "price": "199.00"}
VASE_300: dict[str, Any] = VASE | {"price": "300.00"}
BY_CARD: dict[str, Any] = CARD | {"amount": "300.00"}
BY_KLARNA: dict[str, Any] = {"gateway": "klarna", "amount": "199.00"}
ROW = "{kind};2026-11-20T10:00:00Z;2026-11-19T10:00:00Z;{capture};{refund};{order};;{amount};SEK;;;{detail}\n"


def settlement_of_klarna(order: StoredOrder, *, returned: bool) -> bytes:
    """Klarna's settlement file in the columns that Klarna documents: 199.00 sold, 10.00 in fees, perhaps returned."""
    common = {"order": order.name, "capture": "c-1", "refund": ""}
    rows = ROW.format(kind="SALE", amount="199.00", detail="PURCHASE", **common)
    rows += ROW.format(kind="FEE", amount="10.00", detail="PURCHASE_FEE", **common)
    back = "199.00" if returned else "0"
    if returned:
        rows += ROW.format(kind="RETURN", amount="199.00", detail="PURCHASE_RETURN", **common | {"refund": "r-1"})
    totals = f"199.00;{back};10.00;0;0;0;{189 - Decimal(back)}"
    head = KLARNA_DOCUMENTED.replace("total_sale_amount;", "total_sale_amount;total_return_amount;")
    return (head.format(totals=totals, kind="NET") + rows).encode()


def klarna_pays_out(bench: Bench, order: StoredOrder, *, returned: bool = False) -> None:
    files, content = bench.program.payout_files, settlement_of_klarna(order, returned=returned)
    found = files.take_in(bench.tenant_id, files.keep(bench.tenant_id, "klarna.csv", content, by="maja@example.se"))
    assert found is not None
    assert found.new == 1
    bench.rest()


def shopify_pays_out(bench: Bench, order: StoredOrder, *, returned: bool = False, fee: str = "5.00") -> None:
    """A payout of Shopify Payments with what its card moved of the order."""
    moved = [transaction for transaction in order.transactions if transaction["gateway"] == "shopify_payments"]
    assert [one["kind"] for one in moved] == ["sale", "refund"][: 1 + returned]
    card = replace(order, transactions=moved)
    lines = [line_of(card, "sale", fee=fee), *([line_of(card, "refund")] if returned else [])]
    hear(bench, payout(*lines))


def standing(bench: Bench, *accounts: int) -> list[Decimal | int]:
    return [bench.balance(account) for account in accounts]


def is_proved(bench: Bench) -> None:
    """Every payout is booked, nothing stands on the providers' accounts, and nothing there is unexplained."""
    payouts = [job for job in bench.jobs() if job.subject.startswith("payout:")]
    assert {one.state for one in payouts} == {"booked"}
    assert standing(bench, SHOPIFY, KLARNA, CLAIM) == [0, 0, 0]
    proofs = clearing_accounts(bench.program.store, bench.tenant_id)
    assert [proof.role for proof in proofs if proof.balance] == []
    assert bench.findings() == []


@pytest.mark.parametrize("klarna_first", [True, False])
def test_both_payouts_empty_both_accounts_whichever_comes_first(bench: Bench, *, klarna_first: bool) -> None:
    order = bench.place(lines=[VASE_300, PLATE], payments=[BY_CARD, BY_KLARNA])
    bench.rest()
    assert standing(bench, SHOPIFY, KLARNA, CLAIM) == [300, 199, 0]
    for pays_out in (klarna_pays_out, shopify_pays_out) if klarna_first else (shopify_pays_out, klarna_pays_out):
        pays_out(bench, order)
    assert standing(bench, BANK, FEES, KLARNAS_FEES) == [484, 5, 10]
    is_proved(bench)


def test_refund_to_the_card_leaves_klarnas_payout_alone(bench: Bench) -> None:
    order = bench.place(lines=[VASE_300, PLATE], payments=[BY_CARD, BY_KLARNA])
    bench.rest()
    bench.act(order, "refund", lines=[{"line": 0}])
    bench.rest()
    assert standing(bench, SHOPIFY, KLARNA, CLAIM) == [0, 199, 0]
    klarna_pays_out(bench, order)
    shopify_pays_out(bench, order, returned=True)
    assert standing(bench, BANK, SALES) == [184, Decimal("-159.2")]
    is_proved(bench)


def test_refund_to_klarna_leaves_the_cards_payout_alone(bench: Bench) -> None:
    order = bench.place(lines=[VASE_300, PLATE], payments=[BY_KLARNA, BY_CARD])
    bench.rest()
    bench.act(order, "refund", lines=[{"line": 1}])
    bench.rest()
    assert standing(bench, SHOPIFY, KLARNA, CLAIM) == [300, 0, 0]
    shopify_pays_out(bench, order)
    klarna_pays_out(bench, order, returned=True)
    assert standing(bench, BANK, SALES) == [285, -240]
    is_proved(bench)


def test_gift_card_is_used_at_once_and_only_the_money_waits_for_its_payout(bench: Bench) -> None:
    order = bench.place(lines=[VASE_300, PLATE], payments=[{"gateway": "gift_card", "amount": "199.00"}, BY_CARD])
    bench.rest()
    assert standing(bench, GIFT_CARDS, SHOPIFY, CLAIM) == [199, 300, 0]
    shopify_pays_out(bench, order)
    assert standing(bench, BANK, GIFT_CARDS) == [295, 199]
    is_proved(bench)


def test_what_comes_back_onto_a_gift_card_is_no_providers(bench: Bench) -> None:
    order = bench.place(lines=[VASE_300, PLATE], payments=[{"gateway": "gift_card", "amount": "199.00"}, BY_CARD])
    bench.rest()
    bench.act(order, "refund", lines=[{"line": 1}])
    bench.rest()
    shopify_pays_out(bench, order)
    assert standing(bench, BANK, GIFT_CARDS, SALES) == [295, 0, -240]
    is_proved(bench)
