"""The budget of calls: one row per company with its last call times, reserved by one statement (decision 14).

Measured against an emulator with a true sliding window, only a log of call times keeps the rule; token buckets break
it (dependencies.md 7). The clock is the database's, never a worker's.

Fortnox counts when a call arrives, we when we let it go. The window has room for `TRAVEL` between the two; a call that
was on its way for longer (a slow commit, a stalled machine, a slow network) is counted from its answer.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from sqlalchemy import text

from app.kit.db.engine import Store
from app.kit.http.call_budget import CallBudget, RateLimitedError, ReservedCall

TRAVEL = 0.12
"""Seconds of the window that are for the way to Fortnox (architecture-options 11)."""

_RESERVE = text("""
    update call_budget
       set slots = slots[2:] || greatest(extract(epoch from clock_timestamp()), slots[1] + :window)
     where company = :company
       and slots[1] + :window - extract(epoch from clock_timestamp()) <= :max_wait
    returning slots[array_length(slots, 1)], slots[array_length(slots, 1)] - extract(epoch from clock_timestamp())
""")
_WAIT = text(
    "select slots[1] + :window - extract(epoch from clock_timestamp()) from call_budget where company = :company"
)
_CREATE = text("""
    insert into call_budget (company, slots) values (:company, array_fill(0::float8, array[cast(:calls as int)]))
    on conflict (company) do nothing
""")
_BLOCK = text("""
    update call_budget
       set slots = (select array_agg(greatest(slot, extract(epoch from clock_timestamp()) + :seconds - :window)
                                     order by slot)
                      from unnest(slots) as slot)
     where company = :company
""")
_MOVE = text("""
    update call_budget
       set slots = (select array_agg(slot order by slot)
                      from (select case when slot = :slot
                                        then greatest(slot, extract(epoch from clock_timestamp()) - :travel)
                                        else slot end as slot
                              from unnest(slots) as slot) as moved)
     where company = :company
""")


@dataclass(frozen=True, slots=True)
class TableRateLimiter:
    """Permits in the database, shared by all processes."""

    store: Store
    calls: int
    window: float
    """Seconds; more than the platform's by `travel`."""
    travel: float = TRAVEL
    """Seconds that a call may be on its way without being counted later than it went."""

    def budget(self, company: str) -> CallBudget:
        """Where a call of the company counts, for who takes one that may go at once in a statement of his own."""
        return CallBudget(company, self.window)

    def take(self, company: str, max_wait: float) -> ReservedCall:
        """Reserve one call, sleeping at most `max_wait` s for it. Raises RateLimitedError with the wait left."""
        started = time.monotonic()
        values = {"company": company, "window": self.window, "max_wait": max_wait}
        with self.store.write() as session:
            reserved = session.execute(_RESERVE, values).one_or_none()
            if reserved is None:
                # The first call ever makes the row, together with others: by now they may have used it up.
                session.execute(_CREATE, {"company": company, "calls": self.calls})
                reserved = session.execute(_RESERVE, values).one_or_none()
            if reserved is None:
                wait = session.execute(_WAIT, {"company": company, "window": self.window}).scalar_one()
                raise RateLimitedError(max(float(wait), 0.01))
        slot, pause = float(reserved[0]), max(float(reserved[1]), 0.0)
        time.sleep(pause)
        return ReservedCall(slot, started + pause)

    def answered(self, company: str, reserved_call: ReservedCall) -> None:
        """Count a call that was long on its way from its answer, for it may have arrived as late as that."""
        if time.monotonic() - reserved_call.since <= self.travel:
            return
        with self.store.write() as session:
            session.execute(_MOVE, {"company": company, "slot": reserved_call.slot, "travel": self.travel})

    def blocked(self, company: str, seconds: float) -> None:
        """A 429 although we kept the budget: somebody else uses it too. No call may be reserved for `seconds`."""
        with self.store.write() as session:
            session.execute(_BLOCK, {"company": company, "seconds": seconds, "window": self.window})
