"""What several test modules share of `test_payout_answers`."""

from __future__ import annotations

from dataclasses import replace

from app.model.payout import MatchKey, PayoutLine
from app.payouts.line_answer_store import LineAnswering
from app.payouts.views import PayoutDetail, payout_detail
from sandbox.shopify.model import StoredOrder
from tests.support.pipeline.bench import Bench
from tests.support.pipeline.payouts import line_of


def stray(order: StoredOrder, fee: str = "0") -> PayoutLine:
    return replace(line_of(order, fee=fee), keys={MatchKey.ORDER_NAME: "#okänd"})


def payout_id(bench: Bench, name: str = "po_1") -> int:
    return bench.payout_id(f"payout:shopify_payments:{name}")


def shown(bench: Bench) -> PayoutDetail:
    found = payout_detail(bench.program.store, bench.tenant_id, payout_id(bench))
    assert found is not None
    return found


def answering(bench: Bench) -> LineAnswering:
    return LineAnswering(bench.program.store, bench.program.notifier.notify)


def say(bench: Bench, answer: str, detail: str = "", line: str = "") -> None:
    known = line or next(one.line.id for one in shown(bench).lines if one.choices)
    answering(bench).answer(bench.tenant_id, payout_id(bench), known, answer, detail, "maja@example.se")
    bench.rest()
