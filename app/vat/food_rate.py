"""Goods that are still sold at 12 % after food moved to 6 %: reported once for each article, never a blocker.

Food is 6 % from 1 April 2026 (accounting.md 4; in the bill until 31 December 2027); meals of restaurants and caterers
stay at 12 %. A shop that forgot to change a product charges twice the VAT.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from app.model.finding import Finding
from app.model.order import HANDED_OVER, NO_ADDRESS, Order, books_day

FOOD_IS_LOWER_FROM = date(2026, 4, 1)
_RESTAURANT = Decimal(12)


def articles_at_the_old_rate(order: Order) -> Iterator[Finding]:
    """Articles of an order that was sent in Sweden and were charged at 12 %."""
    is_sent = order.ship_to != NO_ADDRESS and not order.delivery_methods & HANDED_OVER
    if not is_sent or order.ship_to.country_code != "SE" or books_day(order.processed_at) < FOOD_IS_LOWER_FROM:
        return
    for line in order.lines:
        rates = {tax.rate_percent for tax in line.tax_lines if tax.amount}
        if rates == {_RESTAURANT} and line.needs_transport is not False:
            article = line.sku or line.title[:60]
            yield Finding("FOOD_RATE_IS_LOWER", article, {"article": article, "line": line.title[:60]})
