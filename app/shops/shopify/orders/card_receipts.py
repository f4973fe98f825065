"""Asks which gift card each of an order's transactions was made with: all that can be seen without `read_gift_cards`.

What is known of a gift card in the Admin API, version 2026-10:

- `GiftCard.order` is null where a card was issued by hand (shopify.dev, objects/GiftCard), which would tell those given
  away; it needs the scope `read_gift_cards`, which Shopify grants on request (shopify.dev, admin-rest/gift-card).
- `OrderTransaction.paymentDetails` has no kind for gift cards (schema 2026-10, union PaymentDetails), and
  `GiftCardSale` of an agreement names the line that sold a card, not the card (shopify.dev, objects/GiftCardSale).
- `OrderTransaction.receiptJson` of gateway `gift_card` holds `gift_card_id` and `gift_card_last_characters`: not
  documented, seen in recordings and clients of others (tanthanhtrinh-dev/javascript-labs, transaction.js of 2025;
  community.shopify.com/t/179011). Shopify advises against the field, for it "may change without notice"
  (shopify.dev/changelog, 29 January 2026). So it is a query of its own, and an order is read without it as well.
"""

from __future__ import annotations

import json
import re
from typing import Any

from app.shops.base import Shop, SourceError
from app.shops.shopify.client import ShopifyClient
from app.shops.shopify.orders.queries import RECEIPTS
from app.shops.shopify.reading import Json, listing, text

CARD_NAMES = "cardNames"
"""Key of a transaction's node for the names of its card, once they were asked for."""
_GATEWAY = "gift_card"
_NAMES = {"gift_card_id": re.compile(r"[0-9]{1,20}"), "gift_card_last_characters": re.compile(r"[a-z0-9]{4}")}
_LONGEST = 4000
"""Characters of a receipt that are looked at."""


def with_cards(client: ShopifyClient, shop: Shop, node: dict[str, Any]) -> dict[str, Any]:
    """The order with the names of its gift cards, as far as the shop tells them. Raises SourceError."""
    if not any(
        text(transaction.get("gateway")) == _GATEWAY
        for transaction in listing(node.get("transactions"), "transactions")
    ):
        return node
    try:
        answer = client.ask(shop, RECEIPTS, {"id": node.get("id")}).data
    except SourceError as error:
        if error.passes or error.code != "SHOPIFY_QUERY_REFUSED":
            raise
        return node  # Shopify removed the field: a person is asked instead
    order = answer.get("order")
    listed = listing(order.get("transactions"), "transactions") if isinstance(order, dict) else []
    names = {text(transaction.get("id")): card_names(transaction) for transaction in listed}
    transactions = [
        {**transaction, CARD_NAMES: names.get(text(transaction.get("id")), ())} for transaction in node["transactions"]
    ]
    return {**node, "transactions": transactions}


def card_names(transaction: Json) -> tuple[str, ...]:
    """The gift card's id and last characters, in lower case, of a transaction with its receipt; nothing of others."""
    if text(transaction.get("gateway")) != _GATEWAY:
        return ()
    receipt = _parsed(transaction.get("receiptJson"))
    fields = {name: _plain(receipt.get(name)) for name in _NAMES}
    return tuple(value for name, value in fields.items() if _NAMES[name].fullmatch(value))


def _parsed(receipt: Any) -> Json:  # noqa: ANN401 - any JSON
    """The receipt: JSON in a text, or as it is."""
    if isinstance(receipt, str) and len(receipt) <= _LONGEST:
        try:
            receipt = json.loads(receipt, parse_float=str)
        except (ValueError, RecursionError):
            return {}
    return receipt if isinstance(receipt, dict) else {}


def _plain(value: Any) -> str:  # noqa: ANN401 - any JSON
    return str(value).strip().casefold() if isinstance(value, str | int) and not isinstance(value, bool) else ""
