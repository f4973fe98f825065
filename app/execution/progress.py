"""What becomes of a step: it succeeded, is tried again later, or stops for a person."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from app.execution.balances import BalanceExceededError
from app.jobs.outcomes import Blocked, Retry
from app.kit.http.outcome import Done, Limited, NotSent, Outcome, Refused
from app.ledgers.base import (
    Company,
    Exchange,
    Ledger,
    Remote,
    StepContext,
)
from app.model.finding import Finding
from app.model.platforms import Situation
from app.posting.steps import (
    Step,
)


@dataclass(frozen=True, slots=True)
class Succeeded:
    """The step is done; go on."""

    remote: Remote


Progress = Succeeded | Retry | Blocked


def trouble(books: Ledger, company: Company, outcome: Outcome, grace_period: timedelta, *, looked: bool) -> Retry:
    """The retry that a failure without a finding of its own asks for."""
    codes = books.platform_of(company).codes
    match outcome:
        case Limited():
            wait = timedelta(seconds=outcome.retry_after)
            return Retry(wait, company=True, code=codes[Situation.RATE_LIMITED])
        case NotSent():
            return Retry(None, failed=True, code=codes[Situation.UNAVAILABLE], detail=outcome.reason)
        case Refused():
            finding = books.refusal(company, outcome)
            return Retry(None, failed=True, code=finding.code, detail=outcome.message, values=finding.data)
        case Done():
            raise ValueError("a success is no trouble")
        case _:
            # What may have been done is looked for only when Fortnox can no longer commit it late.
            return Retry(
                None if looked else grace_period, failed=True, code=codes[Situation.UNAVAILABLE], detail=outcome.reason
            )


def credit_exceeds(step: Step, error: BalanceExceededError) -> Finding:
    """The finding on a step that would credit or use more than there is."""
    return Finding("CREDIT_EXCEEDS_INVOICE", step.key, {"document": step.key, "message": error.what})


def observed(context: StepContext, heard: list[Exchange]) -> StepContext:
    """The context of a call, whose exchanges are kept in `heard`."""
    return replace(context, observe=heard.append)
