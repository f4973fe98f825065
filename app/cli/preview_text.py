"""A preview as a person reads it in a terminal: what was given, and what would stand in Fortnox."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from app.catalogue import lookup
from app.orders.preview import NOT_AN_ORDER

Json = Mapping[str, Any]

_GIVEN = {
    "order": "an order",
    "orders": "a list of orders",
    "draft": "a draft order",
    "order_edit": "an edit of an order",
    "refund": "a refund",
    "return": "a return",
    "transaction": "a payment transaction",
    "fulfillment": "a fulfilment",
    "payout": "a payout",
    "balance_transaction": "lines of a payout",
    "dispute": "a dispute",
    "customer": "a customer",
    "product": "a product",
    "qliro_order": "an order of Qliro",
    "unknown": "nothing that is known here",
}
_OF_AN_ORDER = "it is booked with its order: give the order itself, which holds it"
_WHY_NOT = {
    "draft": "a draft is no sale: it is booked when it becomes an order",
    "payout": "it is booked as a payout, with its lines: see `bokbro payouts`",
    "balance_transaction": "they are booked with their payout: see `bokbro payouts`",
    "dispute": "it is booked with the payout that holds its money",
    "customer": "a customer is written with the first order",
    "product": "an article is written with the first order that sells it",
    "qliro_order": "it is read from the connected account, not from a file",
}
_REASONS = {
    "not_paid": "it waits for payment",
    "not_delivered": "it waits for its delivery",
    "test_order": "it is a test order",
    "before_cut_over": "it is from before the start date",
    "cancelled_before_capture": "it was cancelled before it was paid",
    "zero_total": "it comes to nothing",
}


def lines_of(shown: Json) -> Iterator[str]:
    """The lines to print."""
    yield f"This is {_GIVEN.get(shown['given'], shown['given'])}."
    if shown["outcome"] == "orders":
        for order in shown["orders"]:
            yield ""
            yield from _order(order)
    elif shown["outcome"] == NOT_AN_ORDER:
        yield f"Nothing is booked of it alone: {_WHY_NOT.get(shown['given'], _OF_AN_ORDER)}."
    else:
        yield from _order(shown)


def _order(shown: Json) -> Iterator[str]:
    if "order" in shown:
        yield f"Order {shown['order']}, {shown['total']}"
    match shown["outcome"]:
        case "plan":
            yield from _plan(shown)
        case "stopped":
            yield "Stopped before anything is sent:"
            yield from _findings(shown["findings"])
        case "waiting":
            missing = f", {shown['outstanding']} is outstanding" if "outstanding" in shown else ""
            yield f"Nothing is booked yet: {_REASONS.get(shown['reason'], shown['reason'])}{missing}."
        case _:
            yield f"Never booked: {_REASONS.get(shown['reason'], shown['reason'])}."


def _plan(shown: Json) -> Iterator[str]:
    for document in shown["documents"]:
        kind = "Credit note" if document["kind"] == "credit_note" else "Invoice"
        total = f"{document['total']} {document['currency']}, VAT {document['total_vat']}"
        yield f"{kind} of {document['day']} to {document['customer_name']}: {total}"
        for row in document["rows"]:
            amount = f"{row['quantity']} × {row['unit_price']} = {row['amount']}"
            yield f"  {row['account']}  {amount} at {row['vat_percent']} %  {row['description']}"
        for payment in document["payments"]:
            yield f"  paid {payment['day']}: {payment['amount']} {payment['currency']} on {payment['account']}"
    for voucher in shown["vouchers"]:
        yield f"Entry of {voucher['day']}: {voucher['text']}"
        for entry in voucher["entries"]:
            yield f"  {entry['account']}  debit {entry['debit']}  credit {entry['credit']}"
    if shown["notices"]:
        yield "To know:"
        yield from _findings(shown["notices"])


def _findings(findings: list[Json]) -> Iterator[str]:
    for finding in findings:
        entry = lookup(finding["code"])
        yield f"  {finding['code']}: {entry.text('en', finding['data'])}"
        yield f"    {entry.remedy('en', finding['data'])}"
