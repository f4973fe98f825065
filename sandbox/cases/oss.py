"""A case that pays a quarter's OSS return: the orders that it names are booked, and the product's figures are paid."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from app.kit.money import Money
from app.orders.planning.planner import decide
from app.periods.oss_return import OssDocument, Quarter, figures_of, plan_payment, vat_to_pay
from app.posting.plan import Plan, Stopped
from app.shops.shopify.orders.order import normalize
from app.tenants.rules import DocumentCurrency, TenantRules
from sandbox.cases.books import CaseBooks
from sandbox.cases.payload import graphql_order

Json = dict[str, Any]
OSS_PAYMENT = "oss_payment"
_CASE = re.compile(r"acc-\d+")


def with_orders(case: Json, cases: Sequence[Json]) -> Json:
    """The case with the orders of the cases that its narrative names, where it pays their VAT."""
    if case["input"]["type"] != OSS_PAYMENT:
        return case
    named = set(_CASE.findall(case["narrative"]))
    inputs = [case_["input"].get("order_input", case_["input"]) for case_ in cases if case_["id"] in named]
    invoices = [json["expected_invoice"] for json in cases if json["id"] in named]
    return {**case, "input": {**case["input"], "orders": inputs, "invoices": invoices}}


def pay_oss(books: CaseBooks, stated: Json, rules: TenantRules) -> Plan | Stopped | str:
    """Book the orders; then the payment's voucher, or why there is none."""
    documents = []
    for order in stated["orders"]:
        books.done.clear()  # each order has a journal of its own
        books.results.clear()
        node = normalize(graphql_order(order), shop="cases.myshopify.com", currency=DocumentCurrency.PRESENTMENT)
        plan = decide(node, rules)
        if not isinstance(plan, Plan):
            return str(plan)
        books.carry_out(plan, rules)
        documents += [
            OssDocument(document, Decimal(str(books.results[document.ref]["currency_rate"])), document.day)
            for document in books.posted.documents
        ]
    books.begin()
    quarter = Quarter.named(stated["quarter"])
    figures = figures_of(quarter, documents, {})
    if vat_to_pay(figures) != Money.of(stated["eur"], "EUR"):
        return f"OSS to pay: found {vat_to_pay(figures)}, expected {stated['eur']}"
    return plan_payment(quarter, figures, date.fromisoformat(stated["paid_at"]), Money.of(stated["sek"], "SEK"), rules)
