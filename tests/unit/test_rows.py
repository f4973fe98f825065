"""From lines to rows, to the öre: acc-01 … acc-05, acc-12 and acc-21 of accounting.md, and the ways to fail."""

from dataclasses import replace
from decimal import Decimal

import pytest

from app.adjustments.creditable_lines import PostedDocuments
from app.kit.money import Money
from app.model.finding import Finding
from app.model.order import Address, Line, LineKind, RefundedPart, ShippingLine, TaxLine, TransactionKind
from app.orders.planning.planner import decide
from app.tenants.rules import ArticlePolicy, EuConsumers
from tests.support.builders import (
    codes,
    entries_of,
    findings,
    gift_card,
    line,
    order,
    paid,
    plan,
    planned,
    refund,
    rows_of,
    rules,
    sek,
    shipping,
    tax_line,
    vat_of,
)


def test_acc_01_one_item_with_vat_inside() -> None:
    made = plan(order(line("499.00", title="Hoodie")))
    assert rows_of(made) == [(3001, 1, "499.00", "25")]
    assert vat_of(made) == [("25", "399.20", "99.80")]
    assert [entries_of(voucher) for voucher in made.vouchers] == [
        {1510: "499.00", 3001: "-399.20", 2611: "-99.80"},
        {1581: "499.00", 1510: "-499.00"},
    ]


def test_acc_02_each_rate_has_its_own_accounts() -> None:
    made = plan(order(line("299.00"), line("560.00", rate="12"), line("212.00", rate="6")))
    assert rows_of(made) == [(3001, 1, "299.00", "25"), (3002, 1, "560.00", "12"), (3003, 1, "212.00", "6")]
    assert vat_of(made) == [("25", "239.20", "59.80"), ("12", "500.00", "60.00"), ("6", "200.00", "12.00")]
    assert entries_of(made.vouchers[0]) == {
        1510: "1071.00",
        3001: "-239.20",
        3002: "-500.00",
        3003: "-200.00",
        2611: "-59.80",
        2621: "-60.00",
        2631: "-12.00",
    }


def test_acc_03_discount_stays_inside_its_row_and_the_ore_inside_the_invoice() -> None:
    made = plan(
        order(
            line("449.00", discount="61.76", tax="77.45", title="Backpack"),
            line("199.00", discount="27.37", tax="9.71", rate="6"),
            line("79.00", discount="10.87", tax="13.63"),
            total=sek("627.00"),
        )
    )
    assert rows_of(made) == [(3001, 1, "387.24", "25"), (3003, 1, "171.63", "6"), (3001, 1, "68.13", "25")]
    assert vat_of(made) == [("25", "364.30", "91.07"), ("6", "161.92", "9.71")]
    assert made.invoice.total_vat == sek("100.78")  # the shop's lines say 100.79: an öre is not worth a changed total
    assert made.invoice.rows[0].description == "Backpack (449.00 minus rabatt 61.76)"
    assert entries_of(made.vouchers[0])[3001] == "-364.30"


def test_acc_04_free_shipping_leaves_no_row() -> None:
    made = plan(order(line("899.00"), shipping=(shipping("0.00"),)))
    assert rows_of(made) == [(3001, 1, "899.00", "25")]
    assert vat_of(made) == [("25", "719.20", "179.80")]


def test_acc_05_mixed_shipping_follows_the_goods() -> None:
    freight = shipping("99.00", tax_line("25", "15.84"), tax_line("6", "1.12"), title="Parcel")
    made = plan(order(line("800.00"), line("50.00", rate="6", quantity=4), shipping=(freight,)))
    assert rows_of(made) == [
        (3001, 1, "800.00", "25"),
        (3003, 4, "50.00", "6"),
        (3520, 1, "79.20", "25"),
        (3524, 1, "19.80", "6"),
    ]
    assert vat_of(made) == [("25", "703.36", "175.84"), ("6", "207.36", "12.44")]
    assert entries_of(made.vouchers[0]) == {
        1510: "1099.00",
        3001: "-640.00",
        3520: "-63.36",
        3003: "-188.68",
        3524: "-18.68",
        2611: "-175.84",
        2631: "-12.44",
    }


def test_mixed_shipping_that_does_not_follow_the_goods_is_split_by_the_vat_charged() -> None:
    freight = shipping("100.00", tax_line("25", "10.00"), tax_line("6", "2.83"))  # half and half, goods are 4 : 1
    made = plan(order(line("800.00"), line("200.00", rate="6"), shipping=(freight,)))
    assert rows_of(made)[2:] == [(3520, 1, "50.00", "25"), (3524, 1, "50.00", "6")]


