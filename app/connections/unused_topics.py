"""Messages of kinds that Bokbro does not use: counted by topic and day, reported once per topic. They make no job."""

from __future__ import annotations

from app.findings.repository import Place, open_finding
from app.jobs.inbox import count
from app.kit.db.engine import Store
from app.model.finding import UNSTATED, Finding

COUNTER = "topic_unused"
_MOST_TOPIC = 100
_ORDER_TOPICS = ("orders/", "refunds/", "order_transactions/", "fulfillments/")
"""Beginnings of the topics that name an order."""
_SHOP_TOPICS = frozenset(
    {"app/scopes_update", "app/uninstalled", "customers/data_request", "customers/redact", "shop/redact"}
)


def is_used(topic: str) -> bool:
    """Whether a message of this topic makes a job."""
    return topic.startswith(_ORDER_TOPICS) or topic in _SHOP_TOPICS


def note_unused(store: Store, tenant_id: int, connection_id: int, topic: str) -> None:
    """Count a message, and have its topic reported."""
    named = topic[:_MOST_TOPIC] or UNSTATED
    count(store, COUNTER, named)
    with store.write() as session:
        open_finding(
            session,
            Place(tenant_id, connection_id=connection_id),
            Finding("SHOPIFY_TOPIC_NOT_HANDLED", named, {"topic": named}),
        )
