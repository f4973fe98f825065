"""Stores people's answers about a payout's lines, with who and when; its job reads them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation

from sqlalchemy import func, select, update

from app.findings.repository import is_open, release
from app.kit.db.engine import ReadSession, Store, WriteSession
from app.kit.money import Money, MoneyError
from app.model.payout import PayoutLine
from app.payouts.matching.references import Matched
from app.payouts.planning.correction import ChangeAnswer
from app.payouts.planning.line_answers import CLOSED, HOLD, LineAnswer, choices, voucher_of
from app.payouts.planning.plan import Match
from app.payouts.repository import read_payout
from app.posting.references import VoucherRef
from app.schema import GivenAnswer, Job, Operation, OperationState, Snapshot, StoredPayout

_LINE, _PAYOUT, _BANK = "PAYOUT_LINE_UNMATCHED", "PAYOUT_HELD", "PAYOUT_NOT_WHOLE"
"""Codes that the answers of this module are stored under, whichever finding reported the line."""
CHANGED = "PAYOUT_CHANGED_AFTER_BOOKING"
"""Code of answers about a payout that is reported differently than it was booked: about exactly that state."""
_ACCOUNT = re.compile(r"[1-9][0-9]{3}")
_WRITTEN = (OperationState.SENDING, OperationState.UNKNOWN, OperationState.DONE)
"""States of a step that is posted, or may be."""


class LineAnswerError(ValueError):
    """An answer that is not taken.

    Its text says why: `gone`, `busy`, `booked`, `order`, `account`, `amount`, `reference`.
    """


@dataclass(frozen=True, slots=True)
class GivenLineAnswer:
    """One answer about a line, or about the whole payout (`line_id` empty)."""

    id: int
    line_id: str
    asked_about: str
    answer: str
    """A `LineAnswer`, `hold`, or empty: an earlier one was taken back."""
    detail: str
    """The order's name or the account."""
    by: str
    at: datetime
    holds: bool
    order_id: int | None = None
    """Of the order that was named."""


@dataclass(frozen=True, slots=True)
class LineAnswers:
    """The answers that hold for one payout."""

    lines: Mapping[str, Matched] = field(default_factory=dict)
    """Line → what a person said that it is."""
    is_held: bool = False
    is_closed: bool = False
    """A person has dealt with it: nothing of it is booked, and nothing is reported of it any more."""

    def over(self, matched: Mapping[str, Matched]) -> dict[str, Matched]:
        """What keys matched, and what a person answered: an answer goes before every key."""
        return {**matched, **self.lines}


def line_answers_of(session: ReadSession | WriteSession, payout_id: int) -> LineAnswers:
    """The answers that hold."""
    held = [answer for answer in line_answers_shown(session, payout_id) if answer.holds]
    by_line = {answer.line_id: _matched(answer) for answer in held if answer.line_id}
    return LineAnswers(
        by_line,
        is_held=any(answer.answer in {HOLD, CLOSED} for answer in held),
        is_closed=any(answer.answer == CLOSED for answer in held),
    )


def bank_amount_of(session: ReadSession | WriteSession, payout_id: int) -> Money | None:
    """The bank's amount as a person stated it; None where nobody did."""
    conditions = (GivenAnswer.payout_id == payout_id, GivenAnswer.code == _BANK)
    newest = session.scalar(select(GivenAnswer.answer).where(*conditions).order_by(GivenAnswer.id.desc()).limit(1))
    if not newest:
        return None
    minor, _space, currency = newest.partition(" ")
    return Money(int(minor), currency)


def _matched(given: GivenLineAnswer) -> Matched:
    if given.answer == LineAnswer.ORDER:
        return Matched(given.order_id, Match(given.detail, given.answer))
    return Matched(None, Match("", given.answer, int(given.detail) if given.answer == LineAnswer.ACCOUNT else None))


def line_answers_shown(session: ReadSession | WriteSession, payout_id: int) -> tuple[GivenLineAnswer, ...]:
    """Every answer about a payout and its lines, also those that were taken back, oldest first."""
    rows = _rows(session, payout_id)
    newest = {row.about: row.id for row in rows}
    return tuple(
        _shown(row, holds=bool(row.answer) and newest[row.about] == row.id and row.code != CHANGED) for row in rows
    )


