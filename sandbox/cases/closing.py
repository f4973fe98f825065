"""The turn of a month in a case: what was sold in it and delivered in a later one."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from app.model.order import Order, books_day
from app.periods.cut_off import PostedSale, parked, plan_cut_off
from app.posting.plan import Plan, Stopped
from app.tenants.rules import TenantRules
from sandbox.cases.books import CaseBooks

Json = dict[str, Any]


def month_end(stated: Json) -> date | None:
    """The last day of the month of a sale that was delivered in a later one; None where the case has no such turn."""
    if "fulfilled_at" not in stated:
        return None
    sold, sent = (books_day(datetime.fromisoformat(stated[name])) for name in ("processed_at", "fulfilled_at"))
    last_day = (sold.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    return last_day if sent > last_day else None


def cut_off(books: CaseBooks, order: Order, last_day: date, rules: TenantRules) -> Plan | Stopped | None:
    """The cut-off of the order's month."""
    standing = [
        PostedSale(document, Decimal(str(books.results[document.ref]["currency_rate"])))
        for document in books.posted.documents
    ]
    found = parked(order, standing, last_day)
    return plan_cut_off(last_day, [found] if found else [], rules)
