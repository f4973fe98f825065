"""The webhook endpoint: verify the raw bytes, store, commit, 200. The hot path, `async` throughout.

Plain ASGI in front of the application: routing, parsing and response objects would cost more than the work itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

from app.connections.shop_directory import KnownShop, ShopDirectory
from app.connections.unused_topics import is_used, note_unused
from app.jobs.batch_writer import BatchWriter, OverloadedError
from app.jobs.inbox import Delivery
from app.kit.db.engine import Store
from app.shops.base import Webhooks
from app.web.bounded import TRY_AGAIN, Bounded, answered, deadline, remaining
from app.web.limits import REFUSALS_PER_MINUTE, Allowance
from app.web.reading_bodies import UnreadBody, read_body, refused_length
from app.web.tally import Tally

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class WebhookEndpoint:
    """What the endpoint needs."""

    store: Store
    shops: ShopDirectory
    writer: BatchWriter
    max_bytes: int
    tally: Tally
    webhooks: Webhooks
    refusals: Allowance = field(default_factory=lambda: Allowance(REFUSALS_PER_MINUTE))
    """Of unsigned and badly signed deliveries; a good signature is never limited."""
    bounded: Bounded = field(default_factory=Bounded)

    async def serve(self, scope: Scope, receive: Receive) -> int:
        """Take one delivery in; the HTTP status. Raises nothing that a delivery or the database can cause."""
        if scope["method"] != "POST":
            return 405
        until = deadline()
        status = await answered(self._take_in(scope, receive, until), self.store.outages)
        if isinstance(status, int):
            return status
        # Counted after the answer is known: a sender with a right signature pays nothing for the wrong ones beside it.
        came_from = scope["client"][0] if scope.get("client") else ""
        refusal = (429, "too_many") if self.refusals.refuses(came_from) else status
        return await self.tally.refuse(until, *refusal)

    async def _take_in(self, scope: Scope, receive: Receive, until: float) -> int | tuple[int, str]:
        """The status of a delivery whose signature is right, or what is wrong, as status and reason."""
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        domain = headers.get(self.webhooks.account_header, "").lower()
        signature = headers.get(self.webhooks.signature_header, "")
        refused = self._refused_unread(domain, signature, headers.get("content-length", "0"))
        if refused is not None:
            return refused
        if self.shops.remembered(domain) is None and await self._look_up(until, domain) is None:
            return 404, "unknown_shop"  # the body of an unknown sender is not read
        body = await read_body(receive, self.max_bytes)
        if isinstance(body, tuple):
            return body
        shop = await self._signer(until, domain, signature, body)
        if isinstance(shop, str):
            return 404 if shop == "unknown_shop" else 401, shop
        try:
            envelope = self.webhooks.open_envelope(headers, body)
        except ValueError:
            return await self.tally.refuse(until, 400, "not_json")
        kept = {name: headers[name] for name in self.webhooks.kept_headers if name in headers}
        return await self._keep(until, Delivery(shop.tenant_id, shop.connection_id, envelope, kept, body))

    def _refused_unread(self, domain: str, signature: str, length: str) -> tuple[int, str] | None:
        """What the headers alone forbid, as status and reason: the body of an unknown sender is not read for that."""
        if not self.webhooks.is_account(domain):
            return 404, "unknown_shop"
        if not self.webhooks.is_signature(signature):
            return 401, "bad_signature"
        return refused_length(length, self.max_bytes)

    async def _keep(self, until: float, delivery: Delivery) -> int:
        """Store a delivery, or count one of a kind that nobody uses; the HTTP status."""
        topic = delivery.envelope.topic
        try:
            if is_used(topic):
                # Late is not lost: what still waits is stored when the database answers, and the shop's copy is known.
                await self.writer.store(delivery, remaining(until))
            else:
                given = (self.store, delivery.tenant_id, delivery.connection_id, topic)
                await self.bounded.run(until, note_unused, *given)
        except OverloadedError:
            return await self.tally.refuse(until, TRY_AGAIN, "crowded")
        except TimeoutError:
            raise
        except Exception:  # noqa: BLE001 - the writer has logged it; the shop must send again
            return TRY_AGAIN
        return 200

    async def _look_up(self, until: float, domain: str) -> KnownShop | None:
        return await self.bounded.run(until, self.shops.look_up, domain)

    async def _signer(self, until: float, domain: str, signature: str, body: bytes) -> KnownShop | str:
        """The shop whose secret signed these bytes, or why there is none."""
        shop = self.shops.remembered(domain)
        if shop and self.webhooks.signature_holds(body, signature, shop.secrets):
            return shop
        # Not remembered, or its secret has changed a moment ago: ask the database before saying no.
        shop = await self._look_up(until, domain)
        if shop is None:
            return "unknown_shop"
        return shop if self.webhooks.signature_holds(body, signature, shop.secrets) else "bad_signature"


class WebhookMiddleware:
    """Serves the webhook paths itself and hands everything else on."""

    def __init__(self, app: ASGIApp, endpoint: WebhookEndpoint) -> None:
        self.app = app
        self._endpoint = endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["path"] not in self._endpoint.webhooks.paths:
            await self.app(scope, receive, send)
            return
        body = UnreadBody(scope, receive)
        status = await self._endpoint.serve(scope, body.receive)
        headers = [(b"content-length", b"0"), *([(b"connection", b"close")] if body.is_left else [])]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b""})
