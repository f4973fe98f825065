"""The webhook door served over real HTTP, and a sender that signs like Shopify."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import httpx2
from sqlalchemy import select

from app.jobs.notifier import Notifier, SilentNotifier
from app.main import create_application
from app.schema import Counter
from sandbox.shopify.model import StoredOrder
from sandbox.shopify.signing import body_signature
from tests.support.pipeline.bench import Bench
from tests.support.serving import served


@dataclass
class Endpoint:
    """The service's webhook endpoint and who knocks."""

    bench: Bench
    http: httpx2.Client

    def headers(self, body: bytes, topic: str, **changes: str | None) -> dict[str, str]:
        """Shopify's headers; a keyword with None leaves a header out."""
        values: dict[str, str | None] = {
            "X-Shopify-Topic": topic,
            "X-Shopify-Shop-Domain": self.bench.domain,
            "X-Shopify-Hmac-Sha256": body_signature(self.bench.secret, body),
            "X-Shopify-Webhook-Id": secrets.token_hex(8),
            "X-Shopify-Triggered-At": datetime.now(UTC).isoformat(),
            "X-Shopify-Api-Version": "2026-10",
            "Content-Type": "application/json",
        }
        names = {"domain": "X-Shopify-Shop-Domain", "hmac": "X-Shopify-Hmac-Sha256", "id": "X-Shopify-Webhook-Id"}
        values |= {names.get(name, f"X-Shopify-{name}"): value for name, value in changes.items()}
        return {name: value for name, value in values.items() if value is not None}

    def deliver(self, body: Any, topic: str = "orders/paid", **changes: str | None) -> int:
        """Deliver a body (JSON unless bytes are given) and return the status."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        if secret := changes.pop("secret", None):
            changes["hmac"] = body_signature(secret, raw)
        return self.http.post("/webhooks/shopify", content=raw, headers=self.headers(raw, topic, **changes)).status_code

    def announce(self, order: StoredOrder, topic: str = "orders/paid", **changes: str | None) -> int:
        return self.deliver({"id": order.id, "name": order.name}, topic, **changes)

    def refused(self) -> dict[str, int]:
        """What was counted at the door."""
        with self.bench.program.store.read() as session:
            return {row.label: row.value for row in session.scalars(select(Counter))}


@contextmanager
def open_endpoint(bench: Bench, notifier: Notifier | None = None) -> Iterator[Endpoint]:
    program = replace(bench.program, notifier=notifier or SilentNotifier())
    application = create_application(program)
    with served(application) as server, httpx2.Client(base_url=server.url, timeout=30, trust_env=False) as http:
        yield Endpoint(bench, http)
