"""The payout's page says why it waits: what is missing, until when, and which other payout has the other side."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from app.kit.money import Money
from app.model.payout import PayoutLineKind
from app.payouts.planning.waiting import Reason
from app.payouts.repository import store_payouts
from app.payouts.views import PayoutDetail, payout_detail
from tests.support.pipeline.bench import Bench
from tests.support.pipeline.payouts import TODAY, hear, line_of, payout, sek


def shown(bench: Bench, name: str = "po_1", provider: str = "shopify_payments") -> PayoutDetail:
    found = payout_detail(bench.program.store, bench.tenant_id, bench.payout_id(f"payout:{provider}:{name}"))
    assert found is not None
    return found


def test_batch_that_qliro_may_still_change_says_what_is_missing_and_until_when(bench: Bench) -> None:
    order = bench.place()
    bench.rest()
    told = replace(payout(line_of(order)), provider="qliro", paid_out=sek("600.00"), is_final=False)
    store_payouts(bench.program.store, bench.shop_id, [told])
    bench.rest()
    waits = shown(bench, provider="qliro").waiting
    assert waits is not None
    assert (waits.reason, str(waits.missing), waits.until) == (
        Reason.NOT_FINAL, "101.00 SEK", TODAY + timedelta(days=14),
    )  # fmt: skip


def test_two_payouts_that_cancel_each_other_out_name_each_other(bench: Bench) -> None:
    first, second = bench.place(), bench.place()
    bench.rest()
    hear(bench, payout(line_of(first), paid_out=sek("399.00")))
    hear(bench, payout(line_of(second), name="po_2", paid_out=sek("599.00")))
    hear(bench, payout(replace(line_of(second), id="another"), name="po_3", paid_out=sek("1.00")))
    one, other = shown(bench).waiting, shown(bench, "po_2").waiting
    assert one is not None
    assert other is not None
    assert (one.reason, one.cancelled_by, other.cancelled_by) == (Reason.INCOMPLETE, ("po_2",), ("po_1",))


def test_payout_without_a_stated_sum_asks_for_proof_and_a_booked_one_explains_nothing(bench: Bench) -> None:
    order = bench.place()
    bench.rest()
    hear(bench, payout(line_of(order), is_captured=False))
    waits = shown(bench).waiting
    assert (waits and waits.reason) is Reason.NOT_PROVEN
    hear(bench, payout(line_of(order)))
    assert (shown(bench).state, shown(bench).waiting) == ("booked", None)


def carried(order: Any, amount: str) -> Any:
    kind = PayoutLineKind.CARRIED_FORWARD
    return replace(line_of(order), id=f"carried {amount}", kind=kind, amount=sek(amount), keys={})


def test_debt_that_is_carried_names_the_payout_with_its_other_side(bench: Bench) -> None:
    order = bench.place()
    bench.rest()
    left = carried(order, "200.00")
    hear(bench, payout(left, paid_out=Money.of("200.00", "SEK")))
    assert [one.other for one in shown(bench).carried_forward] == [""]
    hear(bench, payout(line_of(order), carried(order, "-200.00"), name="po_2"))
    assert [(str(one.amount), one.other) for one in shown(bench, "po_2").carried_forward] == [("-200.00 SEK", "po_1")]
    assert [one.other for one in shown(bench).carried_forward] == ["po_2"]
