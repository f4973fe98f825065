"""Names, addresses and change as buyers and tills state them: what says nothing is passed over, nothing is altered."""

import pytest

from app.invoicing.customers import NameRule, buyer_name, usable_email
from app.model.order import NO_ADDRESS, Address, Buyer, DeliveryMethod, TransactionKind
from app.orders.planning.planner import decide
from app.posting.steps import EnsureCustomer
from app.tenants.rules import CustomerPolicy, EmailInvoice
from tests.support.builders import codes, order, paid, planned, rules, sek

MAJA = Address(name="Maja Gran", country_code="SE")


@pytest.mark.parametrize("company", ["🌸", "-", ".", "Privat", "privatperson", "N/A", "  ", "— * —", "(privat)"[1:-1]])
def test_company_that_says_nothing_leaves_the_buyers_own_name(company: str) -> None:
    name = buyer_name(order(bill_to=Address(name="Maja Gran", company=company, country_code="SE")), rules())
    assert name is not None
    assert (name.text, name.rule, name.is_company) == ("Maja Gran", NameRule.BILLING_NAME, False)


@pytest.mark.parametrize("company", ["3M", "Å", "株式会社", "Privat Vård AB", "ICA"])
def test_company_that_is_one_stays(company: str) -> None:
    name = buyer_name(order(bill_to=Address(name="Maja Gran", company=company, country_code="SE")), rules())
    assert name is not None
    assert (name.text, name.is_company) == (company, True)


def test_sale_at_the_till_has_a_default_name_and_the_collective_customer() -> None:
    walk_in = {"buyer": Buyer(), "bill_to": NO_ADDRESS, "ship_to": NO_ADDRESS}
    made = planned(decide(order(source_name="pos", **walk_in), rules()))
    assert (made.invoice.customer_name, made.invoice.customer_number) == ("Kassakund", "SHOPSE")
    by_method = planned(decide(order(delivery_methods=frozenset({DeliveryMethod.RETAIL}), **walk_in), rules()))
    assert by_method.invoice.customer_name == "Kassakund"
    assert codes(decide(order(source_name="web", **walk_in), rules())) == ["FORTNOX_CUSTOMER_NAME_EMPTY"]


@pytest.mark.parametrize(
    "address", ["o'brien@example.se", "a|b@example.se", "anna~x@example.se", "a@b.se, c@d.se", "anna@"]
)
def test_address_that_fortnox_may_refuse_is_left_out_and_told(address: str) -> None:
    made = planned(decide(order(buyer=Buyer("7001", "Maja Gran", address)), rules(email_invoice=EmailInvoice.ALWAYS)))
    (card,) = [step for step in made.steps if isinstance(step, EnsureCustomer)]
    assert (card.email, made.invoice.email) == ("", "")
    told = [notice for notice in made.notices if notice.code == "EMAIL_NOT_USABLE"]
    assert [one.data["email"] for one in told] == [address]


@pytest.mark.parametrize("address", ["anna.b+shop@example.co.uk", "a_b-c@example.se", "#1=2@example.se"])
def test_address_is_sent_as_it_is(address: str) -> None:
    assert usable_email(f" {address} ") == address


def test_nobody_is_told_of_an_address_that_is_not_wanted() -> None:
    quiet = rules(customer_policy=CustomerPolicy.COLLECTIVE)
    made = planned(decide(order(buyer=Buyer("7001", "Maja Gran", "a|b@example.se")), quiet))
    assert made.notices == ()


def test_change_given_back_at_the_till_is_no_payment() -> None:
    sale = paid("500.00", "cash", id="t1")
    change = paid("101.00", "cash", id="t2", kind=TransactionKind.CHANGE)
    sold = order(total=sek("499.00"), transactions=(paid("600.00", "cash"), change))
    assert [one.amount for one in sold.money_in] == [sek("499.00")]
    assert [str(payment.money.decimal) for payment in planned(decide(sold, rules())).payments] == ["499.00"]
    all_back = order(transactions=(sale, paid("500.00", "cash", id="t3", kind=TransactionKind.CHANGE)))
    assert all_back.money_in == ()
    card = order(transactions=(paid("499.00"), change))
    assert [one.amount for one in card.money_in] == [sek("499.00")]
