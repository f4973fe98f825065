"""Shopify as the pipeline's `Source`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from app.model.order import Order
from app.shops.base import Shop
from app.shops.shopify.client import ShopifyClient
from app.shops.shopify.orders.card_receipts import with_cards
from app.shops.shopify.orders.order import normalize
from app.shops.shopify.orders.pages import KeptReadings, OrderPages
from app.shops.shopify.orders.queries import CHANGED_ORDERS, GRANTED
from app.shops.shopify.orders.tips import with_tips
from app.shops.shopify.reading import listing, mapping, numeric_id, text
from app.tenants.rules import TenantRules

_MAX_PAGES = 100
_CHANGED_PER_PAGE = 100
CHANGED_MOST = _MAX_PAGES * _CHANGED_PER_PAGE
"""Changed orders that one query returns at most: after so many there may be more."""


@dataclass(frozen=True, slots=True)
class ShopifySource:
    """Implements `app.shops.base.Source`."""

    client: ShopifyClient
    kept: KeptReadings = field(default_factory=KeptReadings)

    def fetch_order(self, shop: Shop, order_id: str, rules: TenantRules, *, is_news: bool = True) -> Order | None:
        """The newest state of an order. Raises SourceError, BodyNotUnderstoodError."""
        body = OrderPages(self.client, self.kept).read(shop, order_id, is_news=is_news)
        if body is None:
            return None
        node = with_cards(self.client, shop, with_tips(self.client, shop, body.node))
        return normalize(node, shop=shop.domain, currency=rules.document_currency, refused=body.refused)

    def granted_scopes(self, shop: Shop) -> tuple[str, ...]:
        """What the shop lets the app read now. Raises SourceError, BodyNotUnderstoodError."""
        app = mapping(self.client.query(shop, GRANTED, {}).get("currentAppInstallation"), "currentAppInstallation")
        return tuple(
            sorted(text(accessscope.get("handle")) for accessscope in listing(app.get("accessScopes"), "accessScopes"))
        )

    def changed_since(self, shop: Shop, since: datetime) -> Iterator[tuple[str, datetime]]:
        """Ids and update times of orders changed since then, oldest first: recovers missed webhooks."""
        after: str | None = None
        for _page in range(_MAX_PAGES):
            variables = {"q": f"updated_at:>='{since.isoformat()}'", "after": after}
            orders = self.client.query(shop, CHANGED_ORDERS, variables)["orders"]
            for node in orders["nodes"]:
                yield numeric_id(node["legacyResourceId"], "id"), datetime.fromisoformat(node["updatedAt"])
            if not orders["pageInfo"]["hasNextPage"]:
                return
            after = orders["pageInfo"]["endCursor"]
