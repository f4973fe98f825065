"""The payout job: match the lines of a stored payout, plan its vouchers, check (pre-flight), execute, each once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from app.execution.fee_owners import Fees, assign_fees
from app.execution.voucher_booking import VoucherBooking
from app.jobs import queue as jobs
from app.jobs.outcomes import Blocked, Completed, Retry
from app.jobs.queue import Lease
from app.kit.db.engine import Store, WriteSession
from app.kit.money import Money
from app.ledgers.base import Company
from app.master_data.company import company_of
from app.model.finding import Finding
from app.model.order import books_day, sum_of
from app.model.payout import OF_ORDERS, MatchKey, Payout, PayoutLine
from app.model.providers import habits_of
from app.payments.fee_write_offs import WrittenOff
from app.payouts.bounced_facts import return_of, taken_back_of
from app.payouts.correction_answers import (
    ChangeWord,
    accept,
    change_word_of,
    correction_of,
    corrections_of,
    is_corrected_to,
    posted_steps,
)
from app.payouts.correction_facts import reported_state_of
from app.payouts.fx.booked_values import as_kept
from app.payouts.fx.exchange import Exchange
from app.payouts.fx.payment_rates import exchange_of
from app.payouts.line_answer_store import bank_amount_of, line_answers_of
from app.payouts.matching.foreign_invoices import request_invoices
from app.payouts.matching.matching import match_lines
from app.payouts.matching.references import Matched
from app.payouts.matching.row_hints import Hints, hints_of
from app.payouts.movement_register import enter_movements, taken_by_others
from app.payouts.order_limits import doubtful_lines, without_doubtful
from app.payouts.payment_at_payout import (
    came_back_on,
    not_payments,
    settled_transactions,
    transactions_of,
    use_of,
    wake_bounced,
    wake_paid_orders,
)
from app.payouts.planning.correction import ChangeAnswer, lacks_carrying_amounts
from app.payouts.planning.line_answers import is_of_line
from app.payouts.planning.plan import NOT_MATCHING, plan_payout
from app.payouts.planning.plausibility import booked_beyond
from app.payouts.report_job import report_is_due
from app.payouts.repository import as_booked, enter_uses, keep_as_booked, read_payout, uses_of_orders
from app.payouts.stated_sums import stated_sum_of
from app.posting.plan import Decision, Plan, Skipped, Stopped, Waiting
from app.posting.steps import Step
from app.posting.vouchers import BOOKS_CURRENCY
from app.schema import JobState, StoredPayout
from app.tenants.repository import load_rules
from app.tenants.rules import ReferenceField, TenantRules, UnknownLines

_FOR_ORDERS = timedelta(minutes=1)
"""Until orders whose payments are due by the payout have booked them: they decide its carrying amounts."""


@dataclass(frozen=True, slots=True)
class PayoutJob:
    """Handles payout jobs."""

    store: Store
    booking: VoucherBooking
    now: Callable[[], datetime]

    def work(self, lease: Lease) -> Completed | Retry | Blocked:
        """Book what the payout's newest state asks for."""
        known = self._known(lease)
        if known is None:
            return Completed(JobState.SKIPPED)  # its import was taken back
        if known.has_other_state and known.word is not None:
            return self._correct(lease, known, known.word)
        entered = self._enter(lease, known)
        if known.is_closed:
            return Completed(JobState.SKIPPED)
        if findings := [*entered.doubled, *_forbidden(known, {finding.about for finding in entered.doubled})]:
            return Blocked(tuple(findings))
        if known.taken_back is not None:
            return self._take_back(lease, known, known.taken_back)
        return self._decide(lease, known, entered)

    def _decide(self, lease: Lease, known: _Known, entered: _Entered) -> Completed | Retry | Blocked:
        decision = known.decision(entered.fees.written_off)
        if isinstance(decision, Stopped):
            lacks_carrying_amounts = all(finding.code == "PAYOUT_LINE_WORTH_UNKNOWN" for finding in decision.findings)
            if lacks_carrying_amounts and known.waits_to_come_back:
                return Completed(JobState.WAITING)
            waits = lacks_carrying_amounts and entered.woken
            return Retry(_FOR_ORDERS) if waits else Blocked((*entered.fees.findings, *decision.findings))
        if not isinstance(decision, Plan):
            return Completed(JobState.SKIPPED if isinstance(decision, Skipped) else JobState.WAITING)
        if known.company is None:
            return Blocked((Finding("FORTNOX_NOT_CONNECTED", "", {}),))
        if entered.fees.is_awaited:
            return Retry(_FOR_ORDERS)
        if entered.fees.findings:
            return Blocked((*entered.fees.findings, *decision.notices))
        return self._book(lease, known, known.company, decision, entered.fees.written_off)

    def _book(
        self, lease: Lease, known: _Known, company: Company, decision: Plan, written_off: WrittenOff
    ) -> Completed | Retry | Blocked:
        note = partial(_is_what_it_is, known.stored, known.exchange, written_off)
        ended = self.booking.book(lease, company, decision, known.rules, note)
        if isinstance(ended, Completed) and known.rules.attach_report and known.stored.file_id is not None:
            with self.store.write() as session:
                report_is_due(session, lease)
        return ended

    def _correct(self, lease: Lease, known: _Known, word: ChangeWord) -> Completed | Retry | Blocked:
        """Follow a person's answer about a payout that changed after it was booked."""
        with self.store.read() as session:
            reported = reported_state_of(session, known.stored, known.rules, known.matched)
        if word.answer is ChangeAnswer.CORRECT:
            with self.store.read() as session:
                correction = correction_of(session, known.stored, known.rules, known.matched, word.day, reported)
                taken = taken_by_others(session, known.stored, known.payout)
                posted = posted_steps(session, known.stored.id)
            lines = (line for line in known.payout.lines if line.id in taken)
            if doubled := [_doubled(known.payout, line, taken[line.id]) for line in lines]:
                return Blocked((known.changed, *doubled))
            if known.company is None:
                return Blocked((Finding("FORTNOX_NOT_CONNECTED", "", {}),))
            if correction.block is not None:
                return Blocked((known.changed,))
            if correction.voucher is not None:
                others = [step for step in posted if step.ref != correction.voucher.ref]
                plan = Plan(known.payout.id, known.rules.version, (*others, correction.voucher))
                booked = self.booking.book(lease, known.company, plan, known.rules)
                if not isinstance(booked, Completed):
                    return booked
        with self.store.write() as session:
            accept(session, known.stored, reported, word.reference)
        return self.work(lease)

    def _take_back(self, lease: Lease, known: _Known, plan: Plan | Stopped) -> Completed | Retry | Blocked:
        """The money did not stay at the bank: what is booked stays, and a voucher moves it back."""
        if isinstance(plan, Stopped):
            return Blocked(plan.findings)
        if known.company is None:
            return Blocked((Finding("FORTNOX_NOT_CONNECTED", "", {}),))
        return self.booking.book(lease, known.company, plan, known.rules)

    def _known(self, lease: Lease) -> _Known | None:
        with self.store.read() as session:
            stored = session.get(StoredPayout, lease.payout_id) if lease.payout_id is not None else None
            if stored is None:
                return None
            payout = read_payout(stored.content)
            rules = load_rules(session, lease.tenant_id).for_payouts_of(payout.provider, payout.account)
            answers = line_answers_of(session, stored.id)
            matched = answers.over(match_lines(session, lease.tenant_id, payout, rules))
            doubtful = doubtful_lines(session, stored, payout, matched, rules)
            matched = without_doubtful(matched, doubtful)
            return _Known(
                stored, payout, rules, matched,
                exchange=exchange_of(session, stored, payout, matched, rules),
                settled=settled_transactions(session, stored.id, payout, matched, rules),
                company=company_of(session, lease.tenant_id),
                is_held=answers.is_held,
                is_closed=answers.is_closed,
                returned_on=came_back_on(session, stored, payout) if payout.bounced else None,
                taken_back=return_of(session, stored, payout, books_day(self.now())),
                was_taken_back=bool(taken_back_of(session, [stored.id])),
                posted=tuple(posted_steps(session, stored.id)),
                word=change_word_of(session, stored),
                doubtful=tuple(doubtful.values()),
                at_bank=bank_amount_of(session, stored.id),
                stated=stated_sum_of(session, stored, payout),
                hints=hints_of(session, lease.tenant_id, _of_no_order(payout, matched), rules),
            )  # fmt: skip

    def _enter(self, lease: Lease, known: _Known) -> _Entered:
        """Store what each line is, wake the orders, and decide who takes the fees."""
        with self.store.write() as session:
            looks_elsewhere = known.rules.payout_reference_field is not ReferenceField.NOWHERE
            if known.company is not None and known.has_unmatched_lines and looks_elsewhere:
                request_invoices(session, known.company.connection_id, self.now())
            jobs.mark_processed(session, lease.inbox_ids)
            # The lines that were booked keep their orders: the clearing account is explained by them.
            uses = [] if known.has_changed else _uses(known)
            orders = {row["order_id"] for row in uses if row["transaction_id"]}
            moved = transactions_of(session, orders, known.payout.provider, known.rules)
            uses, fees = assign_fees(session, known.stored, known.payout, known.rules, moved, uses)
            taken = {} if known.has_changed else enter_movements(session, known.stored, known.payout)
            doubled, woken = _enter_uses(session, known.stored, known.payout, uses, taken)
            woken += wake_bounced(session, known.stored, known.payout)
            return _Entered(doubled, woken, fees)


