"""Reads the disputes of Shopify Payments that were lost (shopify-api.md 4.1)."""

from __future__ import annotations

from datetime import date

from app.domain.commerce import books_day
from app.domain.disputes import LostDispute
from app.sources.base import BodyNotUnderstoodError
from app.sources.shopify.reading import Json, mapping, moment, money, numeric_id, required, text

_LOST = frozenset({"LOST", "ACCEPTED"})
"""ACCEPTED: the shop did not contest it."""
DISPUTES = """
query Disputes($q: String, $after: String) {
  shopifyPaymentsAccount {
    disputes(first: 50, after: $after, query: $q) {
      pageInfo { hasNextPage endCursor }
      nodes { id status amount { amount currencyCode } finalizedOn order { id name } }
    }
  }
}
"""


def lost_dispute(node: Json) -> LostDispute | None:
    """A dispute that is lost for good; None for every other. Raises BodyNotUnderstoodError."""
    finalized = text(node.get("finalizedOn"))
    if text(required(node, "status")).upper() not in _LOST or not finalized:
        return None
    value = mapping(required(node, "amount"), "dispute amount")
    amount = money(value.get("amount"), value.get("currencyCode"), "dispute amount")
    order = mapping(node.get("order") or {}, "dispute order")
    return LostDispute(
        provider="shopify_payments",
        id=numeric_id(required(node, "id"), "dispute"),
        order_id=numeric_id(order["id"], "order") if order.get("id") else "",
        order_name=text(order.get("name")),
        amount=abs(amount),
        finalized_on=_day(finalized),
    )


def _day(written: str) -> date:
    """Dispute dates were days, and are moments since 2026-04."""
    if "T" in written:
        return books_day(moment(written, "finalizedOn"))
    try:
        return date.fromisoformat(written)
    except ValueError as error:
        raise BodyNotUnderstoodError(f"finalizedOn is no day: {written[:40]!r}") from error
