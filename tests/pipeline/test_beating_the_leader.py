"""What the market leader gets wrong about refunds and changes (junipeer.md L1, L2, L11), each as a test of its own."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from app.payouts.repository import store_payouts
from app.vat.oss import proposed_oss_accounts
from sandbox.shopify.model import StoredOrder
from tests.support.pipeline.bench import VASE, Bench
from tests.support.pipeline.payouts import line_of, payout

PLATE: dict[str, Any] = VASE | {"title": "Tallrik", "sku": "GF-TAL", "price": "200.00"}
FREIGHT: dict[str, Any] = {"title": "PostNord Ombud", "price": "49.00"}


def placed(bench: Bench, **spec: Any) -> StoredOrder:
    order = bench.place(**spec)
    bench.rest()
    return order


def refunded(bench: Bench, order: StoredOrder, **refund: Any) -> None:
    bench.act(order, "refund", **refund)
    bench.rest()


def credits_of(bench: Bench) -> list[Any]:
    return [invoice for invoice in bench.invoices() if invoice["Credit"] == "true"]


def nothing_is_left(bench: Bench, *, provider_holds: str = "0") -> None:
    assert bench.findings() == []
    assert all((invoice["Booked"], invoice["Balance"]) == (True, 0) for invoice in bench.invoices())
    assert (bench.balance(1510), bench.balance(1581)) == (0, Decimal(provider_holds))


@pytest.mark.parametrize("times", [2, 3, 10])
def test_l1_second_third_and_tenth_refund_of_one_order_are_each_credited_and_paid(bench: Bench, times: int) -> None:
    order = placed(bench, lines=[PLATE | {"quantity": 10}])
    for _time in range(times):
        refunded(bench, order, lines=[{"line": 0, "quantity": 1}])
    assert [credit["Total"] for credit in credits_of(bench)] == [-200] * times
    nothing_is_left(bench, provider_holds=str(2000 - 200 * times))


def test_l1_refund_in_the_shop_after_a_credit_that_was_interrupted_makes_no_full_credit(bench: Bench) -> None:
    order = placed(bench, lines=[PLATE | {"quantity": 2}])
    bench.emulators.kit.faults.order("close_after", "PUT", "/3/invoices/*/credit")
    refunded(bench, order, lines=[{"line": 0, "quantity": 1}])
    assert [credit["Total"] for credit in credits_of(bench)] == [-200]
    nothing_is_left(bench, provider_holds="200")


def test_refund_that_is_heard_of_many_times_and_late_is_credited_and_paid_once(bench: Bench) -> None:
    order = placed(bench, lines=[VASE, PLATE])
    refunded(bench, order, lines=[{"line": 1}])
    for _time in range(3):
        bench.hear(order)
        bench.rest()
    assert [credit["Total"] for credit in credits_of(bench)] == [-200]
    assert sorted(payment["Amount"] for payment in bench.payments()) == [-200, 699]
    nothing_is_left(bench, provider_holds="499")


def test_credit_note_keeps_the_discount_of_the_sale(bench: Bench) -> None:
    order = placed(bench, lines=[PLATE | {"quantity": 2, "discount": "50.00"}])
    refunded(bench, order, lines=[{"line": 0, "quantity": 1}])
    assert [credit["Total"] for credit in credits_of(bench)] == [-175]
    nothing_is_left(bench, provider_holds="175")


def test_credit_note_of_an_oss_sale_is_on_the_countrys_accounts(bench: Bench) -> None:
    bench.company_is(vat_rates=("25", "12", "6", "0", "19"))
    bench.pass_time()
    bench.rules(
        eu_consumers="oss", oss_from="2021-07-01", accounts=proposed_oss_accounts(), vat_rates=["25", "19", "0"]
    )
    german = {"first_name": "Jana", "last_name": "Weber", "country_code": "DE", "zip": "10115", "city": "Berlin"}
    order = placed(bench, lines=[PLATE | {"tax": "19"}], buyer={"id": 9, "email": "j@example.de", "shipping": german})
    assert bench.findings() == []
    refunded(bench, order, lines=[{"line": 0}])
    (credit,) = credits_of(bench)
    assert [(row["AccountNumber"], row["VAT"]) for row in credit["InvoiceRows"]] == [(3116, 19)]
    nothing_is_left(bench)
    assert bench.balance(3116) == 0


def test_l2_booked_invoice_of_an_edited_order_is_corrected_by_documents_not_by_hand(bench: Bench) -> None:
    order = placed(bench, lines=[PLATE | {"quantity": 3, "discount": "50.00"}, VASE])
    bench.act(order, "edit", remove=[{"line": 0, "quantity": 1}])
    bench.rest()
    assert [credit["Total"] for credit in credits_of(bench)] == [Decimal("-183.00")], "183.33, in whole kronor"
    assert bench.findings() == ["REFUND_MONEY_MISSING"], "the buyer is still owed, and the merchant is told"
    bench.act(order, "refund", amount="183.33")
    bench.rest()
    nothing_is_left(bench, provider_holds=str(Decimal(1099) - Decimal(50) - Decimal("183.33")))


def test_l11_shipping_alone_that_is_refunded_gets_its_credit(bench: Bench) -> None:
    order = placed(bench, shipping=[FREIGHT])
    refunded(bench, order, shipping="all")
    assert [(row["AccountNumber"], row["Total"]) for row in credits_of(bench)[0]["InvoiceRows"]] == [(3520, -49)]
    nothing_is_left(bench, provider_holds="499")


def test_l11_line_added_after_the_purchase_is_invoiced_when_it_is_paid(bench: Bench) -> None:
    order = placed(bench)
    bench.act(order, "edit", add=[PLATE])
    bench.rest()
    bench.act(order, "pay", gateway="shopify_payments")
    bench.rest()
    assert [invoice["Total"] for invoice in bench.invoices()] == [499, 200]
    nothing_is_left(bench, provider_holds="699")


def test_refund_is_not_booked_again_by_the_payout_that_holds_it(bench: Bench) -> None:
    order = placed(bench)
    refunded(bench, order, lines=[{"line": 0}])
    store_payouts(bench.program.store, bench.shop_id, [payout(line_of(order), line_of(order, "refund"))])
    bench.rest()
    assert len(credits_of(bench)) == 1
    nothing_is_left(bench)


# --- exchanges (shopify-api.md 3.8): one line comes back, another goes out, only the difference is money


def test_even_exchange_is_a_credit_and_an_invoice_that_pay_each_other(bench: Bench) -> None:
    order = placed(bench, lines=[PLATE])
    bench.act(order, "edit", remove=[{"line": 0, "quantity": 1}], add=[PLATE | {"title": "Tallrik blå", "sku": "BLA"}])
    bench.rest()
    assert [(invoice["Total"], invoice["Credit"]) for invoice in bench.invoices()] == [
        (200, "false"),
        (-200, "true"),
        (200, "false"),
    ]
    nothing_is_left(bench, provider_holds="200")


def test_exchange_for_something_cheaper_pays_back_the_difference_and_nothing_more(bench: Bench) -> None:
    """The refund names goods of 200 and money of 140; the rest was used for the new line, and is noted nowhere."""
    order = placed(bench, lines=[PLATE])
    bench.act(order, "edit", add=[PLATE | {"title": "Fat", "sku": "FAT", "price": "60.00"}])
    bench.act(order, "refund", lines=[{"line": 0}], amount="140.00")
    order.body["refunds"][-1]["order_adjustments"] = []
    bench.hear(order)
    bench.rest()
    assert sorted(invoice["Total"] for invoice in bench.invoices()) == [-200, 60, 200]
    nothing_is_left(bench, provider_holds="60")


def test_exchange_for_something_dearer_is_paid_by_the_buyer(bench: Bench) -> None:
    order = placed(bench, lines=[PLATE])
    bench.act(order, "edit", remove=[{"line": 0, "quantity": 1}], add=[VASE])
    bench.rest()
    bench.act(order, "pay", gateway="shopify_payments")
    bench.rest()
    assert sorted(invoice["Total"] for invoice in bench.invoices()) == [-200, 200, 499]
    nothing_is_left(bench, provider_holds="499")


def test_return_with_a_fee_leaves_the_fee_as_a_sale_of_the_goods_kind(bench: Bench) -> None:
    order = placed(bench, lines=[PLATE])
    refunded(bench, order, lines=[{"line": 0}], amount="180.00")
    assert [row["Total"] for row in credits_of(bench)[0]["InvoiceRows"]] == [-200, 20]
    nothing_is_left(bench, provider_holds="20")