def _shown(row: GivenAnswer, *, holds: bool) -> GivenLineAnswer:
    answer, _space, detail = row.answer.partition(" ")
    order = None
    if answer == LineAnswer.ORDER:
        number, _space, detail = detail.partition(" ")
        order = int(number)
    return GivenLineAnswer(
        row.id,
        "" if row.code == CHANGED else row.about,
        row.asked_about,
        answer,
        detail,
        row.given_by,
        row.given_at,
        holds=holds,
        order_id=order,
    )


def _rows(session: ReadSession | WriteSession, payout_id: int) -> Sequence[GivenAnswer]:
    conditions = (GivenAnswer.payout_id == payout_id, GivenAnswer.code.in_((_LINE, _PAYOUT, CHANGED)))
    return session.scalars(select(GivenAnswer).where(*conditions).order_by(GivenAnswer.id)).all()


def leave_answers(session: WriteSession, payout_id: int, job_id: int) -> None:
    """Keep every answer about a payout that goes as history of its job: they are not about what is imported later."""
    answers = update(GivenAnswer).where(GivenAnswer.payout_id == payout_id)
    session.execute(answers.values(payout_id=None, job_id=job_id))


@dataclass(frozen=True, slots=True)
class LineAnswering:
    """Stores answers. A payout of another company does not exist for it; with None all are accessible."""

    store: Store
    due: Callable[[], object]
    """Called when the payout was made due."""

    def answer(self, tenant_id: int | None, payout_id: int, line_id: str, answer: str, detail: str, by: str) -> None:
        """Say what a line is. `detail`: the order's name, the account. Raises LineAnswerError."""
        with self.store.write() as session:
            stored, job = _payout(session, tenant_id, payout_id)
            line = next((line for line in read_payout(stored.content).lines if line.id == line_id), None)
            if line is None or answer not in list(choices(line.kind)):
                raise LineAnswerError("gone")
            _refuse_if_booked(session, job.id, voucher_of(line_id))
            stored_answer = _stored_answer(session, stored.tenant_id, LineAnswer(answer), detail)
            reference = _reference(line)
            _keep(session, _row(payout_id, (_LINE, line_id, reference), stored_answer, by), job.id)
        self.due()

    def hold(self, tenant_id: int | None, payout_id: int, by: str) -> None:
        """Have nothing of a payout booked. Raises LineAnswerError."""
        with self.store.write() as session:
            stored, job = _payout(session, tenant_id, payout_id)
            _refuse_if_booked(session, job.id)
            _keep(session, _row(payout_id, (_PAYOUT, "", stored.number), HOLD, by), job.id)
        self.due()

    def close(self, tenant_id: int | None, payout_id: int, reference: str, by: str) -> None:
        """Close a payout of which nothing is booked here, and what is reported of it. Raises LineAnswerError."""
        if not reference.strip():
            raise LineAnswerError("reference")
        with self.store.write() as session:
            stored, job = _payout(session, tenant_id, payout_id)
            _refuse_if_booked(session, job.id)
            _keep(session, _row(payout_id, (_PAYOUT, "", stored.number), f"{CLOSED} {reference.strip()}", by), job.id)
        self.due()

    def bank_amount(self, tenant_id: int | None, payout_id: int, written: str, by: str) -> None:
        """Say what the bank got of a payout whose source states no sum, in kronor or its currency's major unit.

        Raises LineAnswerError.
        """
        with self.store.write() as session:
            stored, job = _payout(session, tenant_id, payout_id)
            _refuse_if_booked(session, job.id)
            try:
                amount = Money.of(Decimal(re.sub(r"\s", "", written).replace(",", ".")), stored.currency)
            except (InvalidOperation, MoneyError) as error:
                raise LineAnswerError("amount") from error
            detail = f"{amount.minor} {amount.currency}"
            _keep(session, _row(payout_id, (_BANK, "", stored.number), detail, by), job.id)
        self.due()

    def say_of_change(
        self, tenant_id: int | None, payout_id: int, answer: ChangeAnswer, reference: str, by: str
    ) -> None:
        """Say what becomes of a payout that is reported differently than it was booked. Raises LineAnswerError."""
        with self.store.write() as session:
            stored, job = _payout(session, tenant_id, payout_id)
            is_reported = stored.booked_hash is not None and is_open(session, job.id, CHANGED)
            if not is_reported:
                raise LineAnswerError("gone")
            if answer is ChangeAnswer.BY_HAND and not reference.strip():
                raise LineAnswerError("reference")
            stored_answer = f"{answer} {reference.strip()}".strip() if answer is ChangeAnswer.BY_HAND else answer.value
            _keep(session, _row(payout_id, (CHANGED, stored.content_hash, stored.number), stored_answer, by), job.id)
        self.due()

    def take_back(self, tenant_id: int | None, payout_id: int, answer_id: int, by: str) -> None:
        """Take an answer back: the line is unmatched again, or the payout no longer held. Raises LineAnswerError."""
        with self.store.write() as session:
            _stored, job = _payout(session, tenant_id, payout_id)
            row = session.get(GivenAnswer, answer_id)
            if row is None or row.payout_id != payout_id or row.code not in (_LINE, _PAYOUT):
                raise LineAnswerError("gone")
            if row.about:
                _refuse_if_booked(session, job.id, voucher_of(row.about))
            _keep(session, _row(payout_id, (row.code, row.about, row.asked_about), "", by), job.id)
        self.due()


