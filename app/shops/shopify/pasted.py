"""Recognises a pasted body: an order, or something else of a shop.

Recognised by the resource that REST wraps it in, by its global id, or by keys that only it has (REST Admin API 2026-10:
Order, DraftOrder, Refund, Transaction, Payout, BalanceTransaction, Fulfillment, Dispute, Return; Qliro: orders).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any

from app.model.order import Order
from app.shops.shopify.orders.order import normalize
from app.shops.shopify.orders.rest import normalize_rest
from app.tenants.rules import DocumentCurrency

Json = Mapping[str, Any]


class Given(StrEnum):
    """Kind of body that was pasted into the preview."""

    ORDER = "order"
    ORDERS = "orders"
    DRAFT = "draft"
    EDIT = "order_edit"
    REFUND = "refund"
    RETURN = "return"
    TRANSACTION = "transaction"
    FULFILLMENT = "fulfillment"
    PAYOUT = "payout"
    BALANCE_TRANSACTION = "balance_transaction"
    DISPUTE = "dispute"
    CUSTOMER = "customer"
    PRODUCT = "product"
    QLIRO_ORDER = "qliro_order"
    UNKNOWN = "unknown"


_WRAPPED: Mapping[str, Given] = {
    "order": Given.ORDER,
    "orders": Given.ORDERS,
    "draft_order": Given.DRAFT,
    "draftorder": Given.DRAFT,
    "order_edit": Given.EDIT,
    "refund": Given.REFUND,
    "return": Given.RETURN,
    "transaction": Given.TRANSACTION,
    "tender_transaction": Given.TRANSACTION,
    "fulfillment": Given.FULFILLMENT,
    "payout": Given.PAYOUT,
    "dispute": Given.DISPUTE,
    "customer": Given.CUSTOMER,
    "product": Given.PRODUCT,
    "shopifypaymentsaccount": Given.PAYOUT,
}
_OF_GID: Mapping[str, Given] = {
    "Order": Given.ORDER,
    "DraftOrder": Given.DRAFT,
    "Refund": Given.REFUND,
    "Return": Given.RETURN,
    "OrderTransaction": Given.TRANSACTION,
    "Fulfillment": Given.FULFILLMENT,
    "ShopifyPaymentsPayout": Given.PAYOUT,
    "ShopifyPaymentsBalanceTransaction": Given.BALANCE_TRANSACTION,
    "ShopifyPaymentsDispute": Given.DISPUTE,
    "Customer": Given.CUSTOMER,
    "Product": Given.PRODUCT,
}
_BY_KEYS: tuple[tuple[frozenset[str], Given], ...] = (
    (frozenset({"totalPriceSet"}), Given.ORDER),
    (frozenset({"OrderItemActions"}), Given.QLIRO_ORDER),
    (frozenset({"MerchantReference", "Currency"}), Given.QLIRO_ORDER),
    (frozenset({"payout_id", "fee", "net"}), Given.BALANCE_TRANSACTION),
    (frozenset({"summary", "date", "amount"}), Given.PAYOUT),
    (frozenset({"evidence_due_by"}), Given.DISPUTE),
    (frozenset({"refund_line_items"}), Given.REFUND),
    (frozenset({"return_line_items"}), Given.RETURN),
    (frozenset({"kind", "gateway", "amount"}), Given.TRANSACTION),
    (frozenset({"remote_reference", "payment_method"}), Given.TRANSACTION),
    (frozenset({"line_items", "tracking_number"}), Given.FULFILLMENT),
    (frozenset({"line_items", "invoice_sent_at"}), Given.DRAFT),
    (frozenset({"line_items"}), Given.ORDER),
    (frozenset({"variants", "title"}), Given.PRODUCT),
)


def recognise(parsed: Any) -> tuple[Given, list[Json]]:  # noqa: ANN401 - any JSON
    """What a body is, and the orders in it: one of a single order, several of a list, none of anything else."""
    given, inner = _unwrapped(parsed)
    bodies: list[Json] = [body for body in inner if isinstance(body, dict)]
    if given is Given.ORDER:
        kinds = {_kind(body) for body in bodies}
        kind = kinds.pop() if len(kinds) == 1 else Given.ORDER
        given = Given.ORDER if kind is Given.UNKNOWN else kind
    if given is not Given.ORDER and given is not Given.ORDERS:
        return given, []
    return (Given.ORDERS if len(bodies) > 1 or given is Given.ORDERS else Given.ORDER), bodies


def _unwrapped(parsed: Any) -> tuple[Given, list[Any]]:  # noqa: ANN401 - any JSON
    if isinstance(parsed, list):
        kinds = {_kind(body) for body in parsed if isinstance(body, dict)}
        if len(kinds) == 1:
            kind = kinds.pop()
            return (Given.ORDERS if kind is Given.ORDER else kind), parsed
        return Given.UNKNOWN, []
    if not isinstance(parsed, dict):
        return Given.UNKNOWN, []
    if isinstance(parsed.get("data"), dict):
        return _unwrapped(parsed["data"])
    for name, given in _names(parsed):
        return given, _listed(parsed[name])
    return _kind(parsed), [parsed]


def _names(parsed: Json) -> Iterator[tuple[str, Given]]:
    """The resource that a body is wrapped in: it stands alone, or with what a transport puts beside it."""
    if len(parsed.keys() - {"extensions", "errors"}) != 1:
        return
    for name, inner in parsed.items():
        singular = name.lower().removesuffix("s")
        if name == "transactions" and isinstance(inner, list):
            kinds = {_kind(body) for body in inner if isinstance(body, dict)}
            yield name, (kinds.pop() if len(kinds) == 1 else Given.TRANSACTION)
        elif name.lower() in _WRAPPED:
            yield name, _WRAPPED[name.lower()]
        elif singular in _WRAPPED:
            yield name, _WRAPPED[singular]


def _listed(inner: Any) -> list[Any]:  # noqa: ANN401 - any JSON
    if isinstance(inner, dict) and isinstance(inner.get("nodes"), list):
        return list(inner["nodes"])
    if isinstance(inner, dict) and isinstance(inner.get("edges"), list):
        return [edge.get("node") for edge in inner["edges"] if isinstance(edge, dict)]
    return inner if isinstance(inner, list) else [inner]


def _kind(body: Json) -> Given:
    gid = str(body.get("admin_graphql_api_id") or body.get("id") or "")
    if gid.startswith("gid://shopify/"):
        kind = _OF_GID.get(gid.removeprefix("gid://shopify/").partition("/")[0])
        if kind is not None:
            return kind
    return next((given for keys, given in _BY_KEYS if keys <= body.keys()), Given.UNKNOWN)


def read_body(body: Json, currency: DocumentCurrency) -> Order:
    """One of these orders. Raises BodyNotUnderstoodError."""
    read = normalize if "totalPriceSet" in body else normalize_rest
    return read(body, shop="preview", currency=currency)
