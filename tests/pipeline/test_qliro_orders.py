"""Orders that Qliro tells of: each capture, addition, cancellation and return becomes the documents it should."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from sandbox.kit.calls import CallFilter
from tests.support.pipeline.bench import Bench
from tests.support.pipeline.qliro import CLEARING, Qliro
from tests.support.pipeline.qliro_shop import BUYER, FREIGHT, VASE, QliroShop

SALES, SHIPPING, INVOICE_FEE, VAT = 3001, 3520, 3540, 2611
BOWL: dict[str, Any] = {"ref": "GF-SKAL-02", "text": "Skål Sjö", "price": "120.00"}
BOOK: dict[str, Any] = {"ref": "GF-BOK", "text": "Bok", "price": "106.00", "vat": "6"}


def invoice(bench: Bench) -> dict[str, Any]:
    (one,) = bench.invoices()
    return one


def rows(document: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Text, units, price with VAT, account and VAT of each row."""
    return [
        (one["Description"], Decimal(str(one["DeliveredQuantity"])), Decimal(str(one["Price"])), one["AccountNumber"],
         Decimal(str(one["VAT"])))
        for one in document["InvoiceRows"]
    ]  # fmt: skip


def totals(bench: Bench) -> list[Any]:
    """Of each document, without Fortnox's rounding to whole kronor; credit notes below zero."""
    return [Decimal(str(one["Total"])) - Decimal(str(one["RoundOff"])) for one in bench.invoices()]


# --- captures


def test_reserved_order_waits_and_nothing_is_sent(bench: Bench, qliro_shop: QliroShop) -> None:
    number = qliro_shop.sell()
    bench.rest()
    assert (qliro_shop.state(number), bench.sent(), bench.findings()) == ("waiting", [], [])


def test_captured_order_is_one_booked_and_paid_invoice(bench: Bench, qliro_shop: QliroShop) -> None:
    number = qliro_shop.sell(VASE | {"quantity": 2}, FREIGHT, reference="B-1001")
    capture = qliro_shop.told(number, "ship")
    made = invoice(bench)
    assert rows(made) == [("Vas Björk", 2, 499, SALES, 25), ("Frakt", 1, 49, SHIPPING, 25)]
    assert (made["ExternalInvoiceReference1"], made["ExternalInvoiceReference2"]) == ("B-1001", str(capture))
    assert (made["Booked"], made["Balance"], made["CustomerName"]) == (True, 0, "Anna Lindqvist")
    # 1047.00 holds 209.40 of VAT: 998 / 1.25 = 798.40 and 49 / 1.25 = 39.20 remain.
    assert [bench.balance(one) for one in (CLEARING, 1510, SALES, SHIPPING, VAT)] == [
        1047, 0, Decimal("-798.40"), Decimal("-39.20"), Decimal("-209.40"),
    ]  # fmt: skip
    assert (qliro_shop.state(number), bench.findings()) == ("booked", [])


def test_each_part_that_is_captured_is_invoiced_and_paid_by_its_own_capture(
    bench: Bench, qliro_shop: QliroShop
) -> None:
    number = qliro_shop.sell(VASE | {"quantity": 2}, BOWL, FREIGHT)
    qliro_shop.told(number, "ship", units={"GF-VAS-01": 1})
    assert (totals(bench), bench.balance(CLEARING), qliro_shop.state(number)) == ([499], 499, "booked")
    qliro_shop.told(number, "ship", units={"GF-VAS-01": 1, "frakt": 1})
    qliro_shop.told(number, "ship")
    assert totals(bench) == [499, 548, 120]
    assert rows(bench.invoices()[1]) == [("Vas Björk", 1, 499, SALES, 25), ("Frakt", 1, 49, SHIPPING, 25)]
    assert len({one["ExternalInvoiceReference2"] for one in bench.invoices()}) == 3
    assert (bench.balance(CLEARING), bench.balance(1510), bench.findings()) == (1167, 0, [])


def test_captures_that_are_heard_of_together_are_one_invoice(bench: Bench, qliro_shop: QliroShop) -> None:
    number = qliro_shop.sell(VASE, BOWL)
    qliro_shop.act(number, "ship", units={"GF-VAS-01": 1})
    qliro_shop.told(number, "ship")
    assert (totals(bench), bench.balance(CLEARING), bench.balance(1510), bench.findings()) == ([619], 619, 0, [])


