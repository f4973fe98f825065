"""The product with one protection broken: what the weeks must notice. Nothing here is a setting of the product."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text, update

from app.execution import operations as posting_log
from app.execution import plan_execution as executing
from app.execution import step_run, voucher_booking
from app.execution.executor import StepExecutor
from app.jobs import queue as jobs
from app.schema import Operation
from tests.weeks import week

Mutant = Callable[[pytest.MonkeyPatch], None]


def restore_trusts_the_journal(patch: pytest.MonkeyPatch) -> None:
    """After a restore what the dump holds as planned is sent without a look."""
    patch.setattr(week, "distrust_posting_log", lambda _session, _now: 0)


def uncertain_is_looked_for_at_once(patch: pytest.MonkeyPatch) -> None:
    """A call that may still be carried out is not waited for."""
    patch.setattr(posting_log, "grace_left", lambda _session, _operation, _settle: None)


def uncertain_is_sent_again(patch: pytest.MonkeyPatch) -> None:
    """What may have been carried out is sent again without a look."""
    patch.setattr(StepExecutor, "resolve", lambda _self, *_rest: None)


def frozen_worker_sends(patch: pytest.MonkeyPatch) -> None:
    """A worker that slept after its mark sends what somebody else has sent meanwhile."""
    patch.setattr(step_run, "SEND_FENCE_SECONDS", 1e9)


def _between_calls_without(patch: pytest.MonkeyPatch, *lines: str) -> None:
    """The statement between two calls with these conditions left out."""
    statement = posting_log._BETWEEN_CALLS.text
    for line in lines:
        assert line in statement
        statement = statement.replace(line, "")
    patch.setattr(posting_log, "_BETWEEN_CALLS", text(statement))


def lease_about_to_end_is_enough(patch: pytest.MonkeyPatch) -> None:
    """The mark does not renew the lease."""
    _between_calls_without(patch, "lease_until = clock_timestamp() + make_interval(secs => :lease_seconds), ")


def mark_is_not_fenced(patch: pytest.MonkeyPatch) -> None:
    """A worker that lost its lease marks and sends all the same."""
    _between_calls_without(patch, " and lease_token = :token", " and payload_hash = :content")


def record_is_not_fenced(patch: pytest.MonkeyPatch) -> None:
    """A worker that lost its lease writes its old news over those of its successor."""

    def write(session: Any, _lease: Any, operation_id: int, values: dict[str, Any]) -> None:
        session.execute(update(Operation).where(Operation.id == operation_id).values(**values))

    patch.setattr(posting_log, "_write", write)


def wake_during_work_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    """What comes while an order is worked on is not looked at."""
    woken = "case when due_at is distinct from :claimed_at then clock_timestamp() end"
    assert woken in jobs._CLOSE.text
    never = "case when due_at < :claimed_at - interval '9 years' then clock_timestamp() end"
    patch.setattr(jobs, "_CLOSE", text(jobs._CLOSE.text.replace(woken, never)))
    patch.setattr(jobs, "_DUE_AGAIN", text("select id from job where id = :job and :seen is null"))


def adopted_invoice_is_paid_blindly(patch: pytest.MonkeyPatch) -> None:
    """After a restore only documents are looked for, not what followed them."""
    must = executing._must_look

    def look(step: Any, *rest: Any) -> bool:
        return must(step, *rest) and isinstance(step, executing._DOCUMENTS)

    patch.setattr(executing, "_must_look", look)


def vouchers_are_never_looked_for(patch: pytest.MonkeyPatch) -> None:
    """After a restore payouts are booked without a look."""
    patch.setattr(voucher_booking, "any", lambda _ones: False, raising=False)


MUTANTS: dict[str, Mutant] = {
    one.__name__: one
    for one in (
        restore_trusts_the_journal, uncertain_is_looked_for_at_once, uncertain_is_sent_again, frozen_worker_sends,
        lease_about_to_end_is_enough, mark_is_not_fenced, record_is_not_fenced, wake_during_work_is_forgotten,
        adopted_invoice_is_paid_blindly, vouchers_are_never_looked_for,
    )
}  # fmt: skip
