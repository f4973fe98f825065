"""Payouts of the Shopify emulator over real HTTP, read by Bokbro's own reader: each explains itself to the öre."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.kit.http.client import HttpKit
from app.kit.money import Money, total
from app.model.payout import MatchKey, Payout, PayoutLineKind
from app.shops.base import Shop, SourceError
from app.shops.shopify.client import ShopifyClient
from app.shops.shopify.payouts.client import ShopifyPayouts
from app.tenants.rules import DocumentCurrency
from tests.support.contract.shopify_stage import DOMAIN, Stage, staged

PAID = [{"gateway": "shopify_payments"}]
EARLY = date(2026, 1, 1)


class OneToken:
    def __init__(self, token: str) -> None:
        self.token = token

    def access_token(self, _connection_id: int) -> str:
        return self.token

    def refused(self, _connection_id: int, _access_token: str) -> None:
        raise AssertionError("the token was refused")


@pytest.fixture
def stage() -> Iterator[Stage]:
    with staged() as ready:
        agree(ready)
        yield ready


def agree(stage: Stage, **payments: Any) -> None:
    stage.control("POST", "/shops", domain=DOMAIN, payments=payments)


def sell(stage: Stage, price: str, **spec: Any) -> Any:
    return stage.place(lines=[{"title": "Vas", "price": price, "sku": "V1"}], payments=PAID, **spec)


def close(stage: Stage, day: str, **body: Any) -> list[Any]:
    made: list[Any] = stage.control("POST", "/payouts/close", date=day, **body)["payouts"]
    return made


def read(stage: Stage, since: date = EARLY, currency: DocumentCurrency = DocumentCurrency.SHOP) -> list[Payout]:
    with httpx2.Client(timeout=15, trust_env=False) as http:
        template = f"{str(stage.http.base_url).rstrip('/')}/{{shop}}"
        client = ShopifyClient(HttpKit(http), template, "2026-10", OneToken(stage.token))
        return list(ShopifyPayouts(client).issued_since(Shop(7, DOMAIN), since, currency))


def kinds(payout: Payout) -> list[PayoutLineKind]:
    return [line.kind for line in payout.lines]


def sek(amount: str) -> Money:
    return Money.of(amount, "SEK")


def test_a_sale_and_its_refund_are_paid_out_less_the_fee(stage: Stage) -> None:
    order = sell(stage, "1000.00")
    stage.act(order, "refund", amount="200.00")
    close(stage, "2026-11-03")
    (payout,) = read(stage)
    assert [(one.kind, one.amount, one.fee) for one in payout.lines] == [
        (PayoutLineKind.CHARGE, sek("1000.00"), sek("21.50")),
        (PayoutLineKind.REFUND, sek("-200.00"), sek("0.00")),
    ]
    assert (payout.paid_out, payout.unexplained) == (sek("778.50"), sek("0.00"))
    assert (payout.paid_on, payout.is_final, payout.bounced) == (date(2026, 11, 3), True, False)
    rows = stage.rest(order)["transactions"]
    assert [line.keys[MatchKey.TRANSACTION_ID] for line in payout.lines] == [str(row["id"]) for row in rows]
    assert {line.keys[MatchKey.ORDER_NAME] for line in payout.lines} == {order["name"]}


def test_tax_contained_in_the_fee_is_shown_on_the_order_s_transaction(stage: Stage) -> None:
    agree(stage, fee_percent="2", fee_flat="0", fee_tax_percent="25")
    sell(stage, "1000.00")
    close(stage, "2026-11-03")
    (payout,) = read(stage)
    assert (payout.lines[0].fee, payout.lines[0].fee_vat) == (sek("16.00"), sek("4.00"))
    assert payout.unexplained == sek("0.00")


def test_only_money_that_moved_at_shopify_payments_is_paid_out(stage: Stage) -> None:
    stage.place(payments=[{"gateway": "manual"}])
    stage.place(payments=[{"gateway": "shopify_payments", "kind": "authorization"}])
    stage.place(payments=[{"gateway": "shopify_payments", "status": "failure"}])
    assert close(stage, "2026-11-03") == []
    order = stage.place(payments=[{"gateway": "shopify_payments", "kind": "authorization"}])
    stage.act(order, "capture")
    close(stage, "2026-11-04")
    (payout,) = read(stage)
    assert kinds(payout) == [PayoutLineKind.CHARGE]


def test_each_currency_with_a_bank_account_has_its_own_payout(stage: Stage) -> None:
    agree(stage, currencies=["SEK", "EUR"], fee_flat="0")
    sell(stage, "115.00")
    sell(stage, "1150.00", presentment={"currency": "EUR", "rate": "0.1"})
    sell(stage, "690.00", presentment={"currency": "DKK", "rate": "0.5"})
    close(stage, "2026-11-03")
    found = {payout.currency: payout for payout in read(stage, currency=DocumentCurrency.PRESENTMENT)}
    assert {one: str(each.unexplained.decimal) for one, each in found.items()} == {"SEK": "0.00", "EUR": "0.00"}
    assert found["EUR"].lines[0].amount == Money.of("115.00", "EUR")
    converted = found["SEK"].lines[1]
    assert (converted.amount, converted.order_amount) == (sek("690.00"), Money.of("345.00", "DKK"))


def test_a_dispute_takes_the_money_and_gives_it_back_only_when_won(stage: Stage) -> None:
    for outcome in ("won", "lost"):
        order = sell(stage, "500.00")
        made = stage.control("POST", f"/shops/{DOMAIN}/disputes", order=order["name"])
        close(stage, f"2026-11-0{3 if outcome == 'won' else 5}")
        stage.control("POST", f"/shops/{DOMAIN}/disputes/{made['id']}/{outcome}")
    sell(stage, "10.00")
    close(stage, "2026-11-07")
    first, second, third = read(stage)
    opened = [PayoutLineKind.CHARGE, PayoutLineKind.CHARGEBACK, PayoutLineKind.FEE]
    assert sorted(kinds(first)) == sorted(opened)
    assert sorted(kinds(second)) == sorted([*opened, PayoutLineKind.CHARGEBACK_REVERSED, PayoutLineKind.FEE])
    assert kinds(third) == [PayoutLineKind.CHARGE]
    assert [one.unexplained for one in (first, second, third)] == [sek("0.00")] * 3


def test_a_reserve_is_held_and_released(stage: Stage) -> None:
    sell(stage, "500.00")
    stage.control("POST", f"/shops/{DOMAIN}/reserve/hold", amount="50.00")
    close(stage, "2026-11-03")
    stage.control("POST", f"/shops/{DOMAIN}/reserve/release", amount="50.00")
    close(stage, "2026-11-04")
    held, released = read(stage)
    assert (PayoutLineKind.RESERVE_HELD in kinds(held), held.unexplained) == (True, sek("0.00"))
    assert (kinds(released), released.paid_out) == ([PayoutLineKind.RESERVE_RELEASED], sek("50.00"))


def test_a_failed_payout_comes_back_in_the_next(stage: Stage) -> None:
    sell(stage, "500.00")
    (payout,) = close(stage, "2026-11-03", status="SCHEDULED")
    (scheduled,) = read(stage)
    assert not scheduled.is_final
    stage.control("POST", f"/shops/{DOMAIN}/payouts/{payout['id']}/fail")
    close(stage, "2026-11-05")
    failed, retried = read(stage)
    assert (failed.bounced, failed.is_final, retried.bounced) == (True, True, False)
    assert (kinds(retried), retried.paid_out) == ([PayoutLineKind.PAYOUT_FAILED], failed.paid_out)
    assert (failed.unexplained, retried.unexplained) == (sek("0.00"), sek("0.00"))


def test_a_balance_below_zero_is_drawn_from_the_bank_or_carried_as_agreed(stage: Stage) -> None:
    order = sell(stage, "500.00")
    close(stage, "2026-11-03")
    stage.act(order, "refund", amount="300.00")
    agree(stage, negative="carry")
    assert close(stage, "2026-11-04") == []
    agree(stage, negative="withdraw")
    (drawn,) = close(stage, "2026-11-05")
    assert drawn["net"] == "-300.00"
    query = """{ shopifyPaymentsAccount { payouts(first: 5, transactionType: WITHDRAWAL) {
      nodes { legacyResourceId } } } }"""
    nodes = stage.data(query)["shopifyPaymentsAccount"]["payouts"]["nodes"]
    assert [node["legacyResourceId"] for node in nodes] == [str(drawn["id"])]
    assert [payout.unexplained for payout in read(stage)] == [sek("0.00")] * 2


def test_the_search_really_filters(stage: Stage) -> None:
    for day in ("2026-11-03", "2026-11-04", "2026-11-05"):
        sell(stage, "500.00")
        close(stage, day)
    assert [payout.paid_on.day for payout in read(stage, date(2026, 11, 4))] == [4, 5]
    query = """query B($q: String) { shopifyPaymentsAccount { balanceTransactions(first: 9, query: $q) {
      nodes { type } } } }"""
    every = stage.data(query)["shopifyPaymentsAccount"]["balanceTransactions"]["nodes"]
    assert len(every) == 6
    answer = stage.ask(query, {"q": "colour:red"}).json()
    assert answer["extensions"]["search"][0]["warnings"][0]["field"] == "colour"
    charges = stage.data(query, {"q": "transaction_type:charge"})["shopifyPaymentsAccount"]["balanceTransactions"]
    assert [node["type"] for node in charges["nodes"]] == ["CHARGE"] * 3


def test_what_moves_after_a_payout_s_hour_waits_for_the_next(stage: Stage) -> None:
    for price, at in (("100.00", "2026-11-02T10:00:00+01:00"), ("250.00", "2026-11-03T13:00:00+01:00")):
        sell(stage, price, processed_at=at)
    close(stage, "2026-11-03", before="2026-11-03T12:00:00+01:00")
    close(stage, "2026-11-04", before="2026-11-04T12:00:00+01:00")
    assert [total((line.amount for line in payout.lines), "SEK") for payout in read(stage)] == [
        sek("100.00"),
        sek("250.00"),
    ]


def test_a_long_payout_is_read_over_many_pages(stage: Stage) -> None:
    for number in range(105):
        sell(stage, f"{100 + number}.00")
    close(stage, "2026-11-03")
    (payout,) = read(stage)
    assert (len(payout.lines), payout.unexplained) == (105, sek("0.00"))


def test_a_shop_without_shopify_payments_has_no_payouts() -> None:
    with staged() as stage:
        sell(stage, "500.00")
        assert read(stage) == []


@pytest.mark.parametrize("scopes", ["read_orders", "read_orders,read_shopify_payments_accounts"])
def test_a_missing_scope_is_refused_and_not_taken_for_no_payouts(stage: Stage, scopes: str) -> None:
    stage.token = stage.control("POST", "/shops", domain=DOMAIN, scopes=scopes, install=True)["access_token"]
    with pytest.raises(SourceError, match="SHOPIFY_ACCESS_DENIED"):
        read(stage)


ACTS = st.sampled_from(["sell", "refund", "dispute", "win", "lose", "hold", "release", "close", "fail", "adjust"])


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(st.tuples(ACTS, st.integers(1, 90_000)), min_size=5, max_size=40))
def test_whatever_happens_every_payout_explains_itself_and_nothing_is_lost(
    stage: Stage, acts: list[tuple[str, int]]
) -> None:
    stage.control("POST", "/reset")
    made = stage.control("POST", "/shops", domain=DOMAIN, payments={"fee_tax_percent": "25"}, install=True)
    stage.token = made["access_token"]
    for number, (act, size) in enumerate(acts):
        play(stage, act, size, number)
    found = read(stage)
    assert [one.unexplained for one in found] == [sek("0.00")] * len(found)
    taken = {line.id for payout in found for line in payout.lines}
    assert len(taken) == sum(len(one.lines) for one in found), "no line is paid out twice"
    arrived = total((one.paid_out for one in found if not one.bounced), "SEK")
    account = stage.emulator.world.shops[DOMAIN].payments
    assert account is not None
    moved = sum(movement.net for movement in account.movements if not movement.kind.startswith("TRANSFER"))
    assert arrived.minor + account.balance("SEK") == moved


def play(stage: Stage, act: str, size: int, number: int) -> None:
    amount = f"{size // 100}.{size % 100:02d}"
    orders = stage.control("GET", f"/shops/{DOMAIN}/orders")["orders"]
    base = f"/_sandbox/shops/{DOMAIN}"
    account = stage.emulator.world.shops[DOMAIN].payments
    assert account is not None
    chosen = orders[size % len(orders)] if orders else None
    paths: dict[str, tuple[str, dict[str, Any]]] = {
        "hold": (f"{base}/reserve/hold", {"amount": amount}),
        "release": (f"{base}/reserve/release", {"amount": amount}),
        "adjust": (f"{base}/movements", {"type": "ADJUSTMENT", "amount": amount, "reason": "correction"}),
        "close": ("/_sandbox/payouts/close", {"date": f"2026-11-{1 + number % 28:02d}"}),
    }
    if act == "sell":
        sell(stage, amount)
    elif act in paths:
        path, body = paths[act]
        assert stage.http.post(path, json=body).is_success
    elif act == "refund" and chosen:
        stage.act(chosen, "refund", amount=amount)
    elif act == "dispute" and chosen:
        stage.http.post(f"{base}/disputes", json={"order": chosen["name"]})
    elif act in {"win", "lose"} and account.disputes:
        newest = list(account.disputes)[-1]
        stage.http.post(f"{base}/disputes/{newest}/{'won' if act == 'win' else 'lost'}")
    elif act == "fail" and account.payouts:
        stage.http.post(f"{base}/payouts/{list(account.payouts)[-1]}/fail")
