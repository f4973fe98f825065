"""Orders of the Fortnox emulator: made, changed, invoiced once, cancelled, sent."""

from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.fortnox.config import CompanyConfig, SandboxConfig
from tests.support.contract.fortnox_emulator import Fortnox, connected, row

LINKED = "En eller flera rader har koppling till en order, det går därför inte att uppdatera raderna via API."
LOCKED = "Order som sparas får inte ha en faktura genererad från sig och innehålla ändringar på värden som är låsta"


@pytest.fixture(scope="module")
def served() -> Iterator[Fortnox]:
    with connected(SandboxConfig(companies=(CompanyConfig(whole_krona_rounding=False),))) as fortnox:
        yield fortnox


@pytest.fixture
def fortnox(served: Fortnox) -> Fortnox:
    return served.reset()


def _order(fortnox: Fortnox, *rows: dict[str, Any], **fields: Any) -> Any:
    number = fields.pop("CustomerNumber", None) or fortnox.customer()
    return fortnox.ok("POST", "orders", "Order", {"CustomerNumber": number, "OrderRows": list(rows)} | fields)


def _ordered(price: Any, ordered: Any = 1, delivered: Any = None, **fields: Any) -> dict[str, Any]:
    quantities = {"OrderedQuantity": ordered, "DeliveredQuantity": ordered if delivered is None else delivered}
    return row(price, **fields) | quantities


def _numbers(fortnox: Fortnox, **params: Any) -> list[str]:
    return [one["DocumentNumber"] for one in fortnox.get("orders", **params)["Orders"]]


def test_an_order_adds_up_what_was_ordered(fortnox: Fortnox) -> None:
    order = _order(fortnox, _ordered(100, ordered=3, delivered=1), Freight=40)

    assert (order["Net"], order["TotalVAT"], order["Total"]) == (340, 85, 425)
    assert (order["OrderRows"][0]["OrderedQuantity"], order["OrderRows"][0]["DeliveredQuantity"]) == ("3", "1")


def test_by_switch_an_order_adds_up_what_was_delivered(fortnox: Fortnox) -> None:
    fortnox.switch(order_totals_count="delivered")

    assert _order(fortnox, _ordered(100, ordered=3, delivered=1))["Total"] == 125


def test_its_invoice_counts_what_was_delivered(fortnox: Fortnox) -> None:
    order = _order(fortnox, _ordered(100, ordered=3, delivered=2), _ordered(50, ordered=1, delivered=0))
    answer = fortnox.ok("PUT", f"orders/{order['DocumentNumber']}/createinvoice", "Order")
    invoice = fortnox.ok("GET", f"invoices/{answer['InvoiceReference']}", "Invoice")

    assert invoice["OrderReference"] == order["DocumentNumber"]
    assert [one["DeliveredQuantity"] for one in invoice["InvoiceRows"]] == ["2", "0"]
    assert invoice["Total"] == 250


def test_a_second_invoice_of_an_order_is_refused_and_the_order_tells_the_first(fortnox: Fortnox) -> None:
    number = _order(fortnox, _ordered(100))["DocumentNumber"]
    first = fortnox.ok("PUT", f"orders/{number}/createinvoice", "Order")["InvoiceReference"]

    assert fortnox.refused("PUT", f"orders/{number}/createinvoice", "Order")[0] == 2000496
    assert fortnox.ok("GET", f"orders/{number}", "Order")["InvoiceReference"] == first
    assert len(fortnox.get("invoices")["Invoices"]) == 1


def test_the_rows_of_an_orders_invoice_cannot_be_changed_but_its_texts_can(fortnox: Fortnox) -> None:
    number = _order(fortnox, _ordered(100))["DocumentNumber"]
    invoice = fortnox.ok("PUT", f"orders/{number}/createinvoice", "Order")["InvoiceReference"]

    assert fortnox.refused("PUT", f"invoices/{invoice}", "Invoice", {"InvoiceRows": [row(90)]})[1] == LINKED
    assert fortnox.ok("PUT", f"invoices/{invoice}", "Invoice", {"Comments": "Hej"})["Comments"] == "Hej"


def test_an_invoiced_order_keeps_its_values_but_takes_texts(fortnox: Fortnox) -> None:
    number = _order(fortnox, _ordered(100))["DocumentNumber"]
    fortnox.ok("PUT", f"orders/{number}/createinvoice", "Order")

    assert fortnox.refused("PUT", f"orders/{number}", "Order", {"OrderRows": [_ordered(90)]}) == (2001242, LOCKED)
    assert fortnox.ok("PUT", f"orders/{number}", "Order", {"Comments": "Hej"})["Comments"] == "Hej"


def test_an_orders_invoice_books_like_any_other(fortnox: Fortnox) -> None:
    number = _order(fortnox, _ordered(100), Freight=40)["DocumentNumber"]
    invoice = fortnox.ok("PUT", f"orders/{number}/createinvoice", "Order")["InvoiceReference"]
    fortnox.ok("PUT", f"invoices/{invoice}/bookkeep", "Invoice")

    assert fortnox.balances() == {"1510": 17500, "2611": -3500, "3001": -10000, "3520": -4000}


def test_an_own_number_makes_the_order_known_and_the_series_jump(fortnox: Fortnox) -> None:
    _order(fortnox, DocumentNumber=70001)

    customer = fortnox.customer()
    again = {"CustomerNumber": customer, "DocumentNumber": 70001}
    assert fortnox.refused("POST", "orders", "Order", again)[0] == 2000861
    assert _order(fortnox)["DocumentNumber"] == "70002"


