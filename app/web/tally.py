"""Counts refusals in memory and writes them together: a bad request must cost less than a good one."""

from __future__ import annotations

import asyncio
from collections import Counter

import structlog
from sqlalchemy.exc import SQLAlchemyError

from app.jobs.inbox import count
from app.kit.db.engine import Store
from app.web.bounded import Bounded, deadline

log = structlog.get_logger(__name__)

EVERY_SECONDS = 1.0


class Tally:
    """Refusals of one endpoint: the first is written at once, those of the next second together. For one event loop."""

    def __init__(self, store: Store, name: str, event: str) -> None:
        self._bounded = Bounded()
        self._store, self._name, self._event = store, name, event
        self._counts: Counter[tuple[str, int]] = Counter()
        self._written_at = float("-inf")
        self._later: asyncio.Task[None] | None = None

    async def refuse(self, until: float, status: int, reason: str) -> int:
        """Count one, of which nothing else is kept; the status. Waits for the database until `until` at most."""
        await self._note(until, status, reason)
        return status

    async def _note(self, until: float, status: int, reason: str) -> None:
        self._counts[reason, status] += 1
        loop = asyncio.get_running_loop()
        if self._later is not None and not self._later.done() and self._later.get_loop() is loop:
            return
        wait = self._written_at + EVERY_SECONDS - loop.time()
        if wait > 0:
            self._later = loop.create_task(self._write_after(wait))
        else:
            self._written_at = loop.time()
            await self._write(until)

    async def _write_after(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self._written_at = asyncio.get_running_loop().time()
        await self._write(deadline())

    async def _write(self, until: float) -> None:
        """Never raises: a refusal stays one even if it could not be counted."""
        counts, self._counts = self._counts, Counter()
        for (reason, status), times in counts.items():
            log.warning(self._event, reason=reason, status=status, times=times)
            try:
                await self._bounded.run(until, count, self._store, self._name, reason, times)
            except TimeoutError:
                log.warning("refusals_not_counted", reason=reason, times=times)
            except SQLAlchemyError as error:
                if not self._store.outages.note(error):
                    raise