@pytest.mark.parametrize("goods", [("800.00", "200.00"), ("10.00", "990.00")], ids=["by value", "by the VAT"])
def test_mixed_shipping_of_a_shop_without_vat_in_its_prices_takes_each_tax_as_charged(goods: tuple[str, str]) -> None:
    freight = shipping("100.00", tax_line("25", "20.00"), tax_line("6", "1.20"))
    lines = (line(goods[0], included=False), line(goods[1], rate="6", included=False))
    made = plan(order(*lines, shipping=(freight,), taxes_included=False))
    assert rows_of(made)[2:] == [(3520, 1, "100.00", "25"), (3524, 1, "21.20", "6")]


def test_mixed_shipping_without_vat_in_its_price_follows_the_goods_to_the_ore() -> None:
    freight = shipping("29.00", tax_line("25", "7.03"), tax_line("6", "0.05"))  # 28.13 and 0.87 before VAT
    lines = (line("97.00", included=False), line("3.00", rate="6", included=False))
    made = plan(order(*lines, shipping=(freight,), taxes_included=False))
    assert rows_of(made)[2:] == [(3520, 1, "35.16", "25"), (3524, 1, "0.92", "6")]


def test_acc_12_gift_card_is_a_debt_without_vat() -> None:
    made = plan(order(gift_card("500.00")))
    assert rows_of(made) == [(2421, 1, "500.00", "0")]
    assert made.invoice.vat[0].vat_account is None
    assert entries_of(made.vouchers[0]) == {1510: "500.00", 2421: "-500.00"}


def test_gift_card_that_was_charged_vat_is_a_question_for_a_person() -> None:
    taxed = line("500.00", rate="25", kind=LineKind.GIFT_CARD)
    (found,) = findings(decide(order(taxed), rules()))
    assert (found.code, found.data["charged_amount"]) == ("VAT_AMOUNT_UNEXPECTED", "100.00 SEK")


@pytest.mark.parametrize("as_line", [True, False], ids=["a line titled Tip", "only in the tip total"])
def test_acc_21_tip_is_income_outside_vat(*, as_line: bool) -> None:
    tip = line("40.00", rate=None, title="Tip", kind=LineKind.TIP)
    sold = order(line("400.00"), tip) if as_line else order(line("400.00"), tip=sek("40.00"))
    made = plan(sold)
    assert rows_of(made) == [(3001, 1, "400.00", "25"), (3690, 1, "40.00", "0")]
    assert entries_of(made.vouchers[0]) == {1510: "440.00", 3001: "-320.00", 3690: "-40.00", 2611: "-80.00"}


def test_shop_without_vat_in_its_prices_gets_gross_rows() -> None:
    made = plan(order(line("399.20", included=False), taxes_included=False))
    assert made.invoice.total == sek("499.00")
    assert rows_of(made) == [(3001, 1, "499.00", "25")]
    assert vat_of(made) == [("25", "399.20", "99.80")]


@pytest.mark.parametrize(
    ("quantity", "discount", "spread"),
    [
        (3, "0.00", [(3, "33.34")]),
        (3, "0.02", [(2, "33.33"), (1, "33.34")]),
        (3, "0.01", [(1, "33.33"), (2, "33.34")]),
        (7, "3.38", [(2, "32.85"), (5, "32.86")]),
    ],
)
def test_discount_on_a_quantity_that_does_not_divide_loses_nothing(
    quantity: int, discount: str, spread: list[tuple[int, str]]
) -> None:
    made = plan(order(line("33.34", quantity=quantity, discount=discount)))
    assert [(count, price) for _, count, price, _ in rows_of(made)] == spread
    assert made.invoice.total == Money(3334 * quantity, "SEK") - sek(discount)


def test_goods_given_away_stay_on_the_invoice_without_a_price() -> None:
    gift = line("50.00", discount="100.00", quantity=2, id="2", rate=None)
    made = plan(order(gift, line(), shipping=(shipping("0.00"),)))
    assert rows_of(made) == [(3001, 2, "0.00", "25"), (3001, 1, "499.00", "25")]
    assert made.invoice.total_vat == sek("99.80")


