"""Documents in the shop's currency, a buyer who pays in another: what is agreed in his is owed by nobody."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from sandbox.stories.observing import Observation
from sandbox.stories.stage import Stage
from tests.support.order_histories.histories import BOUGHT, balances, codes, documents, told

RETURNED, LATER = "2026-11-10T10:00:00+01:00", "2026-11-14T10:00:00+01:00"
BERLIN = {"name": "Anna Blume", "address1": "Allee 1", "zip": "10115", "city": "Berlin", "countryCodeV2": "DE"}


def both(kronor: str, euro: str) -> dict[str, Any]:
    return {
        "shopMoney": {"amount": kronor, "currencyCode": "SEK"},
        "presentmentMoney": {"amount": euro, "currencyCode": "EUR"},
    }


def line(number: int, kronor: str, euro: str, vat: tuple[str, str], *, left: int = 1) -> dict[str, Any]:
    return {
        "id": f"gid://shopify/LineItem/{number}", "title": f"Vas {number}", "quantity": 1, "currentQuantity": left,
        "taxable": True, "product": {"id": f"gid://shopify/Product/{number}"},
        "originalUnitPriceSet": both(kronor, euro),
        "taxLines": [{"title": "MwSt", "rate": "0.19", "priceSet": both(*vat)}],
    }  # fmt: skip


def moved(number: int, kronor: str, euro: str, at: str = BOUGHT, kind: str = "SALE") -> dict[str, Any]:
    return {
        "id": f"gid://shopify/OrderTransaction/{number}", "kind": kind, "status": "SUCCESS",
        "gateway": "shopify_payments", "paymentId": f"p-{number}", "processedAt": at, "amountSet": both(kronor, euro),
    }  # fmt: skip


def refund(number: int, at: str, kronor: str, euro: str, *lines: tuple[int, str, str]) -> dict[str, Any]:
    return {
        "id": f"gid://shopify/Refund/{number}", "createdAt": at, "totalRefundedSet": both(kronor, euro),
        "refundLineItems": {"nodes": [
            {"quantity": 1, "lineItem": {"id": f"gid://shopify/LineItem/{one}"}, "subtotalSet": both(sek, eur)}
            for one, sek, eur in lines
        ]},
        "transactions": {"nodes": [{"id": f"gid://shopify/OrderTransaction/{number + 10}"}]},
    }  # fmt: skip


def state(total: tuple[str, str], current: tuple[str, str], *lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "id": "gid://shopify/Order/9001", "name": "#9001", "createdAt": BOUGHT, "updatedAt": more.pop("at", BOUGHT),
        "currencyCode": "SEK", "presentmentCurrencyCode": "EUR", "taxesIncluded": True, "email": "anna@example.de",
        "totalPriceSet": both(*total), "currentTotalPriceSet": both(*current), "billingAddress": BERLIN,
        "shippingAddress": BERLIN, "lineItems": {"nodes": list(lines)}, **more,
    }  # fmt: skip


def play(stage: Stage, *states: dict[str, Any]) -> list[Observation]:
    return told(stage, *states, document_currency="shop")


HALF, OTHER = (1, "552.50", "50.00"), (2, "552.50", "50.00")
VAT = ("88.21", "7.98")


def sale(**more: Any) -> dict[str, Any]:
    paid = more.pop("transactions", [moved(1, "1105.00", "100.00")])
    lines = more.pop("lines", [line(*HALF, VAT), line(*OTHER, VAT)])
    current = more.pop("current", ("1105.00", "100.00"))
    return state(("1105.00", "100.00"), current, *lines, transactions=paid, **more)


@pytest.mark.parametrize(
    ("paid", "account", "difference"),
    [
        ("1104.99", "3740", "0.01"), ("1105.01", "3740", "-0.01"), ("1105.02", "3740", "-0.02"),
        ("1098.00", "7960", "7.00"), ("1112.50", "3960", "-7.50"),
    ],
)  # fmt: skip
def test_payment_that_the_buyer_owes_nothing_of_settles_the_invoice(
    stage: Stage, paid: str, account: str, difference: str
) -> None:
    (observed,) = play(stage, sale(transactions=[moved(1, paid, "100.00")]))
    assert [document.balance for document in observed.documents] == [0]
    found = balances(observed)
    assert (found["1581"], found[account]) == (Decimal(paid), Decimal(difference))
    assert "1510" not in found
    assert codes(observed) == []


@pytest.mark.parametrize("vat", ["88.21", "88.18"], ids=["of the shop's price", "converted from the buyer's"])
def test_vat_that_was_rounded_in_the_buyers_currency_stops_nothing(stage: Stage, vat: str) -> None:
    """19 % of 50.00 EUR is 7.98; that is 88.18 SEK, and 19 % of 552.50 SEK is 88.21."""
    lines = [line(*HALF, (vat, "7.98")), line(*OTHER, (vat, "7.98"))]
    (observed,) = play(stage, sale(lines=lines))
    assert documents(observed) == [("invoice", "2026-11-03", 1105)]
    assert codes(observed) == []


def test_vat_that_is_wrong_for_the_buyer_too_stops(stage: Stage) -> None:
    (observed,) = play(stage, sale(lines=[line(*HALF, ("87.84", "7.95")), line(*OTHER, ("87.84", "7.95"))]))
    assert codes(observed) == ["VAT_AMOUNT_UNEXPECTED"]


def test_two_captures_at_two_rates_settle_the_invoice_together(stage: Stage) -> None:
    paid = [moved(1, "442.00", "40.00"), moved(2, "660.00", "60.00", RETURNED)]
    observed = play(stage, sale(transactions=paid[:1]), sale(transactions=paid, at=RETURNED))
    assert observed[0].state == "waiting"
    assert balances(observed[1])["7960"] == 3
    assert balances(observed[1])["1581"] == 1102
    assert codes(observed[1]) == []


@pytest.mark.parametrize(("back", "account", "difference"), [("545.00", "3960", "-7.50"), ("560.10", "7960", "7.60")])
def test_part_that_comes_back_at_another_rate_is_credited_as_it_was_sold(
    stage: Stage, back: str, account: str, difference: str
) -> None:
    rest = str(Decimal("1105.00") - Decimal(back))
    gone, left = line(*HALF, VAT, left=0), line(*OTHER, VAT)
    first, second = refund(1, RETURNED, back, "50.00", HALF), refund(2, LATER, rest, "50.00", OTHER)
    paid = [moved(1, "1105.00", "100.00")]
    outgoing = [moved(11, back, "50.00", RETURNED, "REFUND"), moved(12, rest, "50.00", LATER, "REFUND")]
    observed = play(
        stage,
        sale(),
        sale(
            lines=[gone, left], current=("552.50", "50.00"), at=RETURNED, transactions=[*paid, outgoing[0]],
            refunds=[first],
        ),
        sale(
            lines=[gone, line(*OTHER, VAT, left=0)], current=("0.00", "0.00"), at=LATER,
            transactions=[*paid, *outgoing], refunds=[first, second],
        ),
    )  # fmt: skip
    assert documents(observed[1])[1:] == [("credit", "2026-11-10", Decimal("-552.5"))]
    found = balances(observed[1])
    assert found[account] == Decimal(difference)
    assert codes(observed[1]) == []
    last = balances(observed[2])
    assert last.get("1510", 0) == last.get("1581", 0) == 0
    assert last.get("3960", 0) + last.get("7960", 0) == 0
    assert codes(observed[2]) == []


def test_money_alone_is_a_price_reduction_at_the_rate_of_the_sale(stage: Stage) -> None:
    paid = [moved(1, "1105.00", "100.00"), moved(11, "108.00", "10.00", RETURNED, "REFUND")]
    sorry = refund(1, RETURNED, "108.00", "10.00")
    observed = play(stage, sale(), sale(at=RETURNED, transactions=paid, refunds=[sorry], current=("994.50", "90.00")))
    assert documents(observed[1])[1:] == [("credit", "2026-11-10", Decimal("-110.5"))]
    assert balances(observed[1])["3960"] == Decimal("-2.5")
    assert balances(observed[1])["1581"] == 997
    assert codes(observed[1]) == []


@pytest.mark.parametrize("total", ["1104.99", "1105.01"])
def test_lines_that_the_conversion_rounds_by_themselves_get_a_row_of_rounding(stage: Stage, total: str) -> None:
    lines = [line(*HALF, VAT), line(*OTHER, VAT)]
    one = state((total, "100.00"), (total, "100.00"), *lines, transactions=[moved(1, total, "100.00")])
    (observed,) = play(stage, one)
    assert [row.account for row in observed.documents[0].rows] == ["3116", "3116", "3740"]
    assert balances(observed)["3740"] == Decimal("1105.00") - Decimal(total)
    assert codes(observed) == []


@pytest.mark.parametrize(("kronor", "euro"), [("1105.10", "100.00"), ("1105.01", "100.01")])
def test_parts_that_differ_by_more_or_in_the_buyers_currency_too_still_stop(
    stage: Stage, kronor: str, euro: str
) -> None:
    lines = [line(*HALF, VAT), line(*OTHER, VAT)]
    one = state((kronor, euro), (kronor, euro), *lines, transactions=[moved(1, kronor, euro)])
    (observed,) = play(stage, one)
    assert codes(observed) == ["SHOPIFY_TOTALS_DISAGREE"]
    assert not observed.documents
