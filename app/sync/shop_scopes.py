"""Tells merchants whose shop lets us read its orders but not its payouts."""

from __future__ import annotations

from sqlalchemy import select

from app.domain.findings import Finding
from app.sources.shopify.scopes import PAYOUT_SCOPES, missing_scopes
from app.store.engine import Store
from app.store.tables import Connection
from app.sync.findings import Place, open_one, resolve_code


def check_payout_scopes(store: Store) -> int:
    """Open the finding on every connected shop that lacks a scope, resolve it on the others; returns how many lack.

    Goes by the scopes read when the shop was connected: giving more of them means connecting it again.
    """
    lacking = 0
    with store.write() as session:
        shops = select(Connection).where(Connection.platform == "shopify", Connection.state == "active")
        for shop in session.scalars(shops):
            place = Place(shop.tenant_id, connection_id=shop.id)
            missing = missing_scopes(PAYOUT_SCOPES, shop.scopes)
            if missing:
                values = {"shop": shop.account, "scope": ", ".join(missing)}
                open_one(session, place, Finding("SHOPIFY_PAYOUT_SCOPE_MISSING", shop.account, values))
                lacking += 1
            else:
                resolve_code(session, place, "SHOPIFY_PAYOUT_SCOPE_MISSING")
    return lacking
