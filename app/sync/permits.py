"""The budget of calls: one row per company, a ring of the last call times, reserved by one statement (decision 14).

Measured against an emulator with a true sliding window, only a log of call times keeps the rule; token buckets break
it (dependencies.md 7). The clock is the database's, never a worker's.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from sqlalchemy import text

from app.store.engine import Store

_RESERVE = text("""
    update permit
       set slots = slots[2:] || greatest(extract(epoch from clock_timestamp()), slots[1] + :window)
     where company = :company
       and slots[1] + :window - extract(epoch from clock_timestamp()) <= :longest_nap
    returning slots[array_length(slots, 1)] - extract(epoch from clock_timestamp())
""")
_WAIT = text("select slots[1] + :window - extract(epoch from clock_timestamp()) from permit where company = :company")
_CREATE = text("""
    insert into permit (company, slots) values (:company, array_fill(0::float8, array[cast(:calls as int)]))
    on conflict (company) do nothing
""")
_BLOCK = text("""
    update permit
       set slots = (select array_agg(greatest(slot, extract(epoch from clock_timestamp()) + :seconds - :window)
                                     order by slot)
                      from unnest(slots) as slot)
     where company = :company
""")


@dataclass(frozen=True, slots=True)
class TablePermits:
    """Permits in the database, shared by all processes."""

    store: Store
    calls: int
    window: float
    """Seconds; a little more than the platform's, for the travel time of requests."""

    def take(self, company: str, longest_nap: float) -> float:
        """Take one permit, sleeping at most `longest_nap` s for it; otherwise the seconds after which to come back."""
        values = {"company": company, "window": self.window, "longest_nap": longest_nap}
        with self.store.write() as session:
            nap = session.execute(_RESERVE, values).scalar_one_or_none()
            if nap is None:
                # The first call ever makes the row, together with others: by now they may have used it up.
                session.execute(_CREATE, {"company": company, "calls": self.calls})
                nap = session.execute(_RESERVE, values).scalar_one_or_none()
            if nap is None:
                wait = session.execute(_WAIT, {"company": company, "window": self.window}).scalar_one()
                return max(float(wait), 0.01)
        if nap > 0:
            time.sleep(float(nap))
        return 0.0

    def blocked(self, company: str, seconds: float) -> None:
        """A 429 although we kept the budget: somebody else uses it too. No permit is free for `seconds`."""
        with self.store.write() as session:
            session.execute(_BLOCK, {"company": company, "seconds": seconds, "window": self.window})
