"""Our subscriptions to a shop's messages: exactly one per topic, to exactly our address.

Two subscriptions to one topic are two deliveries of each event (shopify-api.md 2.1), and Shopify deletes ours after
eight failed deliveries, so `subscribe` can be run again at any time and only changes what is not right. The three
compliance topics cannot be subscribed to here: they belong in the app's own file, see docs/shopify.app.toml.example.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from app.connections.errors import ConnectRefusedError

TOPICS = (
    "orders/create",
    "orders/updated",
    "orders/paid",
    "orders/cancelled",
    "orders/edited",
    "refunds/create",
    "order_transactions/create",
    "fulfillments/create",
    "app/uninstalled",
    "app/scopes_update",
)
"""Topics that an accounting sync must subscribe to (shopify-api.md 2.6)."""

Ask = Callable[[str, Mapping[str, Any]], dict[str, Any]]
"""Asks the shop one GraphQL question: query and variables in, `data` out."""

_MAX_MESSAGE = 120
_LIST = """
query BokbroSubscriptions { webhookSubscriptions(first: 100) { nodes { id topic uri } } }
"""
_CREATE = """
mutation BokbroSubscribe($topic: WebhookSubscriptionTopic!, $uri: String!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: { uri: $uri, format: JSON }) {
    webhookSubscription { id }
    userErrors { field message }
  }
}
"""
_DELETE = """
mutation BokbroUnsubscribe($id: ID!) {
  webhookSubscriptionDelete(id: $id) { deletedWebhookSubscriptionId userErrors { field message } }
}
"""


@dataclass(frozen=True, slots=True)
class Subscriptions:
    """What `subscribe` found and did, by topic."""

    kept: tuple[str, ...]
    made: tuple[str, ...]
    removed: tuple[str, ...]
    refused: tuple[str, ...] = ()
    """Topics that the shop refuses: for lack of a scope, or on a small plan. Polling finds the rest."""


def subscribe(ask: Ask, uri: str) -> Subscriptions:
    """Bring the shop's subscriptions for our topics to `uri`.

    The right one is made before a wrong one is removed, so that no event falls between. Raises ConnectRefusedError
    SHOPIFY_WEBHOOKS_REFUSED where every topic is refused: then it is our address that is wrong.
    """
    nodes = ask(_LIST, {}).get("webhookSubscriptions", {}).get("nodes", [])
    kept, made, removed = [], [], []
    refused: dict[str, ConnectRefusedError] = {}
    for topic in TOPICS:
        present = [node for node in nodes if node.get("topic") == _enum(topic)]
        right = [node for node in present if node.get("uri") == uri]
        if right:
            kept.append(topic)
        else:
            try:
                _checked(ask(_CREATE, {"topic": _enum(topic), "uri": uri}), "webhookSubscriptionCreate")
                made.append(topic)
            except ConnectRefusedError as refusal:
                if refusal.code != "SHOPIFY_WEBHOOKS_REFUSED":
                    raise
                refused[topic] = refusal
        for node in [node for node in present if node.get("uri") != uri] + right[1:]:
            _checked(ask(_DELETE, {"id": node["id"]}), "webhookSubscriptionDelete")
            removed.append(topic)
    if refused and not kept and not made:
        raise next(iter(refused.values()))
    return Subscriptions(tuple(kept), tuple(made), tuple(removed), tuple(refused))


def _enum(topic: str) -> str:
    return topic.replace("/", "_").upper()


def _checked(data: Mapping[str, Any], mutation: str) -> None:
    errors = (data.get(mutation) or {}).get("userErrors") or []
    if errors:
        message = "; ".join(str(error.get("message")) for error in errors)[:_MAX_MESSAGE]
        raise ConnectRefusedError("SHOPIFY_WEBHOOKS_REFUSED", {"message": message})
