"""The local register: what we know of a company's Fortnox without asking (decision 15)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import structlog
from sqlalchemy import delete, func, select, text
from sqlalchemy.dialects.postgresql import insert

from app.findings.repository import jobs_waiting_for
from app.jobs.queue import wake
from app.kit.db.engine import ReadSession, Store, WriteSession
from app.kit.http.outcome import Refused
from app.ledgers.areas import WAREHOUSE, Closed
from app.ledgers.base import Company, Ledger, RecordsUnreadableError, Remote
from app.master_data.entries import changed, invalidate, put, read_now
from app.master_data.facts import AccountFact, BooksFacts, FinancialYear
from app.schema import Connection, MasterDataRefresh, MasterRecord

log = structlog.get_logger(__name__)

WARMED = (
    "financialyears", "lockedperiod", "currencies", "wayofdeliveries", "costcenters", "accounts", "termsofpayments",
    "modesofpayments",
)  # fmt: skip
"""Registers that are kept whole, in the order they are read (accounts need the years)."""
INVOICES = "invoices"
"""What lists show of invoices, also of others: an order that others invoiced is not invoiced again."""
PAGED = ("customers", "articles", INVOICES)
"""Registers that may be long: read page by page, asked for single numbers."""
RIGHTS = "rights"
"""What the connection may do in each area: no register of Fortnox, but kept, read again and waited for like one."""
KINDS = (*WARMED, *PAGED, RIGHTS)
"""What is read of every company."""

SCOPE_OF: Mapping[str, str] = {
    "financialyears": "bookkeeping", "lockedperiod": "settings", "currencies": "currency",
    "wayofdeliveries": "settings", "costcenters": "costcenter", "accounts": "bookkeeping",
    "termsofpayments": "settings", "modesofpayments": "settings", "customers": "customer", "articles": "article",
    INVOICES: "invoice",
}  # fmt: skip
"""Register → the scope that its reading needs (fortnox-api.md 1.3)."""

ACCOUNT = "account"
"""In an article's entry: the sales account that we wrote on its record."""
WAY = "way"
"""In a customer's entry: the way of delivery on its record, where that was seen; None where it must be read again."""
_LOCK = 0x0B0B
"""Our number among advisory locks; the second one is the connection's."""


_MOMENTS = text("select kind, refreshed_at, changed_at from master_data_refresh where connection_id = :connection")
_RECORDS = text("""
    select kind, code, data from master_record
     where connection_id = :connection
       and (kind = 'customers' and code = any (cast(:customers as text[]))
            or kind = 'articles' and code = any (cast(:articles as text[])))
""")


@dataclass(frozen=True, slots=True)
class _Cached:
    version: str
    facts: BooksFacts


