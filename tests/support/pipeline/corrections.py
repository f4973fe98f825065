"""A payout's page and a person's word on it, where a payout changed after it was booked."""

from __future__ import annotations

from app.payouts.line_answer_store import LineAnswering
from app.payouts.planning.correction import ChangeAnswer
from app.payouts.views import PayoutDetail, payout_detail
from tests.support.pipeline.bench import Bench


def detail(bench: Bench, subject: str) -> PayoutDetail:
    found = payout_detail(bench.program.store, bench.tenant_id, bench.payout_id(subject))
    assert found is not None
    return found


def say(bench: Bench, subject: str, answer: ChangeAnswer = ChangeAnswer.CORRECT, reference: str = "") -> None:
    answering = LineAnswering(bench.program.store, lambda: None)
    answering.say_of_change(bench.tenant_id, bench.payout_id(subject), answer, reference, "maja@example.se")
    bench.rest()
