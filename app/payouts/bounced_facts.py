"""What the posting log knows of a payout that bounced after it was booked, and the plan that takes it back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from sqlalchemy import select

from app.execution import operations as posting_log
from app.kit.db.engine import ReadSession
from app.model.payout import Payout
from app.payouts.fx.booked_values import amount_at_bank
from app.payouts.planning.bounced import has_only_bounced, plan_return
from app.payouts.repository import as_booked
from app.posting.plan import Plan, Stopped
from app.posting.references import PAYOUT_RETURNED
from app.schema import Job, Operation, OperationState, StoredPayout
from app.tenants.repository import load_rules


def return_of(session: ReadSession, stored: StoredPayout, payout: Payout, day: date) -> Plan | Stopped | None:
    """The plan where a booked payout's money did not stay at the bank; None where it did, or more than that changed.

    `day`: on which it is booked, unless a voucher of an earlier day was started.
    """
    at_bank = amount_at_bank(stored)
    if at_bank is None or not payout.bounced:
        return None  # nearly all: a payout of ten thousand lines is not read a second time for it
    booked = as_booked(stored)
    if not has_only_bounced(booked, payout):
        return None
    operations = posting_log.load_payout(session, stored.id)
    effective = {key: row for key, row in operations.items() if row.state != OperationState.SUPERSEDED}
    version = max((row.rules_version for key, row in effective.items() if key != PAYOUT_RETURNED.key), default=None)
    rules = load_rules(session, stored.tenant_id, version).for_payouts_of(booked.provider, booked.account)
    return plan_return(booked, rules, [posting_log.as_planned(row) for row in effective.values()], at_bank, day)


def taken_back_of(session: ReadSession, payouts: Iterable[int]) -> frozenset[int]:
    """Those of the payouts whose reversing voucher is posted."""
    done = (Operation.step_key == PAYOUT_RETURNED.key, Operation.state == OperationState.DONE.value)
    reversed_ones = select(StoredPayout.id).join(Job, Job.payout_id == StoredPayout.id)
    reversed_ones = reversed_ones.join(Operation, Operation.job_id == Job.id)
    return frozenset(session.scalars(reversed_ones.where(StoredPayout.id.in_(payouts), *done)))