class MasterData:
    """Facts per company, parsed once per version of the stored register."""

    def __init__(self, store: Store, books: Ledger) -> None:
        self._store = store
        self._books = books
        self._cache: dict[int, _Cached] = {}

    def facts(self, connection_id: int, *, customers: Iterable[str], articles: Iterable[str]) -> BooksFacts:
        """What is known; of customers and articles only the asked ones, since a shop has many."""
        with self._store.read() as session:
            return self.with_records(session, connection_id, self.facts_in(session, connection_id), customers, articles)

    def facts_in(self, session: ReadSession | WriteSession, connection_id: int) -> BooksFacts:
        """The registers that are kept whole, parsed once per version."""
        rows = session.execute(_MOMENTS, {"connection": connection_id}).all()
        version = repr(sorted((kind, str(at), str(since)) for kind, at, since in rows))
        cached = self._cache.get(connection_id)
        if cached is None or cached.version != version:
            conditions = (MasterRecord.connection_id == connection_id, MasterRecord.kind.in_((*WARMED, RIGHTS)))
            stored = session.execute(select(MasterRecord.kind, MasterRecord.code, MasterRecord.data).where(*conditions))
            facts = facts_from([(kind, code, data) for kind, code, data in stored])
            cached = _Cached(version, replace(facts, unread=frozenset(WARMED) - {row.kind for row in rows}))
            self._cache[connection_id] = cached
        return cached.facts

    def with_records(
        self,
        session: ReadSession | WriteSession,
        connection_id: int,
        facts: BooksFacts,
        customers: Iterable[str],
        articles: Iterable[str],
    ) -> BooksFacts:
        """The facts, with the records of these customers and articles as they are now."""
        names = {"customers": list(customers), "articles": list(articles)}
        if not any(names.values()):
            return facts
        entries = session.execute(_RECORDS, {"connection": connection_id, **names}).all()
        found = {kind: {row.code: row.data for row in entries if row.kind == kind} for kind in names}
        ways = {code: data[WAY] for code, data in found["customers"].items() if WAY in data}
        return replace(
            facts,
            customers=frozenset(found["customers"]),
            articles=frozenset(found["articles"]),
            article_accounts={code: int(data[ACCOUNT]) for code, data in found["articles"].items() if ACCOUNT in data},
            customer_ways={number: way for number, way in ways.items() if way is not None},
            doubtful_customers=frozenset(number for number, way in ways.items() if way is None),
        )

    def age(self, connection_id: int, kind: str, now: datetime) -> float:
        """Seconds since a register was read; infinite when it never was."""
        with self._store.read() as session:
            row = session.get(MasterDataRefresh, (connection_id, kind))
            return (now - row.refreshed_at).total_seconds() if row else float("inf")

    def read_at(self, connection_id: int, kind: str) -> datetime | None:
        """When a register was last read to its end."""
        with self._store.read() as session:
            row = session.get(MasterDataRefresh, (connection_id, kind))
            return row.refreshed_at if row else None

    def refresh_entry(self, company: Company, kind: str, code: str) -> None:
        """Read one entry anew and wake the jobs that its change may release. Raises as `refresh` does."""
        years = self._held_years(company.connection_id) if kind == "accounts" else ()
        entries = dict(self._books.read_entry(company, kind, code, years))
        with self._store.write() as session:
            invalidate(session, company.connection_id, kind, code, except_for=tuple(entries))
            put(session, company.connection_id, kind, entries)
            changed(session, company.connection_id, kind)

    def _held_years(self, connection_id: int) -> tuple[int, ...]:
        conditions = (MasterRecord.connection_id == connection_id, MasterRecord.kind == "accounts")
        with self._store.read() as session:
            years = session.scalars(select(func.split_part(MasterRecord.code, ":", 1)).where(*conditions).distinct())
            return tuple(sorted(int(year) for year in years))

    def add_page(
        self, session: WriteSession, connection_id: int, kind: str, entries: Sequence[tuple[str, Mapping[str, Any]]]
    ) -> None:
        """Keep one page of a long register."""
        put(session, connection_id, kind, dict(entries))

    def finish_pages(
        self, session: WriteSession, connection_id: int, kind: str, started: datetime, *, whole: bool
    ) -> None:
        """The last page was read. `whole`: what was not seen since `started` is gone."""
        if whole:
            conditions = (MasterRecord.connection_id == connection_id, MasterRecord.kind == kind)
            session.execute(delete(MasterRecord).where(*conditions, MasterRecord.seen_at < started))
        # The moment it was started: what changes during the reading is asked for the next time.
        read_now(session, connection_id, kind, started)
        changed(session, connection_id, kind)

    def refresh(self, company: Company, kinds: Sequence[str], days: Sequence[date]) -> bool:
        """Read registers from Fortnox anew and wake the jobs that a change may release; returns whether any changed.

        Raises RecordsUnreadableError, RateLimitedError, ConsentLostError, TokenUnavailableError.
        """
        changed = False
        for kind in kinds:
            entries = self._read(company, kind, days)
            with self._store.write() as session:
                changed |= _replace(session, company.connection_id, kind, dict(entries))
        return changed

    def _read(self, company: Company, kind: str, days: Sequence[date]) -> Sequence[tuple[str, Remote]]:
        if kind != RIGHTS:
            return self._books.read_records(company, kind, self._days(company.connection_id, days))
        with self._store.read() as session:
            scopes = frozenset(session.get_one(Connection, company.connection_id).scopes)
            conditions = (MasterDataRefresh.connection_id == company.connection_id, MasterDataRefresh.kind.in_(PAGED))
            were_read = set(session.scalars(select(MasterDataRefresh.kind).where(*conditions)))
        closed = self.facts(company.connection_id, customers=(), articles=()).closed
        # To read a whole register is to try its area; while it is closed, one row is enough to know.
        return self._books.read_rights(company, scopes, frozenset(were_read - closed.keys()))

    def close_area(self, connection_id: int, area: str, why: Closed) -> None:
        """Keep that Fortnox refused an area."""
        with self._store.write() as session:
            keep_closed(session, connection_id, area, why)

    def stock(self, company: Company, articles: Sequence[str]) -> Mapping[str, Decimal] | None:
        """What the warehouse has available of articles; None where it may not be read after all.

        Raises RecordsUnreadableError where Fortnox said neither, and what `refresh` raises of tokens and the budget.
        """
        available = self._books.read_stock(company, articles)
        if isinstance(available, dict):
            return available
        if isinstance(available, Refused):
            log.warning("stock_not_read", connection=company.connection_id, status=available.status)
            return None
        raise RecordsUnreadableError("stock", available)

    def _days(self, connection_id: int, days: Sequence[date]) -> tuple[date, ...]:
        """The days asked for, and one in each year whose chart we hold: a refresh must not forget a year."""
        with self._store.read() as session:
            conditions = (
                MasterRecord.connection_id == connection_id,
                MasterRecord.kind.in_(("accounts", "financialyears")),
            )
            rows = session.execute(select(MasterRecord.kind, MasterRecord.data).where(*conditions)).all()
        held = {data["year"] for kind, data in rows if kind == "accounts"}
        firsts = [data["from"] for kind, data in rows if kind == "financialyears" and data["id"] in held]
        return tuple(sorted({*days, *(date.fromisoformat(first) for first in firsts)}))


