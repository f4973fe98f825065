"""Fortnox's error numbers: each that our flows can meet is provoked, with number, text, casing of keys and status.

Two tables: `PROVOKED` by number, `TEXTS` for refusals of which only the text is known. What cannot be provoked stands
in `NOT_PROVOKED` with its reason; together they are the whole catalogue, which a test checks where it is there.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest

from sandbox.fortnox.config import ClientConfig, CompanyConfig, SandboxConfig
from tests.support.contract.fortnox_emulator import Fortnox, connected, row
from tests.support.fidelity.reference import ERRORS, needs

Act = Callable[[Fortnox], httpx2.Response]
KEYS = {"lower": ["error", "message", "code"], "capital": ["Error", "Message", "Code"]}


@dataclass(frozen=True)
class Case:
    """A refusal. ``text`` is given where the catalogue has only a paraphrase."""

    code: int
    act: Act
    status: int = 400
    keys: str = "lower"


# -- what the provoking requests have in common --


def _send(method: str, path: str, root: str, **fields: Any) -> Act:
    return lambda one: one.call(method, path, {root: fields} if fields else None)


def _get(path: str, **params: Any) -> Act:
    return lambda one: one.call("GET", path, **params)


def _with_company(changes: dict[str, Any], act: Act) -> Act:
    def changed(one: Fortnox) -> httpx2.Response:
        one.company(**changes)
        return act(one)

    return changed


def _with_switch(changes: dict[str, Any], act: Act) -> Act:
    def switched(one: Fortnox) -> httpx2.Response:
        one.switch(**changes)
        return act(one)

    return switched


def _customer(**fields: Any) -> Act:
    return _send("POST", "customers", "Customer", **{"Name": "Astrid Ek"} | fields)


def _invoice(*rows: dict[str, Any], **fields: Any) -> Act:
    def act(one: Fortnox) -> httpx2.Response:
        sent = {"CustomerNumber": one.customer(), "InvoiceRows": list(rows)} | fields
        return one.call("POST", "invoices", {"Invoice": sent})

    return act


def _on_invoice(action: str, *rows: dict[str, Any], body: Any = None, **fields: Any) -> Act:
    def act(one: Fortnox) -> httpx2.Response:
        one.invoice(*rows, **fields)
        return one.call("PUT", f"invoices/1{action}", body)

    return act


def _on_order(method: str, action: str, body: Any = None, **fields: Any) -> Act:
    def act(one: Fortnox) -> httpx2.Response:
        one.ok("POST", "orders", "Order", {"CustomerNumber": one.customer()} | fields)
        return one.call(method, f"orders/1{action}", body)

    return act


def _after(*earlier: Act, then: Act) -> Act:
    def act(one: Fortnox) -> httpx2.Response:
        for step in earlier:
            assert step(one).status_code < 300
        return then(one)

    return act


def _house_work(reduction: str, kind: str) -> Act:
    sold = {"ArticleNumber": "HYLLA", "HouseWork": True, "HouseWorkType": kind, "OrderedQuantity": 1}

    def act(one: Fortnox) -> httpx2.Response:
        order = {"CustomerNumber": one.customer(), "TaxReductionType": reduction, "OrderRows": [sold]}
        return one.call("POST", "orders", {"Order": order})

    return _after(ARTICLE, then=act)


def _raw(content: bytes, kind: str = "application/json", accept: str = "application/json") -> Act:
    def act(one: Fortnox) -> httpx2.Response:
        token = one.tokens["access_token"]
        headers = {"Authorization": f"Bearer {token}", "Content-Type": kind, "Accept": accept}
        return one.http.post("/3/customers", content=content, headers=headers)

    return act


def _with_scopes(scopes: list[str], act: Act) -> Act:
    def with_them(one: Fortnox) -> httpx2.Response:
        one.tokens = one.http.post("/_sandbox/tokens", json={"company": one.tenant, "scopes": scopes}).json()
        return act(one)

    return with_them


def _faulted(code: int, message: str, status: int) -> Act:
    def act(one: Fortnox) -> httpx2.Response:
        body = {"ErrorInformation": {"error": 1, "message": message, "code": code}}
        one.http.post("/_sandbox/faults", json={"kind": "status", "path": "/3/*", "status": status, "body": body})
        return one.call("GET", "customers")

    return act


def _unknown_token(one: Fortnox) -> httpx2.Response:
    return one.http.get("/3/customers", headers={"Authorization": "Bearer gone"})


def _anonymous(one: Fortnox) -> httpx2.Response:
    return one.http.get("/3/customers")


ARTICLE = _send("POST", "articles", "Article", ArticleNumber="HYLLA", Description="Hylla")
PRICE = {"ArticleNumber": "HYLLA", "PriceList": "A", "Price": 10}
TAX = {
    "AskedAmount": 500,
    "CustomerName": "Astrid Ek",
    "ReferenceDocumentType": "INVOICE",
    "ReferenceNumber": "1",
    "SocialSecurityNumber": "19121212-1212",
}
NEW_PRICE = _send("POST", "prices", "Price", **PRICE)
LEGACY = {"no_credentials": "legacy"}
TAKEN = {"CustomerNumber": "1", "DocumentNumber": 1}
WAREHOUSE = {"warehouse": True}
ORDERED = {"OrderRows": [{"Description": "x", "OrderedQuantity": 1, "Price": 9}]}

PROVOKED = [
    Case(1000003, _faulted(1000003, "System exception", 500), 500),
    Case(1000030, _raw(b"{}", accept="application/pdf")),
    Case(1000031, _raw(b"<Customer/>", kind="text/plain")),
    Case(2000013, _after(ARTICLE, then=ARTICLE)),
    Case(2000106, _customer(CustomerNumber="a b")),
    Case(2000107, _customer(YourReference="x" * 51)),
    Case(2000108, _invoice(row(1, Discount="mycket"))),
    Case(2000134, _customer(Active="kanske")),
    Case(2000204, _send("POST", "invoices", "Invoice", CustomerNumber="9")),
    Case(2000310, _with_switch(LEGACY, _unknown_token), 403, "capital"),
    Case(2000311, _with_switch(LEGACY, _anonymous), 403, "capital"),
    Case(2000321, _send("POST", "articles", "Article", Description="x", SalesPrice=1)),
    Case(2000342, _after(ARTICLE, then=_send("POST", "prices", "Price", **PRICE | {"PriceList": "Z"}))),
    Case(2000359, _customer(Name="Astrid <Ek>")),
    Case(2000401, _with_company({"locked_until": "2026-11-30"}, _on_invoice("/bookkeep", row(1)))),
    Case(2000423, _get("accounts/1999"), 404, "capital"),
    Case(2000427, _get("currencies/USD"), 404, "capital"),
    Case(2000428, _get("articles/9"), 404, "capital"),
    Case(2000429, _get("termsofpayments/9"), 404, "capital"),
    Case(2000430, _after(ARTICLE, then=_get("prices/A/HYLLA")), 404, "capital"),
    Case(2000431, _get("pricelists/Z"), 404, "capital"),
    Case(2000432, _get("units/9"), 404, "capital"),
    Case(2000433, _get("customers/9"), 404, "capital"),
    Case(2000434, _get("invoices/9"), 404, "capital"),
    Case(2000435, _get("termsofdeliveries/9"), 404, "capital"),
    Case(2000439, _get("orders/9"), 404, "capital"),
    Case(2000496, _after(_on_order("PUT", "/createinvoice"), then=_send("PUT", "orders/1/createinvoice", ""))),
    Case(2000517, _after(ARTICLE, NEW_PRICE, then=NEW_PRICE)),
    Case(2000550, _with_company({"inactive_accounts": [3001]}, _invoice(row(1, AccountNumber=3001)))),
    Case(2000587, _get("invoices", filter="doesntexist")),
    Case(2000588, _get("invoices", colour="blue")),
    Case(2000600, _after(_invoice(), _send("POST", "taxreductions", "TaxReduction", **TAX),
                         then=_send("POST", "taxreductions", "TaxReduction", **TAX))),
    Case(2000637, _after(_customer(CustomerNumber="7"), _send("DELETE", "customers/7", ""),
                         then=_customer(CustomerNumber="7"))),
    Case(2000663, _with_scopes(["article"], _get("customers")), 403, "capital"),
    Case(2000704, _get("voucherfileconnections/9")),
    Case(2000729, _send("PUT", "predefinedaccounts/NAMELESS", "PreDefinedAccount", Account=3001)),
    Case(2000861, _after(_on_order("GET", ""), then=_send("POST", "orders", "Order", **TAKEN))),
    Case(2001101, _with_company({"licences": ["article"]}, _get("customers")), 403, "capital"),
    Case(2001103, _with_company({"api_licence": False}, _get("customers")), 403, "capital"),
    Case(2001161, _get("projects/9"), 404, "capital"),
    Case(2001200, _send("PUT", "customers/OLD", "Customer", Name="x")),
    Case(2001242, _after(_on_order("PUT", "/createinvoice"), then=_send("PUT", "orders/1", "Order", Freight=9))),
    Case(2001265, _send("PUT", "predefinedaccounts/SALES", "PreDefinedAccount", Account=1999)),
    Case(2001302, _invoice({"ArticleNumber": "GONE"})),
    Case(2001304, _invoice(row(1, AccountNumber=3999))),
    Case(2001339, _with_company({"user": {"lacks": ["list_invoices"]}}, _get("invoices")), 403, "capital"),
    Case(2001392, _send("POST", "customers", "Kund", Name="x")),
    Case(2001393, _with_company({"user": {"lacks": ["invoices"]}}, _get("invoices/1")), 403, "capital"),
    Case(2001399, _invoice(row(1, Vat=25))),
    Case(2001403, _get("predefinedaccounts/NAMELESS"), 404, "capital"),
    Case(2001411, _invoice(TermsOfDelivery="GONE")),
    Case(2001412, _invoice(WayOfDelivery="GONE")),
    Case(2001700, _invoice(TermsOfPayment="GONE")),
    Case(2001795, _send("POST", "customers", "Customer", City="Lund")),
    Case(2001846, _send("POST", "prices", "Price", PriceList="A", Price=1)),
    Case(2002115, _raw(b"{broken")),
    Case(2002455, _with_company({"user": {"lacks": ["vouchers"]}}, _get("vouchers")), 403, "capital"),
    Case(2002462, _send("PUT", "predefinedaccounts/SALES", "PreDefinedAccount", Account=30)),
    Case(2002980, _house_work("rot", "OTHERCOSTS")),
    Case(2003007, _with_company({"cash_method": True}, _on_invoice("/bookkeep", row(1)))),
    Case(2003124, _with_company(WAREHOUSE, _on_order("PUT", "/warehouseready", **ORDERED))),
    Case(2003125, _with_company(WAREHOUSE, _after(_on_invoice("/warehouseready", row(1)),
                                                  then=_send("PUT", "invoices/1", "Invoice", Comments="x")))),
    Case(2003126, _with_company(WAREHOUSE, _on_invoice("/warehouseready", row(1), OutboundDate="2026-12-24"))),
    Case(2003127, _faulted(2003127, "Ett fel uppstod i lagermodulen", 400)),
    Case(2003157, _house_work("rut", "TUTORING")),
    Case(2003275, _with_company({"user": {"lacks": ["customers"]}}, _get("customers")), 403, "capital"),
    Case(2003330, _with_company({"user": {"lacks": ["list_payments"]}}, _get("invoicepayments")), 403, "capital"),
    Case(2003399, _with_company(WAREHOUSE, _after(_on_invoice("/cancel", row(1)),
                                                  then=_send("PUT", "invoices/1/warehouseready", "")))),
    Case(2003977, _on_invoice("/bookkeep", {"AccountNumber": 3001, "Price": 1, "DeliveredQuantity": 1})),
    Case(2004021, _house_work("rut", "CONSTRUCTION")),
    Case(2004052, _with_company({"easy_vat": True}, _send("PUT", "predefinedaccounts/SALES_25_SE", "PreDefinedAccount",
                                                          Account=3002))),
    Case(2004167, _with_company({"easy_vat": True, "vat_rates": [25, 19]}, _invoice(row(1, vat=19)))),
    Case(2004194, _customer(VATNumber="SE123")),
    Case(2004217, _after(_invoice(), then=_send("POST", "taxreductions", "TaxReduction", **TAX | {"AskedAmount": -1}))),
]  # fmt: skip

_MEANING_UNKNOWN = "neither text nor meaning is known; no request is known to provoke it"
_SUPPLIERS = "supplier invoices are no part of the emulator"
_OFFERS = "offers are no part of the emulator"
_GREEN = "green technology reductions are no part of the emulator"
NOT_PROVOKED = {
    1000000: "a plugin's own number, not Fortnox's",
    2000015: _MEANING_UNKNOWN,
    2000166: "integrators read it as a product without article number; no Fortnox request is known to provoke it",
    2000499: _OFFERS,
    2000513: "an older client's number for an unknown article; the emulator gives the recorded 2000428",
    2000755: _SUPPLIERS,
    2000762: "an older client's number for an article or price; the emulator gives 2000428 and 2000517",
    2000798: _MEANING_UNKNOWN,
    2001243: _OFFERS,
    2001303: "the same as 2001304, which the emulator gives",
    2001322: _MEANING_UNKNOWN,
    2001427: "accruals are no part of the emulator",
    2001740: "XML is not spoken; an XML body is 1000031",
    2002951: _MEANING_UNKNOWN,
    2003055: _MEANING_UNKNOWN,
    2003095: _SUPPLIERS,
    2003115: _SUPPLIERS,
    2003241: "warehouse migration is no part of the emulator",
    2003277: "what is not found in the warehouse module is answered by /api/warehouse with a word, not a number",
    2004054: "a newer login variant; what provokes it is not known",
    2004209: _GREEN,
    2004218: "the twin of 2004217, which the emulator gives; what tells them apart is not known",
    2004262: _GREEN,
    2004263: _GREEN,
}


# -- refusals of which only the text is known --


def _payment(**fields: Any) -> Act:
    def act(one: Fortnox) -> httpx2.Response:
        one.booked(row(100))
        sent = {"InvoiceNumber": 1, "Amount": 125} | fields
        return one.call("POST", "invoicepayments", {"InvoicePayment": sent})

    return act


def _voucher(**fields: Any) -> Act:
    rows = [{"Account": 1930, "Debit": 1}, {"Account": 1581, "Credit": 1}]
    base = {"Description": "x", "VoucherSeries": "A", "TransactionDate": "2026-11-02", "VoucherRows": rows}
    return _send("POST", "vouchers", "Voucher", **base | fields)


def _token(grant: dict[str, str], secret: str = "bokbro-demo-secret") -> Act:
    return lambda one: one.http.post("/oauth-v1/token", data=grant, auth=("bokbro-demo", secret))


def _activation(**changes: str) -> Act:
    asked = {"client_id": "bokbro-demo", "response_type": "code", "scope": "customer", "state": "s"}
    asked |= {"redirect_uri": "http://localhost/back", "company": "1234567", "action": "approve"} | changes
    return lambda one: one.http.post("/oauth-v1/auth", data=asked)


def _refresh(one: Fortnox) -> httpx2.Response:
    return _token({"grant_type": "refresh_token", "refresh_token": one.tokens["refresh_token"]})(one)


BANKLESS = {"bank_details": False}
TEXTS: dict[str, Act] = {
    'Artikel: Inköpskonto inte uppdaterat. Kontot "4000" existerar inte. (PurchaseAccount)': _with_company(
        {"missing_accounts": [4000]}, _after(ARTICLE, then=_send("PUT", "articles/HYLLA", "Article", Description="x"))
    ),
    "Kunde inte hämta/hitta moms": _invoice(row(1, vat=19)),
    "Kunde inte hitta/hämta valuta": _invoice(Currency="USD"),
    "Kunde inte bokföra fakturanummer N. Faktura som bokförs måste var klarmarkerad.": _with_company(
        WAREHOUSE, _on_invoice("/bookkeep", row(1))
    ),
    "Betalningsdatum före fakturadatum": _payment(PaymentDate="2026-11-01"),
    "Valuta X och valuta Y stämmer inte överens": _payment(Currency="EUR"),
    "Räkenskapsår saknas / fiscal year not available": _invoice(InvoiceDate="2031-01-01"),
    "Verifikationsserien är inte manuell (F)": _voucher(VoucherSeries="B"),
    'Konto "xxxx" är inte aktivt': _with_company({"inactive_accounts": [1581]}, _voucher()),
    "Bankuppgifter saknas": _with_company(BANKLESS, _after(_invoice(), then=_get("invoices/1/print"))),
    "Kan inte skicka dokument om inte företaget är registrerat": _with_company(
        {"print_service": False}, _after(_invoice(), then=_get("invoices/1/eprint"))
    ),
    "En eller flera rader har koppling till en order, det går därför inte att uppdatera raderna via API.": _after(
        _on_order("PUT", "/createinvoice"), then=_send("PUT", "invoices/1", "Invoice", InvoiceRows=[row(1)])
    ),
    "error_missing_license / error_missing_app_license": _with_company({"integration_licence": False}, _refresh),
    "error_missing_system_admin_right": _with_company(
        {"user": {"sys_admin": False}}, _activation(account_type="service")
    ),
    'Enheten "t" finns inte.': _invoice(row(1, Unit="t")),
    "Invalid refresh token": _token({"grant_type": "refresh_token", "refresh_token": "gone"}),
    "The client credentials are invalid": _token({"grant_type": "refresh_token"}, secret="wrong"),
    "unauthorized": _unknown_token,
    "Auth code or ClientID supplied is invalid": _activation(client_id="nobody"),
    "Client does not allow service account": _activation(client_id="no-service", account_type="service"),
}
TEXTS_NOT_PROVOKED = {"Värdet tolkas som null": "which empty value provokes it on bookkeep is not known"}


# Where the catalogue gives several wordings for one number.
CHOSEN = {
    2000013: 'Artikelnummer "X" används redan.',
    2000637: "Kundnummer N används redan. Kundnumret har redan använts men blivit raderat.",
    2001412: "Kunde inte hämta/hitta leveranssätt",
    2003275: "Saknar behörighet för kundregister.",
}


@pytest.fixture(scope="module")
def served() -> Iterator[Fortnox]:
    clients = (ClientConfig(), ClientConfig(client_id="no-service", service_accounts=False))
    company = CompanyConfig(whole_krona_rounding=False, imported_customers={"OLD": "Importerad AB"})
    with connected(SandboxConfig(clients=clients, companies=(company,))) as fortnox:
        yield fortnox


@pytest.fixture
def fortnox(served: Fortnox) -> Fortnox:
    return served.reset()


@pytest.mark.parametrize("case", PROVOKED, ids=[str(case.code) for case in PROVOKED])
def test_the_number_is_given_with_its_status_and_casing(fortnox: Fortnox, case: Case) -> None:
    answer = case.act(fortnox)
    information = answer.json()["ErrorInformation"]

    assert (answer.status_code, list(information)) == (case.status, KEYS[case.keys]), answer.text
    assert next(value for key, value in information.items() if key.lower() == "code") == case.code


@pytest.mark.parametrize("text", TEXTS, ids=[text[:40] for text in TEXTS])
def test_the_text_is_given_where_no_number_is_known(fortnox: Fortnox, text: str) -> None:
    answer = TEXTS[text](fortnox)
    told = answer.text.replace('\\"', '"') + answer.headers.get("location", "")

    assert _pattern(text).search(told), told


@pytest.mark.parametrize(("code", "status"), [(2000663, 400), (2001101, 400), (2001103, 400)])
def test_permission_may_be_refused_with_400_too(fortnox: Fortnox, code: int, status: int) -> None:
    fortnox.switch(permission_status=status)
    case = next(case for case in PROVOKED if case.code == code)

    assert case.act(fortnox).status_code == status


def _catalogue() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ERRORS.read_text("utf-8")) if ERRORS.exists() else {"codes": []}
    return found


@needs(ERRORS, "the emulator's errors were not compared with the catalogue")
def test_no_number_of_the_catalogue_is_left_out() -> None:
    provoked = {case.code for case in PROVOKED}
    catalogue = _catalogue()

    assert provoked | NOT_PROVOKED.keys() == {entry["code"] for entry in catalogue["codes"]}
    assert not provoked & NOT_PROVOKED.keys()
    assert TEXTS.keys() | TEXTS_NOT_PROVOKED.keys() == {entry["text"] for entry in catalogue["texts_without_code"]}


@needs(ERRORS, "the emulator's error texts were not compared with the catalogue")
@pytest.mark.parametrize("case", PROVOKED, ids=[str(case.code) for case in PROVOKED])
def test_text_and_status_are_those_of_the_catalogue(fortnox: Fortnox, case: Case) -> None:
    entry = next(entry for entry in _catalogue()["codes"] if entry["code"] == case.code)
    stated = set(re.findall(r"\d{3}", entry["http"]))
    # A question mark: the catalogue itself doubts the status.
    assert "?" in entry["http"] or str(case.status) in stated

    told = next(v for k, v in case.act(fortnox).json()["ErrorInformation"].items() if k.lower() == "message")
    text = CHOSEN.get(case.code, entry["message"])
    # In parentheses: the catalogue has the sense only, not the wording.
    assert text.startswith("(") or _pattern(text).fullmatch(told), told


def _pattern(text: str) -> re.Pattern[str]:
    """Make a pattern of a text: its placeholders stand for anything."""
    first = text.split(" / ", maxsplit=1)[0] if " / " in text else text
    escaped = re.escape(first)
    for word in (r"\{Value\}", r"\{date\}", "…", r"\{Message\}"):
        escaped = escaped.replace(word, ".+")
    escaped = re.sub(r"\bN\b|\bX\b|\bY\b|\bxxxx\b", ".+", escaped)
    escaped = escaped.replace(r"\(F\)", r"\(.+\)").replace('"t"', '".+"').replace("'rut'", "'.+'")
    return re.compile(escaped)
