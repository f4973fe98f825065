"""Shows how the lines of the newest payouts match under the current rules, before anything is booked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from app.jobs.queue import wake_payouts
from app.kit.db.engine import ReadSession, Store, WriteSession
from app.model.payout import OF_ORDERS, PayoutLine
from app.payouts.line_answer_store import line_answers_of
from app.payouts.matching.matching import match_lines
from app.payouts.matching.references import Matched
from app.payouts.repository import read_payout
from app.schema import StoredPayout
from app.tenants.repository import load_rules
from app.tenants.rules import TenantRules

LOOKED_AT = 20
"""Newest payouts that are looked at."""


@dataclass(frozen=True, slots=True)
class CheckedPayout:
    """How one payout's lines of orders match now."""

    id: int
    provider: str
    number: str
    paid_on: date
    lines: int
    by: Mapping[str, int]
    """Key that matches → number of lines."""
    lost: tuple[PayoutLine, ...]
    """Unmatched lines."""

    @property
    def known(self) -> int:
        """Matched lines."""
        return self.lines - len(self.lost)


def check_matching(store: Store, tenant_id: int) -> tuple[CheckedPayout, ...]:
    """The newest payouts, newest first. Read only."""
    with store.read() as session:
        rules = load_rules(session, tenant_id)
        return tuple(_checked(payout, _found(session, payout, rules)) for payout in _newest(session, tenant_id))


def look_again(store: Store, tenant_id: int) -> int:
    """Have the newest payouts looked at again, and references that are not known yet read. Returns how many."""
    with store.write() as session:
        return wake_payouts(session, [payout.id for payout in _newest(session, tenant_id)])


def _newest(session: ReadSession | WriteSession, tenant_id: int) -> Sequence[StoredPayout]:
    statement = select(StoredPayout).where(StoredPayout.tenant_id == tenant_id)
    newest = statement.order_by(StoredPayout.paid_on.desc(), StoredPayout.id.desc())
    return session.scalars(newest.limit(LOOKED_AT)).all()


def _found(session: ReadSession, stored: StoredPayout, rules: TenantRules) -> dict[str, Matched]:
    by_keys = match_lines(session, stored.tenant_id, read_payout(stored.content), rules)
    return line_answers_of(session, stored.id).over(by_keys)


def _checked(stored: StoredPayout, matches: Mapping[str, Matched]) -> CheckedPayout:
    lines = [line for line in read_payout(stored.content).lines if line.kind in OF_ORDERS]
    by = Counter(matches[line.id].match.by for line in lines if line.id in matches)
    lost = tuple(line for line in lines if line.id not in matches)
    return CheckedPayout(stored.id, stored.provider, stored.number, stored.paid_on, len(lines), dict(by), lost)
