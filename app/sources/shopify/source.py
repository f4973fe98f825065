"""Shopify as the pipeline's `Source`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.domain.commerce import Order
from app.domain.rules import DocumentCurrency
from app.sources.base import Shop, SourceError
from app.sources.shopify.client import ShopifyClient
from app.sources.shopify.graphql_order import normalize
from app.sources.shopify.queries import CHANGED_ORDERS, LINES_PER_PAGE, MAY_BE_DENIED, ORDER
from app.sources.shopify.reading import numeric_id

_MAX_PAGES = 100
_CHANGED_PER_PAGE = 100
CHANGED_MOST = _MAX_PAGES * _CHANGED_PER_PAGE
"""Changed orders that one look returns at the most: after so many there may be more."""


@dataclass(frozen=True, slots=True)
class ShopifySource:
    """Implements `app.sources.base.Source`."""

    client: ShopifyClient

    def fetch_order(self, shop: Shop, order_id: str, currency: DocumentCurrency) -> Order | None:
        """The newest state of an order. Raises SourceError, BodyNotUnderstoodError."""
        node: dict[str, Any] | None = None
        after: str | None = None
        for _page in range(_MAX_PAGES):
            variables = {"id": f"gid://shopify/Order/{order_id}", "first": LINES_PER_PAGE, "after": after}
            found = self.client.query(shop, ORDER, variables, may_be_denied=MAY_BE_DENIED).get("order")
            if found is None:
                return None
            if node and found["updatedAt"] != node["updatedAt"]:
                # Pages of two states would make a third that never was.
                raise SourceError("SHOPIFY_UNAVAILABLE", "the order changed while it was read", passes=True)
            node = _joined(node, found)
            page = found["lineItems"]["pageInfo"]
            if not page["hasNextPage"]:
                break
            after = page["endCursor"]
        return normalize(node or {}, shop=shop.domain, currency=currency)

    def changed_since(self, shop: Shop, since: datetime) -> Iterator[tuple[str, datetime]]:
        """Ids and update times of orders changed since then, oldest first: the net under lost webhooks."""
        after: str | None = None
        for _page in range(_MAX_PAGES):
            variables = {"q": f"updated_at:>='{since.isoformat()}'", "after": after}
            orders = self.client.query(shop, CHANGED_ORDERS, variables)["orders"]
            for node in orders["nodes"]:
                yield numeric_id(node["legacyResourceId"], "id"), datetime.fromisoformat(node["updatedAt"])
            if not orders["pageInfo"]["hasNextPage"]:
                return
            after = orders["pageInfo"]["endCursor"]


def _joined(first: dict[str, Any] | None, page: dict[str, Any]) -> dict[str, Any]:
    """The newest answer, with the lines of all pages so far."""
    if first is None:
        return page
    earlier = first["lineItems"]["nodes"]
    return {**page, "lineItems": {**page["lineItems"], "nodes": earlier + page["lineItems"]["nodes"]}}