def test_remarks_reach_the_invoice_only_when_they_are_to_be_copied(fortnox: Fortnox) -> None:
    for copied, expected in ((True, "Tack"), (False, "")):
        number = _order(fortnox, Remarks="Tack", CopyRemarks=copied)["DocumentNumber"]
        invoice = fortnox.ok("PUT", f"orders/{number}/createinvoice", "Order")["InvoiceReference"]
        assert fortnox.ok("GET", f"invoices/{invoice}", "Invoice")["Remarks"] == expected


def test_a_cancelled_order_is_neither_changed_nor_invoiced(fortnox: Fortnox) -> None:
    number = _order(fortnox)["DocumentNumber"]

    assert fortnox.ok("PUT", f"orders/{number}/cancel", "Order")["Cancelled"] is True
    fortnox.refused("PUT", f"orders/{number}", "Order", {"Comments": "Hej"})
    fortnox.refused("PUT", f"orders/{number}/createinvoice", "Order")


def test_an_invoiced_order_cannot_be_cancelled(fortnox: Fortnox) -> None:
    number = _order(fortnox)["DocumentNumber"]
    fortnox.ok("PUT", f"orders/{number}/createinvoice", "Order")

    fortnox.refused("PUT", f"orders/{number}/cancel", "Order")
    assert fortnox.ok("GET", f"orders/{number}", "Order")["Cancelled"] is False


def test_rows_match_by_position_and_those_left_out_go(fortnox: Fortnox) -> None:
    number = _order(fortnox, _ordered(100, Discount=10), _ordered(50))["DocumentNumber"]
    order = fortnox.ok("PUT", f"orders/{number}", "Order", {"OrderRows": [{"Price": 200}]})

    assert [(one["Price"], one["Discount"], one["OrderedQuantity"]) for one in order["OrderRows"]] == [(200, 10, "1")]


def test_every_mail_is_sent_anew_and_marks_the_order(fortnox: Fortnox) -> None:
    number = _order(fortnox, CustomerNumber=fortnox.customer(Email="astrid@example.com"))["DocumentNumber"]
    fortnox.ok("GET", f"orders/{number}/email", "Order")
    fortnox.ok("GET", f"orders/{number}/email", "Order")

    mails = fortnox.http.get("/_sandbox/mails").json()["mails"]
    assert [(mail["to"], mail["subject"]) for mail in mails] == [("astrid@example.com", f"Order {number} bifogas")] * 2
    assert fortnox.ok("GET", f"orders/{number}", "Order")["Sent"] is True


def test_an_external_print_marks_it_a_preview_does_not(fortnox: Fortnox) -> None:
    number = _order(fortnox)["DocumentNumber"]

    assert fortnox.call("GET", f"orders/{number}/preview").content.startswith(b"%PDF-")
    assert fortnox.ok("GET", f"orders/{number}", "Order")["Sent"] is False
    assert fortnox.ok("PUT", f"orders/{number}/externalprint", "Order")["Sent"] is True


def test_filters_and_searches_narrow_the_list(fortnox: Fortnox) -> None:
    _order(fortnox, _ordered(100), ExternalInvoiceReference1="gid-10")
    _order(fortnox, ExternalInvoiceReference1="gid-1010", DeliveryDate="2026-11-01", OrderDate="2026-10-30")
    _order(fortnox)
    fortnox.ok("PUT", "orders/1/createinvoice", "Order")
    fortnox.ok("PUT", "orders/3/cancel", "Order")

    assert _numbers(fortnox, filter="invoicecreated") == ["1"]
    assert _numbers(fortnox, filter="invoicenotcreated") == ["2"]
    assert _numbers(fortnox, filter="cancelled") == ["3"]
    assert _numbers(fortnox, filter="expired") == ["2"]
    assert _numbers(fortnox, externalinvoicereference1="10") == ["1", "2"]
    assert _numbers(fortnox, todate="2026-10-31") == ["2"]
    assert _numbers(fortnox, sortby="documentnumber", sortorder="descending") == ["3", "2", "1"]


def test_a_shop_with_the_warehouse_module_marks_only_delivered_orders_ready(fortnox: Fortnox) -> None:
    fortnox.company(warehouse=True)
    order = _order(fortnox, _ordered(100))
    number = order["DocumentNumber"]

    assert (order["DeliveryState"], order["WarehouseReady"]) == ("registration", False)
    assert fortnox.refused("PUT", f"orders/{number}/warehouseready", "Order")[0] == 2003124
    fortnox.ok("PUT", f"orders/{number}", "Order", {"DeliveryState": "delivery"})
    assert fortnox.ok("PUT", f"orders/{number}/warehouseready", "Order")["WarehouseReady"] is True
    assert fortnox.refused("PUT", f"orders/{number}", "Order", {"Comments": "Hej"})[0] == 2003125


def test_what_an_order_uses_cannot_be_deleted(fortnox: Fortnox) -> None:
    fortnox.ok("POST", "articles", "Article", {"ArticleNumber": "HYLLA", "Description": "Hylla"})
    order = _order(fortnox, {"ArticleNumber": "HYLLA", "OrderedQuantity": 1})

    assert fortnox.call("DELETE", f"customers/{order['CustomerNumber']}").status_code == 400
    assert fortnox.call("DELETE", "articles/HYLLA").status_code == 400
