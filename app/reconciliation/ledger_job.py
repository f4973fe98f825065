"""The job that reads a company's books whole, each night, and compares every voucher of ours with what we expected."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from app.findings.repository import Place, open_finding, resolve_others
from app.jobs.outcomes import Blocked, Completed, Retry
from app.jobs.queue import Lease
from app.kit.db.engine import ReadSession, Store, WriteSession
from app.kit.http.outcome import Refused
from app.kit.money import Money
from app.ledgers.base import Company, Ledger, RecordsUnreadableError
from app.ledgers.booked_year import BookedVoucher, BookedYear, differences, foreseen, of_others, overdrawn_gift_cards
from app.master_data.cache import MasterData
from app.master_data.company import company_at
from app.master_data.facts import FinancialYear
from app.model.finding import Finding
from app.orders.given_card_questions import ask_about_cards
from app.posting.vouchers import BOOKS_CURRENCY
from app.reconciliation.duplicates import Duplicate, Mark, duplicates
from app.reconciliation.expected_entries import Expected, expected_of
from app.reconciliation.repository import booked_between, has_booked_between, keep_reading
from app.schema import Connection, JobState
from app.tenants.repository import load_rules
from app.tenants.rules import TenantRules

log = structlog.get_logger(__name__)

LEDGER_JOB = "ledger:company"
"""Subject of the job."""
_EXPLAINED = ("psp.", "cash.", "bank.", "receivable", "gift_card", "reserve", "disputed")
"""Roles whose accounts' balances we explain."""
_OTHERS_SHOWN = 200
"""Vouchers of others that are kept per account: more than this is not read by people."""


@dataclass
class _Comparison:
    """What the comparison of a year came to."""

    ours: dict[str, Mark] = field(default_factory=dict)
    moved: dict[int, int] = field(default_factory=dict)
    """Account → what our vouchers should have moved, in öre."""
    compared: int = 0
    not_compared: int = 0
    findings: list[Finding] = field(default_factory=list)
    duplicates: list[Duplicate] = field(default_factory=list)
    """What stands in the books once more than we know of."""


@dataclass(frozen=True, slots=True)
class LedgerJob:
    """Works on ledger jobs."""

    store: Store
    books: Ledger
    register: MasterData
    now: Callable[[], datetime]
    card_platforms: Collection[str]
    """Platforms that tell which gift card a payment used."""

    def work(self, lease: Lease) -> Completed | Retry | Blocked:
        """Read and compare the years in which we booked anything.

        Raises RateLimitedError, ConsentLostError, TokenUnavailableError, and RecordsUnreadableError for what may pass.
        """
        with self.store.read() as session:
            connection = session.get_one(Connection, lease.connection_id)
            rules = load_rules(session, lease.tenant_id)
            if connection.state != "active":
                return Completed(JobState.SKIPPED)
            company = company_at(connection)
        facts = self.register.facts(company.connection_id, customers=(), articles=())
        findings: list[Finding] = []
        for year in facts.years:
            with self.store.read() as session:
                if not has_booked_between(session, lease.tenant_id, year.first_day, year.last_day):
                    continue
            try:
                findings += self._year(lease, company, rules, year)
            except RecordsUnreadableError as error:
                if not isinstance(error.outcome, Refused):
                    raise
                return Blocked((self.books.refusal(company, error.outcome, scope="bookkeeping"),))
        with self.store.write() as session:
            place = Place(lease.tenant_id, connection_id=lease.connection_id)
            for code in ("FORTNOX_LEDGER_DIFFERS", "FORTNOX_BOOKED_TWICE", "GIFT_CARDS_OVERDRAWN"):
                resolve_others(session, place, code, [finding.about for finding in findings if finding.code == code])
            for finding in findings:
                open_finding(session, place, finding)
            is_overdrawn = any(finding.code == "GIFT_CARDS_OVERDRAWN" for finding in findings)
            ask_about_cards(session, lease.tenant_id, rules, self.card_platforms, is_overdrawn=is_overdrawn)
        return Completed(JobState.SKIPPED)

    def _year(self, lease: Lease, company: Company, rules: TenantRules, year: FinancialYear) -> list[Finding]:
        asked_at = self.now()  # what is booked while the answer comes may be missing in it
        booked = self.books.read_ledger(company, year.id)
        if booked.first_day != year.first_day:
            log.error("ledger_of_another_year", asked=year.first_day.isoformat(), got=booked.first_day.isoformat())
            return []
        with self.store.read() as session:
            comparison = _compare(session, lease.tenant_id, booked)
        with self.store.write() as session:
            _keep(session, company.connection_id, booked, comparison, rules, asked_at)
        log.info("ledger_compared", year=year.id, vouchers=comparison.compared, differing=len(comparison.findings))
        overdrawn = overdrawn_gift_cards(booked, rules.account("gift_card"))
        return [*comparison.findings, *map(_doubled, comparison.duplicates), *([overdrawn] if overdrawn else [])]


