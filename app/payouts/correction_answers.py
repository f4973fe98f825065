"""What a person says of a payout that changed after it was booked, and the correction that the word asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import cast, select, update
from sqlalchemy.dialects.postgresql import JSONB

from app.execution import operations as posting_log
from app.kit.db.engine import ReadSession, WriteSession
from app.model.order import books_day, sum_of
from app.payouts.correction_facts import ReportedState, reported_state_of
from app.payouts.fx.booked_values import as_kept, carrying_amounts_as_kept
from app.payouts.fx.exchange import Exchange, needed_rates
from app.payouts.line_answer_store import CHANGED
from app.payouts.matching.references import Matched
from app.payouts.planning.correction import (
    ChangeAnswer,
    Correction,
    NoVoucher,
    changes_held_balance,
    correction_voucher,
    lacks_carrying_amounts,
)
from app.payouts.planning.line_answers import voucher_of
from app.payouts.planning.plan import plan_payout
from app.payouts.repository import as_booked, read_payout
from app.posting.plan import Plan
from app.posting.references import Purpose, VoucherRef
from app.posting.steps import Step
from app.posting.vouchers import BOOKS_CURRENCY
from app.schema import GivenAnswer, OperationState, StoredPayout
from app.schema.base import Json
from app.tenants.rules import TenantRules

_HASH_SHOWN = 12


@dataclass(frozen=True, slots=True)
class ChangeWord:
    """A person's answer about the current state of a payout."""

    answer: ChangeAnswer
    reference: str
    """Of the correction by hand."""
    day: date
    """On which it was given: the correction is booked on it."""


def change_word_of(session: ReadSession | WriteSession, stored: StoredPayout) -> ChangeWord | None:
    """The answer about exactly this state; a later state is asked about again."""
    conditions = (GivenAnswer.payout_id == stored.id, GivenAnswer.code == CHANGED)
    row = session.scalar(
        select(GivenAnswer).where(*conditions, GivenAnswer.about == stored.content_hash).order_by(GivenAnswer.id.desc())
    )
    if row is None:
        return None
    answer, _space, reference = row.answer.partition(" ")
    return ChangeWord(ChangeAnswer(answer), reference, books_day(row.given_at))


def corrections_of(stored: StoredPayout) -> list[Json]:
    """States that were booked before a person had them corrected, oldest first, each with `to`, the state after it."""
    kept: list[Json] = (stored.booked or {}).get("corrected", [])
    return kept


def is_corrected_to(stored: StoredPayout) -> bool:
    """Whether the state that it has now is what a person had the books corrected to."""
    kept = corrections_of(stored)
    return bool(kept) and kept[-1]["to"] == stored.content_hash


def correction_of(
    session: ReadSession,
    stored: StoredPayout,
    rules: TenantRules,
    matched: Mapping[str, Matched],
    day: date,
    known: ReportedState | None = None,
) -> Correction:
    """Both states and the voucher between them. Of a payout that is booked."""
    booked, reported = as_booked(stored), read_payout(stored.content)
    known = known or reported_state_of(session, stored, rules, matched)
    if changes_held_balance(booked, reported):
        return Correction(booked, reported, block=NoVoucher.HELD_BALANCE)
    if known.has_lost_write_off:
        return Correction(booked, reported, block=NoVoucher.WRITTEN_OFF)
    matches = {line: match.match for line, match in matched.items()}
    plan = plan_payout(reported, rules, matches, known.exchange, known.written_off)
    posted = posted_steps(session, stored.id)
    if not isinstance(plan, Plan):
        return Correction(
            booked,
            reported,
            block=NoVoucher.CARRYING_AMOUNT_UNKNOWN if lacks_carrying_amounts(plan) else NoVoucher.NOT_BOOKABLE,
        )
    answered = {voucher_of(line.id) for line in booked.lines} & {step.ref for step in posted}
    amounts = {line.id: line.amount for line in reported.lines}
    if any(amounts.get(line.id) != line.amount for line in booked.lines if voucher_of(line.id) in answered):
        return Correction(booked, reported, block=NoVoucher.ANSWERED_LINE)
    ref = VoucherRef(Purpose.PAYOUT_CORRECTED, stored.content_hash[:_HASH_SHOWN])
    before = [step for step in posted if step.ref != ref]
    voucher = correction_voucher(before, plan.steps, reported, rules, ref, day)
    return Correction(booked, reported, voucher, orders=known.orders)


def posted_steps(session: ReadSession | WriteSession, payout_id: int) -> list[Step]:
    """The posted vouchers of a payout."""
    rows = posting_log.load_payout(session, payout_id).values()
    return [posting_log.as_planned(row) for row in rows if row.state == OperationState.DONE]


def accept(session: WriteSession, stored: StoredPayout, known: ReportedState, reference: str) -> None:
    """Mark the reported state as the booked one; the earlier state is kept beside it."""
    before = stored.booked or {}
    earlier = {"payout": before.get("payout"), "file_id": before.get("file_id")}
    earlier |= {"to": stored.content_hash, "reference": reference}
    fees = {line: sum_of(taken, BOOKS_CURRENCY).minor for line, taken in known.written_off.items()}
    booked = before | _kept_of(stored, known.exchange)
    booked |= {"written_off": fees, "corrected": [*corrections_of(stored), earlier]}
    statement = update(StoredPayout).where(StoredPayout.id == stored.id)
    statement = statement.where(StoredPayout.content_hash == stored.content_hash)
    session.execute(statement.values(booked_hash=stored.content_hash, booked=cast(booked, JSONB)))


def _kept_of(stored: StoredPayout, exchange: Exchange) -> Json:
    """The state with its carrying amounts; the bank's stays where a state corrected by hand lacks a rate."""
    if needed_rates(read_payout(stored.content)) <= exchange.rates.keys():
        return as_kept(stored, exchange)
    kept: Json = {
        "payout": stored.content,
        "file_id": stored.file_id,
        "carrying_amounts": carrying_amounts_as_kept(exchange),
    }
    return kept
