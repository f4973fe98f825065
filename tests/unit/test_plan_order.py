"""What is done about an order: skipped, waited for, stopped or planned; and what the plan says."""

from datetime import UTC, date, datetime

import pytest

from app.kit.money import Money
from app.model.order import GUEST, NO_ADDRESS, TransactionKind
from app.orders.planning.planner import decide
from app.posting.documents import CreateInvoice
from app.posting.plan import Decision, Skipped, Waiting
from app.posting.steps import BookInvoice, BookPayment, ConfirmSettled, EnsureArticle, EnsureCustomer, PayInvoice
from app.tenants.rules import ArticlePolicy, Trigger
from tests.support.builders import NOON, codes, findings, line, order, paid, plan, planned, rules, sek, shipping

ON_CREATION = rules(trigger=Trigger.CREATED)


def why(decision: Decision) -> str:
    assert isinstance(decision, Skipped | Waiting), decision
    return f"{type(decision).__name__}: {decision.reason}"


def test_test_order_is_skipped() -> None:
    assert why(decide(order(test=True), rules())) == "Skipped: test_order"


def test_order_before_the_cut_over_is_skipped_by_its_day_in_stockholm() -> None:
    start = rules(cut_over=date(2026, 12, 1))
    before = order(processed_at=datetime(2026, 11, 30, 22, 59, tzinfo=UTC))
    after = order(processed_at=datetime(2026, 11, 30, 23, 1, tzinfo=UTC))
    assert why(decide(before, start)) == "Skipped: before_cut_over"
    assert planned(decide(after, start))


def test_acc_19_order_cancelled_before_capture_is_skipped() -> None:
    authorised = (paid("499.00", kind=TransactionKind.AUTHORIZATION), paid("499.00", kind=TransactionKind.VOID))
    cancelled = order(cancelled_at=NOON, transactions=authorised)
    assert why(decide(cancelled, rules())) == "Skipped: cancelled_before_capture"
    assert why(decide(cancelled, ON_CREATION)) == "Skipped: cancelled_before_capture"


def test_order_cancelled_after_capture_is_booked_like_any_other() -> None:
    assert planned(decide(order(cancelled_at=NOON), rules()))


@pytest.mark.parametrize("transactions", [(), (paid("0.00", "manual"),)], ids=["no money", "a sale of nothing"])
def test_order_that_costs_nothing_is_skipped(transactions: tuple[object, ...]) -> None:
    free = order(line("499.00", discount="499.00"), transactions=transactions)
    assert why(decide(free, rules())) == "Skipped: zero_total"


@pytest.mark.parametrize(
    "transactions",
    [
        (),
        (paid("498.99"),),
        (paid("499.00", succeeded=False),),
        (paid("499.00", kind=TransactionKind.AUTHORIZATION),),
        (paid("499.00", kind=TransactionKind.OTHER),),
    ],
    ids=["nothing", "not all", "pending", "authorised only", "an unknown kind"],
)
def test_order_that_is_not_paid_waits(transactions: tuple[object, ...]) -> None:
    assert why(decide(order(transactions=transactions), rules())) == "Waiting: not_paid"


def test_body_without_transactions_is_planned_as_an_unpaid_invoice() -> None:
    made = plan(order(transactions=(), transactions_known=False))
    assert made.payments == ()


def test_merchant_who_books_on_creation_gets_an_unpaid_invoice_first() -> None:
    made = plan(order(transactions=()), ON_CREATION)
    assert [type(step) for step in made.steps] == [EnsureCustomer, CreateInvoice, BookInvoice]
    assert made.invoice.terms_of_payment == "30"


def test_authorised_order_booked_on_creation_has_no_payment() -> None:
    assert plan(order(transactions=(paid("499.00", kind=TransactionKind.AUTHORIZATION),)), ON_CREATION).payments == ()


def test_plan_goes_from_customer_to_booked_payment() -> None:
    made = plan(order(line(sku="H-1")))
    kinds = [EnsureCustomer, EnsureArticle, CreateInvoice, BookInvoice, PayInvoice, BookPayment]
    assert [type(step) for step in made.steps] == kinds
    assert [step.key for step in made.steps] == [
        "customer:S7001",
        "article:H-1",
        "invoice",
        "invoice:book",
        "payment:t1",
        "payment:t1:book",
    ]


@pytest.mark.parametrize(("price", "is_confirmed"), [("499.00", False), ("499.50", True)])
def test_invoice_with_ore_is_confirmed_to_stand_at_nothing_after_its_payment(price: str, *, is_confirmed: bool) -> None:
    assert isinstance(plan(order(line(price))).steps[-1], ConfirmSettled) is is_confirmed


def test_unpaid_invoice_with_ore_has_nothing_to_confirm() -> None:
    made = plan(order(line("499.50"), transactions=()), ON_CREATION)
    assert not [step for step in made.steps if isinstance(step, ConfirmSettled)]


