"""The webhook deliverer: worker threads, deadlines, retries on a compressible clock (shopify-api.md 2.2 to 2.4)."""

from __future__ import annotations

import heapq
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx2

CONNECT_SECONDS = 1.0
TOTAL_SECONDS = 5.0
RETRY_MINUTES = (1, 2, 4, 8, 16, 32, 64, 113)
"""Eight retries over four hours; Shopify publishes the sum but not the spacing (2.4)."""
KEPT_DELIVERIES = 20_000
IDLE_SECONDS = 0.5


@dataclass
class Delivery:
    """One event on its way to one address. Body and headers never change: a retry carries the original."""

    webhook_id: str
    event_id: str
    topic: str
    shop: str
    uri: str
    body: bytes
    headers: dict[str, str]
    subscription_id: int | None
    order_id: int | None = None
    state: str = "queued"
    unheard: int = 0
    attempts: list[dict[str, Any]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Show the delivery; `state` is queued, held, delivered, failed or lost."""
        return {
            "webhook_id": self.webhook_id,
            "event_id": self.event_id,
            "topic": self.topic,
            "shop": self.shop,
            "uri": self.uri,
            "order_id": self.order_id,
            "subscription_id": self.subscription_id,
            "state": self.state,
            "attempts": list(self.attempts),
        }


class Deliverer:
    """Sends deliveries when they are due. `on_result` is told each outcome: (delivery, succeeded, final)."""

    def __init__(self, time_scale: float, workers: int, on_result: Callable[[Delivery, bool, bool], None]) -> None:
        self.time_scale = time_scale
        self._workers = workers
        self._on_result = on_result
        self._ready = threading.Condition()
        self._queue: list[tuple[float, int, Delivery]] = []
        self._sequence = 0
        self._busy = 0
        self._stopping = False
        self._threads: list[threading.Thread] = []
        self.log: list[Delivery] = []

    def start(self) -> None:
        """Start the workers; again after a stop is allowed."""
        with self._ready:
            if self._threads:
                return
            self._stopping = False
            names = [f"shopify-webhooks-{number}" for number in range(self._workers)]
            self._threads = [threading.Thread(target=self._work, name=name, daemon=True) for name in names]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Stop the workers after what they are sending."""
        with self._ready:
            self._stopping = True
            self._ready.notify_all()
            threads, self._threads = self._threads, []
        for thread in threads:
            thread.join(TOTAL_SECONDS + CONNECT_SECONDS)

    def clear(self) -> None:
        """Forget queue and log."""
        with self._ready:
            self._queue.clear()
            self.log.clear()

    def note(self, delivery: Delivery) -> None:
        """Put a delivery in the log without sending it (held or lost on command)."""
        with self._ready:
            self.log.append(delivery)
            del self.log[:-KEPT_DELIVERIES]

    def send(self, delivery: Delivery, *, after_emulated_s: float = 0.0) -> None:
        """Queue a delivery for now or for so many emulated seconds later."""
        with self._ready:
            delivery.state = "queued"
            self._sequence += 1
            due = time.monotonic() + after_emulated_s / self.time_scale
            heapq.heappush(self._queue, (due, self._sequence, delivery))
            self._ready.notify()

    def worker(self, timeout_s: float) -> bool:
        """Wait until nothing is queued or being sent; false when time ran out."""
        deadline = time.monotonic() + timeout_s
        with self._ready:
            while self._queue or self._busy:
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                self._ready.wait(min(left, IDLE_SECONDS))
            return True

    def _work(self) -> None:
        timeout = httpx2.Timeout(TOTAL_SECONDS, connect=CONNECT_SECONDS)
        with httpx2.Client(timeout=timeout, follow_redirects=False, trust_env=False) as client:
            while (delivery := self._take()) is not None:
                succeeded = self._attempt(client, delivery)
                self._settle(delivery, succeeded=succeeded)

    def _take(self) -> Delivery | None:
        with self._ready:
            while not self._stopping:
                wait = self._queue[0][0] - time.monotonic() if self._queue else IDLE_SECONDS
                if self._queue and wait <= 0:
                    self._busy += 1
                    return heapq.heappop(self._queue)[2]
                self._ready.wait(min(wait, IDLE_SECONDS))
            return None

    def _attempt(self, client: httpx2.Client, delivery: Delivery) -> bool:
        """One try: any 2xx within five seconds is success, a redirect is not (2.4)."""
        started, at = time.monotonic(), datetime.now(UTC)
        status: int | None = None
        error: str | None = None
        try:
            status = client.post(delivery.uri, content=delivery.body, headers=delivery.headers).status_code
        except (httpx2.HTTPError, httpx2.InvalidURL) as problem:
            error = type(problem).__name__
        took = time.monotonic() - started
        if took > TOTAL_SECONDS:
            error = error or "TooLate"
        if delivery.unheard > 0:
            delivery.unheard -= 1
            error = "AnswerUnheard"
        delivery.attempts.append(
            {"at": at.isoformat(), "status": status, "error": error, "duration_ms": round(took * 1000, 1)}
        )
        return error is None and status is not None and 200 <= status < 300

    def _settle(self, delivery: Delivery, *, succeeded: bool) -> None:
        tries = len(delivery.attempts)
        again = not succeeded and tries <= len(RETRY_MINUTES)
        delivery.state = "delivered" if succeeded else "queued" if again else "failed"
        if again:
            self.send(delivery, after_emulated_s=60.0 * RETRY_MINUTES[tries - 1])
        # Before the worker counts as idle, so that a drain also waits for what the result sets going.
        self._on_result(delivery, succeeded, not again)
        with self._ready:
            self._busy -= 1
            self._ready.notify_all()
