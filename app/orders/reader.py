"""Reads an order's newest state from the platform its job belongs to, or the finding that says what prevents it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock

from app.execution.context import JobContext
from app.jobs.outcomes import Retry
from app.jobs.queue import Lease
from app.kit.encryption import DecryptionError
from app.model.finding import Finding
from app.model.order import Order
from app.shops.base import BodyNotUnderstoodError, Shop, Source, SourceError
from app.shops.qliro.orders.discounts import DiscountUnclearError


@dataclass(slots=True)
class Interrupted:
    """Jobs of this process that the rate limiter interrupted: they go on with the order that was read.

    Not so where the shop reported a change meanwhile, and not in another process, which reads it again.
    """

    _heard: dict[int, frozenset[int]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def begins(self, lease: Lease) -> None:
        """The job will go on with the order and the deliveries that it has."""
        with self._lock:
            self._heard[lease.job_id] = frozenset(lease.inbox_ids)

    def ends(self, lease: Lease) -> bool:
        """The job goes on: whether it was interrupted here and no delivery arrived since."""
        with self._lock:
            heard = self._heard.pop(lease.job_id, None)
        return heard is not None and heard >= set(lease.inbox_ids)


@dataclass(frozen=True, slots=True)
class OrderReader:
    """One source per platform."""

    sources: Mapping[str, Source]
    interrupted: Interrupted = field(default_factory=Interrupted)

    def read(self, context: JobContext) -> Order | Retry | Finding:
        """The order, a later try, or what a person has to fix."""
        order_id = context.lease.subject.rsplit(":", 1)[-1]
        shop = Shop(context.shop.id, context.shop.account, tuple(context.shop.scopes))
        if context.shop.state != "active":
            return _no_access(context)
        is_news = not self.interrupted.ends(context.lease)
        source = self.sources[context.shop.platform]
        try:
            order = source.fetch_order(shop, order_id, context.rules, is_news=is_news)
        except SourceError as error:
            if error.passes:
                self.interrupted.begins(context.lease)
                return Retry(None, failed=True, retry_after=error.retry_after, code=error.code, detail=error.detail)
            values = {"shop": shop.domain, "account": shop.domain, "field": error.detail, "order": order_id}
            return Finding(error.code, "", values | error.values)
        except DecryptionError:
            return _no_access(context)
        except (ArithmeticError, ValueError) as error:
            # Beside what the readers name themselves: numbers and times beyond all limits. Waiting fixes none of them.
            return _not_understood(context, order_id, error)
        return order or _not_found(context, order_id)


def _no_access(context: JobContext) -> Finding:
    if context.shop.platform == "qliro":
        return Finding("QLIRO_ACCESS_REFUSED", context.shop.account, {})
    return Finding("SHOPIFY_TOKEN_REVOKED", context.shop.account, {"shop": context.shop.account})


def _not_understood(context: JobContext, order_id: str, error: Exception) -> Finding:
    text = str(error) if isinstance(error, BodyNotUnderstoodError) else f"{type(error).__name__}: {error}"
    if isinstance(error, DiscountUnclearError):
        asked = error.discount
        data = {"order": order_id, "reference": asked.reference, "amount": str(asked.gross)}
        return Finding("QLIRO_DISCOUNT_UNCLEAR", asked.reference, data)
    if context.shop.platform == "qliro":
        return Finding("QLIRO_ORDER_NOT_UNDERSTOOD", order_id, {"order": order_id, "text": text})
    return Finding("SHOPIFY_BODY_NOT_UNDERSTOOD", text[:80], {"topic": f"order: {text}"})


def _not_found(context: JobContext, order_id: str) -> Finding:
    if context.shop.platform == "qliro":
        return Finding("QLIRO_ORDER_NOT_FOUND", order_id, {"order": order_id})
    return Finding("SHOPIFY_ORDER_NOT_FOUND", order_id, {"order": order_id})
