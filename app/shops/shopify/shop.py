"""Shopify as the pipeline's `Source`."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from app.model.finding import Finding
from app.model.order import Order
from app.shops.base import BodyNotUnderstoodError, NotGranted, Shop
from app.shops.shopify import scopes
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

    def not_read(self, order_id: str, error: Exception) -> Finding:  # noqa: ARG002 - equal faults of orders are one
        """An order that we cannot read."""
        text = str(error) if isinstance(error, BodyNotUnderstoodError) else f"{type(error).__name__}: {error}"
        return Finding("SHOPIFY_BODY_NOT_UNDERSTOOD", text[:80], {"topic": f"order: {text}"})

    def granted_scopes(self, shop: Shop) -> tuple[str, ...]:
        """What the shop lets the app read now. Raises SourceError, BodyNotUnderstoodError."""
        app = mapping(self.client.query(shop, GRANTED, {}).get("currentAppInstallation"), "currentAppInstallation")
        return tuple(
            sorted(text(accessscope.get("handle")) for accessscope in listing(app.get("accessScopes"), "accessScopes"))
        )

    def held_scopes(self, granted: Collection[str]) -> frozenset[str]:
        """Each write scope implies its read scope."""
        return scopes.held_scopes(granted)

    def missing_for_payouts(self, granted: Collection[str]) -> list[str]:
        """Of the scopes for Shopify Payments."""
        return scopes.missing_scopes(scopes.PAYOUT_SCOPES, granted)

    def not_granted(self, granted: Collection[str]) -> tuple[NotGranted, ...]:
        """By the table of what we read."""
        lacking = scopes.not_granted(granted)
        return tuple(NotGranted(area.scopes[0], area.used_for, area.without) for area in lacking)

    def scope_of(self, name: str) -> str:
        """By the table of what we read."""
        return scopes.scope_of(name)

    @property
    def most_changes(self) -> int:
        """Orders on as many pages as we read."""
        return _MAX_PAGES * _CHANGED_PER_PAGE

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
