"""The local register: what we know of a company's Fortnox without asking (decision 15)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert

from app.books.base import Books, Company
from app.domain.preflight_facts import AccountFact, BooksFacts, FinancialYear
from app.store.engine import Store, WriteSession
from app.store.tables import Connection, RegisterEntry, RegisterRefresh
from app.sync.findings import lanes_waiting_for
from app.sync.lanes import wake

WARMED = ("financialyears", "lockedperiod", "currencies", "wayofdeliveries", "costcenters", "accounts")
"""Registers that pre-flight looks into, in the order they are read."""


_LOCK = 0x0B0B
"""Our number among advisory locks; the second one is the connection's."""


@dataclass(frozen=True, slots=True)
class _Cached:
    version: str
    facts: BooksFacts


class CompanyRegister:
    """Facts per company, parsed once per version of the stored register."""

    def __init__(self, store: Store, books: Books) -> None:
        self._store = store
        self._books = books
        self._cache: dict[int, _Cached] = {}

    def facts(self, connection_id: int, *, customers: Iterable[str], articles: Iterable[str]) -> BooksFacts:
        """What is known; of customers and articles only the asked ones, since a shop has many."""
        with self._store.read() as session:
            refreshed = select(RegisterRefresh.kind, RegisterRefresh.refreshed_at).where(
                RegisterRefresh.connection_id == connection_id
            )
            version = repr(sorted((kind, moment.isoformat()) for kind, moment in session.execute(refreshed)))
            cached = self._cache.get(connection_id)
            if cached is None or cached.version != version:
                here = (RegisterEntry.connection_id == connection_id, RegisterEntry.kind.in_(WARMED))
                stored = session.execute(
                    select(RegisterEntry.kind, RegisterEntry.code, RegisterEntry.data).where(*here)
                )
                cached = _Cached(version, facts_from([(kind, code, data) for kind, code, data in stored]))
                self._cache[connection_id] = cached
            known: dict[str, frozenset[str]] = {}
            for kind, asked in (("customers", customers), ("articles", articles)):
                those = (RegisterEntry.kind == kind, RegisterEntry.code.in_(list(asked)))
                rows = session.scalars(
                    select(RegisterEntry.code).where(RegisterEntry.connection_id == connection_id, *those)
                )
                known[kind] = frozenset(rows)
        return replace(cached.facts, customers=known["customers"], articles=known["articles"])

    def age(self, connection_id: int, kind: str, now: datetime) -> float:
        """Seconds since a register was read; infinite when it never was."""
        with self._store.read() as session:
            row = session.get(RegisterRefresh, (connection_id, kind))
            return (now - row.refreshed_at).total_seconds() if row else float("inf")

    def refresh(self, company: Company, kinds: Sequence[str], days: Sequence[date]) -> bool:
        """Read registers from Fortnox anew and wake the lanes that a change may release; returns whether any changed.

        Raises RegisterUnreadableError, MustWaitError, ConsentLostError, TokenUnavailableError.
        """
        changed = False
        for kind in kinds:
            entries = self._books.read_register(company, kind, self._days(company.connection_id, days))
            with self._store.write() as session:
                changed |= _replace(session, company.connection_id, kind, dict(entries))
        return changed

    def _days(self, connection_id: int, days: Sequence[date]) -> tuple[date, ...]:
        """The days asked for, and one in each year whose chart we hold: a refresh must not forget a year."""
        with self._store.read() as session:
            here = (
                RegisterEntry.connection_id == connection_id,
                RegisterEntry.kind.in_(("accounts", "financialyears")),
            )
            rows = session.execute(select(RegisterEntry.kind, RegisterEntry.data).where(*here)).all()
        held = {data["year"] for kind, data in rows if kind == "accounts"}
        firsts = [data["from"] for kind, data in rows if kind == "financialyears" and data["id"] in held]
        return tuple(sorted({*days, *(date.fromisoformat(first) for first in firsts)}))

    def learn(self, session: WriteSession, connection_id: int, kind: str, code: str) -> None:
        """Remember one entry that we just made ourselves."""
        statement = insert(RegisterEntry).values(connection_id=connection_id, kind=kind, code=code, data={})
        session.execute(statement.on_conflict_do_nothing())


def _replace(session: WriteSession, connection_id: int, kind: str, entries: Mapping[str, Mapping[str, Any]]) -> bool:
    # Several workers may read the same register at the same time: they write it one after the other.
    session.execute(select(func.pg_advisory_xact_lock(_LOCK, connection_id)))
    here = (RegisterEntry.connection_id == connection_id, RegisterEntry.kind == kind)
    before = {row.code: row.data for row in session.scalars(select(RegisterEntry).where(*here))}
    after = {code: dict(data) for code, data in entries.items()}
    if before != after:
        session.execute(delete(RegisterEntry).where(*here))
        rows = [
            {"connection_id": connection_id, "kind": kind, "code": code, "data": data} for code, data in after.items()
        ]
        if rows:
            session.execute(insert(RegisterEntry), rows)
        # In this transaction: the next reading sees no change any more, so whoever is not woken now stays stopped.
        tenant_id = session.get_one(Connection, connection_id).tenant_id
        wake(session, lanes_waiting_for(session, tenant_id, [kind]))
    statement = insert(RegisterRefresh).values(
        connection_id=connection_id, kind=kind, refreshed_at=func.clock_timestamp()
    )
    session.execute(
        statement.on_conflict_do_update(
            index_elements=[RegisterRefresh.connection_id, RegisterRefresh.kind],
            set_={"refreshed_at": func.clock_timestamp()},
        )
    )
    return before != after


def facts_from(rows: Sequence[tuple[str, str, Mapping[str, Any]]]) -> BooksFacts:
    """The registers' rows (kind, code, data) as the facts pre-flight looks into."""
    by_kind: dict[str, dict[str, Mapping[str, Any]]] = {}
    for kind, code, data in rows:
        by_kind.setdefault(kind, {})[code] = data
    accounts: dict[int, dict[int, AccountFact]] = {}
    for data in by_kind.get("accounts", {}).values():
        accounts.setdefault(data["year"], {})[data["number"]] = AccountFact(data["active"], data["vat_code"])
    years = [
        FinancialYear(data["id"], date.fromisoformat(data["from"]), date.fromisoformat(data["to"]))
        for data in by_kind.get("financialyears", {}).values()
    ]
    locked = by_kind.get("lockedperiod", {}).get("", {}).get("end")
    centers = by_kind.get("costcenters", {})
    denied = centers.get("", {}).get("denied", False)
    return BooksFacts(
        currencies=frozenset(by_kind.get("currencies", {})),
        years=tuple(sorted(years, key=lambda year: year.first_day)),
        accounts=accounts,
        locked_through=date.fromisoformat(locked[:10]) if locked else None,
        ways_of_delivery=frozenset(by_kind.get("wayofdeliveries", {})),
        cost_centers=None if denied else {code: data["active"] for code, data in centers.items()},
    )
