"""One outside system as a process: `python -m bench.emulators fortnox '{"port": 1, "companies": [5000001]}'`.

Beside the emulator's own control routes stand a few of the benchmarks': how long a call takes, tokens, many orders.
"""

from __future__ import annotations

import json
import random
import sys
import threading
from collections.abc import Sequence
from typing import Any

from fastapi import Body, FastAPI

from sandbox.fortnox.app import create_app as create_fortnox
from sandbox.fortnox.config import SandboxConfig
from sandbox.kit.faults import FaultSpec
from sandbox.kit.serving import serve
from sandbox.shopify.app import create_app as create_shopify
from sandbox.shopify.emulator import Config, Emulator
from sandbox.shopify.model import public
from sandbox.shopify.spec import OrderSpec
from tests.chaos.emulators import companies
from tests.support.pipeline.emulators import fortnox_tokens

WINDOW_CALLS, WINDOW_SECONDS = 25, 5.0
"""Fortnox's limit (fortnox-api.md 2.5)."""
_NO_LIMIT = 10_000_000
LINES = [
    {"title": "Vas Björk", "sku": "GF-VAS-01", "price": "499.00"},
    {"title": "Skål Alm", "sku": "GF-SKA-02", "price": "349.00", "quantity": 2},
    {"title": "Bricka Ek", "sku": "GF-BRI-03", "price": "189.00"},
]
BUYER = {
    "id": 7101, "email": "anna.lindqvist@example.se",
    "billing": {"first_name": "Anna", "last_name": "Lindqvist"},
}  # fmt: skip
ORDER: dict[str, Any] = {"lines": LINES, "buyer": BUYER, "payments": [{"gateway": "shopify_payments"}]}
"""Three known articles, a known customer, paid: a REST body of 8 to 10 kB."""


class Latency:
    """What each API call waits before it arrives: a constant, and a part by chance."""

    def __init__(self, seconds: float, jitter: float) -> None:
        self.seconds, self.jitter = seconds, jitter
        self._dice = random.Random(16)  # noqa: S311 - no secret
        self._lock = threading.Lock()

    def take(self, _method: str, path: str) -> FaultSpec | None:
        """The wait of this call, as a fault of the kit."""
        if not path.startswith("/3/"):
            return None
        with self._lock:
            seconds = self.seconds + self._dice.uniform(0, self.jitter)
        return FaultSpec(kind="latency", seconds=seconds) if seconds else None


def fortnox(asked: dict[str, Any]) -> FastAPI:
    """Fortnox with these companies; `limited`: its true window. `latency`, `jitter`: seconds."""
    limit = WINDOW_CALLS if asked.get("limited") else _NO_LIMIT
    config = SandboxConfig(companies=companies(asked["companies"]), rate_limit_calls=limit)
    application = create_fortnox(config)
    latency = Latency(asked.get("latency", 0.0), asked.get("jitter", 0.0))
    application.state.kit.faults.take = latency.take

    @application.post("/_sandbox/bench/tokens")
    def tokens(company: int) -> dict[str, Any]:
        return fortnox_tokens(application.state.world, company, service=True)

    return application


def shopify(_asked: dict[str, Any]) -> FastAPI:
    """Shopify without a limit of its own."""
    application = create_shopify(Config(bucket_maximum=_NO_LIMIT, bucket_restore=_NO_LIMIT))
    emulator: Emulator = application.state.emulator

    @application.post("/_sandbox/bench/shops")
    def shops(domains: Sequence[str] = Body(), secret: str = Body()) -> dict[str, str]:
        installed = {}
        for domain in domains:
            shop = emulator.put_shop(domain, {"client_id": f"app-of-{domain}"}, secret)
            installed[domain] = emulator.install(shop)
        return installed

    @application.post("/_sandbox/bench/orders")
    def orders(domain: str = Body(), count: int = Body()) -> list[dict[str, Any]]:
        shop = emulator.world.shops[domain]
        spec = OrderSpec.model_validate(ORDER)
        placed = [emulator.merchant.create(shop, spec, silent=True) for _order in range(count)]
        with emulator.world.lock:
            return [{"id": order.id, "name": order.name, "body": public(order.body)} for order in placed]

    return application


def main() -> None:
    """Serve until it is ended."""
    which, asked = sys.argv[1], json.loads(sys.argv[2])
    serve({"fortnox": fortnox, "shopify": shopify}[which](asked), asked["port"])


if __name__ == "__main__":
    main()
