"""Deliveries that are about the shop or the app, and bodies that name no order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from app.findings.repository import Place, open_finding
from app.jobs import queue as jobs
from app.jobs.inbox import deliveries_of
from app.jobs.outcomes import Blocked, Completed, Retry
from app.jobs.queue import Lease
from app.kit.db.engine import Store
from app.model.finding import Finding
from app.model.platforms import Platforms, Situation
from app.orders.shop_scopes import ShopScopes
from app.schema import Connection, Inbox, JobKind, JobState

log = structlog.get_logger(__name__)


_SCOPES = "app/scopes_update"
_ACTED_ON = ("app/uninstalled", "customers/data_request", "customers/redact", "shop/redact")
"""Topics that ask for something. `app/scopes_update` only tells: its body names no shop, so the shop is asked."""


@dataclass(frozen=True, slots=True)
class ShopJob:
    """Works on jobs that are no orders."""

    store: Store
    now: Callable[[], datetime]
    scopes: ShopScopes
    platforms: Platforms
    named_shop: Callable[[bytes], str | None]
    """The account that the body of a message about a shop names."""

    def work(self, lease: Lease) -> Completed | Retry | Blocked:
        """Act on each stored delivery of the job by its topic.

        Also on those that were processed: nothing in a delivery changes by itself, so the next try must find what was
        found before. Such a job holds one delivery and its repetitions.
        """
        with self.store.read() as session:
            rows = deliveries_of(session, lease.job_id)
        topics = [row.topic for row in rows]
        if lease.kind is JobKind.UNKNOWN:
            with self.store.read() as session:
                platform = self.platforms[session.get_one(Connection, lease.connection_id).platform]
            code = platform.codes[Situation.MESSAGE_NOT_READ]
            return self._processed(lease, [Finding(code, topic, {"topic": topic}) for topic in topics])
        findings = [finding for row in rows for finding in self._act(lease, row)]
        return self._processed(lease, findings)

    def _act(self, lease: Lease, row: Inbox) -> list[Finding]:
        if row.topic == _SCOPES:
            self.scopes.look(row.connection_id)
        if not row.topic.startswith(_ACTED_ON):
            return []
        with self.store.read() as session:
            shop = session.get_one(Connection, row.connection_id)
        named = self.named_shop(row.body)
        if named != shop.account:
            # The app's key signs for every shop that has it, and the header is not signed: only the body can say
            # whose it is. Otherwise another shop could replay its own app/uninstalled under this shop's name.
            return [Finding("SHOPIFY_BODY_OF_OTHER_SHOP", row.topic, {"shop": named or "?"})]
        # Deliveries are repeated for hours: one from before the shop was connected again is about the past.
        is_outdated = row.triggered_at is not None and row.triggered_at < shop.updated_at
        if row.topic == "app/uninstalled" and not is_outdated:
            self._uninstalled(lease)
        if row.topic.startswith(("customers/", "shop/redact")):
            # Kept in the inbox; an operator answers it: bookkeeping data stays by law, the rest goes (accounting 5.5).
            return [Finding("SHOPIFY_PRIVACY_REQUEST", row.topic, {"topic": row.topic})]
        return []

    def _processed(self, lease: Lease, findings: Sequence[Finding]) -> Completed | Blocked:
        with self.store.write() as session:
            jobs.mark_processed(session, lease.inbox_ids)
        return Blocked(tuple(findings)) if findings else Completed(JobState.SKIPPED)

    def _uninstalled(self, lease: Lease) -> None:
        """The shop's tokens are dead at once (shopify-api.md 2.7); bookings and history stay."""
        with self.store.write() as session:
            row = session.get_one(Connection, lease.connection_id)
            row.state = "disconnected"
            place = Place(lease.tenant_id, connection_id=row.id)
            open_finding(session, place, Finding("SHOPIFY_TOKEN_REVOKED", row.account, {"shop": row.account}))
        log.warning("shop_uninstalled", connection=lease.connection_id)
