"""Both of Shopify's shapes become the same Order; what we do not understand is named, never guessed at."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from app.kit.money import Money
from app.model.order import NO_ADDRESS, Buyer, LineKind, Order, PaymentTerms, TransactionKind
from app.shops.base import BodyNotUnderstoodError
from app.shops.shopify.orders.order import normalize
from app.shops.shopify.orders.rest import normalize_rest
from app.tenants.rules import DocumentCurrency
from tests.support.builders import sek
from tests.support.unit.shopify_bodies import ORDER_ID, bag, graphql_order, rest_order

BUYERS, SHOPS = DocumentCurrency.PRESENTMENT, DocumentCurrency.SHOP


def read(*, currency: DocumentCurrency = BUYERS, **changes: Any) -> Order:
    return normalize(graphql_order(**changes), shop="a.myshopify.com", currency=currency)


def read_rest(*, currency: DocumentCurrency = BUYERS, **changes: Any) -> Order:
    return normalize_rest(rest_order(**changes), shop="a.myshopify.com", currency=currency)


def with_line(**changes: Any) -> dict[str, Any]:
    (node,) = graphql_order()["lineItems"]["nodes"]
    return {"lineItems": {"nodes": [{**node, **changes}]}}


def with_transaction(**changes: Any) -> dict[str, Any]:
    (node,) = graphql_order()["transactions"]
    return {"transactions": [{**node, **changes}]}


def test_order_is_read_in_the_currency_the_buyer_saw() -> None:
    order = read()
    assert (order.id, order.name, order.subject) == (str(ORDER_ID), "#1001", f"order:shopify:{ORDER_ID}")
    assert (order.currency, order.total, order.total_tax) == ("SEK", sek("533.00"), sek("106.60"))
    (line,) = order.lines
    assert (line.unit_price, line.quantity, line.discount, line.tax) == (sek("245"), 2, sek("6"), sek("96.80"))
    assert (line.id, line.sku, line.kind, line.tax_lines[0].rate_percent) == ("1", "H-1", LineKind.GOODS, Decimal(25))
    assert [(one.title, one.price) for one in order.shipping] == [("Paket", sek("49.00"))]
    assert sum(one.amount.minor for one in order.lines) + order.shipping[0].price.minor == order.total.minor
    assert order.buyer == Buyer("7001", "Maja Gran", "maja@example.se")
    assert order.bill_to.zip_code == "111 22"
    assert order.processed_at == datetime(2026, 11, 3, 10, 15, tzinfo=UTC)


def test_order_is_read_in_the_shops_currency_by_rule() -> None:
    order = read(currency=SHOPS)
    assert order.currency == "EUR"
    assert order.total == Money.of("47.90", "EUR")
    assert order.transactions[0].amount == Money.of("47.90", "EUR")
    assert order.lines[0].discount == Money.of("0.50", "EUR")


@pytest.mark.parametrize("currency", [BUYERS, SHOPS])
def test_webhook_body_of_the_same_order_is_the_same_order(currency: DocumentCurrency) -> None:
    graphql, rest = read(currency=currency), read_rest(currency=currency)
    unknown = replace(graphql, transactions=(), transactions_known=False, refunds=())
    assert replace(rest, refunds=()) == unknown
    assert [refund.id for refund in rest.refunds] == [one.id for one in graphql.refunds]


def test_refund_of_a_webhook_body_is_what_its_transactions_moved() -> None:
    assert read_rest().refunds[0].amount == sek("110.00") == read().refunds[0].amount


def test_shop_with_one_currency_needs_no_second_amount() -> None:
    plain = rest_order(currency="SEK", presentment_currency="SEK", total_price="533.00", total_tax="106.60")
    del plain["total_price_set"], plain["total_tax_set"]
    order = normalize_rest(plain, shop="a.myshopify.com", currency=BUYERS)
    assert (order.total, order.total_tax) == (sek("533.00"), sek("106.60"))


def test_amount_known_only_in_the_other_currency_is_not_guessed() -> None:
    with pytest.raises(BodyNotUnderstoodError, match="presentmentMoney"):
        read_rest(total_tip_received="5.00")


def test_transactions_tell_money_from_promises() -> None:
    (sale,) = read().transactions
    assert (sale.kind, sale.succeeded, sale.gateway, sale.payment_id) == (
        TransactionKind.SALE,
        True,
        "shopify_payments",
        "pay-1",
    )
    (pending,) = read(**with_transaction(status="PENDING")).transactions
    assert not pending.succeeded
    (novel,) = read(**with_transaction(kind="EMV_AUTHORIZATION")).transactions
    assert novel.kind is TransactionKind.OTHER


def test_cash_rounding_and_marked_as_paid_are_read() -> None:
    (cash,) = read(**with_transaction(amountRoundingSet=bag("0.04", "0.40"), manualPaymentGateway=True)).transactions
    assert (cash.rounding, cash.manual) == (sek("0.40"), True)


def test_payment_in_a_third_currency_is_read_as_it_is() -> None:
    foreign = {"shopMoney": bag("1", "1")["shopMoney"], "presentmentMoney": {"amount": "45", "currencyCode": "DKK"}}
    (sale,) = read(**with_transaction(amountSet=foreign)).transactions
    assert sale.amount == Money.of("45", "DKK")


def test_body_without_transactions_says_so() -> None:
    body = graphql_order()
    del body["transactions"]
    assert normalize(body, shop="a", currency=BUYERS).transactions_known is False


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ({"isGiftCard": True}, LineKind.GIFT_CARD),
        ({"title": "Tip", "product": None, "taxLines": []}, LineKind.TIP),
        ({"title": "Tip", "product": None}, LineKind.GOODS),
        ({"title": "Tip", "taxLines": []}, LineKind.GOODS),
        ({"product": None}, LineKind.GOODS),
        ({"taxable": False, "taxLines": []}, LineKind.EXEMPT),
        ({"taxable": False}, LineKind.GOODS),
        ({"taxLines": []}, LineKind.GOODS),
    ],
    ids=["gift card", "tip", "taxed", "a product called Tip", "a custom item", "exempt", "taxed after all", "untaxed"],
)
def test_kind_of_a_line(line: dict[str, Any], kind: LineKind) -> None:
    assert read(**with_line(**line)).lines[0].kind is kind


def test_tip_is_counted_once_whether_line_or_total() -> None:
    tip = bag("4", "40")
    assert read(totalTipReceivedSet=tip).tip == sek("40")
    assert read(totalTipReceivedSet=tip, **with_line(title="Tip", product=None, taxLines=[])).tip is None


def tipped(*lines: dict[str, Any], tip: str = "20") -> list[LineKind]:
    """Kinds of lines without tax beside a tip that was received, in whole kronor and euros alike."""
    (node,) = graphql_order()["lineItems"]["nodes"]
    untaxed = {"taxLines": [], "discountAllocations": [], "taxable": False, "quantity": 1, "currentQuantity": 1}
    known = [{**node, **untaxed, **line, "id": f"gid://shopify/LineItem/{at}"} for at, line in enumerate(lines, 1)]
    for line in known:
        line.pop("product")
    return [one.kind for one in read(totalTipReceivedSet=bag(tip, tip), lineItems={"nodes": known}).lines]


TWENTY = {"originalUnitPriceSet": bag("20", "20")}


def test_a_tip_is_known_by_its_amount_in_any_language() -> None:
    book = {"title": "Bok", "originalUnitPriceSet": bag("90", "90")}
    assert tipped(book, TWENTY | {"title": "Dricks"}) == [LineKind.EXEMPT, LineKind.TIP]


def test_a_product_called_tip_is_none_where_no_tip_was_received() -> None:
    assert tipped(TWENTY | {"title": "Tip"}, tip="0") == [LineKind.EXEMPT]


def test_two_tips_come_to_what_was_received() -> None:
    assert tipped(TWENTY | {"title": "Tip"}, TWENTY | {"title": "Dricks"}, tip="40") == [LineKind.TIP] * 2


def test_of_two_lines_of_that_amount_the_one_that_is_sent_is_no_tip() -> None:
    assert tipped(TWENTY | {"title": "Bok", "requiresShipping": True}, TWENTY | {"title": "Dricks"}) == [
        LineKind.EXEMPT,
        LineKind.TIP,
    ]


@pytest.mark.parametrize(
    ("quantity", "current", "refunded", "owed"),
    [(3, 3, 0, 3), (3, 1, 0, 1), (3, 1, 2, 3), (3, 1, 1, 2), (3, None, 0, 3)],
    ids=["untouched", "edited away", "refunded", "both", "unknown"],
)
def test_what_an_edit_took_away_is_not_owed_and_what_a_refund_took_back_was(
    quantity: int, current: int | None, refunded: int, owed: int
) -> None:
    (line,) = with_line()["lineItems"]["nodes"]
    carrying_amount = {"subtotalSet": line["originalUnitPriceSet"], "totalTaxSet": None}
    row = {"quantity": refunded, "lineItem": {"id": "gid://shopify/LineItem/1"}, **carrying_amount}
    refunds = [{**graphql_order()["refunds"][0], "refundLineItems": {"nodes": [row]}}]
    order = read(**with_line(quantity=quantity, currentQuantity=current), refunds=refunds if refunded else [])
    assert order.lines[0].quantity == owed


def test_line_that_an_edit_took_away_whole_is_gone_with_its_discount() -> None:
    assert read(**with_line(currentQuantity=0)).lines == ()


def test_removed_shipping_is_not_owed() -> None:
    (freight,) = graphql_order()["shippingLines"]["nodes"]
    assert read(shippingLines={"nodes": [{**freight, "isRemoved": True}]}).shipping == ()


def test_order_of_nobody_from_nowhere_is_read() -> None:
    order = read(customer=None, billingAddress=None, shippingAddress=None)
    assert (order.buyer, order.bill_to, order.ship_to) == (Buyer(), NO_ADDRESS, NO_ADDRESS)


def test_duties_and_fees_are_read_and_zero_is_none() -> None:
    charged = read(currentTotalDutiesSet=bag("1", "18"), additionalFees=[{"price": bag("1", "9")}])
    assert (charged.duties, charged.additional_fees) == (sek("18"), sek("9"))
    assert (read().duties, read().additional_fees) == (None, None)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"name": None}, "name"),
        ({"id": "gid://shopify/Order/x", "legacyResourceId": None}, "id"),
        ({"createdAt": None}, "createdAt"),
        ({"createdAt": "yesterday"}, "createdAt is no time"),
        ({"updatedAt": "2026-11-03T10:15:00"}, "updatedAt has no zone"),
        ({"taxesIncluded": None}, "taxesIncluded"),
        ({"taxesIncluded": "false"}, "taxesIncluded is neither"),
        ({"totalPriceSet": {"shopMoney": None}}, "presentmentMoney"),
        ({"totalPriceSet": bag("1", "1.005")}, "totalPriceSet"),
        ({"totalPriceSet": bag("1", "1e999999")}, "totalPriceSet"),
        ({"totalPriceSet": "533.00"}, "totalPriceSet is no object"),
        ({"presentmentCurrencyCode": "NOK"}, "totalPriceSet is in SEK, the order in NOK"),
        ({"lineItems": None}, "lineItems"),
        ({"lineItems": {"nodes": {"id": 1}}}, "lineItems is no list"),
        ({"lineItems": {"nodes": ["x"]}}, "lineItems is no object"),
        (with_line(quantity="2"), "quantity"),
        (with_line(quantity=-1), "quantity"),
        (with_line(quantity=True), "quantity"),
        (with_line(discountAllocations=[{}]), "allocatedAmountSet"),
        (with_line(taxLines=[{"rate": None}]), "rate"),
        (with_line(taxLines=[{"rate": "NaN", "priceSet": bag("1", "1")}]), "taxLines.rate"),
        (with_line(taxLines=[{"rate": "-1", "priceSet": bag("1", "1")}]), "taxLines.rate"),
        (with_transaction(amountSet=None), "amountSet"),
        (with_transaction(id=None), "id"),
        ({"transactions": {}}, "transactions is no list"),
        ({"refunds": [{"id": "1", "createdAt": "2026-11-05T09:00:00Z"}]}, "totalRefundedSet"),
        ({"customer": "Maja"}, "customer is no object"),
        ({"billingAddress": []}, "address is no object"),
    ],
)
def test_field_that_is_not_as_we_know_it_is_named(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(BodyNotUnderstoodError, match=named):
        read(**changes)


@pytest.mark.parametrize("body", [[], "x", 7, {}, {"id": 1}, {"id": 1, "currency": "SEK", "taxes_included": True}])
def test_webhook_body_of_another_shape_is_not_understood(body: Any) -> None:
    with pytest.raises(BodyNotUnderstoodError):
        normalize_rest(body, shop="a", currency=BUYERS)


def test_company_terms_and_deliveries_are_read() -> None:
    company = {
        "__typename": "PurchasingCompany",
        "company": {"name": "Gran Handel AB"},
        "location": {"taxSettings": {"taxRegistrationId": "DK12345674"}},
    }
    fulfillments = [
        {"createdAt": "2026-11-05T10:00:00Z", "status": "SUCCESS"},
        {"createdAt": "2026-11-06T10:00:00Z", "status": "CANCELLED"},
    ]
    terms = {"paymentTermsName": "Net 30", "dueInDays": 30}
    found = read(purchasingEntity=company, paymentTerms=terms, fulfillments=fulfillments)
    assert (found.company, found.vat_number) == ("Gran Handel AB", "DK12345674")
    assert found.terms == PaymentTerms("Net 30", 30)
    assert found.delivered_at == datetime(2026, 11, 5, 10, tzinfo=UTC), "a delivery that was called off is none"


@pytest.mark.parametrize("entity", [None, {"__typename": "Customer"}, {"__typename": "PurchasingCompany"}])
def test_buyer_that_is_no_company_or_not_readable_has_no_number(entity: Any) -> None:
    found = read(purchasingEntity=entity, paymentTerms=None)
    assert (found.company, found.vat_number, found.terms) == ("", "", None)


def test_units_that_an_edit_took_away_are_not_waited_for() -> None:
    (found,) = read(**with_line(quantity=3, currentQuantity=1, unfulfilledQuantity=2)).lines
    assert found.undelivered <= found.quantity
