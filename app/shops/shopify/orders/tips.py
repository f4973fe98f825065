"""Which lines of an order are tips, whatever their title and language.

A tip stands on the order as `totalTipReceivedSet` and, mostly, as a line without tax (shopify-api.md 3.3, 3.4). What
tells for certain is `SalesAgreement.sales` (`TipSale { lineItem }`, readable with read_orders); it is asked for only
where the amount fits several lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from app.shops.base import Shop
from app.shops.shopify.client import ShopifyClient
from app.shops.shopify.orders.pages import too_long
from app.shops.shopify.orders.queries import TIPS
from app.shops.shopify.reading import Json, text

TIP_LINES = "tipLines"
"""Key of an order's node for the ids of its tip lines, once they were asked for."""
_TITLE = "Tip"
"""Shopify's own title in English: the only sign where a body does not state the sum of the tips."""


def tip_lines(node: Json) -> frozenset[str]:
    """Ids of the lines that are tips. A line that Shopify taxes, sends, or sells as a gift card is none."""
    if TIP_LINES in node:
        return frozenset(str(line_id) for line_id in node[TIP_LINES])
    received = _received(node)
    candidates = _candidates(node)
    titled = [candidate for candidate in candidates if text(candidate.get("title")) == _TITLE]
    if not received:
        # Where a body tells that there was no tip, only one that also tells that the line is no product is doubted.
        return _ids([line for line in titled if received is None or "product" in line])
    fitting = _fitting(candidates, received)
    if not fitting:
        return _ids(candidates if sum(_carrying_amount(candidate) for candidate in candidates) == received else titled)
    return _ids(([line for line in fitting if line in titled] or fitting)[:1])


def is_unclear(node: Json) -> bool:
    """Whether a tip was received that may be one of several lines, or none."""
    received, candidates = _received(node), _candidates(node)
    return bool(received and candidates) and len(_fitting(candidates, received or Decimal(0))) != 1


def _candidates(node: Json) -> list[Json]:
    listed = node.get("lineItems")
    lines = (listed.get("nodes") or []) if isinstance(listed, dict) else []
    return [line for line in lines if isinstance(line, dict) and _may_be_tip(line)]


def _may_be_tip(line: Json) -> bool:
    is_taxed = bool(line.get("taxLines")) or line.get("taxable") is True
    has_product = line.get("product") is not None
    return not is_taxed and not has_product and line.get("isGiftCard") is not True and not line.get("requiresShipping")


def _ids(lines: Sequence[Json]) -> frozenset[str]:
    return frozenset(str(line.get("id")) for line in lines)


def _carrying_amount(line: Json) -> Decimal:
    return _amount(line.get("originalUnitPriceSet"), _count(line)) or Decimal(0)


def _fitting(candidates: Sequence[Json], received: Decimal) -> list[Json]:
    return [candidate for candidate in candidates if _carrying_amount(candidate) == received]


def _received(node: Json) -> Decimal | None:
    """The sum of the tips in the shop's currency; None where the body does not state it."""
    return _amount(node.get("totalTipReceivedSet"))


def _amount(bag: object, count: int = 1) -> Decimal | None:
    side = bag.get("shopMoney") if isinstance(bag, dict) else None
    try:
        return Decimal(str(side["amount"])) * count if isinstance(side, dict) else None
    except (InvalidOperation, KeyError):
        return None


def _count(line: Json) -> int:
    count = line.get("quantity")
    return count if isinstance(count, int) else 1


_MAX_PAGES = 10


def with_tips(client: ShopifyClient, shop: Shop, node: dict[str, Any]) -> dict[str, Any]:
    """The order with its tip lines asked for, where nothing else tells which they are. Raises SourceError."""
    if not is_unclear(node):
        return node
    line_ids: list[str] = []
    after: str | None = None
    for _page in range(_MAX_PAGES):
        order = client.query(shop, TIPS, {"id": node.get("id"), "after": after}).get("order") or {}
        agreements = order.get("agreements") or {}
        for agreement in agreements.get("nodes") or []:
            sales = agreement.get("sales") or {}
            line_ids += [str(sale["lineItem"]["id"]) for sale in sales.get("nodes") or [] if sale.get("lineItem")]
            if (sales.get("pageInfo") or {}).get("hasNextPage"):
                raise too_long("agreements.sales", node)
        page = agreements.get("pageInfo") or {}
        if not page.get("hasNextPage"):
            return {**node, TIP_LINES: line_ids} if line_ids else node
        after = page.get("endCursor")
    raise too_long("agreements", node)