def test_article_is_made_once_however_many_rows_name_it() -> None:
    made = plan(order(line(sku="H-1"), line(sku="H-2"), line("33.34", sku="H-1", quantity=3, discount="0.01")))
    assert [step.number for step in made.steps if isinstance(step, EnsureArticle)] == ["H-1", "H-2"]


def test_article_sold_at_two_rates_keeps_the_account_of_its_first_line() -> None:
    made = plan(order(line(sku="H-1"), line(sku="H-1", rate="6")))
    assert [(step.number, step.account) for step in made.steps if isinstance(step, EnsureArticle)] == [("H-1", 3001)]


def test_article_is_named_after_the_product_and_not_after_this_orders_discount() -> None:
    made = plan(order(line(sku="H-1", title="Hoodie", discount="50.00")))
    assert [step.description for step in made.steps if isinstance(step, EnsureArticle)] == ["Hoodie"]
    assert made.invoice.rows[0].description == "Hoodie (499.00 minus rabatt 50.00)"


@pytest.mark.parametrize("policy", [ArticlePolicy.KNOWN, ArticlePolicy.NONE])
def test_article_is_not_made_where_the_rule_says_so(policy: ArticlePolicy) -> None:
    made = plan(order(line(sku="H-1")), rules(article_policy=policy))
    assert not [step for step in made.steps if isinstance(step, EnsureArticle)]


def test_invoice_is_dated_on_the_day_of_capture_in_stockholm() -> None:
    late = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)
    made = plan(order(transactions=(paid("499.00", kind=TransactionKind.CAPTURE, at=late),)))
    assert made.invoice.day == date(2026, 12, 1)
    assert made.payments[0].day == date(2026, 12, 1)


def test_invoice_booked_on_creation_is_dated_on_the_day_of_sale_and_no_payment_before_it() -> None:
    early = paid("499.00", at=datetime(2026, 11, 1, 12, tzinfo=UTC))
    made = plan(order(transactions=(early,)), ON_CREATION)
    assert made.invoice.day == date(2026, 11, 3)
    assert made.payments[0].day == date(2026, 11, 3)  # Fortnox refuses a payment before its invoice


def test_invoice_says_where_the_order_came_from() -> None:
    made = plan(order(name="#1001", po_number="PO 7"), rules(reference_prefix="SE-", cost_center="WEB"))
    assert (made.invoice.reference1, made.invoice.reference2) == ("SE-#1001", "pay-1")
    assert (made.invoice.your_order_number, made.invoice.cost_center) == ("PO 7", "WEB")
    assert made.rules_version == 1


@pytest.mark.parametrize(("shop", "name"), [("kvist.myshopify.com", "K-#1001"), ("lind.myshopify.com", "SE-#1001")])
def test_equal_order_names_of_two_shops_have_references_of_their_own(shop: str, name: str) -> None:
    ours = rules(reference_prefix="SE-", reference_prefixes={"kvist.myshopify.com": "K-"})
    assert plan(order(name="#1001", shop=shop), ours).invoice.reference1 == name


def test_paid_invoice_has_the_terms_of_a_prepaid_one() -> None:
    assert plan(order(), rules(prepaid_terms_of_payment="K")).invoice.terms_of_payment == "K"


@pytest.mark.parametrize(("title", "code"), [("Paket", "PN"), ("PAKET", "PN"), ("Bud", "")])
def test_way_of_delivery_follows_the_shipping_title(title: str, code: str) -> None:
    made = plan(order(shipping=(shipping(title=title),)), rules(ways_of_delivery={"paket": "PN"}))
    assert made.invoice.way_of_delivery == code


def test_order_without_any_name_stops() -> None:
    (found,) = findings(decide(order(buyer=GUEST, bill_to=NO_ADDRESS, ship_to=NO_ADDRESS), rules()))
    assert (found.code, found.data) == ("FORTNOX_CUSTOMER_NAME_EMPTY", {"order": "#1001"})


def test_everything_that_is_wrong_is_said_at_once() -> None:
    broken = order(
        line(rate=None),
        buyer=GUEST,
        bill_to=NO_ADDRESS,
        ship_to=NO_ADDRESS,
        transactions=(paid("499.00", "mystery"),),
    )
    assert codes(decide(broken, rules())) == [
        "VAT_CHARGED_UNEXPECTED",
        "FORTNOX_CUSTOMER_NAME_EMPTY",
        "PAYMENT_GATEWAY_UNMAPPED",
    ]


def test_same_finding_is_said_once() -> None:
    twice = order(line("120.00", rate="20"), line("120.00", rate="20"))
    assert codes(decide(twice, rules())) == ["FORTNOX_VAT_NOT_FOUND"]


def test_plain_order_has_no_notices() -> None:
    assert plan(order(total=sek("499.00"))).notices == ()


def test_money_in_another_currency_on_an_order_of_nothing_is_told() -> None:
    free = order(line("0.00"), transactions=(paid(Money.of("5.00", "EUR")),))
    assert codes(decide(free, rules())) == ["FORTNOX_CURRENCY_MISMATCH"]
