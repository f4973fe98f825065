"""A case whose invoices are paid first at the payout: they stand there open, and the payout's lines pay them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from app.kit.money import Money, vat_out_of_gross
from app.model.order import Order
from app.orders.planning.planner import decide
from app.payments.payout_timing import with_payout_days
from app.posting.plan import Plan
from app.shops.shopify.orders.order import normalize
from app.tenants.rules import DocumentCurrency, TenantRules
from sandbox.cases.books import CaseBooks
from sandbox.cases.payload import graphql_order

Json = dict[str, Any]


def waits_for_payout(stated: Json) -> bool:
    """Whether the case's company pays its invoices at the payout."""
    return bool(stated.get("model", "A") == "B")


def clear_at_payout(books: CaseBooks, stated: Json, rules: TenantRules) -> str:
    """Invoice every order that the case says is found, then tell each that it was paid out; why that stopped."""
    journals = []
    for order in _orders(stated):
        books.done.clear()  # each order has a journal of its own
        books.results.clear()
        problem = _carry(books, order, rules)
        if problem:
            return problem
        journals.append((order, dict(books.done), dict(books.results)))
    books.begin()
    for order, done, results in journals:
        books.done.clear()
        books.done.update(done)
        books.results.clear()
        books.results.update(results)
        days = {transaction.id: date.fromisoformat(stated["date"]) for transaction in order.transactions}
        problem = _carry(books, with_payout_days(order, days), rules)
        if problem:
            return problem
    return ""


def _carry(books: CaseBooks, order: Order, rules: TenantRules) -> str:
    decision = decide(order, rules, books.posted)
    if not isinstance(decision, Plan):
        return str(decision)
    books.carry_out(decision, rules)
    return ""


def _orders(stated: Json) -> Iterator[Order]:
    """The orders behind the lines, sold the day before: the case tells only name and amount, any goods will do."""
    for number, line in enumerate(one for one in stated["transactions"] if one.get("invoice") == "found"):
        amount = line["amount"]
        vat = str(vat_out_of_gross(Money.of(amount, stated["currency"]), Decimal(25)).decimal)
        goods = {
            "title": "Vara", "quantity": 1, "unit_price": amount, "line_total_after_discount": amount,
            "tax": {"rate_percent": "25", "amount": vat},
        }  # fmt: skip
        placed = {
            "type": "order", "name": line["order"], "processed_at": f"{stated['date']}T08:00:00+01:00",
            "currency": stated["currency"], "ship_to": {"country": "SE", "postcode": "11120"}, "lines": [goods],
            "total": amount, "transactions": [
                {"kind": "sale", "gateway": stated["provider"], "amount": amount, "currency": stated["currency"]}
            ],
        }  # fmt: skip
        order = normalize(graphql_order(placed), shop="cases.myshopify.com", currency=DocumentCurrency.PRESENTMENT)
        yield replace(order, id=f"{order.id}{number}")
