"""What pages show of findings, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from app.kit.db.engine import ReadSession
from app.kit.json_types import Json
from app.model.answers import choices_of
from app.schema import (
    Finding,
)


@dataclass(frozen=True, slots=True)
class Found:
    """An open finding of an order."""

    code: str
    values: Json
    since: datetime
    seen: int = 1
    id: int = 0
    choices: tuple[str, ...] = ()
    """What a person may answer (`app.model.answers.Answer`), besides that it was handled by hand."""


@dataclass(frozen=True, slots=True)
class AnswerView:
    """What a person answered to a finding of an order."""

    id: int
    code: str
    about: str
    answer: str
    """Empty: an earlier answer was taken back."""
    by: str
    at: datetime
    holds: bool
    """Whether the plan still goes by it."""
    detail: str = ""
    """What was named with it: an invoice's number."""


@dataclass(frozen=True, slots=True)
class AffectedOrder:
    """What has a finding: an order, a payout, a job of another kind."""

    name: str
    since: datetime
    page: str = ""
    """Address of its page; empty: it has none, as a lost dispute."""


@dataclass(frozen=True, slots=True)
class Incident:
    """One thing to fix in Fortnox (a VAT rate, a year, an account), and every order that waits for just that."""

    about: str
    count: int
    values: Json
    """The values that all of them share."""


@dataclass(frozen=True, slots=True)
class ShopNotice:
    """A notice that belongs to no order: it is closed where all findings stand."""

    id: int
    values: Json


@dataclass(frozen=True, slots=True)
class RowFinding:
    """A finding about one row of a payout, with its own values."""

    id: int
    page: str
    """Address of the payout's page."""
    values: Json
    proposes: str = ""
    """Rule that one click sets; empty where nothing is proposed."""


@dataclass(frozen=True, slots=True)
class FindingGroup:
    """All open findings of one code, however many orders they stop."""

    code: str
    count: int
    oldest: datetime
    values: Json
    """The values that all of them share; of those that differ, the first few."""
    orders: tuple[AffectedOrder, ...]
    """The oldest first, not more than a page can show."""
    incidents: tuple[Incident, ...] = ()
    """Of a code that something in Fortnox can release: each such thing, those that stop most first."""
    notices: tuple[ShopNotice, ...] = ()
    """Of no order, oldest first, not more than a page can show."""
    rows: tuple[RowFinding, ...] = ()
    """Of rows of payouts, oldest first, not more than a page can show."""


def open_findings(session: ReadSession, job_id: int) -> tuple[Found, ...]:
    """The open findings of a job, oldest first."""
    conditions = (Finding.job_id == job_id, Finding.resolved_at.is_(None))
    rows = session.scalars(select(Finding).where(*conditions).order_by(Finding.first_seen_at, Finding.id))
    return tuple(
        Found(row.code, row.data, row.first_seen_at, row.seen, row.id, tuple(choices_of(row.code, row.data)))
        for row in rows
    )