@dataclass(frozen=True, slots=True)
class _Entered:
    """What entering the lines of a payout came to."""

    doubled: list[Finding]
    """Lines that another payout has."""
    woken: int
    """Jobs that were woken: orders of the lines, and payouts whose money came back."""
    fees: Fees


@dataclass(frozen=True, slots=True)
class _Known:
    """A payout and everything that decides what becomes of it."""

    stored: StoredPayout
    payout: Payout
    rules: TenantRules
    matched: Mapping[str, Matched]
    exchange: Exchange
    settled: Mapping[str, str]
    """Line → the transaction of its order that it settles."""
    company: Company | None
    is_held: bool
    """A person said that nothing of it is to be booked yet."""
    is_closed: bool
    """A person has dealt with it by hand."""
    returned_on: date | None
    """Of one that bounced: the day of the later payout that brings its money."""
    taken_back: Plan | Stopped | None
    """What becomes of one that bounced after it was booked; None for every other."""
    was_taken_back: bool
    posted: tuple[Step, ...]
    """Its posted vouchers."""
    word: ChangeWord | None
    """A person's answer about its current state, where another state is booked."""
    hints: Hints
    """Hints for Qliro's unmatched rows."""
    doubtful: tuple[Finding, ...]
    """Lines with which an order would be settled beyond what it was paid."""
    at_bank: Money | None
    """The bank's amount as a person stated it."""
    stated: Money | None
    """The sum that a list of payouts states."""

    @property
    def waits_for_bank(self) -> bool:
        """Whether nothing confirms yet that its lines are complete."""
        return not (self.payout.is_captured or self.is_stated) and self.at_bank is None

    @property
    def is_stated(self) -> bool:
        """Whether a list of payouts confirms its sum."""
        return self.stated == self.payout.paid_out

    @property
    def is_sum_confirmed(self) -> bool:
        """Whether its sum is sure without the bank: its source or a list states it, or a person corrected the books."""
        return self.payout.is_captured or self.is_corrected or self.is_stated

    @property
    def sum_differs(self) -> Finding | None:
        """The finding that a list of payouts states another sum than its rows come to."""
        if self.stated is None or self.is_stated:
            return None
        data = {
            "payout": self.payout.id, "shop_amount": str(self.payout.paid_out),
            "stated_amount": str(self.stated),
        }  # fmt: skip
        if self.stored.booked is None:
            return Finding("PAYOUT_SUM_DIFFERS", self.payout.id, data)
        return Finding("PAYOUT_BOOKED_SUM_DIFFERS", self.payout.id, data)

    @property
    def has_changed(self) -> bool:
        """Since it was booked."""
        return self.stored.booked_hash not in (None, self.stored.content_hash)

    @property
    def is_corrected(self) -> bool:
        """Whether a person had the books corrected to a later state of it."""
        return bool(corrections_of(self.stored))

    @property
    def has_other_state(self) -> bool:
        """Whether another state is booked than its source reports, and nobody has corrected the books."""
        is_other = self.has_changed or (self.was_taken_back and not is_corrected_to(self.stored))
        return self.taken_back is None and is_other

    @property
    def changed(self) -> Finding:
        """The finding that it differs from what is booked."""
        booked = as_booked(self.stored).paid_out
        data = {
            "payout": self.payout.id, "shop_amount": str(self.payout.paid_out), "booked_amount": str(booked),
        }  # fmt: skip
        return Finding("PAYOUT_CHANGED_AFTER_BOOKING", self.payout.id, data)

    @property
    def waits_for_whole(self) -> bool:
        """Whether a person said that the bank got something else than its rows come to."""
        return not self.is_sum_confirmed and self.at_bank not in {None, self.payout.paid_out}

    @property
    def has_unmatched_lines(self) -> bool:
        """Whether it has unmatched sales or refunds."""
        return any(line.id not in self.matched for line in self.payout.lines if line.kind in OF_ORDERS)

    @property
    def paid_on(self) -> date | None:
        """The day on which its money finally left the provider, where that is sure and Bokbro books it."""
        is_ours = self.rules.cut_over is None or self.payout.paid_on >= self.rules.cut_over
        is_captured = self.is_sum_confirmed or self.at_bank == self.payout.paid_out
        is_sure = self.payout.is_final and is_captured and not self.payout.unexplained
        day = self.returned_on if self.payout.bounced else self.payout.paid_on
        return day if is_ours and is_sure and not self.is_held else None

    @property
    def waits_to_come_back(self) -> bool:
        """Whether its orders are paid only when a later payout brings the money, and decide the amounts then."""
        is_awaited = self.payout.bounced and self.returned_on is None
        return is_awaited and self.payout.provider in self.rules.clear_at_payout

    def _explained(self, finding: Finding) -> Finding:
        """With what is known of why a row finds no order."""
        if finding.code != NOT_MATCHING:
            return finding
        return replace(finding, data={**finding.data, **self.hints.get(finding.about, {})})

    def decision(self, written_off: WrittenOff) -> Decision:
        """Its vouchers, or why there are none. `written_off`: fees that payments took."""
        matches = {line: match.match for line, match in self.matched.items()}
        decision = plan_payout(self.payout, self.rules, matches, self.exchange, written_off)
        if self.is_corrected and lacks_carrying_amounts(decision):
            return Plan(self.payout.key, self.rules.version, self.posted)  # by hand: nothing is left to book
        if isinstance(decision, Stopped):
            return replace(decision, findings=tuple(map(self._explained, decision.findings)))
        if isinstance(decision, Plan):
            left = [*map(booked_beyond, self.doubtful), *([self.sum_differs] if self.sum_differs else ())]
            if self.payout.provider in self.rules.clear_at_payout:
                left += not_payments(self.payout, self.matched, self.settled)
            notices = (*decision.notices, *left)
            decision = replace(decision, notices=tuple(map(self._explained, notices)))
        if isinstance(decision, Plan) and self.is_corrected:
            # The correction has what differs: only vouchers of single lines may still be added.
            started = {step.ref for step in self.posted}
            steps = (step for step in decision.steps if step.ref in started or is_of_line(step))
            return replace(decision, steps=tuple(steps))
        if isinstance(decision, Plan) and self.waits_for_bank:
            return Waiting("payout_not_proven")
        return decision


