"""The exact requests Fortnox gets, one golden file per kind of step."""

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from app.kit.http.client import json_bytes
from app.kit.money import Money
from app.ledgers.fortnox.call import Call, Context, number_in_path
from app.ledgers.fortnox.payments import open_after
from app.ledgers.fortnox.resources import resource_of
from app.model.order import NO_ADDRESS, WriteOff
from app.posting.references import MAIN, MoneySource, StepRef
from app.posting.steps import BookInvoice, BookPayment, ConfirmSettled, EnsureArticle, EnsureCustomer, PayInvoice, Step
from app.tenants.rules import CustomerPolicy, EuBusinesses
from tests.support.builders import (
    STOCKHOLM,
    credit_ref,
    invoice,
    invoice_row,
    line,
    order,
    payment,
    plan,
    rules,
    sek,
    shipping,
    tax_line,
)
from tests.support.golden import files

INVOICE = {"number": "17", "total": "499", "currency_rate": "1", "currency_unit": "1"}
DANISH = replace(STOCKHOLM, company="Grøn ApS", city="København", zip_code="1050", country_code="DK")
CONTEXT = Context({MAIN: INVOICE, payment().ref: {"number": "5", "paid": "499.00"}})
BASKET = plan(
    order(
        line("800.00", title='Espresso "Pro" 😀', sku="E-1", discount="0.01"),
        line("33.34", quantity=3, discount="0.01", title="Bönor [500 g]", rate="6", sku="B/2"),
        shipping=(shipping("99.00", tax_line("25", "17.58"), tax_line("6", "0.63"), title="Paket"),),
        bill_to=replace(STOCKHOLM, company="Gran & Co AB"),
        po_number="PO-7",
    ),
    rules(
        ways_of_delivery={"paket": "PN"},
        cost_center="WEB",
        reference_prefix="SE",
        prepaid_terms_of_payment="0",
    ),
)

BUSINESS = plan(
    order(
        line("100.00", rate=None, quantity=4),
        bill_to=DANISH,
        ship_to=DANISH,
        vat_number="DK12345674",
        taxes_included=False,
    ),
    rules(eu_businesses=EuBusinesses.REVERSE_CHARGE),
)


FEE_WITH_VAT = (WriteOff(6064, sek("11.48"), "fee.se_vat"), WriteOff(2641, sek("2.87"), "vat.input"))


def render(step: Step, context: Context) -> Call:
    return resource_of(step).build(step, context)


def of_kind(kind: type, which: int = 0) -> Any:
    return [step for step in BASKET.steps if isinstance(step, kind)][which]


def settled(context: Context = CONTEXT, step: PayInvoice | None = None) -> dict[str, Any]:
    body = render(step or payment("499.00"), context).body
    assert body is not None
    return dict(body["InvoicePayment"])


@pytest.mark.parametrize(
    ("name", "step"),
    [
        ("customer", of_kind(EnsureCustomer)),
        ("customer-collective", plan(order(), rules(customer_policy=CustomerPolicy.COLLECTIVE)).steps[0]),
        ("customer-eu-business", BUSINESS.steps[0]),
        ("invoice-eu-business", BUSINESS.invoice),
        ("article", of_kind(EnsureArticle)),
        ("invoice", BASKET.invoice),
        ("invoice-plain", plan(order(bill_to=STOCKHOLM, ship_to=NO_ADDRESS)).invoice),
        ("invoice-book", BookInvoice()),
        ("payment", payment("499.00")),
        ("payment-with-fee", payment("499.00", write_offs=FEE_WITH_VAT)),
        ("payment-book", BookPayment(payment().ref)),
        ("settled", ConfirmSettled()),
    ],
)
def test_step_becomes_exactly_this_request(name: str, step: Any) -> None:
    # Without the payment's own answer: it is not there yet when the payment is rendered.
    context = CONTEXT if name == "payment-book" else Context({MAIN: INVOICE})
    call = render(step, context)
    body = json.loads(json_bytes(call.body), parse_float=str) if call.body is not None else None
    written = json.dumps([call.method, call.path, body], ensure_ascii=False, indent=2) + "\n"
    files.check(f"render/{name}.json", written)


def test_rendering_twice_gives_the_same_bytes() -> None:
    assert json_bytes(render(BASKET.invoice, CONTEXT).body) == json_bytes(render(BASKET.invoice, CONTEXT).body)


def test_amounts_reach_the_wire_digit_by_digit() -> None:
    made = invoice(invoice_row("0.10", rate="25.5", account=3001))
    sent = json_bytes(render(made, CONTEXT).body)
    assert b'"Price":0.10' in sent
    assert b'"VAT":25.5' in sent


