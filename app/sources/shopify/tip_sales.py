"""Asks the shop which lines of an order are tips, where the amount of the tips alone does not tell."""

from __future__ import annotations

from typing import Any

from app.sources.base import Shop
from app.sources.shopify.client import ShopifyClient
from app.sources.shopify.order_pages import too_long
from app.sources.shopify.queries import TIPS
from app.sources.shopify.tips import TIP_LINES, is_unclear

_MAX_PAGES = 10


def with_tips(client: ShopifyClient, shop: Shop, node: dict[str, Any]) -> dict[str, Any]:
    """The order with its tip lines asked for, where nothing else tells which they are. Raises SourceError."""
    if not is_unclear(node):
        return node
    found: list[str] = []
    after: str | None = None
    for _page in range(_MAX_PAGES):
        order = client.query(shop, TIPS, {"id": node.get("id"), "after": after}).get("order") or {}
        agreements = order.get("agreements") or {}
        for agreement in agreements.get("nodes") or []:
            sales = agreement.get("sales") or {}
            found += [str(one["lineItem"]["id"]) for one in sales.get("nodes") or [] if one.get("lineItem")]
            if (sales.get("pageInfo") or {}).get("hasNextPage"):
                raise too_long("agreements.sales", node)
        page = agreements.get("pageInfo") or {}
        if not page.get("hasNextPage"):
            return {**node, TIP_LINES: found} if found else node
        after = page.get("endCursor")
    raise too_long("agreements", node)
