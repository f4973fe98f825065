"""Webhook subscriptions through the API (shopify-api.md 2.1)."""

from __future__ import annotations

from typing import Any

from sandbox.shopify.graphql.parts import utc
from sandbox.shopify.graphql.problems import PROTECTED_DATA_PAGE, GraphQLProblem
from sandbox.shopify.graphql.projecting import Connection
from sandbox.shopify.model import Json, Shop, Subscription, World, gid
from sandbox.shopify.switches import Switches
from sandbox.shopify.topics import ENUM_OF_TOPIC, SCOPE_OF_TOPIC, TOPIC_OF_ENUM

PROTECTED_TOPICS = ("customers/", "fulfillments/", "order_transactions/", "orders/", "refunds/")
"""Topics whose bodies tell of a single customer. The real one refuses orders, refunds, fulfillments and customers in
public reports (tests/contract/test_shopify_refusals_from_sources.py); transactions are taken to be alike."""
API_VERSION_OBJECT = {
    "__typename": "ApiVersion",
    "handle": "2026-10",
    "displayName": "2026-10",
    "supported": True,
}


def subscription_object(subscription: Subscription) -> Json:
    """WebhookSubscription."""
    created = utc(subscription.created_at.isoformat()) if subscription.created_at else None
    return {
        "__typename": "WebhookSubscription",
        "id": gid("WebhookSubscription", subscription.id),
        "legacyResourceId": str(subscription.id),
        "topic": ENUM_OF_TOPIC[subscription.topic],
        "uri": subscription.uri,
        "callbackUrl": subscription.uri,
        "format": subscription.format,
        "name": subscription.name,
        "filter": subscription.filter,
        "includeFields": list(subscription.include_fields),
        "createdAt": created,
        "updatedAt": created,
        "apiVersion": dict(API_VERSION_OBJECT),
    }


def listed(shop: Shop, client_id: str, arguments: Json) -> Connection:
    """The app's own subscriptions; those of shopify.app.toml are not among them."""
    topics = arguments.get("topics")
    uri = arguments.get("uri") or arguments.get("callbackUrl")
    chosen = [
        subscription
        for subscription in sorted(shop.subscriptions.values(), key=lambda s: s.id)
        if subscription.client_id == client_id
        and (not topics or ENUM_OF_TOPIC[subscription.topic] in topics)
        and (not uri or subscription.uri == uri)
    ]
    keys = [(str(subscription.id), subscription.id) for subscription in chosen]
    return Connection("WebhookSubscriptionConnection", [subscription_object(s) for s in chosen], keys)


def create(world: World, shop: Shop, client_id: str, scopes: set[str], arguments: Json, switches: Switches) -> Json:
    """webhookSubscriptionCreate. A topic outside the enum fails before anything runs."""
    name = arguments.get("topic")
    topic = TOPIC_OF_ENUM.get(str(name))
    if topic is None:
        raise _not_in_enum(name)
    wanted: Json = arguments.get("webhookSubscription") or {}
    uri = str(wanted.get("uri") or wanted.get("callbackUrl") or "")
    problem = _data_refused(shop, topic, switches)
    problem = problem or _problem(shop, client_id, scopes, topic, uri, str(wanted.get("format") or "JSON"))
    if problem:
        return _payload("webhookSubscription", None, [problem])
    subscription = Subscription(
        id=world.new_id(),
        client_id=client_id,
        topic=topic,
        uri=uri,
        name=wanted.get("name"),
        filter=wanted.get("filter"),
        include_fields=list(wanted.get("includeFields") or []),
        created_at=world.now(),
    )
    shop.subscriptions[subscription.id] = subscription
    return _payload("webhookSubscription", subscription_object(subscription), [])


def _data_refused(shop: Shop, topic: str, switches: Switches) -> Json | None:
    """Bodies about customers go to no app without approval, and on small plans perhaps to no custom app."""
    by_plan = switches.order_webhooks == "refused" and topic.startswith(("orders/", "refunds/"))
    by_app = shop.customer_data == "none" and topic.startswith(PROTECTED_TOPICS)
    if not by_plan and not by_app:
        return None
    said = (
        "This app is not approved to subscribe to webhook topics containing protected customer data. "
        f"See {PROTECTED_DATA_PAGE} for more details."
    )
    return _user_error(["webhookSubscription"], said)


def _problem(shop: Shop, client_id: str, scopes: set[str], topic: str, uri: str, form: str) -> Json | None:
    field = ["webhookSubscription", "uri"]
    if not uri.startswith(("https://", "http://127.0.0.1")):
        # The real one takes https only; the loopback is let in because the sandbox lives there.
        return _user_error(field, "Address protocol http:// is not supported")
    if form != "JSON":
        return _user_error(["webhookSubscription", "format"], "The emulator sends JSON only")
    scope = SCOPE_OF_TOPIC[topic]
    if scope and scope not in scopes:
        return _user_error(["topic"], f"You do not have permission to subscribe to {topic}: {scope} is missing")
    same = (client_id, topic, uri)
    if any((s.client_id, s.topic, s.uri) == same for s in shop.subscriptions.values()):
        return _user_error(field, "Address for this topic has already been taken")
    return None


def delete(shop: Shop, client_id: str, arguments: Json) -> Json:
    """webhookSubscriptionDelete."""
    number = str(arguments.get("id") or "").rpartition("/")[2]
    subscription = shop.subscriptions.get(int(number)) if number.isdigit() else None
    if subscription is None or subscription.client_id != client_id:
        missing = _user_error(["id"], "Webhook subscription does not exist")
        return _payload("deletedWebhookSubscriptionId", None, [missing])
    del shop.subscriptions[subscription.id]
    return _payload("deletedWebhookSubscriptionId", gid("WebhookSubscription", subscription.id), [])


def _payload(field: str, value: Any, errors: list[Json]) -> Json:  # noqa: ANN401 -- any JSON
    return {"__typename": "WebhookSubscriptionPayload", field: value, "userErrors": errors}


def _user_error(field: list[str], message: str) -> Json:
    return {"__typename": "UserError", "field": field, "message": message}


def _not_in_enum(value: object) -> GraphQLProblem:
    known = ", ".join(sorted(TOPIC_OF_ENUM))
    return GraphQLProblem(
        "Variable $topic of type WebhookSubscriptionTopic! was provided invalid value",
        "INVALID_VARIABLE",
        value=value,
        problems=[{"path": [], "explanation": f'Expected "{value}" to be one of: {known}'}],
    )
