"""Reads an order's newest state from the platform its job belongs to, or the finding that says what prevents it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Lock

from app.catalogue import lookup
from app.execution.context import JobContext
from app.jobs.outcomes import Retry
from app.jobs.queue import Lease
from app.kit.encryption import DecryptionError
from app.model.finding import Finding
from app.model.order import Order
from app.model.platforms import Platform, Platforms, Situation
from app.shops.base import GrantsScopes, Shop, Source, SourceError


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

    platforms: Platforms
    sources: Mapping[str, Source]
    interrupted: Interrupted = field(default_factory=Interrupted)

    def scope_of(self, platform: str) -> Callable[[str], str]:
        """By which scope of a platform an object of `Order.refused` would be read."""
        source = self.sources[platform]
        return source.scope_of if isinstance(source, GrantsScopes) else _no_scope

    def read(self, context: JobContext) -> Order | Retry | Finding:
        """The order, a later try, or what a person has to fix."""
        order_id = context.lease.subject.rsplit(":", 1)[-1]
        shop = Shop(context.shop.id, context.shop.account, tuple(context.shop.scopes))
        platform = self.platforms[context.shop.platform]
        no_access = _no_access(platform, shop.domain)
        if context.shop.state != "active":
            return no_access
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
            return no_access
        except (ArithmeticError, ValueError) as error:
            # Beside what the readers name themselves: numbers and times beyond all limits. Waiting fixes none of them.
            return source.not_read(order_id, error)
        return order or Finding(platform.codes[Situation.ORDER_NOT_FOUND], order_id, {"order": order_id})


def _no_scope(_name: str) -> str:
    return ""


def _no_access(platform: Platform, account: str) -> Finding:
    """That the platform does not know us any more, with what its text names."""
    code = platform.codes[Situation.NO_ACCESS]
    values = {"shop": account, "account": account}
    return Finding(code, account, {name: value for name, value in values.items() if name in lookup(code).placeholders})