def test_goods_given_away_come_back_with_others_and_only_once() -> None:
    sold = order(line(), line("50.00", discount="50.00", id="2", rate=None))
    parts = (
        RefundedPart("line:1", 1, sek("499.00"), sek("99.80")),
        RefundedPart("line:2", 1, sek("0.00"), sek("0.00")),
    )
    back = paid("499.00", kind=TransactionKind.REFUND, id="t2")
    refunded = replace(
        sold,
        transactions=(*sold.transactions, back),
        refunds=(refund("499.00", parts=parts, transaction_ids=("t2",)),),
    )
    made = plan(refunded)
    credit = next(document for document in made.documents if document.credits)
    assert [(row.quantity, str(row.amount.decimal)) for row in credit.rows] == [(-1, "-499.00"), (-1, "0.00")]
    again = planned(decide(refunded, rules(), posted=PostedDocuments(tuple(made.steps))))
    assert [one.key for one in again.documents] == [one.key for one in made.documents]


def test_line_too_small_for_vat_keeps_its_rate() -> None:
    made = plan(order(line("100.00"), line("0.02")))
    assert rows_of(made)[1] == (3001, 1, "0.02", "25")


@pytest.mark.parametrize("off", ["0.01", "-0.01"])
def test_vat_that_differs_by_an_ore_is_the_shops_rounding(off: str) -> None:
    charged = sek("99.80") + sek(off)
    assert plan(order(line("499.00", tax=str(charged.decimal)))).invoice.total_vat == sek("99.80")


@pytest.mark.parametrize("off", ["0.02", "-0.02"])
def test_vat_that_differs_by_more_stops_the_order_with_both_figures(off: str) -> None:
    charged = sek("99.80") + sek(off)
    (found,) = findings(decide(order(line("499.00", tax=str(charged.decimal))), rules()))
    assert found.code == "VAT_AMOUNT_UNEXPECTED"
    assert found.data == {"rate": "25", "charged_amount": str(charged), "computed_amount": "99.80 SEK"}


def test_shipping_too_small_for_vat_has_one_rate_and_not_the_sum_of_two() -> None:
    tiny = shipping("0.02", tax_line("25", "0.00"), tax_line("6", "0.00"))
    made = plan(order(line("800.00"), line("200.00", rate="6"), shipping=(tiny,)))
    assert rows_of(made)[2] == (3520, 1, "0.02", "25")


def test_each_line_may_round_its_vat() -> None:
    lines = [line("0.10", tax="0.03") for _ in range(3)]  # 0.09 charged, 0.06 computed: an öre per line
    assert plan(order(*lines)).invoice.total_vat == sek("0.06")


def test_untaxed_goods_in_sweden_stop_the_order() -> None:
    (found,) = findings(decide(order(line("100.00", rate=None, title="Mugg")), rules()))
    assert found.code == "VAT_CHARGED_UNEXPECTED"
    assert found.data == {"rate": "0", "line": "Mugg", "expected_rate": "25, 12, 6"}


def exempt(price: str = "100.00") -> Line:
    return line(price, rate=None, title="Frimärken", kind=LineKind.EXEMPT)


FREIGHT_WITHOUT_VAT = ShippingLine("s1", "Paket", sek("49.00"))


def test_goods_that_shop_and_tenant_call_exempt_are_sold_without_vat() -> None:
    sale = order(exempt(), line("200.00"))
    assert codes(decide(sale, rules())) == ["VAT_CHARGED_UNEXPECTED"]
    made = plan(sale, rules(vat_free_goods=True))
    assert rows_of(made) == [(3004, 1, "100.00", "0"), (3001, 1, "200.00", "25")]
    assert vat_of(made) == [("25", "160.00", "40.00"), ("0", "100.00", "0.00")]
    assert [row.why for row in made.invoice.rows] == ["vat_free_goods", "domestic_goods"]


def test_shipping_of_exempt_goods_alone_is_exempt_with_them() -> None:
    alone = order(exempt(), shipping=(FREIGHT_WITHOUT_VAT,))
    assert rows_of(plan(alone, rules(vat_free_goods=True)))[1] == (3004, 1, "49.00", "0")
    for others in ((exempt(), line("200.00")), (gift_card(),)):
        found = decide(order(*others, shipping=(FREIGHT_WITHOUT_VAT,)), rules(vat_free_goods=True))
        assert codes(found) == ["VAT_CHARGED_UNEXPECTED"], "nobody charged VAT on the shipping"


