"""What is understood of Qliro's orders, what is not, and what a push says."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from app.kit.http.client import read_json
from app.kit.money import Money
from app.model.order import Line, Order, TransactionKind
from app.shops.base import BodyNotUnderstoodError
from app.shops.qliro.habits import NO_HABITS, QliroHabits, habits_of
from app.shops.qliro.orders.discounts import DiscountUnclearError
from app.shops.qliro.orders.order import normalize
from app.shops.qliro.pushes import open_push
from app.tenants.rules import ProviderDiscount, TenantRules

_SAMPLES = Path(os.environ.get("BOKBRO_REFERENCE") or Path(__file__).parents[3] / "shared" / "reference") / "qliro"
SAMPLE = _SAMPLES / "samples" / "magento-get-order-external-capture.json"
ITEM: dict[str, Any] = {"Id": 1, "MerchantReference": "VAS", "Description": "Vas", "Type": "Product", "Quantity": 1,
                        "PricePerItemIncVat": Decimal("125.00"), "PricePerItemExVat": Decimal("100.00"),
                        "VatRate": Decimal(25), "ActionType": "Ship", "PaymentTransactionId": 2}  # fmt: skip
RESERVED = {"PaymentTransactionId": 1, "Type": "Preauthorization", "Status": "Success", "Amount": Decimal("125.00"),
            "Currency": "SEK", "Timestamp": "2026-11-01T09:00:00.000"}  # fmt: skip
CAPTURED = RESERVED | {"PaymentTransactionId": 2, "Type": "Capture", "Timestamp": "2026-11-02T23:30:00+01:00"}


def read(*, item: Any = None, capture: Any = None, habits: QliroHabits = NO_HABITS, **changes: Any) -> Order:
    body = {
        "OrderId": 7, "MerchantReference": "B-7", "Currency": "SEK", "Country": "SE",
        "OrderItemActions": [ITEM | (item or {})], "PaymentTransactions": [CAPTURED | (capture or {}), RESERVED],
    } | changes  # fmt: skip
    found = normalize(body, shop="KEY@qliro", habits=habits)
    assert found is not None
    return found


def test_times_without_a_zone_are_utc_and_transactions_are_put_in_order() -> None:
    order = read()
    assert order.processed_at == datetime(2026, 11, 1, 9, tzinfo=UTC)
    assert [transaction.kind for transaction in order.transactions] == [
        TransactionKind.AUTHORIZATION,
        TransactionKind.CAPTURE,
    ]


def test_fields_that_are_new_to_us_are_left_alone() -> None:
    assert read(FutureField={"a": 1}, item={"FutureField": []}, capture={"FutureField": 1}) == read()


def test_order_goes_where_its_country_says_when_there_is_no_address() -> None:
    assert read(Country="fi").ship_to.country_code == "FI"


def test_amount_with_a_sign_is_the_same_amount() -> None:
    assert read(capture={"Amount": Decimal("-125.00")}).money_in[0].amount == Money.of("125", "SEK")


def test_rate_at_the_edge_of_rounding_is_found_from_both_prices() -> None:
    prices = {"PricePerItemIncVat": Decimal("99.54"), "PricePerItemExVat": Decimal("88.88"), "VatRate": None}
    (line,) = read(item=prices, capture={"Amount": Decimal("99.54")}).lines
    assert [tax.rate_percent for tax in line.tax_lines] == [12]


@pytest.mark.parametrize(
    "item",
    [
        {"Type": "Voucher"},
        {"Quantity": "1"},
        {"Quantity": -1},
        {"PricePerItemIncVat": "many"},
        {"PricePerItemIncVat": Decimal("-125.00")},
        {"PricePerItemIncVat": Decimal("125.001")},
        {"VatRate": Decimal(12)},
        {"VatRate": Decimal(-1)},
        {"VatRate": None, "PricePerItemExVat": None},
        {"VatRate": None, "PricePerItemExVat": Decimal("106.84")},  # 17 %
        {"VatRate": None, "PricePerItemIncVat": Decimal("0.05"), "PricePerItemExVat": Decimal("0.04")},  # 12 or 25 %
    ],
)
def test_item_that_is_not_understood_stops_the_order(item: dict[str, Any]) -> None:
    with pytest.raises(BodyNotUnderstoodError):
        read(item=item)


@pytest.mark.parametrize(
    "capture", [{"Status": "Perhaps"}, {"Timestamp": "soon"}, {"PaymentTransactionId": None}, {"Amount": None}]
)
def test_transaction_that_is_not_understood_stops_the_order(capture: dict[str, Any]) -> None:
    with pytest.raises(BodyNotUnderstoodError):
        read(capture=capture)


def test_return_of_more_than_was_sent_stops_the_order() -> None:
    refund = CAPTURED | {"PaymentTransactionId": 3, "Type": "Refund", "Amount": Decimal("250.00")}
    back = ITEM | {"ActionType": "Return", "Quantity": 2, "PaymentTransactionId": 3}
    with pytest.raises(BodyNotUnderstoodError, match="came back"):
        read(OrderItemActions=[ITEM, back], PaymentTransactions=[RESERVED, CAPTURED, refund])


@pytest.mark.parametrize("item", [{"Type": None}, {"Quantity": Decimal("1.0")}])
def test_item_as_modules_of_others_send_it_is_read(item: dict[str, Any]) -> None:
    assert read(item=item) == read()


@pytest.mark.parametrize(
    ("accounts", "sku"), [({"key"}, "VAS:1"), ({"*"}, "VAS:1"), ({"other"}, "42:VAS:1"), ((), "42:VAS:1")]
)
def test_number_of_the_cart_s_item_is_cut_off_by_rule_of_the_account(accounts: Any, sku: str) -> None:
    habits = habits_of(TenantRules(numbered_references=frozenset(accounts)), "KEY@qliro")
    (line,) = read(habits=habits, item={"MerchantReference": "42:VAS:1"}).lines
    assert isinstance(line, Line)
    assert line.sku == sku


def discount(amount: str, without: str, rate: str, reference: str = "DSC_7") -> dict[str, Any]:
    return ITEM | {"Type": "Discount", "MerchantReference": reference, "PricePerItemIncVat": Decimal(amount),
                   "PricePerItemExVat": Decimal(without), "VatRate": Decimal(rate)}  # fmt: skip


BOOK = ITEM | {"MerchantReference": "BOK", "PricePerItemIncVat": Decimal("106.00"), "VatRate": Decimal(6)}


def captured(amount: str) -> list[dict[str, Any]]:
    return [RESERVED, CAPTURED | {"Amount": Decimal(amount)}]


def test_reduction_of_a_cart_at_its_average_rate_lowers_all_goods() -> None:
    lower = discount("-23.10", "-20.00", "15.50")  # 10 % of 125.00 at 25 % and 106.00 at 6 %: VAT 2.50 + 0.60
    order = read(OrderItemActions=[ITEM, BOOK, lower], PaymentTransactions=captured("207.90"))
    assert [(line.discount.minor, line.tax.minor) for line in order.lines] == [(1250, 2250), (1060, 540)]


@pytest.mark.parametrize("lower", [discount("-23.10", "-18.48", "25"), discount("-23.10", "-23.10", "0")])
def test_discount_whose_vat_is_not_of_what_it_lowers_is_asked_about(lower: dict[str, Any]) -> None:
    shown = [BOOK | {"Quantity": 2}, lower]
    with pytest.raises(DiscountUnclearError):
        read(OrderItemActions=shown, PaymentTransactions=captured("188.90"))
    reduction = QliroHabits({"dsc": ProviderDiscount.REDUCTION})
    order = read(habits=reduction, OrderItemActions=shown, PaymentTransactions=captured("188.90"))
    assert order.total == Money.of("188.90", "SEK")


def test_gift_card_that_a_module_sends_as_a_discount_pays_and_lowers_no_vat() -> None:
    habits = QliroHabits({"gift": ProviderDiscount.GIFT_CARD})
    card = discount("100.00", "100.00", "0", "GIFT-7")
    order = read(habits=habits, OrderItemActions=[ITEM, card], PaymentTransactions=captured("25.00"))
    assert (order.total, order.total_tax) == (Money.of("125.00", "SEK"), Money.of("25.00", "SEK"))
    paid = {one.gateway: str(one.amount) for one in order.money_in}
    assert paid == {"qliro": "25.00 SEK", "gift_card": "100.00 SEK"}


def test_gift_card_that_comes_back_with_its_goods_is_money_back_onto_it() -> None:
    habits = QliroHabits({"*": ProviderDiscount.GIFT_CARD})
    card = discount("-100.00", "-100.00", "0", "GIFT-7")
    back = [one | {"ActionType": "Return", "PaymentTransactionId": 3} for one in (ITEM, card)]
    refund = CAPTURED | {"PaymentTransactionId": 3, "Type": "Refund", "Amount": Decimal("25.00")}
    order = read(habits=habits, OrderItemActions=[ITEM, card, *back], PaymentTransactions=[*captured("25.00"), refund])
    (found,) = order.refunds
    assert (found.amount, found.discrepancy) == (Money.of("125.00", "SEK"), None)
    assert {one.gateway: one.amount.minor for one in order.money_out} == {"qliro": 2500, "gift_card": 10000}


def test_discount_that_is_larger_than_what_has_its_rate_stops_the_order() -> None:
    discount = ITEM | {"Type": "Discount", "MerchantReference": "R", "PricePerItemIncVat": Decimal("-10.60"),
                       "PricePerItemExVat": Decimal("-10.00"), "VatRate": Decimal(6)}  # fmt: skip
    with pytest.raises(BodyNotUnderstoodError, match="discount"):
        read(OrderItemActions=[ITEM, discount], PaymentTransactions=[RESERVED, CAPTURED | {"Amount": "114.40"}])


@pytest.mark.skipif(not SAMPLE.exists(), reason=f"NOT CHECKED: Qliro's own order after a capture elsewhere ({SAMPLE})")
def test_qliro_s_own_sample_of_a_capture_made_elsewhere_is_read() -> None:
    order = normalize(read_json(SAMPLE.read_bytes()), shop="KEY@qliro")
    assert order is not None
    (line,) = order.lines
    assert (line.quantity, [tax.rate_percent for tax in line.tax_lines]) == (2, [Decimal("25.5")])
    assert order.total == order.money_in[0].amount == Money.of("39.98", "EUR")
    assert order.delivered_at == order.money_in[0].processed_at


PUSH: dict[str, Any] = {"OrderId": 7, "PaymentTransactionId": 9, "PaymentType": "Capture", "Status": "Success",
                        "Timestamp": "2026-11-01"}  # fmt: skip


def told(**changes: Any) -> str:
    return open_push(json.dumps(PUSH | changes).encode()).delivery_id


def test_push_of_a_transaction_is_the_same_whatever_its_time_and_another_in_another_status() -> None:
    assert told() == told(Timestamp="2026-11-02")
    assert len({told(), told(Status="InProcess"), told(PaymentTransactionId=10), told(OrderId=8)}) == 4


def test_push_of_the_checkout_is_told_apart_by_its_time() -> None:
    checkout = {"PaymentType": None, "NotificationType": "CustomerCheckoutStatus", "Status": "Completed"}
    assert told(**checkout) == told(**checkout)
    assert told(**checkout) != told(**(checkout | {"Timestamp": "2026-11-02"}))


def test_push_names_the_job_of_its_order() -> None:
    assert open_push(json.dumps(PUSH).encode()).subject == "order:qliro:7"
