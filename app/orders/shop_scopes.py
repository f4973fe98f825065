"""Scopes that shops grant: what is missing is reported once per shop, and orders are read again once it is granted."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import structlog
from sqlalchemy import select

from app.findings.repository import Place, jobs_waiting_for, open_finding, resolve_code
from app.jobs.queue import wake
from app.kit.db.engine import Store, WriteSession
from app.model.finding import Finding
from app.orders.planning.withheld import PERSONAL
from app.schema import Connection
from app.shops.base import BodyNotUnderstoodError, Shop, SourceError
from app.shops.shopify.scopes import PAYOUT_SCOPES, held_scopes, missing_scopes
from app.shops.shopify.shop import ShopifySource

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ShopScopes:
    """Harmless when it runs twice or not at all."""

    store: Store
    source: ShopifySource

    def check(self) -> int:
        """Ask every shop what it grants now, and tell merchants what payouts lack; returns how many shops lack some."""
        with self.store.read() as session:
            active = (Connection.platform == "shopify", Connection.state == "active")
            shops = list(session.scalars(select(Connection).where(*active)))
        for shop in shops:
            self.look(shop.id)
        return check_payout_scopes(self.store)

    def check_shop(self, connection_id: int) -> None:
        """Ask one shop what it grants now, and tell its merchant what payouts lack."""
        self.look(connection_id)
        with self.store.write() as session:
            _report_payout_scopes(session, session.get_one(Connection, connection_id))

    def look(self, connection_id: int) -> None:
        """Ask one shop; one that does not answer is asked again by the clock."""
        with self.store.read() as session:
            shop = session.get_one(Connection, connection_id)
        try:
            granted = self.source.granted_scopes(Shop(shop.id, shop.account))
        except (SourceError, BodyNotUnderstoodError) as error:
            log.warning("scopes_not_read", shop=shop.account, error=str(error))
            return
        with self.store.write() as session:
            store_granted(session, connection_id, granted)


def store_granted(session: WriteSession, connection_id: int, granted: Collection[str]) -> int:
    """Remember what a shop grants. What waited for a scope that is new is looked at again; returns how many orders."""
    row = session.get_one(Connection, connection_id, with_for_update=True)
    gained = held_scopes(granted) - held_scopes(row.scopes)
    row.scopes = sorted(granted)
    if not gained:
        return 0
    return wake(session, jobs_waiting_for(session, row.tenant_id, ["connection"]))


def check_payout_scopes(store: Store) -> int:
    """Open the finding on every connected shop that lacks a scope, resolve it on the others; returns how many lack."""
    lacking = 0
    with store.write() as session:
        shops = select(Connection).where(Connection.platform == "shopify", Connection.state == "active")
        for shop in session.scalars(shops):
            lacking += _report_payout_scopes(session, shop)
    return lacking


def _report_payout_scopes(session: WriteSession, shop: Connection) -> bool:
    """Open the finding on a shop that lacks a scope, or resolve it; returns whether it lacks one."""
    place = Place(shop.tenant_id, connection_id=shop.id)
    missing = missing_scopes(PAYOUT_SCOPES, shop.scopes)
    if missing:
        values = {"shop": shop.account, "scope": ", ".join(missing)}
        open_finding(session, place, Finding("SHOPIFY_PAYOUT_SCOPE_MISSING", shop.account, values))
    else:
        resolve_code(session, place, "SHOPIFY_PAYOUT_SCOPE_MISSING")
    return bool(missing)


def report_hidden_data(session: WriteSession, shop: Connection, refused: Collection[str]) -> None:
    """Tell the merchant once that the shop hides who buys, and take it back when an order is read that shows it."""
    if shop.platform != "shopify":
        return
    place = Place(shop.tenant_id, connection_id=shop.id)
    hidden = sorted(PERSONAL.intersection(refused))
    if hidden:
        values = {"shop": shop.account, "field": ", ".join(hidden)}
        open_finding(session, place, Finding("SHOPIFY_CUSTOMER_DATA_HIDDEN", shop.account, values))
    else:
        resolve_code(session, place, "SHOPIFY_CUSTOMER_DATA_HIDDEN")