@pytest.mark.parametrize("trigger", ["created", "paid", "fulfilled"])
def test_capture_is_what_is_waited_for_whatever_the_rule_for_others(
    bench: Bench, qliro_shop: QliroShop, trigger: str
) -> None:
    bench.rules(trigger=trigger)
    number = qliro_shop.sell()
    bench.rest()
    assert (qliro_shop.state(number), totals(bench)) == ("waiting", [])
    qliro_shop.told(number, "ship")
    assert (qliro_shop.state(number), totals(bench)) == ("booked", [499])


def test_capture_that_fails_books_nothing(bench: Bench, qliro_shop: QliroShop) -> None:
    number = qliro_shop.sell()
    qliro_shop.told(number, "ship", status="Error")
    assert (qliro_shop.state(number), totals(bench), bench.findings()) == ("waiting", [], [])


def test_money_that_is_taken_at_once_is_invoiced_before_anything_is_sent(bench: Bench, qliro_shop: QliroShop) -> None:
    number = qliro_shop.sell(VASE, FREIGHT, at_once=True)
    bench.rest()
    assert (qliro_shop.state(number), totals(bench), bench.balance(CLEARING)) == ("booked", [548], 548)
    qliro_shop.told(number, "ship")
    assert (totals(bench), bench.balance(CLEARING), bench.findings()) == ([548], 548, [])


# --- prices


def test_discount_lies_inside_the_rows_of_its_vat_rate(bench: Bench, qliro_shop: QliroShop) -> None:
    discount = {"ref": "RABATT", "type": "Discount", "price": "-100.00"}
    number = qliro_shop.sell(VASE, BOOK, discount)
    qliro_shop.told(number, "ship")
    assert [(row[2], row[4]) for row in rows(invoice(bench))] == [(399, 25), (106, 6)]
    assert [bench.balance(one) for one in (VAT, 2631)] == [Decimal("-79.80"), -6]
    assert (bench.balance(CLEARING), bench.findings()) == (505, [])


def test_invoice_fee_that_qliro_adds_is_a_row_of_its_own_account(bench: Bench, qliro_shop: QliroShop) -> None:
    fee = {"ref": "InvoiceFee", "text": "Fakturaavgift", "type": "Fee", "price": "29.00"}
    number = qliro_shop.sell(VASE, fee)
    qliro_shop.told(number, "ship")
    assert rows(invoice(bench))[1] == ("Fakturaavgift", 1, 29, INVOICE_FEE, 25)
    assert (bench.balance(INVOICE_FEE), bench.findings()) == (Decimal("-23.20"), [])


def test_rate_is_found_from_both_prices_where_qliro_does_not_state_it(bench: Bench, qliro_shop: QliroShop) -> None:
    qliro_shop.qliro.switch(vat_rate_shown=False)
    number = qliro_shop.sell(VASE, BOOK)
    qliro_shop.told(number, "ship")
    assert [row[4] for row in rows(invoice(bench))] == [25, 6]


def test_prices_that_fit_no_legal_rate_stop_the_order_with_a_code(bench: Bench, qliro_shop: QliroShop) -> None:
    qliro_shop.qliro.switch(vat_rate_shown=False)
    number = qliro_shop.sell(VASE | {"vat": "17"})
    qliro_shop.told(number, "ship")
    assert (qliro_shop.state(number), totals(bench)) == ("stopped", [])
    assert bench.findings() == ["QLIRO_ORDER_NOT_UNDERSTOOD"]


def test_capture_whose_items_do_not_come_to_its_money_stops_with_both_amounts(
    bench: Bench, qliro_shop: QliroShop
) -> None:
    number = qliro_shop.sell()
    qliro_shop.act(number, "ship")
    qliro_shop.qliro.merchant.orders[number].transactions[-1].amount += 100
    bench.rest()
    text = bench.finding("QLIRO_ORDER_NOT_UNDERSTOOD").data["text"]
    assert ("599.00" not in text, "500.00" in text, "499.00" in text) == (True, True, True)
    assert totals(bench) == []


# --- the buyer


def test_company_is_booked_with_its_organisation_number(bench: Bench, qliro_shop: QliroShop) -> None:
    customer = {"Email": "inkop@example.se", "JuridicalType": "Company", "PersonalNumber": "5566778899"}
    billing = BUYER["billing"] | {"CompanyName": "Sjöbod AB"}
    number = qliro_shop.sell(customer=customer, billing=billing)
    qliro_shop.told(number, "ship")
    (card,) = bench.documents("customers")
    assert (card["Name"], card["Type"], card["OrganisationNumber"]) == ("Sjöbod AB", "COMPANY", "556677-8899")


