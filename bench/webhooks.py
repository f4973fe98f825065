"""Durable webhooks a second against two controls on the same server: an app that verifies the body, and an empty one.

Real REST bodies of 8 to 10 kB, signed before the clock runs; the API process alone (nobody books what it stores), with
Redis as broker, whose worker is notified of each group. `python -m bench.webhooks`.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import multiprocessing
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
import uvicorn
from starlette.types import Receive, Scope, Send

from bench.fleet import SECRET, Fleet, Shape, fleet
from bench.load import at_rate, full_speed
from tests.support.serving import free_port

COUNT, CONNECTIONS, ORDERS, TURNS = 3000, 32, 500, 2
STEADY_RATE, STEADY_SECONDS = 200, 5


async def empty(scope: Scope, receive: Receive, send: Send) -> None:
    """A control: reads the body and answers 200."""
    if scope["type"] == "http":
        await _body(receive)
        await _answer(send, 200)


async def verifying(scope: Scope, receive: Receive, send: Send) -> None:
    """A control: reads the body, checks its signature, and answers."""
    if scope["type"] == "http":
        body = await _body(receive)
        given = dict(scope["headers"]).get(b"x-shopify-hmac-sha256", b"")
        expected = base64.b64encode(hmac.new(SECRET.encode(), body, hashlib.sha256).digest())
        await _answer(send, 200 if hmac.compare_digest(given, expected) else 401)


async def _body(receive: Receive) -> bytes:
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


async def _answer(send: Send, status: int) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


@dataclass(frozen=True, slots=True)
class Rates:
    """Of all turns together: answers a second at full speed, and latency in ms at a steady 200 a second."""

    rate: float
    p50: float
    p99: float


@dataclass(frozen=True, slots=True)
class Measured:
    """The service and its controls, in the same run."""

    service: Rates
    verifying: Rates
    empty: Rates
    body_bytes: int
    stored: int


def measure(turns: int = TURNS, count: int = COUNT) -> Measured:
    """Measure all three in turn, several times; every answer must be a 200, and every delivery must be stored."""
    with fleet(Shape(workers=0, beat=False)) as running, _served(verifying) as checked, _served(empty) as blank:
        ports = {"service": running.port, "verifying": checked, "empty": blank}
        found: dict[str, list[Rates]] = {name: [] for name in ports}
        sent = 0
        for _turn in range(turns):
            requests = _requests(running, count + STEADY_RATE * STEADY_SECONDS)
            for name, port in ports.items():
                found[name].append(_rates(port, requests, count))
            sent += len(requests)
        with psycopg.connect(running.database_url()) as connection:
            stored = connection.execute("select count(*) from inbox").fetchone()
        assert stored == (sent,), (stored, sent)
        body = len(requests[0].split(b"\r\n\r\n", 1)[1])
        together = {name: Rates(*(sum(part) / turns for part in _columns(rates))) for name, rates in found.items()}
        return Measured(**together, body_bytes=body, stored=sent)


def _columns(rates: Sequence[Rates]) -> tuple[list[float], list[float], list[float]]:
    return [one.rate for one in rates], [one.p50 for one in rates], [one.p99 for one in rates]


def _requests(running: Fleet, count: int) -> list[bytes]:
    """Deliveries of some hundred orders, each with an id of its own; signing belongs to no measurement."""
    [company] = running.companies
    placed: list[bytes] = [order.request for order in running.announced(company, ORDERS)]
    return [_delivered_again(placed[number % ORDERS], number) for number in range(count)]


def _delivered_again(request: bytes, number: int) -> bytes:
    head, mark, rest = request.partition(b"X-Shopify-Webhook-Id: ")
    return head + mark + b"%012d-" % number + rest


def _rates(port: int, requests: Sequence[bytes], count: int) -> Rates:
    fast = asyncio.run(full_speed(port, requests.__getitem__, count=count, connections=CONNECTIONS))
    steady = asyncio.run(
        at_rate(port, lambda number: requests[count + number], rate=STEADY_RATE, seconds=STEADY_SECONDS)
    )
    assert set(fast.statuses) | set(steady.statuses) == {200}, (fast.statuses, steady.statuses)
    return Rates(fast.rate, steady.percentile(0.5), steady.percentile(0.99))


@contextmanager
def _served(app: Any) -> Iterator[int]:  # noqa: ANN401 - an ASGI application
    """An application in a process of its own, served like the service."""
    port = free_port()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(app, port), daemon=True)
    process.start()
    try:
        asyncio.run(_answering(port))
        yield port
    finally:
        process.terminate()
        process.join()


def _serve(app: Any, port: int) -> None:  # noqa: ANN401 - an ASGI application
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="error", ws="none", server_header=False)


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
    """Measure and print."""
    measured = measure()
    for name, rates in (("empty", measured.empty), ("verifying", measured.verifying), ("service", measured.service)):
        sys.stdout.write(f"{name:10} {rates.rate:7.0f}/s; p50 {rates.p50:.1f}, p99 {rates.p99:.1f} ms at 200/s\n")
    service = measured.service.rate
    sys.stdout.write(
        f"service ÷ verifying {service / measured.verifying.rate:.3f}, ÷ empty {service / measured.empty.rate:.3f}; "
        f"bodies of {measured.body_bytes} bytes, {measured.stored} deliveries stored\n"
    )


if __name__ == "__main__":
    main()
