"""Reads an order's newest state from the platform its lane belongs to, and says what hinders that in its own words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.domain.commerce import Order
from app.domain.findings import Finding
from app.security.sealing import SealBrokenError
from app.sources.base import BodyNotUnderstoodError, Shop, Source, SourceError
from app.sync.carrying import Later
from app.sync.desk import Desk


@dataclass(frozen=True, slots=True)
class OrderReader:
    """One source per platform."""

    sources: Mapping[str, Source]

    def read(self, desk: Desk) -> Order | Later | Finding:
        """The order, a later try, or what a person has to mend."""
        order_id = desk.lease.subject.rsplit(":", 1)[-1]
        shop = Shop(desk.shop.id, desk.shop.account)
        if desk.shop.state != "active":
            return _no_access(desk)
        try:
            order = self.sources[desk.shop.platform].fetch_order(shop, order_id, desk.rules.document_currency)
        except SourceError as error:
            if error.passes:
                return Later(None, failed=True, retry_after=error.retry_after, code=error.code, detail=error.detail)
            return Finding(error.code, "", {"shop": shop.domain, "account": shop.domain, "field": error.detail})
        except BodyNotUnderstoodError as error:
            return _not_understood(desk, order_id, error)
        except SealBrokenError:
            return _no_access(desk)
        return order or _not_found(desk, order_id)


def _no_access(desk: Desk) -> Finding:
    if desk.shop.platform == "qliro":
        return Finding("QLIRO_ACCESS_REFUSED", desk.shop.account, {})
    return Finding("SHOPIFY_TOKEN_REVOKED", desk.shop.account, {"shop": desk.shop.account})


def _not_understood(desk: Desk, order_id: str, error: BodyNotUnderstoodError) -> Finding:
    if desk.shop.platform == "qliro":
        return Finding("QLIRO_ORDER_NOT_UNDERSTOOD", order_id, {"order": order_id, "text": str(error)})
    return Finding("SHOPIFY_BODY_NOT_UNDERSTOOD", str(error)[:80], {"topic": f"order: {error}"})


def _not_found(desk: Desk, order_id: str) -> Finding:
    if desk.shop.platform == "qliro":
        return Finding("QLIRO_ORDER_NOT_FOUND", order_id, {"order": order_id})
    return Finding("SHOPIFY_ORDER_NOT_FOUND", order_id, {"order": order_id})
