"""Stores people's answers to an order's questions, with who and when; its plan reads them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, select

from app.catalogue import Severity, lookup
from app.findings.closing import closed_shown
from app.findings.repository import release
from app.findings.views import AnswerView
from app.jobs.notifier import Notifier
from app.kit.db.engine import ReadSession, Store, WriteSession
from app.model.answers import UNREAD, Answer, Answers, choices_of, state_of, unread_state
from app.orders.snapshots import read_order
from app.schema import Finding, GivenAnswer, Job, Snapshot

_OF_ORDER = select(GivenAnswer).where(GivenAnswer.order_id == bindparam("order")).order_by(GivenAnswer.id)
_REFERENCE = re.compile(r"\S[^\x00-\x1f]{0,79}")
"""Form of the reference of what a person booked by hand."""
_DETAILS = {
    Answer.INVOICE: re.compile(r"[0-9]{1,15}"),
    Answer.VAT_NUMBER: re.compile(r"[A-Za-z0-9 .\-]{4,20}"),
    Answer.SHOP_TOTAL: re.compile(r"[1-9][0-9]{3}"),
    Answer.BY_HAND: _REFERENCE,
}
"""What is named with an answer: an invoice's number in Fortnox, a VAT number, an account, a reference of theirs."""


def answers_of(session: ReadSession | WriteSession, order_id: int) -> Answers:
    """The answers that hold for an order."""
    newest: dict[tuple[str, str], tuple[str, str]] = {}
    for row in _rows(session, order_id):
        newest.pop((row.code, row.about), None)  # the newest comes last
        newest[row.code, row.about] = _read(row)
    named = {Answer(answer): detail for answer, detail in newest.values() if answer}
    given = {question: Answer(answer) for question, (answer, _detail) in newest.items() if answer}
    totals = {about: int(detail) for (_code, about), (answer, detail) in newest.items() if answer == Answer.SHOP_TOTAL}
    return Answers(
        given,
        invoice=named.get(Answer.INVOICE, ""),
        vat_number=named.get(Answer.VAT_NUMBER, ""),
        totals=totals,
        reference=named.get(Answer.BY_HAND, ""),
    )


def _read(row: GivenAnswer) -> tuple[str, str]:
    """The answer and what was named with it."""
    answer, _space, detail = row.answer.partition(" ")
    return answer, detail


def answers_shown(session: ReadSession, job: Job, order_id: int) -> tuple[AnswerView, ...]:
    """Every answer to an order's questions, also those that were taken back, oldest first."""
    rows = _rows(session, order_id)
    newest = {(row.code, row.about): row.id for row in rows}
    given = tuple(
        AnswerView(
            row.id, row.code, row.asked_about, _read(row)[0], row.given_by, row.given_at, detail=_read(row)[1],
            holds=bool(row.answer) and newest[row.code, row.about] == row.id,
        )
        for row in rows
    )  # fmt: skip
    return (*given, *closed_shown(session, job.id))


def _rows(session: ReadSession | WriteSession, order_id: int) -> Sequence[GivenAnswer]:
    return session.scalars(_OF_ORDER, {"order": order_id}).all()


@dataclass(frozen=True, slots=True)
class Answering:
    """Implements `AnswerOrder`."""

    store: Store
    notifier: Notifier

    def __call__(
        self, tenant_id: int | None, order_id: int, finding_id: int, answer: str, by: str, number: str = ""
    ) -> bool:
        """Answer an open finding. False: the order has no such finding any more, or it takes no such answer."""
        with self.store.write() as session:
            finding, job = session.get(Finding, finding_id), _job_within_reach(session, tenant_id, order_id)
            if finding is None or finding.resolved_at is not None or job is None or finding.job_id != job.id:
                return False
            if not _fits(session, order_id, finding, answer, number):
                return False
            about = _about(session, order_id, finding, Answer(answer))
            session.add(
                GivenAnswer(
                    order_id=order_id, code=finding.code, about=about, asked_about=finding.about,
                    answer=f"{answer} {number}" if answer in _DETAILS else answer,
                    given_by=by,
                )
            )  # fmt: skip
            release(session, [job.id])
        self.notifier.notify()
        return True

    def take_back(self, tenant_id: int | None, order_id: int, answer_id: int, by: str) -> bool:
        """Take an answer back: the question is asked again if it still applies. False: there is no such answer."""
        with self.store.write() as session:
            row, job = session.get(GivenAnswer, answer_id), _job_within_reach(session, tenant_id, order_id)
            if row is None or row.order_id != order_id or job is None:
                return False
            session.add(
                GivenAnswer(
                    order_id=order_id, code=row.code, about=row.about, asked_about=row.asked_about, answer="",
                    given_by=by,
                )
            )  # fmt: skip
            release(session, [job.id])
        self.notifier.notify()
        return True


def _job_within_reach(session: WriteSession, tenant_id: int | None, order_id: int) -> Job | None:
    """The order's job, unless it is another company's."""
    job = session.scalar(select(Job).where(Job.order_id == order_id))
    return job if job is not None and tenant_id in {None, job.tenant_id} else None


def _fits(session: WriteSession, order_id: int, finding: Finding, answer: str, detail: str) -> bool:
    """Whether a finding takes an answer, and what is named with it is of the right form."""
    if answer == Answer.BY_HAND:
        stops = lookup(finding.code).severity is Severity.BLOCKER
        is_known = UNREAD in finding.data or session.get(Snapshot, order_id) is not None
        return stops and is_known and bool(_REFERENCE.fullmatch(detail))
    if answer not in list(choices_of(finding.code, finding.data)):
        return False
    pattern = _DETAILS.get(Answer(answer))
    return pattern is None or bool(pattern.fullmatch(detail))


def _about(session: WriteSession, order_id: int, finding: Finding, answer: Answer) -> str:
    """An acceptance holds for the order as the person saw it: what comes after it is asked about again."""
    if answer not in (Answer.ACCEPT, Answer.BY_HAND):
        return finding.about
    if UNREAD in finding.data:
        return unread_state(str(finding.data[UNREAD]) or finding.last_seen_at.isoformat())
    snapshot = session.get_one(Snapshot, order_id)
    return state_of(read_order(snapshot.order))