def _compare(session: ReadSession, tenant_id: int, booked: BookedYear) -> _Comparison:
    comparison = _Comparison()
    for expected in _expected(session, tenant_id, booked):
        if not booked.first_day <= expected.voucher.day <= booked.last_day:
            continue
        comparison.ours[expected.name] = expected.mark
        stands = booked.vouchers.get(expected.name)
        for account, amount in foreseen(expected.voucher, stands, expected.leeway).items():
            comparison.moved[account] = comparison.moved.get(account, 0) + amount.minor
        if expected.leeway is None or not expected.name:
            comparison.not_compared += 1
            continue
        comparison.compared += 1
        comparison.findings += _differing(expected, stands)
    comparison.ours.pop("", None)
    comparison.duplicates += duplicates(booked, comparison.ours)
    return comparison


def _expected(session: ReadSession, tenant_id: int, year: BookedYear) -> Iterator[Expected]:
    """What we expect of the vouchers of a year's jobs."""
    rules: dict[int, TenantRules] = {}
    for operations in booked_between(session, tenant_id, year.first_day, year.last_day):
        version = max(row.rules_version for row in operations.values())
        if version not in rules:
            rules[version] = load_rules(session, tenant_id, version)
        yield from expected_of(operations, rules[version])


def _differing(expected: Expected, booked: BookedVoucher | None) -> Iterator[Finding]:
    name = expected.name
    about = f"{name} {expected.voucher.day.year}"
    shown = {"voucher": name, "text": expected.voucher.text, "date": expected.voucher.day.isoformat()}
    if booked is None:
        yield Finding(
            "FORTNOX_LEDGER_DIFFERS", about, {**shown, "account": "–", "books_amount": "–", "shop_amount": "–"}
        )
        return
    assert expected.leeway is not None  # noqa: S101 - for mypy: those without are not compared
    for difference in differences(expected.voucher, booked, expected.leeway)[:1]:
        amounts = {"books_amount": str(difference.booked), "shop_amount": str(difference.expected)}
        yield Finding("FORTNOX_LEDGER_DIFFERS", about, {**shown, "account": str(difference.account), **amounts})


def _doubled(duplicate: Duplicate) -> Finding:
    again = duplicate.again
    moved = sum(amount.minor for amount in again.amounts.values() if amount.minor > 0)
    shown = {
        "voucher": duplicate.ours.name, "again": again.name, "text": again.text, "date": again.day.isoformat(),
        "amount": str(Money(moved, BOOKS_CURRENCY)),
    }  # fmt: skip
    return Finding("FORTNOX_BOOKED_TWICE", f"{again.name} {again.day.year}", shown)


def _keep(
    session: WriteSession,
    connection_id: int,
    booked: BookedYear,
    comparison: _Comparison,
    rules: TenantRules,
    now: datetime,
) -> None:
    accounts = sorted({number for role, number in rules.accounts.items() if role.startswith(_EXPLAINED)})
    values = {
        "last_day": booked.last_day,
        "read_at": now,
        "compared": comparison.compared,
        "differing": len(comparison.findings),
        "not_compared": comparison.not_compared,
        "accounts": {str(account): _explained(booked, account, comparison) for account in accounts},
    }
    keep_reading(session, connection_id, booked.first_day, values)


def _explained(booked: BookedYear, account: int, comparison: _Comparison) -> dict[str, object]:
    doubled = [duplicate.again for duplicate in comparison.duplicates if account in duplicate.again.amounts]
    our_names = {*comparison.ours, *(again.name for again in doubled)}
    others = sorted(of_others(booked, account, our_names), key=lambda voucher: voucher.day, reverse=True)
    newest = [
        [voucher.name, voucher.day.isoformat(), voucher.text, voucher.amounts[account].minor]
        for voucher in others[:_OTHERS_SHOWN]
    ]
    return {
        "opening": booked.opening[account].minor if account in booked.opening else 0,
        "closing": booked.balance(account).minor,
        "ours": comparison.moved.get(account, 0),
        "doubled": sum(voucher.amounts[account].minor for voucher in doubled),
        "others": sum(voucher.amounts[account].minor for voucher in others),
        "count": len(others),
        "newest": newest,
    }
