"""Reads an order's newest state from the platform its job belongs to, or the finding that says what prevents it."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
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
from app.tenants.rules import TenantRules

FRESH = 30.0
"""Seconds that an order counts as just read."""
_MOST_KEPT = 256


@dataclass(frozen=True, slots=True)
class _Reading:
    """An order as the shop showed it, and what it was read by."""

    claimed_at: datetime
    """When the work began that read it; on the database's clock, as all that wakes a job."""
    order: Order | None
    rules: TenantRules
    scopes: tuple[str, ...]
    at: float
    """On this process's monotonic clock, in seconds."""

    def fresh(self, context: JobContext) -> Order | None:
        """The order, where it was read a moment ago, by the same rules and with the same rights."""
        is_same = self.rules == context.rules and self.scopes == tuple(context.shop.scopes)
        return self.order if is_same and time.monotonic() - self.at < FRESH else None


@dataclass(slots=True)
class Interrupted:
    """Jobs of this process that the rate limiter interrupted: they go on with the order that was read.

    Not so where something woke the job meanwhile, and not in another process, which reads the order again.
    """

    _readings: OrderedDict[int, _Reading] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def keep(self, context: JobContext, order: Order | None, read_at: float, claimed_at: datetime) -> None:
        """The job will go on later; `order` is what was read for it, if all of it was."""
        scopes = tuple(context.shop.scopes)
        reading = _Reading(claimed_at, order, context.rules, scopes, read_at)
        with self._lock:
            self._readings.pop(context.lease.job_id, None)
            self._readings[context.lease.job_id] = reading
            if len(self._readings) > _MOST_KEPT:
                self._readings.popitem(last=False)

    def take(self, lease: Lease) -> _Reading | None:
        """The job goes on: what was kept of it, where it was interrupted here and nothing asked for it since."""
        with self._lock:
            reading = self._readings.pop(lease.job_id, None)
        return reading if reading is not None and lease.woken_at <= reading.claimed_at else None


@dataclass(frozen=True, slots=True)
class ReadOrder:
    """An order, and when it was read."""

    order: Order
    at: float
    """On this process's monotonic clock, in seconds."""
    claimed_at: datetime
    """When the work began that read it, on the database's clock."""


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

    def read(self, context: JobContext) -> ReadOrder | Retry | Finding:
        """The order, a later try, or what a person has to fix.

        A job that was interrupted a moment ago goes on with the order that it had, as if it had waited where it was.
        """
        order_id = context.lease.subject.rsplit(":", 1)[-1]
        shop = Shop(context.shop.id, context.shop.account, tuple(context.shop.scopes))
        platform = self.platforms[context.shop.platform]
        no_access = _no_access(platform, shop.domain)
        if context.shop.state != "active":
            return no_access
        kept = self.interrupted.take(context.lease)
        fresh = kept.fresh(context) if kept is not None else None
        if kept is not None and fresh is not None:
            return ReadOrder(fresh, kept.at, kept.claimed_at)
        read_at = time.monotonic()
        source = self.sources[context.shop.platform]
        try:
            order = source.fetch_order(shop, order_id, context.rules, is_news=kept is None)
        except SourceError as error:
            if error.passes:
                self.interrupted.keep(context, None, read_at, context.lease.due_at)
                return Retry(None, failed=True, retry_after=error.retry_after, code=error.code, detail=error.detail)
            values = {"shop": shop.domain, "account": shop.domain, "field": error.detail, "order": order_id}
            return Finding(error.code, "", values | error.values)
        except DecryptionError:
            return no_access
        except (ArithmeticError, ValueError) as error:
            # Beside what the readers name themselves: numbers and times beyond all limits. Waiting fixes none of them.
            return source.not_read(order_id, error)
        if order is None:
            return Finding(platform.codes[Situation.ORDER_NOT_FOUND], order_id, {"order": order_id})
        return ReadOrder(order, read_at, context.lease.due_at)


def _no_scope(_name: str) -> str:
    return ""


def _no_access(platform: Platform, account: str) -> Finding:
    """That the platform does not know us any more, with what its text names."""
    code = platform.codes[Situation.NO_ACCESS]
    values = {"shop": account, "account": account}
    return Finding(code, account, {name: value for name, value in values.items() if name in lookup(code).placeholders})
