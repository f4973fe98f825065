"""From what happened to signed deliveries, with the faults ordered for them (shopify-api.md 2.2 to 2.4)."""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from sandbox.shopify.acting import Notice
from sandbox.shopify.delivering import Deliverer, Delivery
from sandbox.shopify.model import App, Json, Shop, Subscription, World
from sandbox.shopify.people import without_personal_data
from sandbox.shopify.signing import body_signature

WEBHOOK_API_VERSION = "2026-10"
ATTEMPTS_BEFORE_REMOVAL = 8
SMALL_STEP_S = 0.05
"""Real seconds between deliveries released in a chosen order, so that several workers keep it."""


class DeliveryFault(BaseModel):
    """A fault for coming deliveries: the first that fits takes it.

    duplicate: sent twice with the same webhook id. delay: `seconds` of emulated time later. lost: never sent.
    reorder: held until `times` have come (with `order`: until its action ends), then sent last first.
    unheard: sent, but Shopify does not hear the answer and retries later with the old body.
    """

    model_config = ConfigDict(extra="forbid")

    kind: Literal["duplicate", "delay", "lost", "reorder", "unheard"]
    shop: str | None = None
    topic: str | None = None
    order: str | None = Field(default=None, description="only deliveries of the order with this name")
    times: int = Field(default=1, ge=1)
    seconds: float = Field(default=3600.0, ge=0)
    held: list[str] = Field(default_factory=list, description="webhook ids held for reordering (read only)")

    def fits(self, delivery: Delivery, name: str | None) -> bool:
        """Whether the fault applies to a delivery."""
        wanted = ((self.shop, delivery.shop), (self.topic, delivery.topic), (self.order, name))
        return self.times > 0 and all(mine is None or mine == its for mine, its in wanted)


