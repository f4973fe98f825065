"""What every call to the Fortnox emulator meets: limits, permissions, envelopes, lists, registers, faults."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest

from tests.support.contract.fortnox_emulator import Fortnox, connected, row


@pytest.fixture(scope="module")
def served() -> Iterator[Fortnox]:
    with connected() as fortnox:
        yield fortnox


@pytest.fixture
def fortnox(served: Fortnox) -> Fortnox:
    return served.reset()


def test_the_26th_call_in_five_seconds_is_refused(fortnox: Fortnox) -> None:
    fortnox.world.window.clear()
    fortnox.limited = True
    answers = [fortnox.call("GET", "companyinformation") for _ in range(26)]
    assert [answer.status_code for answer in answers] == [200] * 25 + [429]
    assert "retry-after" not in answers[-1].headers
    fortnox.switch(retry_after=True)
    assert 1 <= int(fortnox.call("GET", "companyinformation").headers["retry-after"]) <= 5


def test_the_window_slides_and_knows_companies_apart(fortnox: Fortnox) -> None:
    window = fortnox.world.window
    now = [100.0]
    window._clock = lambda: now[0]
    try:
        key, other = ("c", 1), ("c", 2)
        for step in range(25):
            now[0] = 100 + step * 0.1
            assert window.admit(key, count_refused=False) == 0
        assert window.admit(key, count_refused=False) == pytest.approx(2.6)
        assert window.admit(other, count_refused=False) == 0
        now[0] = 105.0
        assert window.admit(key, count_refused=False) == 0
        assert window.admit(key, count_refused=False) > 0
    finally:
        window._clock = time.monotonic


@pytest.mark.parametrize("status", [403, 400])
def test_missing_scope_licence_and_api_licence_are_told_apart(fortnox: Fortnox, status: int) -> None:
    fortnox.switch(permission_status=status)

    def error(path: str) -> tuple[int, int]:
        answer = fortnox.call("GET", path)
        return answer.status_code, answer.json()["ErrorInformation"]["Code"]

    order = {"company": 1234567, "scopes": ["customer"]}
    fortnox.tokens = fortnox.http.post("/_sandbox/tokens", json=order).json()
    assert fortnox.call("GET", "customers").status_code == 200
    assert error("articles") == (status, 2000663)
    fortnox.company(licences=["article"])
    assert error("customers") == (status, 2001101)
    fortnox.company(api_licence=False)
    assert error("customers") == (status, 2001103)


def test_a_wrong_token_is_unauthorized_without_an_envelope(fortnox: Fortnox) -> None:
    for headers in ({}, {"Authorization": "Bearer x"}, {"Authorization": "Basic x"}):
        answer = fortnox.http.get("/3/customers", headers=headers)
        assert (answer.status_code, answer.json()) == (401, {"message": "unauthorized"})


def test_companies_are_kept_apart(fortnox: Fortnox) -> None:
    fortnox.http.post("/_sandbox/companies", json={"database_number": 8, "name": "Annan AB"})
    other = Fortnox(fortnox.http, fortnox.world, tenant=8)
    fortnox.customer()
    assert other.get("customers")["Customers"] == []
    assert other.get("settings/company")["CompanySettings"]["DatabaseNumber"] == "8"


def test_things_not_found_come_in_the_capital_envelope(fortnox: Fortnox) -> None:
    answer = fortnox.call("GET", "customers/123456789")
    assert answer.status_code == 404
    error = {"Error": 1, "Message": "Kan inte hitta kunden.", "Code": 2000433}
    assert answer.json() == {"ErrorInformation": error}
    assert fortnox.call("GET", "nonsense").status_code == 404


def test_bodies_that_make_no_sense_are_refused(fortnox: Fortnox) -> None:
    headers = {"Authorization": f"Bearer {fortnox.tokens['access_token']}", "Content-Type": "application/json"}

    def code(content: str, **more: str) -> int:
        answer = fortnox.http.post("/3/customers", content=content, headers=headers | more)
        assert answer.status_code == 400
        return int(answer.json()["ErrorInformation"]["code"])

    assert code('{"Customer":') == 2002115
    assert code('{"customer":{"Name":"x"}}') == 2001392
    assert code("") == 2001392
    assert code('{"Customer":{"Name":"x"}}', **{"Content-Type": "text/plain"}) == 1000031
    assert code('{"Customer":{"Name":"x"}}', Accept="application/pdf") == 1000030


def test_answers_carry_the_headers_of_the_real_service(fortnox: Fortnox) -> None:
    answer = fortnox.call("POST", "termsofpayments/", {"TermsOfPayment": {"Code": "19DAYS", "Description": "19 dagar"}})
    assert (answer.status_code, answer.headers["location"], answer.headers["server"]) == (
        201,
        "paymentterms",
        "Fortnox",
    )
    assert len(answer.headers["x-uid"]) == 8


def test_two_equal_posts_make_two_invoices(fortnox: Fortnox) -> None:
    number = fortnox.customer()
    for _ in range(2):
        fortnox.invoice(row(1), CustomerNumber=number, ExternalInvoiceReference1="#1001")
    assert fortnox.get("invoices", externalinvoicereference1="#1001")["MetaInformation"]["@TotalResources"] == 2


def test_a_search_finds_substrings_in_any_case(fortnox: Fortnox) -> None:
    number = fortnox.customer(Email="Astrid@Example.se", City="Umeå")
    for reference in ("10", "1010", "11"):
        fortnox.invoice(CustomerNumber=number, ExternalInvoiceReference1=reference)
    found = fortnox.get("invoices", externalinvoicereference1="10")["Invoices"]
    assert [invoice["ExternalInvoiceReference1"] for invoice in found] == ["10", "1010"]
    assert len(fortnox.get("customers", email="astrid@")["Customers"]) == 1
    assert len(fortnox.get("customers", email="astrid@", city="luleå")["Customers"]) == 0


def test_lists_come_in_pages(fortnox: Fortnox) -> None:
    for _ in range(5):
        fortnox.customer()

    def page(**params: Any) -> tuple[list[str], list[int]]:
        body = fortnox.get("customers", **params)
        return [c["CustomerNumber"] for c in body["Customers"]], list(body["MetaInformation"].values())

    assert page(limit=2) == (["1", "2"], [5, 3, 1])
    assert page(limit=2, page=3) == (["5"], [5, 3, 3])
    assert page(limit=2, offset=1) == (["2", "3"], [5, 3, 1])
    assert page(offset=9) == ([], [0, 0, 1])
    assert page(name="nobody") == ([], [0, 0, 1])
    assert page(sortby="customernumber", sortorder="descending", limit=1) == (["5"], [5, 5, 1])
    assert page(limit=2, page=9) == ([], [5, 3, 9])
    fortnox.switch(page_beyond_last="error")
    assert fortnox.call("GET", "customers", limit=2, page=9).status_code == 400


def test_unknown_filters_and_parameters_are_refused(fortnox: Fortnox) -> None:
    answer = fortnox.call("GET", "invoices", filter="doesntexist")
    error = {"error": 1, "message": "Ett ogiltigt filter har använts.", "code": 2000587}
    assert (answer.status_code, answer.json()) == (400, {"ErrorInformation": error})
    for params in ({"nonsense": 1}, {"limit": 501}, {"limit": "x"}, {"page": 0}, {"lastmodified": "yesterday"}):
        answer = fortnox.call("GET", "invoices", **params)
        assert answer.json()["ErrorInformation"]["code"] == 2000588


def test_payment_filters_look_at_booked_invoices_only(fortnox: Fortnox) -> None:
    number = fortnox.customer()
    fortnox.invoice(row(1), CustomerNumber=number)
    fortnox.booked(row(1), CustomerNumber=number, DueDate="2020-01-01")
    fortnox.booked(row(1), CustomerNumber=number)
    fortnox.paid(fortnox.booked(row(100), CustomerNumber=number), 125)
    fortnox.booked(CustomerNumber=number)

    def numbers(word: str) -> list[str]:
        return [invoice["DocumentNumber"] for invoice in fortnox.get("invoices", filter=word)["Invoices"]]

    assert numbers("unbooked") == ["1"]
    assert numbers("unpaid") == ["2", "3"]
    assert numbers("unpaidoverdue") == ["2"]
    assert numbers("fullypaid") == ["4", "5"]
    assert numbers("cancelled") == []


def test_lastmodified_shows_what_changed_since(fortnox: Fortnox) -> None:
    fortnox.customer()
    fortnox.http.post("/_sandbox/clock", json={"advance_seconds": 3 * 86400})
    fortnox.tokens = fortnox.http.post("/_sandbox/tokens", json={}).json()
    fortnox.customer()
    since = fortnox.http.get("/_sandbox/state").json()["today"]
    assert [c["CustomerNumber"] for c in fortnox.get("customers", lastmodified=since)["Customers"]] == ["2"]
    fortnox.ok("PUT", "customers/1", "Customer", {"Name": "Ny"})
    assert len(fortnox.get("customers", lastmodified=f"{since} 00:00")["Customers"]) == 2


def test_a_lagging_search_index_is_a_switch(fortnox: Fortnox) -> None:
    fortnox.switch(search_lag_seconds=60)
    number = fortnox.customer(Email="a@example.se")
    assert fortnox.get("customers", email="a@example.se")["Customers"] == []
    assert fortnox.call("GET", f"customers/{number}").status_code == 200
    fortnox.http.post("/_sandbox/clock", json={"advance_seconds": 61})
    assert len(fortnox.get("customers", email="a@example.se")["Customers"]) == 1


def test_read_only_fields_are_ignored_or_refused_by_switch(fortnox: Fortnox) -> None:
    number = fortnox.customer()
    assert fortnox.invoice(CustomerNumber=number, Total=5)["Total"] == 0
    fortnox.switch(refuse_read_only_fields=True)
    assert fortnox.refused("POST", "invoices", "Invoice", {"CustomerNumber": number, "Total": 5})[0] == 2001399


def test_calls_at_once_keep_numbers_unique_and_books_in_balance(fortnox: Fortnox) -> None:
    number = fortnox.customer()
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: fortnox.booked(row(10), CustomerNumber=number), range(40)))
    assert {invoice["DocumentNumber"] for invoice in made} == {str(n) for n in range(1, 41)}
    assert {invoice["VoucherNumber"] for invoice in made} == set(range(1, 41))
    assert fortnox.balances()["1510"] == 40 * 1250


def test_a_lost_answer_leaves_the_document_and_the_log_tells(fortnox: Fortnox) -> None:
    number = fortnox.customer()
    fortnox.http.post("/_sandbox/faults", json={"kind": "close_after", "method": "POST", "path": "/3/invoices"})
    with pytest.raises(httpx2.RemoteProtocolError):
        fortnox.invoice(CustomerNumber=number)
    documents = fortnox.http.get("/_sandbox/documents", params={"company": 1234567}).json()
    assert documents["counts"] == {
        "customers": 1,
        "articles": 0,
        "orders": 0,
        "invoices": 1,
        "invoicepayments": 0,
        "vouchers": 0,
    }
    calls = fortnox.http.get("/_sandbox/calls", params={"path": "/3/invoices"}).json()["calls"]
    assert [(call["tenant"], call["status"]) for call in calls] == [("1234567", None)]


def test_unknown_settings_and_switches_are_refused(fortnox: Fortnox) -> None:
    assert fortnox.http.patch("/_sandbox/switches", json={"nonsense": 1}).status_code == 422
    assert fortnox.http.patch("/_sandbox/companies/1234567", json={"nonsense": 1}).status_code == 422
    assert fortnox.http.patch("/_sandbox/companies/9", json={}).status_code == 404
