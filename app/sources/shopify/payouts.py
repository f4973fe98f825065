"""Reads a shop's Shopify Payments payouts with everything on them (shopify-api.md 4)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from app.domain.disputes import LostDispute, OpenDispute
from app.domain.rules import DocumentCurrency
from app.domain.settlements import Settlement
from app.sources.base import Shop, SourceError
from app.sources.shopify.client import ShopifyClient
from app.sources.shopify.disputes import DISPUTES, lost_dispute, open_dispute
from app.sources.shopify.payout_lines import TransactionDetail, transaction_detail
from app.sources.shopify.payout_queries import PAYOUT_LINES, PAYOUTS, TRANSACTION_DETAILS
from app.sources.shopify.payout_settlements import graphql_settlement
from app.sources.shopify.reading import Json, listing, mapping, numeric_id, required, text

_MAX_PAGES = 200
_DETAILS_PER_QUERY = 50


@dataclass(frozen=True, slots=True)
class ShopifyPayouts:
    """Shopify cannot tell which payouts changed: look again at the last 30 days until each is final."""

    client: ShopifyClient

    def issued_since(self, shop: Shop, day: date, currency: DocumentCurrency) -> Iterator[Settlement]:
        """Payouts issued on that day or later (Shopify's day), oldest first.

        None where the shop lacks Shopify Payments. `currency` is the side the shop's orders are booked in.
        Raises SourceError, BodyNotUnderstoodError.
        """
        for payout in self._pages(shop, PAYOUTS, "payouts", f"issued_at:>='{day.isoformat()}'"):
            yield self._settlement(shop, payout, currency)

    def disputes(self, shop: Shop) -> Iterator[LostDispute | OpenDispute]:
        """Every dispute that was lost or waits for evidence. Needs `DISPUTE_SCOPES`.

        Raises SourceError, BodyNotUnderstoodError.
        """
        for node in self._pages(shop, DISPUTES, "disputes", ""):
            found = lost_dispute(node) or open_dispute(node)
            if found is not None:
                yield found

    def _settlement(self, shop: Shop, payout: Json, currency: DocumentCurrency) -> Settlement:
        identity = numeric_id(required(payout, "legacyResourceId"), "legacyResourceId")
        query = f"payments_transfer_id:{identity}"
        transactions = list(self._pages(shop, PAYOUT_LINES, "balanceTransactions", query))
        details = self._details(shop, transactions, currency)
        return graphql_settlement(payout, transactions, shop=shop.domain, details=details)

    def _details(
        self, shop: Shop, transactions: Sequence[Json], currency: DocumentCurrency
    ) -> dict[str, TransactionDetail]:
        """By the numeric id of the order's transaction; those Shopify no longer has are absent."""
        found = [text(one.get("sourceOrderTransactionId")) for one in transactions]
        ids = [f"gid://shopify/OrderTransaction/{one}" for one in dict.fromkeys(found) if one]
        details: dict[str, TransactionDetail] = {}
        for start in range(0, len(ids), _DETAILS_PER_QUERY):
            some = ids[start : start + _DETAILS_PER_QUERY]
            answer = self.client.query(shop, TRANSACTION_DETAILS, {"ids": some})
            known = [one for one in answer.get("nodes") or [] if one]
            for node in listing(known, "nodes"):
                details[numeric_id(node.get("id"), "id")] = transaction_detail(node, currency)
        return details

    def _pages(self, shop: Shop, query: str, name: str, search: str) -> Iterator[Json]:
        after: str | None = None
        for _page in range(_MAX_PAGES):
            account = self.client.query(shop, query, {"q": search, "after": after}).get("shopifyPaymentsAccount")
            if account is None:
                return
            connection = mapping(required(mapping(account, "shopifyPaymentsAccount"), name), name)
            yield from listing(connection.get("nodes"), name)
            page = mapping(required(connection, "pageInfo"), "pageInfo")
            if not page.get("hasNextPage"):
                return
            after = text(page.get("endCursor"))
        # Half a payout would look like a payout that does not add up.
        raise SourceError("SHOPIFY_UNAVAILABLE", f"more than {_MAX_PAGES} pages of {name}", passes=False)