class Emitter:
    """Turns notices into deliveries to every subscription of their topic."""

    def __init__(self, world: World, time_scale: float, workers: int, removal: str) -> None:
        self.world = world
        self.removal = removal
        self.deliverer = Deliverer(time_scale, workers, self._result)
        self.faults: list[DeliveryFault] = []
        self._held: dict[int, list[Delivery]] = {}
        self._lock = threading.Lock()

    def clear(self) -> None:
        """Forget deliveries and faults."""
        with self._lock:
            self.faults, self._held = [], {}
        self.deliverer.clear()

    def emit(self, shop: Shop, notices: Iterable[Notice]) -> str:
        """Send the notices of one action; they share one event id, which is returned (2.2)."""
        event_id, triggered = str(uuid.uuid4()), _nanoseconds()
        for notice in notices:
            for subscription in list(shop.subscriptions.values()):
                if subscription.topic == notice.topic:
                    self._queue(self._delivery(shop, notice, subscription, event_id, triggered), shop)
        self._end_reordering_of_orders()
        return event_id

    def emit_compliance(self, shop: Shop, app: App, topic: str, body: Json) -> bool:
        """Send a compliance topic to the address in the app's own configuration; false when it has none (2.7)."""
        uri = app.compliance_uris.get(topic)
        if uri is None:
            return False
        subscription = Subscription(0, app.client_id, topic, uri)
        notice = Notice(topic, body)
        self._queue(self._delivery(shop, notice, subscription, str(uuid.uuid4()), _nanoseconds()), shop)
        return True

    def _end_reordering_of_orders(self) -> None:
        """A reordering bound to one order ends with the action, however many subscriptions there were."""
        with self._lock:
            bound = [fault for fault in self.faults if fault.order is not None and id(fault) in self._held]
            groups = [self._held.pop(id(fault)) for fault in bound]
            for fault in bound:
                fault.times = 0
        for group in groups:
            self._send_reversed(group)

    def release(self) -> None:
        """Send what is still held for reordering, last first."""
        with self._lock:
            groups, self._held = list(self._held.values()), {}
        for group in groups:
            self._send_reversed(group)

    def _delivery(
        self, shop: Shop, notice: Notice, subscription: Subscription, event_id: str, triggered: str
    ) -> Delivery:
        body = _trimmed(self._told(shop, notice), subscription.include_fields)
        raw = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        webhook_id = str(uuid.uuid4())
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Shopify-Captain-Hook",
            "X-Shopify-Topic": notice.topic,
            "X-Shopify-Shop-Domain": shop.domain,
            "X-Shopify-API-Version": WEBHOOK_API_VERSION,
            "X-Shopify-Webhook-Id": webhook_id,
            "X-Shopify-Event-Id": event_id,
            "X-Shopify-Triggered-At": triggered,
            "X-Shopify-Hmac-Sha256": body_signature(self.world.apps[subscription.client_id].signing_secret, raw),
        }
        if subscription.name:
            headers["X-Shopify-Name"] = subscription.name
        if notice.order_id is not None:
            headers["X-Shopify-Order-Id"] = str(notice.order_id)
            headers["X-Shopify-Test"] = "true" if notice.test else "false"
        known = subscription.id or None
        return Delivery(
            webhook_id, event_id, notice.topic, shop.domain, subscription.uri, raw, headers, known, notice.order_id
        )

    def _told(self, shop: Shop, notice: Notice) -> Json:
        """What a body tells of customers. Messages of the app itself and of compliance are not about orders."""
        is_hidden = shop.customer_data != "all" and notice.order_id is not None
        if not is_hidden or self.world.switches.hidden_in_webhooks == "whole":
            return notice.body
        told: Json = without_personal_data(notice.body)
        return told

    def _queue(self, delivery: Delivery, shop: Shop) -> None:
        self.deliverer.note(delivery)
        order = shop.orders.get(delivery.order_id or 0)
        with self._lock:
            fault = next((f for f in self.faults if f.fits(delivery, order.name if order else None)), None)
            if fault is not None:
                fault.times -= 1
        if fault is None:
            self.deliverer.send(delivery)
        else:
            self._spoil(fault, delivery)

    def _spoil(self, fault: DeliveryFault, delivery: Delivery) -> None:
        if fault.kind == "lost":
            delivery.state = "lost"
        elif fault.kind == "reorder":
            delivery.state = "held"
            with self._lock:
                group = self._held.setdefault(id(fault), [])
                group.append(delivery)
                fault.held.append(delivery.webhook_id)
                full = self._held.pop(id(fault)) if fault.times == 0 else []
            self._send_reversed(full)
        else:
            delivery.unheard = 1 if fault.kind == "unheard" else 0
            self.deliverer.send(delivery, after_emulated_s=fault.seconds if fault.kind == "delay" else 0.0)
            if fault.kind == "duplicate":
                self.deliverer.send(delivery)

    def _send_reversed(self, group: list[Delivery]) -> None:
        for place, delivery in enumerate(reversed(group)):
            self.deliverer.send(delivery, after_emulated_s=place * SMALL_STEP_S * self.deliverer.time_scale)

    def _result(self, delivery: Delivery, succeeded: bool, final: bool) -> None:  # noqa: FBT001 -- a callback
        """Count failures in a row; the eighth removes a subscription made through the API (2.4)."""
        with self.world.lock:
            shop = self.world.shops.get(delivery.shop)
            subscription = shop.subscriptions.get(delivery.subscription_id or 0) if shop else None
            if shop is None or subscription is None:
                return
            subscription.failures_in_row = 0 if succeeded else subscription.failures_in_row + 1
            exhausted = final and not succeeded
            many = subscription.failures_in_row >= ATTEMPTS_BEFORE_REMOVAL
            if exhausted or (self.removal == "failed_attempts" and many):
                del shop.subscriptions[subscription.id]


def _trimmed(body: Json, include_fields: list[str]) -> Json:
    """`include_fields` trims the body to these top-level keys (2.5)."""
    return {key: body[key] for key in include_fields if key in body} if include_fields else body


def _nanoseconds() -> str:
    """The present as X-Shopify-Triggered-At: RFC 3339, UTC, nanoseconds."""
    now = time.time_ns()
    whole = datetime.fromtimestamp(now // 1_000_000_000, UTC)
    return f"{whole:%Y-%m-%dT%H:%M:%S}.{now % 1_000_000_000:09d}Z"