def test_identity_number_of_a_person_is_neither_sent_nor_kept(bench: Bench, qliro_shop: QliroShop) -> None:
    number = qliro_shop.sell()
    qliro_shop.told(number, "ship")
    (card,) = bench.documents("customers")
    with bench.program.store.read() as session:
        from sqlalchemy import text

        kept = session.execute(text('select "order"::text from snapshot')).scalars().all()
    assert not card.get("OrganisationNumber")
    assert "198001019999" not in "".join(kept)


# --- additions


@pytest.mark.parametrize("addition", ["update_invoice", "capture", "grown"])
def test_added_item_is_a_supplementary_invoice(bench: Bench, qliro_shop: QliroShop, addition: str) -> None:
    qliro_shop.qliro.switch(fee_vat_rate="25", addition=addition)
    number = qliro_shop.sell()
    qliro_shop.told(number, "ship")
    qliro_shop.told(number, "add", items=[BOWL])
    assert (totals(bench), bench.balance(CLEARING), bench.balance(1510)) == ([499, 120], 619, 0)
    assert bench.findings() == []


# --- cancellations


def test_order_that_is_cancelled_before_capture_is_never_booked(bench: Bench, qliro_shop: QliroShop) -> None:
    number = qliro_shop.sell()
    qliro_shop.told(number, "cancel")
    assert (qliro_shop.state(number), bench.sent(), bench.findings()) == ("skipped", [], [])


def test_cancelling_the_rest_after_a_capture_changes_nothing(bench: Bench, qliro_shop: QliroShop) -> None:
    number = qliro_shop.sell(VASE, BOWL)
    qliro_shop.told(number, "ship", units={"GF-VAS-01": 1})
    qliro_shop.told(number, "cancel")
    assert (totals(bench), bench.balance(CLEARING), qliro_shop.state(number)) == ([499], 499, "booked")
    assert bench.findings() == []


def test_cancelled_order_that_was_paid_at_once_is_credited(bench: Bench, qliro_shop: QliroShop) -> None:
    number = qliro_shop.sell(VASE, at_once=True)
    bench.rest()
    qliro_shop.told(number, "cancel")
    assert (totals(bench), bench.balance(CLEARING), bench.balance(1510)) == ([499, -499], 0, 0)
    assert bench.findings() == []


# --- what comes back


@pytest.mark.parametrize("names", ["refund", "capture"])
def test_whole_return_is_a_credit_note_that_leaves_nothing(bench: Bench, qliro_shop: QliroShop, names: str) -> None:
    qliro_shop.qliro.switch(return_names=names)
    number = qliro_shop.sell(VASE | {"quantity": 2}, FREIGHT)
    qliro_shop.told(number, "ship")
    qliro_shop.told(number, "return")
    assert totals(bench) == [1047, -1047]
    assert [bench.balance(one) for one in (CLEARING, 1510, SALES, SHIPPING, VAT)] == [0, 0, 0, 0, 0]
    assert bench.findings() == []


@pytest.mark.parametrize("names", ["refund", "capture"])
def test_two_returns_are_two_credit_notes_of_exactly_what_came_back(
    bench: Bench, qliro_shop: QliroShop, names: str
) -> None:
    qliro_shop.qliro.switch(return_names=names)
    number = qliro_shop.sell(VASE | {"quantity": 2}, BOWL)
    qliro_shop.told(number, "ship")
    qliro_shop.told(number, "return", units={"GF-VAS-01": 1})
    qliro_shop.told(number, "return", units={"GF-VAS-01": 1, "GF-SKAL-02": 1})
    assert totals(bench) == [1118, -499, -619]
    assert (bench.balance(CLEARING), bench.balance(1510), bench.balance(VAT), bench.findings()) == (0, 0, 0, [])


def test_units_with_a_discount_come_back_for_what_they_were_sold_for(bench: Bench, qliro_shop: QliroShop) -> None:
    discount = {"ref": "RABATT", "type": "Discount", "price": "-100.00"}
    number = qliro_shop.sell(VASE | {"quantity": 3}, discount)
    qliro_shop.told(number, "ship")
    back = discount | {"price": "-33.33"}
    qliro_shop.told(number, "return", units={"GF-VAS-01": 1}, items=[back])
    assert totals(bench) == [1397, Decimal("-465.67")]
    assert (bench.balance(CLEARING), bench.balance(1510), bench.findings()) == (Decimal("931.33"), 0, [])


