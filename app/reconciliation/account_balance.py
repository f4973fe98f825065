"""Reconciliation of an account: its opening balance, what we booked, what others booked, and the difference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from app.kit.db.engine import ReadSession, Store
from app.kit.money import Money, total
from app.posting.vouchers import BOOKS_CURRENCY
from app.schema import Connection, LedgerReading
from app.tenants.repository import load_rules


@dataclass(frozen=True, slots=True)
class OthersVoucher:
    """A voucher on the account that we did not make."""

    name: str
    day: str
    text: str
    amount: Money


@dataclass(frozen=True, slots=True)
class AccountReconciliation:
    """One account as the books have it, over every year in which we booked. Amounts in kronor, debit positive."""

    roles: tuple[str, ...]
    account: int
    read_at: datetime
    opening: Money
    """Of the first of these years: what stood there before us."""
    ours: Money
    """What our vouchers should have moved."""
    doubled: Money
    """What vouchers of ours moved that stand in the books twice."""
    others: Money
    others_count: int
    others_newest: tuple[OthersVoucher, ...]
    closing: Money

    @property
    def difference(self) -> Money:
        """What neither the opening balance nor any voucher explains as expected: 0.00, or something was altered."""
        return self.closing - self.opening - self.ours - self.doubled - self.others


@dataclass(frozen=True, slots=True)
class LastReading:
    """When the books were last read, and what the comparison of our vouchers came to, over all years."""

    read_at: datetime
    compared: int
    differing: int
    not_compared: int


def last_reading(session: ReadSession, tenant_id: int | None) -> LastReading | None:
    """The newest comparison of a tenant (of all for None); None before the first."""
    rows = _readings(session, tenant_id)
    if not rows:
        return None
    return LastReading(
        max(row.read_at for row in rows),
        sum(row.compared for row in rows),
        sum(row.differing for row in rows),
        sum(row.not_compared for row in rows),
    )


def account_reconciliations(store: Store, tenant_id: int) -> Sequence[AccountReconciliation]:
    """Every account whose balance we explain and that anything was ever booked on, as the books were last read."""
    with store.read() as session:
        rows = _readings(session, tenant_id)
        rules = load_rules(session, tenant_id)
    roles: dict[int, list[str]] = {}
    for role, account in rules.accounts.items():
        roles.setdefault(account, []).append(role)
    accounts = sorted({int(account) for row in rows for account in row.accounts})
    return [_reconciliation(account, tuple(sorted(roles.get(account, ()))), rows) for account in accounts]


def differing_clearing_accounts(session: ReadSession, tenant_id: int) -> Sequence[int]:
    """Clearing accounts of providers whose balance neither an opening balance nor any voucher explains."""
    rows = _readings(session, tenant_id)
    rules = load_rules(session, tenant_id)
    clearing = {account for role, account in rules.accounts.items() if role.startswith("psp.")}
    clearing |= set(rules.clearing_accounts.values())
    accounts = sorted({int(account) for row in rows for account in row.accounts} & clearing)
    return [account for account in accounts if _reconciliation(account, (), rows).difference]


def _readings(session: ReadSession, tenant_id: int | None) -> Sequence[LedgerReading]:
    statement = select(LedgerReading).join(Connection, Connection.id == LedgerReading.connection_id)
    if tenant_id is not None:
        statement = statement.where(Connection.tenant_id == tenant_id)
    return session.scalars(statement.order_by(LedgerReading.first_day)).all()


def _reconciliation(account: int, roles: tuple[str, ...], rows: Sequence[LedgerReading]) -> AccountReconciliation:
    years = [(row, row.accounts[str(account)]) for row in rows if str(account) in row.accounts]
    newest = [voucher for _row, shown in years for voucher in shown["newest"]]
    return AccountReconciliation(
        roles=roles,
        account=account,
        read_at=years[-1][0].read_at,
        opening=_kronor(years[0][1]["opening"]),
        ours=total((_kronor(shown["ours"]) for _row, shown in years), BOOKS_CURRENCY),
        doubled=total((_kronor(shown.get("doubled", 0)) for _row, shown in years), BOOKS_CURRENCY),
        others=total((_kronor(shown["others"]) for _row, shown in years), BOOKS_CURRENCY),
        others_count=sum(shown["count"] for _row, shown in years),
        others_newest=tuple(OthersVoucher(name, day, text, _kronor(ore)) for name, day, text, ore in newest),
        closing=_kronor(years[-1][1]["closing"]),
    )


def _kronor(ore: int) -> Money:
    return Money(ore, BOOKS_CURRENCY)