def _of_no_order(payout: Payout, matched: Mapping[str, Matched]) -> list[PayoutLine]:
    """Unmatched rows of a provider whose orders we know."""
    if not habits_of(payout.provider).reports_orders:
        return []
    return [line for line in payout.lines if line.kind in OF_ORDERS and line.id not in matched]


def _forbidden(known: _Known, doubled: Collection[str]) -> Iterator[Finding]:
    """What a person has to decide, or has decided, before anything is booked. `doubled`: lines reported already."""
    payout = known.payout.id
    if known.has_other_state:
        yield known.changed
    elif known.waits_for_whole:
        data = {"payout": payout, "shop_amount": str(known.payout.paid_out), "bank_amount": str(known.at_bank)}
        yield Finding("PAYOUT_NOT_WHOLE", payout, data)
    if known.sum_differs and known.stored.booked is None:
        yield known.sum_differs
    if known.rules.beyond_order is UnknownLines.HOLD:
        yield from (finding for finding in known.doubtful if finding.about not in doubled)
    if known.is_held:
        yield Finding("PAYOUT_HELD", "", {"payout": payout})


def _is_what_it_is(stored: StoredPayout, exchange: Exchange, written_off: WrittenOff, session: WriteSession) -> None:
    """From the first voucher on this state is the booked one: a later state is a question for a person."""
    fees = {line: sum_of(taken, BOOKS_CURRENCY).minor for line, taken in written_off.items()}
    keep_as_booked(session, stored, as_kept(stored, exchange) | {"written_off": fees})


