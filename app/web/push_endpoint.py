"""The endpoint of pushes: a secret address, no signature. Stored, committed, then answered; never trusted.

Plain ASGI like the webhook endpoint. A push says only which order to look at: its state is read with the signed client.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

from app.connections.push_addresses import PushAddresses
from app.jobs.batch_writer import BatchWriter, OverloadedError
from app.jobs.inbox import Delivery
from app.kit.db.engine import Store
from app.shops.base import Pushes
from app.web.bounded import TRY_AGAIN, Bounded, answered, deadline, remaining
from app.web.limits import REFUSALS_PER_MINUTE, Allowance
from app.web.reading_bodies import UnreadBody, read_body, refused_length
from app.web.tally import Tally

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class PushEndpoint:
    """What the endpoint needs."""

    store: Store
    addresses: PushAddresses
    writer: BatchWriter
    max_bytes: int
    tally: Tally
    pushes: Pushes
    refusals: Allowance = field(default_factory=lambda: Allowance(REFUSALS_PER_MINUTE))
    """Of addresses that nobody was given; a right one is never limited."""
    bounded: Bounded = field(default_factory=Bounded)

    async def serve(self, scope: Scope, receive: Receive) -> int:
        """Take one push in; the HTTP status. Raises nothing that a push or the database can cause."""
        if scope["method"] != "POST":
            return 405
        until = deadline()
        return await answered(self._take_in(scope, receive, until), self.store.outages)

    async def _take_in(self, scope: Scope, receive: Receive, until: float) -> int:
        came_from = scope["client"][0] if scope.get("client") else ""
        known = await self.bounded.run(
            until, self.addresses.connection, scope["path"].removeprefix(self.pushes.prefix), came_from
        )
        if known is None:
            refusal = (429, "too_many") if self.refusals.refuses(came_from) else (404, "unknown_address")
            return await self.tally.refuse(until, *refusal)
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        refused = refused_length(headers.get("content-length", "0"), self.max_bytes)
        if refused is not None:
            return await self.tally.refuse(until, *refused)
        body = await read_body(receive, self.max_bytes)
        if isinstance(body, tuple):
            return await self.tally.refuse(until, *body)
        try:
            envelope = self.pushes.open_push(body)
        except ValueError:
            return await self.tally.refuse(until, 400, "not_json")
        return await self._store(until, Delivery(known.tenant_id, known.connection_id, envelope, {}, body))

    async def _store(self, until: float, delivery: Delivery) -> int:
        try:
            await self.writer.store(delivery, remaining(until))
        except OverloadedError:
            return await self.tally.refuse(until, TRY_AGAIN, "crowded")
        except TimeoutError:
            raise
        except Exception:  # noqa: BLE001 - the writer has logged it; Qliro sends again
            return TRY_AGAIN
        return 200


class PushMiddleware:
    """Serves the addresses of pushes itself and hands everything else on."""

    def __init__(self, app: ASGIApp, endpoint: PushEndpoint) -> None:
        self.app = app
        self._endpoint = endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or not scope["path"].startswith(self._endpoint.pushes.prefix):
            await self.app(scope, receive, send)
            return
        unread = UnreadBody(scope, receive)
        status = await self._endpoint.serve(scope, unread.receive)
        body = self._endpoint.pushes.received if status == 200 else b""
        headers = [(b"content-length", str(len(body)).encode()), (b"content-type", b"application/json")]
        if unread.is_left:
            headers.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})
