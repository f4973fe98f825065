"""What people see of one payout: each line's order and the key that found it, and what a lost line may be."""

from __future__ import annotations

from dataclasses import replace

from app.model.payout import MatchKey
from app.payouts.views import PayoutDetail, payout_detail
from tests.support.pipeline.bench import Bench
from tests.support.pipeline.payouts import hear, line_of, payout


def seen(bench: Bench, tenant_id: int | None = None) -> PayoutDetail | None:
    payout_id = bench.payout_id("payout:shopify_payments:po_1")
    return payout_detail(bench.program.store, tenant_id or bench.tenant_id, payout_id)


def test_each_line_names_its_order_and_the_key_that_found_it(bench: Bench) -> None:
    order = bench.place()
    bench.rest()
    hear(bench, payout(line_of(order, fee="11.48")))
    found = seen(bench)
    assert found is not None
    assert [(line.order_name, line.matched_by) for line in found.lines] == [(order.name, "transaction_id")]
    assert (found.matched, found.of_orders, found.findings) == (1, 1, ())
    assert [step.document for step in found.steps] == ["A1"]


def test_lost_line_comes_first_with_orders_of_its_amount_that_no_payout_has_had(bench: Bench) -> None:
    settled, lost = bench.place(), bench.place()
    bench.rest()
    stray = replace(line_of(lost), keys={MatchKey.ORDER_NAME: "#okänd"})
    hear(bench, payout(line_of(settled), stray))
    found = seen(bench)
    assert found is not None
    first, second = found.lines
    assert (first.is_lost, [suggestion.name for suggestion in first.suggestions]) == (True, [lost.name])
    assert (second.is_lost, second.suggestions) == (False, ())
    assert [finding.code for finding in found.findings] == ["PAYOUT_LINE_UNMATCHED"]


def test_amount_alone_never_books_a_suggestion(bench: Bench) -> None:
    lost = bench.place()
    bench.rest()
    hear(bench, payout(replace(line_of(lost), keys={})))
    found = seen(bench)
    assert found is not None
    assert found.lines[0].order_id is None


def test_payout_of_another_company_is_not_there(bench: Bench) -> None:
    order = bench.place()
    bench.rest()
    hear(bench, payout(line_of(order)))
    assert seen(bench, bench.tenant_id + 1) is None
