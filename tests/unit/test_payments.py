"""Which money pays the invoice, on which account, and what a person must see about it."""

from datetime import date, timedelta

import pytest

from app.kit.money import Money
from app.orders.planning.planner import decide
from app.tenants.rules import Trigger
from tests.support.builders import NOON, codes, entries_of, findings, line, order, paid, plan, rules, sek, tax_line


@pytest.mark.parametrize(
    ("gateway", "account"),
    [
        ("shopify_payments", 1581),
        ("Qliro", 1583),
        ("stripe", 1584),
        ("PayPal", 1585),
        ("klarna", 1586),
        ("swish", 1587),
        ("cash", 1910),
    ],
)
def test_each_provider_has_its_clearing_account(gateway: str, account: int) -> None:
    (payment,) = plan(order(transactions=(paid("499.00", gateway),))).payments
    assert (payment.account, payment.amount, payment.settles) == (account, sek("499.00"), True)


def test_clearing_account_is_one_per_currency() -> None:
    euro = line(Money.of("50.00", "EUR"), rate=None, tax_lines=(tax_line("25", Money.of("10.00", "EUR")),))
    (payment,) = plan(order(euro)).payments
    assert (payment.role, payment.account) == ("psp.shopify_payments.eur", 1582)


def test_acc_13_gift_card_pays_part_and_is_no_discount() -> None:
    split = (paid("500.00", "gift_card", id="a"), paid("399.00", id="b", at=NOON + timedelta(seconds=2)))
    made = plan(order(line("899.00"), transactions=split))
    assert made.invoice.total == sek("899.00")
    assert made.invoice.total_vat == sek("179.80")
    assert [(payment.account, payment.settles) for payment in made.payments] == [(2421, False), (1581, True)]
    assert [entries_of(voucher) for voucher in made.vouchers[1:]] == [
        {2421: "500.00", 1510: "-500.00"},
        {1581: "399.00", 1510: "-399.00"},
    ]


def test_several_providers_each_pay_their_part_on_the_day_of_the_last() -> None:
    tomorrow = NOON + timedelta(days=1)
    made = plan(order(transactions=(paid("99.00", "klarna", id="a", at=tomorrow), paid("400.00", id="b"))))
    assert [(payment.transaction_id, payment.settles) for payment in made.payments] == [("b", False), ("a", True)]
    assert made.invoice.day == date(2026, 11, 4)
    assert {one.day for one in made.payments} == {date(2026, 11, 4)}  # none before the invoice


def test_rounding_is_taken_by_the_first_payment_that_leaves_only_ore_and_by_no_other() -> None:
    parts = (paid("400.00", id="a"), paid("99.00", id="b"), paid("0.20", id="c"), paid("0.29", id="d"))
    made = plan(order(line("499.49"), transactions=parts))
    assert [(payment.transaction_id, payment.settles, payment.takes_rounding) for payment in made.payments] == [
        ("a", False, False),
        ("b", False, True),
        ("c", False, False),
        ("d", True, False),
    ]


def test_part_payment_of_an_order_booked_on_creation_leaves_the_rest_open() -> None:
    made = plan(order(transactions=(paid("100.00"),)), rules(trigger=Trigger.CREATED))
    (payment,) = made.payments
    assert not payment.settles
    assert made.invoice.terms_of_payment == "30"
    assert entries_of(made.vouchers[1]) == {1581: "100.00", 1510: "-100.00"}


def test_acc_23_cash_handed_over_above_the_total_is_rounding() -> None:
    made = plan(order(line("89.80", quantity=2), transactions=(paid("180.00", "cash"),)))
    assert made.invoice.total == sek("179.60")
    assert entries_of(made.vouchers[1]) == {1910: "180.00", 1510: "-179.60", 3740: "-0.40"}


def test_acc_23_as_shopify_states_it() -> None:
    cash = paid("179.60", "cash", rounding=sek("0.40"))
    made = plan(order(line("89.80", quantity=2), transactions=(cash,)))
    assert entries_of(made.vouchers[1]) == {1910: "180.00", 1510: "-179.60", 3740: "-0.40"}


def test_cash_rounded_down_pays_the_order_too() -> None:
    cash = paid("179.40", "cash", rounding=sek("-0.40"))
    made = plan(order(line("89.70", quantity=2), transactions=(cash,)))
    (payment,) = made.payments
    assert (payment.amount, payment.settles) == (sek("179.00"), True)
    assert entries_of(made.vouchers[1]) == {1910: "179.00", 1510: "-179.40", 3740: "0.40"}


