"""Reads the disputes of Shopify Payments: those that were lost, and those that wait for evidence (shopify-api.md 4.1).

`evidenceDueBy`, `evidenceSentOn`: shopify.dev, ShopifyPaymentsDispute; a day, and a moment since 2026-04.
"""

from __future__ import annotations

from datetime import date

from app.domain.commerce import books_day
from app.domain.disputes import LostDispute, OpenDispute
from app.domain.money import Money
from app.sources.base import BodyNotUnderstoodError
from app.sources.shopify.reading import Json, mapping, moment, money, numeric_id, required, text

_LOST = frozenset({"LOST", "ACCEPTED"})
"""ACCEPTED: the shop did not contest it."""
_WAITS_FOR_EVIDENCE = "NEEDS_RESPONSE"
DISPUTES = """
query Disputes($q: String, $after: String) {
  shopifyPaymentsAccount {
    disputes(first: 50, after: $after, query: $q) {
      pageInfo { hasNextPage endCursor }
      nodes { id status amount { amount currencyCode } finalizedOn evidenceDueBy evidenceSentOn order { id name } }
    }
  }
}
"""


def lost_dispute(node: Json) -> LostDispute | None:
    """A dispute that is lost for good; None for every other. Raises BodyNotUnderstoodError."""
    finalized = text(node.get("finalizedOn"))
    if text(required(node, "status")).upper() not in _LOST or not finalized:
        return None
    order = mapping(node.get("order") or {}, "dispute order")
    return LostDispute(
        provider="shopify_payments",
        id=numeric_id(required(node, "id"), "dispute"),
        order_id=numeric_id(order["id"], "order") if order.get("id") else "",
        order_name=text(order.get("name")),
        amount=_amount(node),
        finalized_on=_day(finalized),
    )


def open_dispute(node: Json) -> OpenDispute | None:
    """A dispute that waits for evidence; None for every other. Raises BodyNotUnderstoodError."""
    if text(required(node, "status")).upper() != _WAITS_FOR_EVIDENCE or node.get("evidenceSentOn"):
        return None
    due = text(node.get("evidenceDueBy"))
    order = mapping(node.get("order") or {}, "dispute order")
    return OpenDispute(
        id=numeric_id(required(node, "id"), "dispute"),
        order_name=text(order.get("name")),
        amount=_amount(node),
        evidence_due=_day(due) if due else None,
    )


def _amount(node: Json) -> Money:
    value = mapping(required(node, "amount"), "dispute amount")
    return abs(money(value.get("amount"), value.get("currencyCode"), "dispute amount"))


def _day(written: str) -> date:
    """Dispute dates were days, and are moments since 2026-04."""
    if "T" in written:
        return books_day(moment(written, "dispute day"))
    try:
        return date.fromisoformat(written)
    except ValueError as error:
        raise BodyNotUnderstoodError(f"a dispute's day is no day: {written[:40]!r}") from error
