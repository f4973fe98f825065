"""Each switch for what nobody knows about Fortnox changes what it says it changes (docs/fortnox-unknowns.md)."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from sandbox.fortnox.config import CompanyConfig, SandboxConfig
from tests.support.contract.fortnox_emulator import Fortnox, connected, row


@pytest.fixture(scope="module")
def served() -> Iterator[Fortnox]:
    with connected(SandboxConfig(companies=(CompanyConfig(),))) as fortnox:
        yield fortnox


@pytest.fixture
def fortnox(served: Fortnox) -> Fortnox:
    return served.reset()


def _new_article(fortnox: Fortnox, number: str) -> int:
    fields = {"ArticleNumber": number, "Description": "Hylla"}
    return fortnox.call("POST", "articles", {"Article": fields}).status_code


def test_article_numbers_have_50_or_200_signs(fortnox: Fortnox) -> None:
    assert _new_article(fortnox, "x" * 51) == 400
    fortnox.switch(article_number_length=200)
    assert (_new_article(fortnox, "x" * 200), _new_article(fortnox, "x" * 201)) == (201, 400)


@pytest.mark.parametrize(("signs", "status"), [("wide", 201), ("alphanumeric", 400)])
def test_article_numbers_take_some_signs_or_none(fortnox: Fortnox, signs: str, status: int) -> None:
    fortnox.switch(article_number_signs=signs)
    assert [_new_article(fortnox, number) for number in ("HYLLA7", "HYLLA-7/B_$+")] == [201, status]


@pytest.mark.parametrize(("setting", "status"), [("accepted", 201), ("refused", 400)])
def test_vat_with_decimals(fortnox: Fortnox, setting: str, status: int) -> None:
    fortnox.company(vat_rates=[25, 25.5])
    fortnox.switch(decimal_vat=setting)
    sent = {"CustomerNumber": fortnox.customer(), "InvoiceRows": [row(100, vat=25.5)]}
    assert fortnox.call("POST", "invoices", {"Invoice": sent}).status_code == status


@pytest.mark.parametrize(
    ("shape", "sent", "status"),
    [
        ("derived", {"AmountCurrency": 100}, 201),
        ("both", {"AmountCurrency": 100}, 400),
        ("both", {"AmountCurrency": 100, "Amount": 1200}, 201),
        ("agreeing", {"AmountCurrency": 100, "Amount": 1200}, 400),
        ("agreeing", {"AmountCurrency": 100, "Amount": 1125}, 201),
        ("derived", {"Amount": 1125}, 400),
    ],
)
def test_payments_in_another_currency(fortnox: Fortnox, shape: str, sent: dict[str, Any], status: int) -> None:
    fortnox.switch(foreign_payment=shape)
    fortnox.booked(row(100, vat=0), Currency="EUR")
    fields = {"InvoiceNumber": 1, "Currency": "EUR"} | sent
    assert fortnox.call("POST", "invoicepayments", {"InvoicePayment": fields}).status_code == status


@pytest.mark.parametrize(("reckoning", "kronor"), [("multiplied", 112_500), ("divided", "11.25")])
def test_what_a_currency_counted_in_hundreds_is_worth(fortnox: Fortnox, reckoning: str, kronor: Any) -> None:
    fortnox.switch(currency_unit=reckoning)
    fortnox.booked(row(100, vat=0), Currency="EUR", CurrencyUnit=100)
    fields = {"InvoiceNumber": 1, "Currency": "EUR", "AmountCurrency": 100, "CurrencyUnit": 100}
    made = fortnox.call("POST", "invoicepayments", {"InvoicePayment": fields}).json()["InvoicePayment"]
    assert Decimal(str(made["Amount"])) == Decimal(kronor)


@pytest.mark.parametrize(
    ("body", "kind"), [("json", "application/json"), ("html", "text/html"), ("empty", "text/plain")]
)
def test_the_body_of_a_429(fortnox: Fortnox, body: str, kind: str) -> None:
    fortnox.switch(too_many_body=body)
    fortnox.limited = True
    answer = [fortnox.call("GET", "units") for _ in range(26)][-1]
    assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (429, kind)


def test_what_is_in_use_may_be_refused_with_the_number_of_a_wrong_login(fortnox: Fortnox) -> None:
    fortnox.switch(in_use_is_2000310=True)
    customer = fortnox.invoice()["CustomerNumber"]
    answer = fortnox.call("DELETE", f"customers/{customer}")
    assert answer.json()["ErrorInformation"]["code"] == 2000310


@pytest.mark.parametrize(("setting", "total"), [("exact", 199.5), ("whole", 200)])
def test_totals_in_another_currency(fortnox: Fortnox, setting: str, total: float) -> None:
    fortnox.switch(foreign_totals=setting)
    assert fortnox.invoice(row(199.5, vat=0), Currency="EUR")["Total"] == total


@pytest.mark.parametrize(("follow", "total"), [(True, 175), (False, 188)])
def test_freight_holds_vat_when_prices_do_or_not(fortnox: Fortnox, *, follow: bool, total: int) -> None:
    fortnox.switch(fees_follow_vat_included=follow)
    invoice = fortnox.booked(row(125), VATIncluded=True, Freight=50)
    assert invoice["Total"] == total
    assert fortnox.balances()["1510"] == total * 100


@pytest.mark.parametrize(("zone", "found"), [("stockholm", 1), ("utc", 0)])
def test_lastmodified_is_read_in_one_zone_or_the_other(fortnox: Fortnox, zone: str, found: int) -> None:
    fortnox.switch(lastmodified_zone=zone)
    fortnox.invoice()
    # The clock stands at 11:00 UTC, which is 12:00 in Stockholm.
    assert len(fortnox.get("invoices", lastmodified="2026-11-22 11:30")["Invoices"]) == found


def test_refusals_known_by_text_only_have_any_number(fortnox: Fortnox) -> None:
    fortnox.switch(textual_code=2000999)
    refusal = fortnox.refused("POST", "invoices", "Invoice", {"CustomerNumber": fortnox.customer(), "Currency": "USD"})
    assert refusal == (2000999, "Kunde inte hitta/hämta valuta")


@pytest.mark.parametrize(("texts", "shown"), [("account", "Företagskonto"), ("sent", "Insatt")])
def test_texts_of_voucher_rows(fortnox: Fortnox, texts: str, shown: str) -> None:
    fortnox.switch(voucher_row_texts=texts)
    rows = [{"Account": 1930, "Debit": 1, "Description": "Insatt"}, {"Account": 1581, "Credit": 1}]
    fields = {"Description": "x", "VoucherSeries": "A", "TransactionDate": "2026-11-02", "VoucherRows": rows}
    assert fortnox.ok("POST", "vouchers", "Voucher", fields)["VoucherRows"][0]["Description"] == shown


def test_refused_calls_may_use_the_window_up(fortnox: Fortnox) -> None:
    fortnox.switch(refused_calls_count=True)
    fortnox.limited = True
    assert [fortnox.call("GET", "units").status_code for _ in range(27)][-2:] == [429, 429]