def _uses(known: _Known) -> list[dict[str, Any]]:
    """What each line is, and which order and transaction it belongs to."""
    matched, paid_on = known.matched, known.paid_on  # the day is calculated from all lines: once
    return [
        {
            "connection_id": known.stored.connection_id,
            "provider": known.stored.provider,
            "line_id": line.id,
            "payout_id": known.stored.id,
            "order_id": matched[line.id].order_id if line.id in matched else None,
            "matched_by": matched[line.id].match.by if line.id in matched else "",
            "transaction_id": known.settled.get(line.id, ""),
            "paid_on": paid_on,
        }
        for line in known.payout.lines
    ]


def _enter_uses(
    session: WriteSession,
    stored: StoredPayout,
    payout: Payout,
    rows: list[dict[str, Any]],
    taken: Mapping[str, StoredPayout],
) -> tuple[list[Finding], int]:
    """Note which payout has which line, and wake the orders that waited for it: how many.

    A line that another payout has already is never booked again. `taken`: lines whose transaction another has.
    """
    if not rows:
        return [], 0
    before = uses_of_orders(session, stored)
    known = [use_of(use.line_id, use.transaction_id, use.paid_on, use.write_offs) for use in before]
    rows = [row for row in rows if row["line_id"] not in taken]
    entered = enter_uses(session, stored, rows)
    doubled = [_doubled(payout, line, taken.get(line.id)) for line in payout.lines if line.id not in entered]
    return doubled, wake_paid_orders(session, known, [row for row in rows if row["line_id"] in entered])


def _doubled(payout: Payout, line: PayoutLine, other: StoredPayout | None) -> Finding:
    """Names both places: the payout that is not booked, and the one that has the transaction."""
    keys = (MatchKey.TRANSACTION_ID, MatchKey.ORDER_NAME, MatchKey.PAYMENT_ID)
    data = {
        "reference": next((line.keys[key] for key in keys if line.keys.get(key)), line.id),
        "shop_amount": str(line.amount or -line.fee),
        "payout": f"{payout.id} ({payout.paid_on})",
        "other_payout": f"{other.number} ({other.paid_on})" if other else "?",
    }
    return Finding("REFUND_PAYOUT_DOUBLED", line.id, data)