def _payout(session: WriteSession, tenant_id: int | None, payout_id: int) -> tuple[StoredPayout, Job]:
    """The payout and its job, which is locked and not leased: the next worker reads the new answer."""
    job = session.scalar(select(Job).where(Job.payout_id == payout_id).with_for_update())
    stored = session.get(StoredPayout, payout_id)
    if job is None or stored is None or tenant_id not in {None, job.tenant_id}:
        raise LineAnswerError("gone")
    if job.lease_until is not None and job.lease_until > session.scalars(select(func.clock_timestamp())).one():
        raise LineAnswerError("busy")
    return stored, job


def _refuse_if_booked(session: WriteSession, job_id: int, voucher: VoucherRef | None = None) -> None:
    """What a voucher says already cannot be answered otherwise: a person corrects the voucher."""
    conditions = (Operation.job_id == job_id, Operation.state.in_([state.value for state in _WRITTEN]))
    named = (Operation.step_key == voucher.key,) if voucher else ()
    if session.scalar(select(Operation.id).where(*conditions, *named).limit(1)) is not None:
        raise LineAnswerError("booked")


def _stored_answer(session: WriteSession, tenant_id: int, answer: LineAnswer, detail: str) -> str:
    """The answer as it is kept: with the order's id and name, or the account."""
    if answer is LineAnswer.ACCOUNT:
        if not _ACCOUNT.fullmatch(detail):
            raise LineAnswerError("account")
        return f"{answer} {detail}"
    if answer is LineAnswer.ORDER:
        name = detail.removeprefix("#")
        conditions = (Snapshot.tenant_id == tenant_id, func.ltrim(Snapshot.name, "#") == name)
        orders = session.execute(select(Snapshot.order_id, Snapshot.name).where(*conditions).limit(2)).all()
        if not name or len(orders) != 1:
            raise LineAnswerError("order")
        return f"{answer} {orders[0].order_id} {orders[0].name}"
    return answer


def _row(payout_id: int, question: tuple[str, str, str], answer: str, by: str) -> GivenAnswer:
    """`question`: the code, what it is about, and that in words."""
    code, about, asked_about = question
    return GivenAnswer(payout_id=payout_id, code=code, about=about, asked_about=asked_about, answer=answer, given_by=by)


def _keep(session: WriteSession, given: GivenAnswer, job_id: int) -> None:
    session.add(given)
    release(session, [job_id])


def _reference(line: PayoutLine) -> str:
    return f"{next(iter(line.keys.values()), line.raw_kind or line.id)}, {line.amount}"
