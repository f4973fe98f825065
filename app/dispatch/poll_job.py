"""The job that polls one connection: a shop for changes that were not delivered, a provider for its payouts."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

import structlog

from app.jobs import queue as jobs
from app.jobs.inbox import has_received
from app.jobs.notifier import Notifier
from app.jobs.outcomes import Completed
from app.jobs.polls import BACKFILL_EVERY, BACKFILL_HEARD
from app.jobs.queue import Lease
from app.kit.db.engine import Store
from app.kit.http.token_keeper import ConsentLostError, TokenUnavailableError
from app.schema import Connection, JobState

log = structlog.get_logger(__name__)
Poll = Callable[[Connection], int]
"""Asks one connection; gives how much is new, and reports itself what is refused."""

_LEASE_SECONDS = 900.0
"""A first look at a month of payouts lasts longer than an order. The lease of a dead worker ends with its heartbeat."""
_EARLIER = 0.1
"""Up to this share of the interval a poll is due earlier, so that connections made together are not polled together."""


@dataclass(frozen=True, slots=True)
class PollJob:
    """Handles one kind of poll. An answer that is not understood, or none, is looked for at the next time."""

    store: Store
    notifier: Notifier
    polls: Mapping[str, Poll]
    """Platform → what asks one of its connections."""
    interval: Callable[[Connection], timedelta]
    """Between two polls of a connection."""
    then: Callable[[int], int] | None = None
    """What is looked at anew in its company (a tenant's id) after each poll; it gives how much."""

    def work(self, lease: Lease) -> Completed:
        """Ask, and be due again. A connection that is not active is not asked before it is again."""
        with self.store.write() as session:
            jobs.renew(session, lease, _LEASE_SECONDS)
            connection = session.get_one(Connection, lease.connection_id)
        poll = self.polls.get(connection.platform)
        if poll is None or connection.state != "active":
            return Completed(JobState.SKIPPED)
        try:
            new = poll(connection)
            new += self.then(lease.tenant_id) if self.then else 0
            if new:
                self.notifier.notify()
        except (ConsentLostError, TokenUnavailableError) as error:
            log.warning("poll_without_token", account=connection.account, error=str(error))
        jitter = 1 - random.random() * _EARLIER  # noqa: S311 - spreads load, guards nothing
        return Completed(JobState.SKIPPED, again=self.interval(connection) * jitter)


def backfill_interval(store: Store, connection: Connection) -> timedelta:
    """An hour where deliveries come, for each of them is a change that need not be asked for; else a quarter.

    A shop that refuses the messages about its orders sends others: those do not count.
    """
    if any(topic.startswith("orders/") for topic in connection.refused_topics):
        return BACKFILL_EVERY
    return BACKFILL_HEARD if has_received(store, connection.id, BACKFILL_HEARD) else BACKFILL_EVERY