def test_return_fee_is_kept_and_credited_less(bench: Bench, qliro_shop: QliroShop) -> None:
    number = qliro_shop.sell()
    qliro_shop.told(number, "ship")
    fee = {"ref": "returavgift", "text": "Returavgift", "type": "Fee", "price": "59.00"}
    qliro_shop.told(number, "return", items=[fee])
    assert (totals(bench), bench.balance(CLEARING), bench.balance(1510)) == ([499, -440], 59, 0)
    assert bench.findings() == []


@pytest.mark.parametrize("shown", ["refund", "update_invoice", "both"])
def test_money_without_goods_lowers_the_price(bench: Bench, qliro_shop: QliroShop, shown: str) -> None:
    qliro_shop.qliro.switch(free_refund=shown)
    number = qliro_shop.sell()
    qliro_shop.told(number, "ship")
    qliro_shop.told(number, "give_back", amount="50.00")
    assert (totals(bench), bench.balance(CLEARING), bench.balance(1510)) == ([499, -50], 449, 0)
    assert bench.findings() == []


def test_return_that_is_under_way_waits_for_its_money(bench: Bench, qliro_shop: QliroShop) -> None:
    number = qliro_shop.sell()
    qliro_shop.told(number, "ship")
    refund = qliro_shop.told(number, "return", status="InProcess")
    assert (totals(bench), bench.findings()) == ([499], ["REFUND_MONEY_PENDING"])
    order = qliro_shop.qliro.merchant.orders[number]
    next(transaction for transaction in order.transactions if transaction.id == refund).status = "Success"
    qliro_shop.hear(number)
    bench.rest()
    assert (totals(bench), bench.balance(CLEARING), bench.findings()) == ([499, -499], 0, [])


# --- whatever happens


def test_order_read_again_changes_nothing(bench: Bench, qliro_shop: QliroShop) -> None:
    number = qliro_shop.sell(VASE, BOWL)
    qliro_shop.told(number, "ship", units={"GF-VAS-01": 1})
    qliro_shop.told(number, "return", units={"GF-VAS-01": 1})
    bench.emulators.kit.calls.clear()
    for _again in range(3):
        qliro_shop.hear(number)
        bench.rest()
    assert (bench.sent(), bench.findings()) == ([], [])


@pytest.mark.parametrize("fault", ["close_before", "close_after", "status"])
def test_no_fault_of_fortnox_doubles_a_qliro_order(bench: Bench, qliro_shop: QliroShop, fault: Any) -> None:
    bench.emulators.kit.faults.order(fault, "POST", "/3/invoices")
    bench.emulators.kit.faults.order(fault, "POST", "/3/invoicepayments")
    number = qliro_shop.sell()
    qliro_shop.told(number, "ship")
    qliro_shop.told(number, "return")
    assert (totals(bench), bench.balance(CLEARING), bench.balance(1510)) == ([499, -499], 0, 0)
    assert (qliro_shop.state(number), bench.findings()) == ("booked", [])


def test_silence_of_qliro_is_waited_out(bench: Bench, qliro_shop: QliroShop) -> None:
    number = qliro_shop.sell()
    qliro_shop.act(number, "ship")
    qliro_shop.qliro.server.app.state.kit.faults.order("status", "GET", "*orders*", status=503)
    bench.rest()
    assert (qliro_shop.state(number), totals(bench), bench.findings()) == ("booked", [499], [])


def test_order_that_qliro_does_not_know_is_told(bench: Bench, qliro_shop: QliroShop) -> None:
    qliro_shop.hear(4711)
    bench.rest()
    assert bench.findings() == ["QLIRO_ORDER_NOT_FOUND"]


def test_every_order_is_read_with_the_signed_client(bench: Bench, qliro_shop: QliroShop, qliro: Qliro) -> None:
    qliro.server.app.state.kit.calls.clear()
    number = qliro_shop.sell()
    bench.rest()
    asked = qliro.server.app.state.kit.calls.select(CallFilter("GET"))
    assert [(one.path, one.tenant) for one in asked] == [(f"/checkout/adminapi/v2/orders/{number}", qliro.key)]
