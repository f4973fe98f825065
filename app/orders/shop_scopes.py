"""Scopes that shops grant: what is missing is reported once per shop, and orders are read again once it is granted."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import structlog

from app.findings.repository import Place, jobs_waiting_for, open_finding, resolve_code
from app.jobs.queue import wake
from app.kit.db.engine import Store, WriteSession
from app.model.finding import Finding
from app.model.platforms import Platform, Platforms, Situation
from app.orders.planning.withheld import PERSONAL
from app.schema import Connection
from app.shops.base import BodyNotUnderstoodError, GrantsScopes, Shop, SourceError

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ShopScopes:
    """Harmless when it runs twice or not at all."""

    store: Store
    platforms: Platforms
    sources: Mapping[str, GrantsScopes]
    """Platform → how its shops are asked."""

    def check_shop(self, connection_id: int) -> None:
        """Ask one shop what it grants now, and tell its merchant what payouts lack."""
        self.look(connection_id)
        with self.store.write() as session:
            self._report_payout_scopes(session, session.get_one(Connection, connection_id))

    def look(self, connection_id: int) -> None:
        """Ask one shop; one that does not answer is asked again by the clock."""
        with self.store.read() as session:
            shop = session.get_one(Connection, connection_id)
        try:
            source = self.sources[shop.platform]
            granted = source.granted_scopes(Shop(shop.id, shop.account))
        except (SourceError, BodyNotUnderstoodError) as error:
            log.warning("scopes_not_read", shop=shop.account, error=str(error))
            return
        with self.store.write() as session:
            _store_granted(session, source, connection_id, granted)

    def _report_payout_scopes(self, session: WriteSession, shop: Connection) -> None:
        """Open the finding on a shop that lacks a scope, or resolve it."""
        code = self.platforms[shop.platform].codes[Situation.PAYOUT_SCOPE_MISSING]
        place = Place(shop.tenant_id, connection_id=shop.id)
        missing = self.sources[shop.platform].missing_for_payouts(shop.scopes)
        if missing:
            values = {"shop": shop.account, "scope": ", ".join(missing)}
            open_finding(session, place, Finding(code, shop.account, values))
        else:
            resolve_code(session, place, code)


def _store_granted(session: WriteSession, source: GrantsScopes, connection_id: int, granted: Collection[str]) -> int:
    """Remember what a shop grants. What waited for a scope that is new is looked at again; returns how many orders."""
    row = session.get_one(Connection, connection_id, with_for_update=True)
    gained = source.held_scopes(granted) - source.held_scopes(row.scopes)
    row.scopes = sorted(granted)
    if not gained:
        return 0
    return wake(session, jobs_waiting_for(session, row.tenant_id, ["connection"]))


def report_hidden_data(session: WriteSession, platform: Platform, shop: Connection, refused: Collection[str]) -> None:
    """Tell the merchant once that the shop hides who buys, and take it back when an order is read that shows it."""
    code = platform.codes.get(Situation.BUYER_HIDDEN)
    if code is None:
        return
    place = Place(shop.tenant_id, connection_id=shop.id)
    hidden = sorted(PERSONAL.intersection(refused))
    if hidden:
        values = {"shop": shop.account, "field": ", ".join(hidden)}
        open_finding(session, place, Finding(code, shop.account, values))
    else:
        resolve_code(session, place, code)