def test_rounding_after_a_gift_card_closes_the_claim_exactly() -> None:
    first, second = paid("100.00", "gift_card", id="a"), paid("80.00", "cash", id="b", at=NOON + timedelta(seconds=1))
    made = plan(order(line("89.80", quantity=2), transactions=(first, second)))
    assert [entries_of(voucher)[1510] for voucher in made.vouchers] == ["179.60", "-100.00", "-79.60"]
    assert entries_of(made.vouchers[2])[3740] == "-0.40"


@pytest.mark.parametrize(("received", "stops"), [("499.50", False), ("499.51", True)])
def test_cash_overpaid_by_more_than_rounding_stops_the_order(received: str, *, stops: bool) -> None:
    decision = decide(order(transactions=(paid(received, "cash"),)), rules())
    if stops:
        (found,) = findings(decision)
        assert found.code == "PAYMENT_EXCEEDS_TOTAL"
        assert found.data == {"received_amount": "499.51 SEK", "shop_amount": "499.00 SEK"}
    else:
        assert plan(order(transactions=(paid(received, "cash"),))).payments[0].amount == sek(received)


def test_card_charged_above_the_total_is_no_rounding() -> None:
    (found,) = findings(decide(order(transactions=(paid("499.50"),)), rules()))
    assert found.code == "PAYMENT_EXCEEDS_TOTAL"


def test_manual_order_marked_as_paid_stays_unpaid_with_a_notice() -> None:
    made = plan(order(transactions=(paid("499.00", "manual", manual=True, payment_id=None),)))
    assert made.payments == ()
    assert made.invoice.terms_of_payment == "30"
    assert [(notice.code, notice.data) for notice in made.notices] == [
        ("SHOPIFY_MANUAL_ORDER_MARKED_PAID", {"gateway": "manual", "amount": "499.00 SEK"})
    ]


@pytest.mark.parametrize("gateway", ["swish", "Cash"])
def test_manual_method_that_the_merchant_vouches_for_pays(gateway: str) -> None:
    made = plan(order(transactions=(paid("499.00", gateway, manual=True),)))
    assert len(made.payments) == 1
    assert made.notices == ()


def test_proven_money_pays_beside_unproven() -> None:
    mixed = (paid("99.00", "manual", manual=True, id="m"), paid("400.00", id="p"))
    made = plan(order(transactions=mixed))
    assert [(payment.transaction_id, payment.settles) for payment in made.payments] == [("p", False)]
    assert made.notices[0].data["amount"] == "99.00 SEK"


def test_pending_and_failed_money_pays_nothing() -> None:
    transactions = (paid("499.00", "klarna", succeeded=False, id="x"), paid("499.00", id="y"))
    assert [payment.transaction_id for payment in plan(order(transactions=transactions)).payments] == ["y"]


def test_unknown_gateway_stops_the_order_by_name() -> None:
    (found,) = findings(decide(order(transactions=(paid("499.00", "Walley"),)), rules()))
    assert (found.code, found.data) == ("PAYMENT_GATEWAY_UNMAPPED", {"gateway": "Walley", "currency": "SEK"})


@pytest.mark.parametrize(
    ("accounts", "role"),
    [({"psp.shopify_payments.sek": None}, "psp.shopify_payments.sek"), ({"rounding": None}, "rounding")],
)
def test_payment_role_without_account_stops_the_order(accounts: dict[str, None], role: str) -> None:
    (found,) = findings(decide(order(), rules(accounts=accounts)))
    assert (found.code, found.data) == ("ROLE_UNMAPPED", {"role": role})


@pytest.mark.parametrize("trigger", list(Trigger))
def test_payment_in_another_currency_stops_the_order(trigger: Trigger) -> None:
    foreign = order(transactions=(paid(Money.of("45.00", "EUR")),))
    (found,) = findings(decide(foreign, rules(trigger=trigger)))
    assert (found.code, found.data) == ("FORTNOX_CURRENCY_MISMATCH", {"payment_currency": "EUR", "currency": "SEK"})


def test_payment_is_known_by_the_providers_id_or_our_shops() -> None:
    known = plan(order(transactions=(paid("499.00", payment_id="c.1"),))).payments[0]
    unknown = plan(order(transactions=(paid("499.00", id="t9", payment_id=None),))).payments[0]
    assert (known.reference, unknown.reference) == ("c.1", "t9")


def test_transaction_of_nothing_pays_nothing() -> None:
    transactions = (paid("0.00", "gift_card", id="zero"), paid("499.00", id="card"))
    assert [payment.transaction_id for payment in plan(order(transactions=transactions)).payments] == ["card"]
    assert codes(plan(order(transactions=transactions)).notices) == []