def test_number_goes_safely_into_a_path() -> None:
    assert number_in_path("B/2 å") == "B%2F2%20%C3%A5"


@pytest.mark.parametrize(("known", "sent"), [(None, "H-1"), (frozenset({"H-1"}), "H-1"), (frozenset[str](), None)])
def test_article_that_fortnox_does_not_hold_is_left_out_of_the_row(known: frozenset[str] | None, sent: str) -> None:
    call = render(invoice(invoice_row(article_number="H-1")), Context({}, known))
    assert call.body is not None
    assert call.body["Invoice"]["InvoiceRows"][0].get("ArticleNumber") == sent


def test_text_that_nothing_is_left_of_gets_a_word() -> None:
    call = render(invoice(invoice_row(description="😀")), CONTEXT)
    assert call.body is not None
    assert call.body["Invoice"]["InvoiceRows"][0]["Description"] == "Vara"
    article = render(EnsureArticle("H-1", "😀", 3001), CONTEXT)
    assert article.body is not None
    assert article.body["Article"]["Description"] == "H-1"


def test_company_is_a_company_and_a_person_a_person() -> None:
    company = render(of_kind(EnsureCustomer), CONTEXT).body
    person = render(plan().steps[0], CONTEXT).body
    assert company is not None
    assert person is not None
    assert (company["Customer"]["Type"], person["Customer"]["Type"]) == ("COMPANY", "PRIVATE")


@pytest.mark.parametrize(
    ("total", "paid", "write_off"),
    [
        ("199", "199.49", "-0.49"),  # Fortnox rounded down, the buyer paid in full
        ("200", "199.50", "0.50"),
        ("199.49", "199.49", None),  # a company without rounding
        ("180", "180.00", None),  # cash met Fortnox's own rounding (acc-23)
        ("179.60", "180.00", "-0.40"),
    ],
)
def test_last_payment_takes_the_rounding(total: str, paid: str, write_off: str | None) -> None:
    body = settled(Context({MAIN: {**INVOICE, "total": total}}), payment(paid))
    wanted = [{"Amount": Decimal(write_off), "AccountNumber": 3740}] if write_off else None
    assert body.get("WriteOffs") == wanted


def test_payment_that_does_not_settle_takes_no_rounding() -> None:
    assert "WriteOffs" not in settled(Context({MAIN: INVOICE}), payment("100.00", settles=False))


def test_payment_that_leaves_only_ore_takes_the_rounding_at_once_and_the_last_one_none() -> None:
    rounded = Context({MAIN: {**INVOICE, "total": "20", "round_off": "-0.30"}})
    first = settled(rounded, replace(payment("20.10", settles=False), rounds=True))
    assert first["WriteOffs"] == [{"Amount": Decimal("-0.30"), "AccountNumber": 3740}]
    assert "WriteOffs" not in settled(rounded, replace(payment("0.20"), rounds=False))


def test_earlier_payments_count_for_what_is_left_open() -> None:
    first = payment("399.00", source=MoneySource("a"))
    refunded = payment("-399.00", source=MoneySource("b"), document=credit_ref())
    earlier: dict[StepRef, dict[str, str]] = {
        MAIN: INVOICE,
        first.ref: {"number": "1", "paid": "399.00"},
        refunded.ref: {"number": "2", "paid": "-399.00"},
        BookPayment(first.ref).ref: {"number": "1"},
    }
    assert open_after(payment("100.00"), Context(earlier)) == Decimal("0.00")


def test_payment_in_euro_carries_the_invoices_rate() -> None:
    euro = {"number": "17", "total": "50.00", "currency_rate": "11.0500", "currency_unit": "1"}
    body = settled(Context({MAIN: euro}), payment(Money.of("50.00", "EUR")))
    assert body["Amount"] == Decimal("552.50")
    assert (body["AmountCurrency"], body["Currency"]) == (Decimal("50.00"), "EUR")
    assert (body["CurrencyRate"], body["CurrencyUnit"]) == (Decimal("11.0500"), 1)


def test_money_that_the_provider_holds_in_a_third_currency_says_nothing_of_kronor() -> None:
    dollars = {"number": "17", "total": "50.00", "currency_rate": "10.00", "currency_unit": "1"}
    paid = replace(payment(Money.of("50.00", "USD")), settled=Money.of("45.00", "EUR"))
    assert settled(Context({MAIN: dollars}), paid)["Amount"] == Decimal("500.00")
    converted = replace(paid, settled=Money.of("498.00", "SEK"))
    assert settled(Context({MAIN: dollars}), converted)["Amount"] == Decimal("498.00")


def test_basket_of_the_golden_file_is_to_the_ore() -> None:
    assert BASKET.invoice.total == sek("999.00") - sek("0.01") + sek("0.01")
