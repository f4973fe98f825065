"""The model against accounting.md: worked cases with their numbers written out, then what holds for every history."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.weeks.model import (
    ACCOUNTS,
    RATES,
    Balance,
    History,
    Line,
    OrderBalance,
    Payout,
    Refund,
    Sale,
    balances,
    differences,
    documents,
    order_balance,
    shipping_shares,
    spread,
    vat_within,
)

ACC_01 = Sale("#1001", (Line(499_00, 1, 25),))
ACC_02 = Sale("#1002", (Line(299_00, 1, 25), Line(560_00, 1, 12), Line(212_00, 1, 6)))
ACC_03 = Sale("#1003", (Line(449_00, 1, 25, 61_76), Line(199_00, 1, 6, 27_37), Line(79_00, 1, 25, 10_87)))
ACC_05 = Sale("#1005", (Line(800_00, 1, 25), Line(50_00, 4, 6)), shipping=99_00)
ACC_15 = Sale("#1015", (Line(600_00, 1, 25),), shipping=49_00)
ACC_17 = Sale("#1017", (Line(200_00, 3, 25),))
ACC_24 = Payout(charges=(("#1001", 499_00, 11_48), ("#1002", 1071_00, 22_92), ("#1003", 627_00, 14_79)))


def exact(*history: Sale | Refund | Payout) -> dict[str, int]:
    """The exact öre of each role that is not empty."""
    return {role: due.exact for role, due in balances(history).items() if due.exact}


# The sale


def test_vat_is_taken_out_of_the_price_acc_01() -> None:
    assert exact(ACC_01) == {"clearing": 499_00, "sales_25": -399_20, "vat_25": -99_80}


def test_each_rate_has_its_own_revenue_and_vat_acc_02() -> None:
    assert exact(ACC_02) == {
        "clearing": 1071_00,
        "sales_25": -239_20,
        "sales_12": -500_00,
        "sales_6": -200_00,
        "vat_25": -59_80,
        "vat_12": -60_00,
        "vat_6": -12_00,
    }


def test_a_discount_lowers_its_row_and_vat_is_rounded_once_per_rate_acc_03() -> None:
    books = balances([ACC_03])
    assert exact(ACC_03) == {
        "clearing": 627_00,
        "sales_25": -364_30,
        "sales_6": -161_92,
        "vat_25": -91_07,
        "vat_6": -9_71,
    }
    # Row by row: 77.448 -> 77.45 and 13.626 -> 13.63, together 91.08. "The difference of 0.01 is accepted."
    assert books["vat_25"] == Balance(-91_07, low=-91_08, high=-91_07)
    assert books["sales_25"] == Balance(-364_30, low=-364_30, high=-364_29)
    assert books["vat_6"] == Balance(-9_71, -9_71, -9_71)


def test_free_shipping_leaves_no_row_acc_04() -> None:
    (invoice,) = documents(Sale("#1004", (Line(899_00, 1, 25),)))
    assert [(row.rate, row.gross, row.part) for row in invoice.rows] == [(25, 899_00, "goods")]


def test_shipping_follows_the_goods_by_value_acc_05() -> None:
    assert shipping_shares(ACC_05) == {25: 79_20, 6: 19_80}
    assert exact(ACC_05) == {
        "clearing": 1099_00,
        "sales_25": -703_36,
        "sales_6": -207_36,
        "vat_25": -175_84,
        "vat_6": -12_44,
    }
    assert {role: due.slack for role, due in balances([ACC_05]).items() if due.slack} == {}


def test_shipping_follows_goods_after_their_discount() -> None:
    # 300.00 less 100.00 at 25 percent, 100.00 at 6: shipping of 30.00 is 20.00 and 10.00.
    sale = Sale("#1", (Line(300_00, 1, 25, 100_00), Line(100_00, 1, 6)), shipping=30_00)
    assert shipping_shares(sale) == {25: 20_00, 6: 10_00}


def test_an_ore_that_no_share_takes_goes_to_the_largest_remainder() -> None:
    # 1.00 over 2, 1 and 1: 50, 25, 25. Over thirds: 33 each, and one öre to the highest rate. Over 1 and 2: 33, 67.
    assert spread(1_00, {25: 2, 12: 1, 6: 1}) == {25: 50, 12: 25, 6: 25}
    assert spread(1_00, {6: 1, 12: 1, 25: 1}) == {25: 34, 12: 33, 6: 33}
    assert spread(1_00, {25: 1, 6: 2}) == {25: 33, 6: 67}


def test_goods_without_vat_carry_their_shipping_without_vat() -> None:
    assert exact(Sale("#1", (Line(100_00, 1, 0),), shipping=20_00)) == {"clearing": 120_00, "sales_0": -120_00}


def test_goods_of_one_rate_that_are_given_away_still_say_the_rate_of_shipping() -> None:
    gift = Line(100_00, 1, 25, 100_00)
    assert exact(Sale("#1", (gift,), shipping=50_00)) == {"clearing": 50_00, "sales_25": -40_00, "vat_25": -10_00}
    with pytest.raises(ValueError, match="nothing says at which rate"):
        balances([Sale("#1", (gift, Line(100_00, 1, 6, 100_00)), shipping=50_00)])


def test_half_an_ore_of_vat_is_rounded_up_and_a_credit_mirrors_it() -> None:
    # 0.14 at 12 percent: 14 x 12/112 = 1.5. 72.63 at 25: 14.526 (acc-16).
    assert (vat_within(14, 12), vat_within(-14, 12)) == (2, -2)
    assert (vat_within(72_63, 25), vat_within(-72_63, 25)) == (14_53, -14_53)


def test_goods_and_shipping_may_be_rounded_apart() -> None:
    # 0.03 and 0.03 at 25 percent: 0.6 öre each, rounded 1 + 1; together 1.2, rounded 1.
    due = balances([Sale("#1", (Line(3, 1, 25),), shipping=3)])
    assert (due["vat_25"], due["sales_25"]) == (Balance(-1, low=-2, high=-1), Balance(-5, low=-5, high=-4))


def test_group_account_and_row_are_three_figures_and_all_are_right() -> None:
    # 2 x 0.01, 0.01 and shipping 0.03 at 25 percent: group 1.2 -> 1, accounts 0.6 -> 1 and 1, rows 0, 0 and 1.
    by_account = Sale("#1", (Line(1, 2, 25), Line(1, 1, 25)), shipping=3)
    (invoice,) = documents(by_account)
    assert (invoice.vat(25), invoice.vat_by_account(25), invoice.vat_by_row(25)) == (1, 2, 1)
    assert balances([by_account])["vat_25"] == Balance(-1, low=-2, high=-1)
    # 2 for 0.03, and 0.03: group 1.2 -> 1, rows 0.6 -> 1 each; in whole öre 0.01, 0.02 and 0.03 -> 0, 0 and 1.
    by_row = Sale("#2", (Line(2, 2, 25, 1), Line(3, 1, 25)))
    (invoice,) = documents(by_row)
    assert (invoice.vat(25), invoice.vat_by_row(25), invoice.vat_by_whole_ore(25)) == (1, 2, 1)
    assert balances([by_row])["vat_25"] == Balance(-1, low=-2, high=-1)


def test_a_line_without_a_price_in_whole_ore_may_be_two_rows() -> None:
    # 3 for 0.16 at 25 percent: 2 x 0.05 and 1 x 0.06. Together 3.2 -> 3, apart 2.0 -> 2 and 1.2 -> 1: the same.
    assert balances([Sale("#1", (Line(6, 3, 25, 2),))])["vat_25"] == Balance(-3, -3, -3)
    # 3 for 0.11: 1 x 0.03 and 2 x 0.04. Together 2.2 -> 2, apart 0.6 -> 1 and 1.6 -> 2.
    assert balances([Sale("#1", (Line(4, 3, 25, 1),))])["vat_25"] == Balance(-2, low=-3, high=-2)


# The refund


def test_a_returned_line_is_credited_at_its_rate_acc_14() -> None:
    assert exact(ACC_02, Refund("#1002", ((2, 1),))) == {
        "clearing": 859_00,
        "sales_25": -239_20,
        "sales_12": -500_00,
        "vat_25": -59_80,
        "vat_12": -60_00,
    }


def test_shipping_alone_is_refunded_acc_15() -> None:
    refund = Refund("#1015", (), shipping=True)
    assert exact(ACC_15) == {"clearing": 649_00, "sales_25": -519_20, "vat_25": -129_80}
    assert exact(ACC_15, refund) == {"clearing": 600_00, "sales_25": -480_00, "vat_25": -120_00}


def test_goodwill_is_spread_over_the_rates_by_what_was_paid_acc_16() -> None:
    invoice, credit = documents(ACC_03, [Refund("#1003", price_reduction=100_00)])
    assert [(row.rate, row.gross) for row in credit.rows] == [(25, -72_63), (6, -27_37)]
    assert (credit.vat(25), credit.vat(6)) == (-14_53, -1_55)
    assert invoice.total + credit.total == 527_00
    # 364.30 - 58.10, 161.92 - 25.82, 91.07 - 14.53, 9.71 - 1.55
    assert exact(ACC_03, Refund("#1003", price_reduction=100_00)) == {
        "clearing": 527_00,
        "sales_25": -306_20,
        "sales_6": -136_10,
        "vat_25": -76_54,
        "vat_6": -8_16,
    }


def test_goodwill_is_spread_by_what_is_not_yet_credited() -> None:
    # The book of #1003 has come back; what is left is 25 percent alone.
    _, _, price_reduction = documents(ACC_03, [Refund("#1003", ((1, 1),)), Refund("#1003", price_reduction=100_00)])
    assert [(row.rate, row.gross) for row in price_reduction.rows] == [(25, -100_00)]
    (_, both) = documents(ACC_03, [Refund("#1003", ((1, 1),), price_reduction=100_00)])
    assert [(row.rate, row.gross) for row in both.rows] == [(6, -171_63), (25, -100_00)]


def test_each_refund_is_a_credit_note_of_its_own_acc_17() -> None:
    plate = Refund("#1017", ((0, 1),))
    assert [document.total for document in documents(ACC_17, [plate, plate])] == [600_00, -200_00, -200_00]
    assert exact(ACC_17, plate, plate) == {"clearing": 200_00, "sales_25": -160_00, "vat_25": -40_00}


def test_an_order_refunded_in_full_leaves_nothing_acc_38() -> None:
    sale = Sale("#1039", (Line(380_00, 1, 25),), shipping=59_00)
    refund = Refund("#1039", ((0, 1),), shipping=True)
    assert exact(sale) == {"clearing": 439_00, "sales_25": -351_20, "vat_25": -87_80}
    assert exact(sale, refund) == {}
    assert all(due.slack == 0 for due in balances([sale, refund]).values())


def test_units_of_a_line_with_a_discount_add_up_to_the_line() -> None:
    # 3 for 1.00: one is 0.33, two are 0.67, three are 1.00.
    sale = Sale("#1", (Line(50, 3, 25, 50),))
    unit = Refund("#1", ((0, 1),))
    assert [document.total for document in documents(sale, [unit, unit, unit])] == [100, -33, -34, -33]


def test_a_credit_row_without_a_price_in_whole_ore_may_be_two_rows() -> None:
    # Sold 6 for 0.22: 4.4 -> 4; 2 x 0.03 and 4 x 0.04: 1.2 -> 1 and 3.2 -> 3, the same. Returned 3 for 0.11:
    # 2.2 -> 2; 1 x 0.03 and 2 x 0.04: 0.6 -> 1 and 1.6 -> 2. Left: 4 - 2, or 4 - 3.
    books = balances([Sale("#1", (Line(4, 6, 25, 2),)), Refund("#1", ((0, 3),))])
    assert books["vat_25"] == Balance(-2, low=-2, high=-1)


def test_credits_of_a_whole_rate_mirror_the_sale_though_each_is_rounded() -> None:
    # 10 x 0.07 at 25 percent: VAT 0.14; each unit credited has 1.4 öre, rounded 1: together 10 of 14 öre.
    sale, unit = Sale("#1", (Line(7, 10, 25),)), Refund("#1", ((0, 1),))
    assert balances([sale, *[unit] * 9])["vat_25"] == Balance(-5, -5, -5)
    assert balances([sale, *[unit] * 10])["vat_25"] == Balance(0, low=-4, high=0)
    assert balances([sale, *[unit] * 10])["sales_25"] == Balance(0, low=0, high=4)


@pytest.mark.parametrize(
    "refunds",
    [
        [Refund("#1017", ((0, 4),))],
        [Refund("#1017", ((0, 2),)), Refund("#1017", ((0, 2),))],
        [Refund("#1017", ((1, 1),))],
        [Refund("#1017", price_reduction=600_01)],
        [Refund("#1017", price_reduction=500_00), Refund("#1017", ((0, 1),))],
        [Refund("#1017", shipping=True), Refund("#1017", shipping=True)],
    ],
)
def test_no_more_is_credited_than_was_sold_t7(refunds: list[Refund]) -> None:
    with pytest.raises(ValueError, match="#1017"):
        balances([ACC_17, *refunds])


@pytest.mark.parametrize(
    "refunds",
    [
        pytest.param([Refund("#1", ((0, 1),)), Refund("#1", ((0, 1),))], id="a line twice"),
        pytest.param([Refund("#1", shipping=True), Refund("#1", ((0, 1),), shipping=True)], id="shipping twice"),
        pytest.param([Refund("#1", price_reduction=200_00), Refund("#1", ((1, 1),))], id="a rate without money left"),
    ],
)
def test_what_is_left_on_other_lines_and_rates_does_not_pay_for_it_t7(refunds: list[Refund]) -> None:
    sale = Sale("#1", (Line(100_00, 1, 25), Line(100_00, 1, 6), Line(200_00, 1, 25)), shipping=40_00)
    with pytest.raises(ValueError, match="#1"):
        balances([sale, *refunds])


def test_a_history_that_cannot_have_happened_is_refused() -> None:
    with pytest.raises(ValueError, match="sold twice"):
        balances([ACC_01, ACC_01])
    with pytest.raises(ValueError, match="never sold"):
        balances([Refund("#1001", ((0, 1),))])


def test_a_line_a_refund_and_a_payout_say_what_they_cannot_be() -> None:
    for line in ((1, 1, 19), (-1, 1, 25), (1, 0, 25), (1, 1, 25, 2), (1, 1, 25, -1)):
        with pytest.raises(ValueError):
            Line(*line)
    for lines, price_reduction in ((((0, 0),), 0), (((-1, 1),), 0), ((), -1)):
        with pytest.raises(ValueError):
            Refund("#1", lines, price_reduction=price_reduction)
    for row in (("#1", -1, 0), ("#1", 1, -1)):
        with pytest.raises(ValueError):
            Payout(charges=(row,))
        with pytest.raises(ValueError):
            Payout(refunds=(row,))
    with pytest.raises(ValueError):
        Sale("#1", (), shipping=-1)


# The payout


def test_a_payout_moves_the_gross_off_clearing_and_the_fee_has_reverse_charge_acc_24() -> None:
    assert exact(ACC_24) == {
        "bank": 2147_81,
        "fees": 49_19,
        "clearing": -2197_00,
        "fee_vat_in": 12_30,
        "fee_vat_out": -12_30,
    }
    assert "clearing" not in exact(ACC_01, ACC_02, ACC_03, ACC_24)


def test_a_negative_payout_is_drawn_from_the_bank_and_gives_no_fee_back_acc_25() -> None:
    payout = Payout(charges=(("#1030", 300_00, 6_30),), refunds=(("#1004", 899_00, 0),))
    assert exact(payout) == {
        "bank": -605_30,
        "fees": 6_30,
        "clearing": 599_00,
        "fee_vat_in": 1_58,
        "fee_vat_out": -1_58,
    }


def test_a_fee_on_a_refund_is_a_fee_too() -> None:
    payout = Payout(charges=(("#1", 100_00, 2_00),), refunds=(("#1", 100_00, 1_00),))
    assert exact(payout) == {"bank": -3_00, "fees": 3_00, "fee_vat_in": 75, "fee_vat_out": -75}


def test_a_payout_over_a_month_end_rounds_vat_twice_acc_30() -> None:
    # 16.40 and 10.25: 4.10 and 2.56 (2.5625), together 6.66; once 6.6625. No way gives another figure.
    payout = Payout(charges=(("#1040", 800_00, 16_40), ("#1041", 500_00, 10_25)))
    assert balances([payout])["fee_vat_in"] == Balance(6_66, 6_66, 6_66)
    # 0.02 and 0.03: 0.5 -> 1 and 0.75 -> 1, together 2; once 1.25 -> 1.
    split = balances([Payout(charges=(("#1", 1_00, 2), ("#2", 1_00, 3)))])
    assert (split["fee_vat_in"], split["fee_vat_out"]) == (Balance(1, low=1, high=2), Balance(-1, low=-2, high=-1))
    # 0.05 is one fee, and stands in one month.
    assert balances([Payout(charges=(("#1", 1_00, 5),))])["fee_vat_in"] == Balance(1, 1, 1)


def test_a_reserve_is_the_shops_own_money_acc_31() -> None:
    held = Payout(charges=(("#1", 5000_00, 105_00),), held=500_00)
    released = Payout(held=-500_00)
    assert exact(held) == {
        "bank": 4395_00,
        "fees": 105_00,
        "reserve": 500_00,
        "clearing": -5000_00,
        "fee_vat_in": 26_25,
        "fee_vat_out": -26_25,
    }
    assert exact(held, released)["bank"] == 4895_00
    assert "reserve" not in exact(held, released)


def test_a_charge_without_an_order_stays_on_clearing_acc_32() -> None:
    sales = [Sale("#1050", (Line(700_00, 1, 25),)), Sale("#1051", (Line(450_00, 1, 25),))]
    payout = Payout(charges=(("#1050", 700_00, 14_70), ("#1051", 450_00, 9_45), ("#9999", 250_00, 5_25)))
    books = exact(*sales, payout)
    assert (books["bank"], books["fees"], books["clearing"], books["fee_vat_in"]) == (1370_60, 29_40, -250_00, 7_35)
    assert order_balance([*sales, payout], "#9999") == OrderBalance(0, 0, 0, 0, -250_00)
    assert order_balance([*sales, payout], "#1050") == OrderBalance(700_00, 0, 700_00, 0, 0)


def test_an_order_shows_what_is_left_on_clearing() -> None:
    refund = Refund("#1002", ((2, 1),))
    assert order_balance([ACC_02, refund], "#1002") == OrderBalance(1071_00, 212_00, 1071_00, 212_00, 859_00)
    paid_out: History = [ACC_02, refund, ACC_24, Payout(refunds=(("#1002", 212_00, 0),))]
    assert order_balance(paid_out[:3], "#1002").on_clearing == -212_00
    assert order_balance(paid_out, "#1002") == OrderBalance(1071_00, 212_00, 1071_00, 212_00, 0)
    assert order_balance(paid_out, "#1002").receivable == 0
    assert order_balance(paid_out, "#1") == OrderBalance(0, 0, 0, 0, 0)


# Rounding to whole kronor


def test_rounding_to_whole_kronor_leaves_nothing_on_3740_once_the_invoice_is_paid() -> None:
    # fortnox-api.md 4, rule 10: 1698.23 becomes 1698. Invoice and payment, debit positive, as Fortnox books them.
    sale = Sale("#1", (Line(1698_23, 1, 25),))
    invoice = {"receivable": 1698_00, "rounding": 23, "sales_25": -1358_58, "vat_25": -339_65}
    payment = {"clearing": 1698_23, "receivable": -1698_00, "rounding": -23}
    ledger = {role: invoice.get(role, 0) + payment.get(role, 0) for role in ACCOUNTS}
    assert sum(invoice.values()) == sum(payment.values()) == 0
    assert differences([sale], ledger) == []
    assert balances([sale])["rounding"] == Balance(0, 0, 0)
    # The öre written off against the wrong side stays on 3740, and what is not written off on 1510.
    assert len(differences([sale], ledger | {"rounding": 46, "clearing": 1697_77})) == 2
    assert len(differences([sale], ledger | {"rounding": 23, "receivable": -23})) == 2


# The judgement


def test_a_right_ledger_has_no_differences() -> None:
    assert differences([ACC_01], {"clearing": 499_00, "sales_25": -399_20, "vat_25": -99_80}) == []


def test_vat_rounded_by_row_is_right_only_if_revenue_follows() -> None:
    ledger = exact(ACC_03)
    assert differences([ACC_03], ledger | {"vat_25": -91_08, "sales_25": -364_29}) == []
    assert differences([ACC_03], ledger | {"vat_25": -91_08}) == [
        "sales_25 and vat_25 hold -45538 öre together, and must hold -45537"
    ]


def test_each_wrong_account_is_named() -> None:
    assert differences([ACC_01], {"clearing": 499_00, "sales_25": -399_20}) == [
        "vat_25 (2611) holds 0 öre, and must hold -9980, -9980 to -9980",
        "sales_25 and vat_25 hold -39920 öre together, and must hold -49900",
    ]
    assert differences([], {"2420": 1, "bank": 2}) == [
        "bank (1930) holds 2 öre, and must hold 0, 0 to 0",
        "2420 is no role of the model",
    ]
    split = [Payout(charges=(("#1", 1_00, 2), ("#2", 1_00, 3)))]
    assert differences(split, exact(*split) | {"fee_vat_in": 2}) == [
        "fee_vat_in and fee_vat_out hold 1 öre together, and must hold 0"
    ]


# What holds for every history

ORE = st.integers(0, 500_00)


@st.composite
def sales_with_refunds(draw: st.DrawFn, order: str, whole: bool) -> list[Sale | Refund]:  # noqa: FBT001
    """A sale and refunds that it can bear; `whole`: until nothing is left of it."""
    lines = []
    for _ in range(draw(st.integers(1, 4))):
        price, quantity = draw(st.integers(1, 500_00)), draw(st.integers(1, 4))
        discount = draw(st.one_of(st.just(0), st.integers(0, price * quantity)))
        lines.append(Line(price, quantity, draw(st.sampled_from(RATES)), discount))
    carrying_amount = sum(line.gross for line in lines)
    sale = Sale(order, tuple(lines), draw(ORE) if carrying_amount else 0)
    refunds: list[Refund] = []
    for index, line in enumerate(lines):
        if whole or draw(st.booleans()):
            first = draw(st.integers(1, line.quantity))
            refunds.append(Refund(order, ((index, first),)))
            if first < line.quantity and (whole or draw(st.booleans())):
                refunds.append(Refund(order, ((index, line.quantity - first),)))
    if sale.shipping and (whole or draw(st.booleans())):
        refunds.append(Refund(order, (), shipping=True))
    refunds = draw(st.permutations(refunds))
    if whole and draw(st.booleans()):  # The rest as money without goods: it ends at nothing too.
        kept = refunds[: draw(st.integers(0, len(refunds)))]
        left = sum(document.total for document in documents(sale, kept))
        refunds = [*kept, Refund(order, price_reduction=left)]
    elif not whole and draw(st.booleans()):
        left = sum(document.total for document in documents(sale, refunds))
        refunds = [*refunds, Refund(order, price_reduction=draw(st.integers(0, left)))]
    return [sale, *refunds]


@st.composite
def histories(draw: st.DrawFn, *, whole: bool = False) -> list[Sale | Refund | Payout]:
    """Orders with refunds and payouts; `whole`: everything is refunded and everything is paid out."""
    history: list[Sale | Refund | Payout] = []
    charges: list[tuple[str, int, int]] = []
    returns: list[tuple[str, int, int]] = []
    for number in range(draw(st.integers(1, 3))):
        order = f"#{number}"
        events = draw(sales_with_refunds(order, whole))
        history += events
        sale, *refunds = events
        assert isinstance(sale, Sale)
        invoice, *notes = documents(sale, [event for event in refunds if isinstance(event, Refund)])
        if whole or draw(st.booleans()):
            charges.append((order, invoice.total, draw(st.integers(0, 20_00))))
            returns += [(order, -note.total, 0) for note in notes]
    held = draw(st.integers(-100_00, 100_00))
    cut = draw(st.integers(0, len(charges)))
    history.append(Payout(tuple(charges[:cut]), (), held))
    history.append(Payout(tuple(charges[cut:]), tuple(returns), -held if whole else 0))
    return history


@settings(max_examples=40, deadline=None)
@given(histories())
def test_debit_equals_credit_t1(history: History) -> None:
    assert sum(due.exact for due in balances(history).values()) == 0


@settings(max_examples=40, deadline=None)
@given(histories())
def test_only_vat_and_its_revenue_have_a_slack(history: History) -> None:
    books = balances(history)
    for role in ("receivable", "clearing", "bank", "fees", "reserve", "rounding", "sales_0"):
        assert books[role].slack == 0
    assert books["receivable"].exact == books["rounding"].exact == 0
    rows = sum(2 * len(event.lines) + 4 for event in history if not isinstance(event, Payout))
    for rate in RATES[:-1]:
        sales, vat = books[f"sales_{rate}"], books[f"vat_{rate}"]
        assert sales.low + vat.high == sales.high + vat.low == sales.exact + vat.exact
        assert vat.slack <= rows  # T2: an öre a row
        assert sales.slack == vat.slack


@settings(max_examples=40, deadline=None)
@given(histories())
def test_revenue_and_vat_are_what_the_customers_paid(history: History) -> None:
    books = balances(history)
    orders = {event.order for event in history if isinstance(event, Sale)}
    kept = sum(sums.invoiced - sums.credited for sums in (order_balance(history, order) for order in orders))
    assert sum(books[role].exact for role in books if role.startswith(("sales_", "vat_"))) == -kept
    left = sum(order_balance(history, order).on_clearing for order in orders)
    assert books["clearing"].exact == left


@settings(max_examples=40, deadline=None)
@given(histories(), st.randoms(use_true_random=False))
def test_the_order_of_events_is_irrelevant(history: list[Sale | Refund | Payout], random: Random) -> None:
    shuffled = list(history)
    random.shuffle(shuffled)
    # The refunds of one order keep the sequence in which the shop made them.
    for order in {event.order for event in history if isinstance(event, Refund)}:
        refunds = iter([event for event in history if isinstance(event, Refund) and event.order == order])
        shuffled = [
            next(refunds) if isinstance(event, Refund) and event.order == order else event for event in shuffled
        ]
    assert balances(shuffled) == balances(history)


@settings(max_examples=60, deadline=None)
@given(histories(whole=True))
def test_a_history_refunded_and_paid_out_in_full_leaves_only_the_fees(history: History) -> None:
    books = {role: held for role, held in exact(*history).items() if role not in ("fee_vat_in", "fee_vat_out")}
    fees = sum(sum(event.fees) for event in history if isinstance(event, Payout))
    assert books == ({"fees": fees, "bank": -fees} if fees else {})
    assert differences(history, exact(*history)) == []