def _replace(session: WriteSession, connection_id: int, kind: str, entries: Mapping[str, Mapping[str, Any]]) -> bool:
    # Several workers may read the same register at the same time: they write it one after the other.
    session.execute(select(func.pg_advisory_xact_lock(_LOCK, connection_id)))
    conditions = (MasterRecord.connection_id == connection_id, MasterRecord.kind == kind)
    before = {row.code: row.data for row in session.scalars(select(MasterRecord).where(*conditions))}
    after = {code: dict(data) for code, data in entries.items()}
    if before != after:
        session.execute(delete(MasterRecord).where(*conditions))
        rows = [
            {"connection_id": connection_id, "kind": kind, "code": code, "data": data} for code, data in after.items()
        ]
        if rows:
            session.execute(insert(MasterRecord), rows)
        # In this transaction: the next reading sees no change any more, so a job that is not woken now stays stopped.
        tenant_id = session.get_one(Connection, connection_id).tenant_id
        # A right that was given shows in the cost centres, too: they could not be read without.
        kinds = [kind, RIGHTS] if kind == "costcenters" else [kind]
        wake(session, jobs_waiting_for(session, tenant_id, kinds))
    read_now(session, connection_id, kind, None)
    return before != after


def keep_closed(session: WriteSession, connection_id: int, area: str, why: Closed) -> None:
    """Keep that an area is closed; its opening is a change then."""
    kept = {"ok": False, "code": why.code, "message": why.message, "scope": why.scope}
    put(session, connection_id, RIGHTS, {area: kept})
    changed(session, connection_id, RIGHTS)


def closed_by(data: Mapping[str, Any]) -> Closed | None:
    """Why an area is closed, as kept; None: it is open."""
    return None if data["ok"] else Closed(data["code"], data["message"] or data["scope"], data["scope"])


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
    rights = by_kind.get(RIGHTS, {})
    return BooksFacts(
        currencies=frozenset(by_kind.get("currencies", {})),
        years=tuple(sorted(years, key=lambda year: year.first_day)),
        accounts=accounts,
        locked_through=date.fromisoformat(locked[:10]) if locked else None,
        ways_of_delivery=frozenset(by_kind.get("wayofdeliveries", {})),
        terms_of_payment=frozenset(by_kind.get("termsofpayments", {})),
        modes_of_payment={code: data["account"] for code, data in by_kind.get("modesofpayments", {}).items()},
        cost_centers=None if denied else {code: data["active"] for code, data in centers.items()},
        closed={area: closed for area, data in rights.items() if (closed := closed_by(data)) is not None},
        has_warehouse=bool(rights.get(WAREHOUSE, {}).get("activated")),
    )
