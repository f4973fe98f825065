"""What several test modules share of `test_earlier_orders`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from app.model.order import books_day
from sandbox.shopify.model import StoredOrder
from tests.support.pipeline.bench import VASE, Bench

PLATE: dict[str, Any] = VASE | {"title": "Tallrik", "sku": "GF-TAL", "price": "200.00"}


LONG_AGO = datetime.now(UTC) - timedelta(days=10)


def sold_before(bench: Bench, **spec: Any) -> StoredOrder:
    """An order from before the cut-over: looked at, and left alone."""
    bench.rules(cut_over=books_day(datetime.now(UTC) - timedelta(days=2)).isoformat())
    wanted: dict[str, Any] = {"lines": [VASE, PLATE], "processed_at": LONG_AGO.isoformat()} | spec
    order = bench.place(**wanted)
    bench.rest()
    assert (bench.state(order), bench.invoices()) == ("skipped", [])
    return order


def booked_by_others(bench: Bench, order: StoredOrder, **head: Any) -> str:
    """Another integration's invoice of the order: its own customer, account and reference; booked and paid."""
    day = LONG_AGO.date().isoformat()
    customer = bench.api("POST", "customers", {"Customer": {"Name": "Webbkund"}})["Customer"]["CustomerNumber"]
    rows = [
        {"Description": title, "DeliveredQuantity": 1, "Price": price, "VAT": 25, "AccountNumber": 3041}
        for title, price in (("Vas", 499), ("Tallrik", 200))
    ]
    named = {"YourOrderNumber": f"Order {order.name.lstrip('#')}"} | head
    body = {"CustomerNumber": customer, "InvoiceDate": day, "VATIncluded": True, "InvoiceRows": rows, **named}
    number = str(bench.api("POST", "invoices", {"Invoice": body})["Invoice"]["DocumentNumber"])
    bench.api("PUT", f"invoices/{number}/bookkeep")
    paid = {"InvoiceNumber": int(number), "Amount": 699, "PaymentDate": day, "ModeOfPaymentAccount": 1930}
    payment = bench.api("POST", "invoicepayments", {"InvoicePayment": paid})["InvoicePayment"]["Number"]
    bench.api("PUT", f"invoicepayments/{payment}/bookkeep")
    return number


def refunded(bench: Bench, order: StoredOrder) -> None:
    bench.act(order, "refund", lines=[{"line": 1}])
    bench.rest()


def our_documents(bench: Bench, *others: str) -> list[dict[str, Any]]:
    return [invoice for invoice in bench.invoices() if str(invoice["DocumentNumber"]) not in others]