def test_consumers_abroad_buy_nothing_exempt() -> None:
    german = Address(name="Greta", country_code="DE", zip_code="10115")
    sale = order(exempt(), ship_to=german, bill_to=german)
    some_rules = rules(vat_free_goods=True, eu_consumers=EuConsumers.SWEDISH_VAT)
    assert "VAT_CHARGED_UNEXPECTED" in codes(decide(sale, some_rules))


def test_rows_that_do_not_make_the_shops_total_stop_the_order() -> None:
    (found,) = findings(decide(order(line("499.00"), total=sek("500.00")), rules()))
    assert found.code == "SHOPIFY_TOTALS_DISAGREE"
    assert found.data == {"shop_amount": "500.00 SEK", "computed_amount": "499.00 SEK"}


@pytest.mark.parametrize("extra", ["duties", "additional_fees"])
def test_what_has_no_rule_yet_stops_the_order(extra: str) -> None:
    assert codes(decide(order(line(), **{extra: sek("18.00")}), rules())) == ["VAT_TREATMENT_NOT_SUPPORTED"]


def test_negative_line_stops_the_order_instead_of_guessing() -> None:
    minus = line("10.00", discount="60.00", title="Kampanj")
    assert "VAT_TREATMENT_NOT_SUPPORTED" in codes(decide(order(line(), minus), rules()))
    mixed = shipping("99.00", tax_line("25", "15.84"), tax_line("6", "1.12"))
    less = line("10.00", rate="6", discount="60.00")
    assert "VAT_TREATMENT_NOT_SUPPORTED" in codes(decide(order(line(), less, shipping=(mixed,)), rules()))


@pytest.mark.parametrize("role", ["sales.se.25", "shipping.se.25", "vat.se.25", "receivable"])
def test_role_without_account_stops_the_order(role: str) -> None:
    sold = order(line(), shipping=(shipping(),))
    found = findings(decide(sold, rules(accounts={role: None})))
    assert [(finding.code, finding.data["role"]) for finding in found] == [("ROLE_UNMAPPED", role)]


def test_rate_without_role_is_not_booked_on_another_rates_account() -> None:
    found = findings(decide(order(line("120.00", rate="20")), rules(vat_rates=frozenset({Decimal(20)}))))
    assert [finding.data["role"] for finding in found] == ["sales.se.20", "vat.se.20"]


@pytest.mark.parametrize("rates", [frozenset({Decimal("25.0")}), frozenset[Decimal]()], ids=["another", "none"])
def test_vat_rate_that_fortnox_does_not_know_stops_the_order(rates: frozenset[Decimal]) -> None:
    found = findings(decide(order(line("212.00", rate="6")), rules(vat_rates=rates)))
    assert found == (Finding("FORTNOX_VAT_NOT_FOUND", "6 %", {"rate": "6"}),)


@pytest.mark.parametrize(
    ("taxes", "why"),
    [
        ((tax_line("25", "9.80"), tax_line("0", "5.00")), "VAT at a rate of 0"),
        ((tax_line("25", "9.80"), tax_line("6", "-1.00")), "negative VAT"),
    ],
    ids=["at rate 0", "negative"],
)
def test_shipping_tax_that_makes_no_sense_stops_the_order(taxes: tuple[TaxLine, ...], why: str) -> None:
    assert codes(decide(order(line(), shipping=(shipping("49.00", *taxes),)), rules())), why


@pytest.mark.parametrize(("policy", "number"), [(ArticlePolicy.CREATE, "H-1"), (ArticlePolicy.NONE, None)])
def test_product_number_goes_with_the_row_by_rule(policy: ArticlePolicy, number: str | None) -> None:
    made = plan(order(line(sku="H-1")), rules(article_policy=policy))
    assert made.invoice.rows[0].article_number == number


def test_every_row_says_which_rule_made_it() -> None:
    mixed = shipping("99.00", tax_line("25", "15.84"), tax_line("6", "1.12"))
    made = plan(order(line("800.00"), line("200.00", rate="6"), gift_card(), shipping=(mixed,), tip=sek("5.00")))
    assert [row.why for row in made.invoice.rows] == [
        "domestic_goods",
        "domestic_goods",
        "gift_card",
        "domestic_shipping_share",
        "domestic_shipping_share",
        "tip",
    ]
    assert plan(order(shipping=(shipping(),))).invoice.rows[1].why == "domestic_shipping"
