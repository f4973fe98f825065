"""Asks providers for their payouts on a schedule, because no event reports them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select

from app.findings.repository import Place, jobs_with_code, open_finding, resolve_about
from app.jobs.notifier import Notifier
from app.jobs.queue import wake
from app.kit.db.engine import Store
from app.model.finding import Finding
from app.model.order import books_day
from app.model.payout import LostDispute, OpenDispute
from app.model.platforms import Platforms, Situation
from app.payouts.dispute_store import report_open_disputes, store_disputes, wake_waiting
from app.payouts.repository import store_payouts
from app.schema import Connection, Tenant
from app.shops.base import BodyNotUnderstoodError, PayoutSource, Shop, SourceError
from app.tenants.repository import load_rules

log = structlog.get_logger(__name__)

_LOOK_BACK = timedelta(days=30)
"""Payouts are read again until they are final: a provider cannot say which have changed (shopify-api.md 4.3)."""

_MAY_SETTLE = (
    "PAYOUT_LINE_UNMATCHED", "QLIRO_PAYOUT_NOT_MATCHING", "PAYOUT_LINE_WORTH_UNKNOWN",
    "PAYOUT_RATE_UNKNOWN", "PAYOUT_BEYOND_ORDER", "PAYOUT_FEE_WRITEOFF_FAILED",
)  # fmt: skip
"""Findings that an order booked meanwhile may answer."""


PAYOUTS = "payouts"
"""What a finding about a shop is about where its payouts cannot be read."""
_LASTING = (Situation.DENIED, Situation.NO_ACCESS, Situation.NOT_READ)
"""Why they cannot, for as long as nobody acts."""


@dataclass(frozen=True, slots=True)
class PayoutPoll:
    """Harmless when it runs twice or not at all."""

    store: Store
    platforms: Platforms
    sources: Mapping[str, PayoutSource]
    """Platform → what it pays out."""
    notifier: Notifier
    now: Callable[[], datetime]

    def run(self) -> int:
        """Store what is new of every shop's payouts, and look again at lines that matched nothing; returns how many."""
        with self.store.read() as session:
            active = (Connection.platform.in_(self.sources), Connection.state == "active")
            shops = list(session.scalars(select(Connection).where(*active)))
        changed = 0
        for shop in shops:
            changed += self.poll(shop)
        changed += self._look_again()
        if changed:
            self.notifier.notify()
        return changed

    def poll(self, shop: Connection) -> int:
        """Store what is new of one shop's payouts; returns how many. What it refuses becomes a finding."""
        changed = 0
        try:
            changed = self._poll(shop)
            self._note(shop, None)
        except (SourceError, BodyNotUnderstoodError) as error:
            log.warning("payouts_not_read", shop=shop.account, error=str(error))
            if self._needs_a_person(shop, error):
                self._note(shop, self._finding(shop, error))
        return changed

    def look_again(self, tenant_id: int) -> int:
        """An order that was booked meanwhile may be what a line of a company's payouts belongs to; returns how many."""
        with self.store.write() as session:
            waiting = {job for code in _MAY_SETTLE for job in jobs_with_code(session, tenant_id, code)}
            return wake(session, sorted(waiting)) + wake_waiting(session, tenant_id)

    def _poll(self, shop: Connection) -> int:
        with self.store.read() as session:
            currency = load_rules(session, shop.tenant_id).document_currency
        since = books_day(self.now()) - _LOOK_BACK
        source, asked = self.sources[shop.platform], Shop(shop.id, shop.account, tuple(shop.scopes))
        issued = source.issued_since(asked, since, currency)
        changed = store_payouts(self.store, shop.id, issued)
        if source.shows_disputes(asked):
            disputes = list(source.disputes(asked))
            changed += store_disputes(
                self.store, shop.id, (dispute for dispute in disputes if isinstance(dispute, LostDispute))
            )
            open_ones = [dispute for dispute in disputes if isinstance(dispute, OpenDispute)]
            with self.store.write() as session:
                report_open_disputes(session, shop.tenant_id, shop.id, open_ones)
        return changed

    def _note(self, shop: Connection, finding: Finding | None) -> None:
        """Keep what forbids to read a shop's payouts open until they are read: waiting alone never helps."""
        place = Place(shop.tenant_id, connection_id=shop.id)
        codes = self.platforms[shop.platform].codes
        not_read = frozenset(codes[situation] for situation in _LASTING if situation in codes)
        with self.store.write() as session:
            resolve_about(session, place, not_read - ({finding.code} if finding else set()), PAYOUTS)
            if finding:
                open_finding(session, place, finding)

    def _look_again(self) -> int:
        with self.store.read() as session:
            tenants = session.scalars(select(Tenant.id)).all()
        return sum(self.look_again(tenant) for tenant in tenants)

    def _finding(self, shop: Connection, error: SourceError | BodyNotUnderstoodError) -> Finding:
        if isinstance(error, BodyNotUnderstoodError):
            code = self.platforms[shop.platform].codes[Situation.NOT_READ]
            return Finding(code, PAYOUTS, {"topic": f"payouts: {error}"})
        return Finding(error.code, PAYOUTS, {"shop": shop.account, "field": error.detail} | error.values)

    def _needs_a_person(self, shop: Connection, error: SourceError | BodyNotUnderstoodError) -> bool:
        """Whether waiting cannot help. A missing payout scope has a finding of its own."""
        if isinstance(error, BodyNotUnderstoodError):
            return True
        return not error.passes and not self.sources[shop.platform].lacks_payout_scope(error)
