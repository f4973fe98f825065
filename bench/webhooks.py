"""Durable webhooks a second against an empty ASGI app on the same server, and their latency at a steady rate."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import multiprocessing
import secrets
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uvicorn
from pydantic import SecretStr
from sqlalchemy import func, select
from starlette.types import Receive, Scope, Send

from app.connections.repository import NewConnection, store_connection
from app.jobs.notifier import SilentNotifier
from app.kit.db.embedded import start_embedded
from app.kit.db.migration import migrate
from app.main import create_application
from app.model.platforms import PlatformKind
from app.schema import Inbox, Tenant
from app.settings import Settings
from app.wiring import Program, build
from bench.load import at_rate, full_speed

SHOP, SECRET = "bench-shop.myshopify.com", "shpss_bench"
BODY_BYTES = 10_000
COUNT, CONNECTIONS = 3000, 32
CONTROL_PORT, SERVICE_PORT = 18471, 18472


async def empty(scope: Scope, receive: Receive, send: Send) -> None:
    """The control: reads the body and answers 200."""
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


def serve(settings: Settings | None, port: int) -> None:
    """A server process: the service on these settings, or the empty app."""
    app: Any = empty if settings is None else create_application(build(settings, notifier=SilentNotifier()))
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="error", ws="none", access_log=False)


def request(number: int) -> bytes:
    """A signed delivery of a 10 kB order; each is its own."""
    body = json.dumps({"id": 5_000_000 + number % 500, "pad": "x" * BODY_BYTES}).encode()
    signature = base64.b64encode(hmac.new(SECRET.encode(), body, hashlib.sha256).digest()).decode()
    head = (
        f"POST /webhooks/shopify HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n"
        f"Content-Type: application/json\r\nX-Shopify-Topic: orders/updated\r\nX-Shopify-Shop-Domain: {SHOP}\r\n"
        f"X-Shopify-Hmac-Sha256: {signature}\r\nX-Shopify-Webhook-Id: {secrets.token_hex(12)}\r\n\r\n"
    )
    return head.encode() + body


def prepare(program: Program) -> None:
    """One tenant with one connected shop."""
    migrate(program.store)
    with program.store.write() as session:
        tenant = Tenant(name="Bench")
        session.add(tenant)
        session.flush()
        new = NewConnection(
            tenant_id=tenant.id, platform="shopify", kind=PlatformKind.SHOP,
            account=SHOP, display_name="Bench", grant="client_credentials",
            scopes=(), secrets={"client_id": "bench", "client_secret": SECRET}, details={},
        )  # fmt: skip
        store_connection(session, program.ring, new, datetime.now(UTC))


def measured(settings: Settings | None, port: int) -> tuple[float, float, float]:
    """Rate at full speed, and p50 and p99 in ms at 200 a second."""
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(settings, port), daemon=True)
    process.start()
    try:
        asyncio.run(_answering(port))
        asyncio.run(full_speed(port, request, count=300, connections=8))
        fast = asyncio.run(full_speed(port, request, count=COUNT, connections=CONNECTIONS))
        steady = asyncio.run(at_rate(port, request, rate=200, seconds=5))
        assert set(fast.statuses) | set(steady.statuses) == {200}, (fast.statuses, steady.statuses)
        return fast.rate, steady.percentile(0.5), steady.percentile(0.99)
    finally:
        process.terminate()
        process.join()


async def _answering(port: int) -> None:
    for _try in range(300):
        try:
            _reader, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.1)
        else:
            writer.close()
            return
    raise RuntimeError("the server did not start")


def main() -> None:
    """Measure both in turn, twice, and print all figures."""
    settings = Settings(
        _env_file=None,
        database_url=start_embedded(Path(tempfile.mkdtemp(prefix="bokbro-bench-"))),
        broker_url="redis://127.0.0.1:1/0",
        secret_keys=[SecretStr("bench-only-key-that-guards-nothing-at-all")],
    )
    program = build(settings, notifier=SilentNotifier())
    prepare(program)
    for turn in range(2):
        control, control_50, control_99 = measured(None, CONTROL_PORT)
        rate, p50, p99 = measured(settings, SERVICE_PORT)
        sys.stdout.write(
            f"turn {turn + 1}: empty app {control:.0f}/s (p50 {control_50:.1f}, p99 {control_99:.1f} ms at 200/s); "
            f"durable webhooks {rate:.0f}/s (p50 {p50:.1f}, p99 {p99:.1f} ms at 200/s); ratio {rate / control:.3f}\n"
        )
        sys.stdout.flush()
    with program.store.read() as session:
        stored = session.scalar(select(func.count()).select_from(Inbox))
    sys.stdout.write(f"{stored} deliveries stored\n")
    program.close()


if __name__ == "__main__":
    main()
