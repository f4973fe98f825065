"""Reads a shop's Shopify Payments payouts with everything on them (shopify-api.md 4)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from app.kit.money import Money
from app.model.order import books_day
from app.model.payout import LostDispute, OpenDispute, Payout
from app.shops.base import BodyNotUnderstoodError, Shop, SourceError
from app.shops.shopify.client import ShopifyClient
from app.shops.shopify.payouts.lines import TransactionDetail, transaction_detail
from app.shops.shopify.payouts.payout import graphql_payout
from app.shops.shopify.reading import Json, listing, mapping, moment, money, numeric_id, required, text
from app.shops.shopify.scopes import DISPUTE_SCOPES, PAYOUT_SCOPES, missing_scopes
from app.tenants.rules import DocumentCurrency

_MAX_PAGES = 200
_DETAILS_PER_QUERY = 50


@dataclass(frozen=True, slots=True)
class ShopifyPayouts:
    """Shopify does not report which payouts changed: the last 30 days are read again until each is final."""

    client: ShopifyClient

    def issued_since(self, shop: Shop, day: date, currency: DocumentCurrency) -> Iterator[Payout]:
        """Payouts issued on that day or later (Shopify's day), oldest first.

        None where the shop lacks Shopify Payments. `currency` is the side the shop's orders are booked in.
        Raises SourceError, BodyNotUnderstoodError.
        """
        for payout in self._pages(shop, PAYOUTS, "payouts", f"issued_at:>='{day.isoformat()}'"):
            yield self._payout(shop, payout, currency)

    def disputes(self, shop: Shop) -> Iterator[LostDispute | OpenDispute]:
        """Every dispute that was lost or waits for evidence. Needs `DISPUTE_SCOPES`.

        Raises SourceError, BodyNotUnderstoodError.
        """
        for node in self._pages(shop, DISPUTES, "disputes", ""):
            dispute = lost_dispute(node) or open_dispute(node)
            if dispute is not None:
                yield dispute

    def shows_disputes(self, shop: Shop) -> bool:
        """Whether the shop granted `DISPUTE_SCOPES`."""
        return not missing_scopes(DISPUTE_SCOPES, shop.scopes)

    def lacks_payout_scope(self, error: SourceError) -> bool:
        """Whether the refusal names one of `PAYOUT_SCOPES` (SHOPIFY_PAYOUT_SCOPE_MISSING)."""
        return any(scope in error.values.get("scope", "") for scope in PAYOUT_SCOPES)

    def _payout(self, shop: Shop, payout: Json, currency: DocumentCurrency) -> Payout:
        identity = numeric_id(required(payout, "legacyResourceId"), "legacyResourceId")
        query = f"payments_transfer_id:{identity}"
        transactions = list(self._pages(shop, PAYOUT_LINES, "balanceTransactions", query))
        details = self._details(shop, transactions, currency)
        return graphql_payout(payout, transactions, shop=shop.domain, details=details)

    def _details(
        self, shop: Shop, transactions: Sequence[Json], currency: DocumentCurrency
    ) -> dict[str, TransactionDetail]:
        """By the numeric id of the order's transaction; those Shopify no longer has are absent."""
        transaction_ids = [text(transaction.get("sourceOrderTransactionId")) for transaction in transactions]
        ids = [
            f"gid://shopify/OrderTransaction/{order_transaction}"
            for order_transaction in dict.fromkeys(transaction_ids)
            if order_transaction
        ]
        details: dict[str, TransactionDetail] = {}
        for start in range(0, len(ids), _DETAILS_PER_QUERY):
            some = ids[start : start + _DETAILS_PER_QUERY]
            answer = self.client.query(shop, TRANSACTION_DETAILS, {"ids": some})
            known = [node for node in answer.get("nodes") or [] if node]
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


_MONEY = "{ amount currencyCode }"


PAYOUTS = f"""
query PayoutsWindow($q: String!, $after: String) {{
  shopifyPaymentsAccount {{
    payouts(first: 50, after: $after, query: $q, sortKey: ISSUED_AT) {{
      pageInfo {{ hasNextPage endCursor }}
      nodes {{ legacyResourceId status issuedAt externalTraceId net {_MONEY} }}
    }}
  }}
}}
"""


PAYOUT_LINES = f"""
query PayoutLines($q: String!, $after: String) {{
  shopifyPaymentsAccount {{
    balanceTransactions(first: 100, after: $after, query: $q, sortKey: PROCESSED_AT) {{
      pageInfo {{ hasNextPage endCursor }}
      nodes {{
        id type test transactionDate sourceOrderTransactionId adjustmentReason
        amount {_MONEY} fee {_MONEY} net {_MONEY}
        associatedPayout {{ id }}
        associatedOrder {{ id name }}
        adjustmentsOrders {{ orderTransactionId name }}
      }}
    }}
  }}
}}
"""


TRANSACTION_DETAILS = f"""
query TransactionDetails($ids: [ID!]!) {{
  nodes(ids: $ids) {{
    ... on OrderTransaction {{
      id
      amountSet {{ shopMoney {_MONEY} presentmentMoney {_MONEY} }}
      fees {{ amount {_MONEY} taxAmount {_MONEY} }}
    }}
  }}
}}
"""
"""The charges and refunds behind the lines: VAT on their fees, and their amount in the order's currency."""


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
