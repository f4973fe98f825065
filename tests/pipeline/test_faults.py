"""Every fault at every step: afterwards the order stands in the books once, booked and paid to the öre."""

from __future__ import annotations

from typing import Any, get_args

import httpx2
import pytest

from sandbox.kit.faults import FaultKind
from sandbox.shopify.model import StoredOrder
from tests.support.contract.shopify_stage import eventually
from tests.support.pipeline.bench import VASE, Bench

STEPS = {
    "customer": ("POST", "/3/customers"),
    "article": ("POST", "/3/articles"),
    "invoice": ("POST", "/3/invoices"),
    "bookkeep": ("PUT", "/3/invoices/*/bookkeep"),
    "payment": ("POST", "/3/invoicepayments"),
    "payment bookkeep": ("PUT", "/3/invoicepayments/*/bookkeep"),
}
PATIENCE = httpx2.Timeout(0.15, connect=5)
"""Of our client, where a fault is an answer that does not come: the emulator takes its time for 0.4 s."""
SLOW = {"latency", "late_answer", "late_commit"}


def _all_heard(bench: Bench) -> None:
    """What Fortnox was asked it has done, even if nobody waits for the answer any more."""
    eventually(lambda: all(call.duration_ms is not None for call in bench.calls()))


def _unknown_order(bench: Bench) -> StoredOrder:
    """An order that needs every step: nobody has bought this, and the buyer never bought anything."""
    number = len(bench.orders) + 1
    return bench.place(
        lines=[VASE | {"sku": f"GF-{number}"}],
        buyer={"id": number, "billing": {"first_name": "Bo", "last_name": f"Ek {number}"}},
    )


@pytest.mark.parametrize("kind", get_args(FaultKind))
def test_orders_survive_a_fault_at_each_step(bench: Bench, kind: Any) -> None:
    if kind in SLOW:
        bench.program.client.timeout = PATIENCE
    for step, (method, path) in STEPS.items():
        fault = bench.emulators.kit.faults.order(kind, method, path, seconds=0.4)
        _unknown_order(bench)
        bench.run_jobs()
        _all_heard(bench)
        bench.rest()
        assert fault.hits == 1, step
        bench.proves(*bench.orders.values())


@pytest.mark.parametrize("kind", ["close_before", "close_after", "status", "malformed_json"])
def test_orders_survive_three_faults_in_a_row_at_each_step(bench: Bench, kind: Any) -> None:
    # A step that was carried out the first time is found and not sent again.
    hits = 1 if kind in {"close_after", "malformed_json"} else 3
    for step, (method, path) in STEPS.items():
        bench.emulators.kit.faults.clear()
        fault = bench.emulators.kit.faults.order(kind, method, path, times=3)
        _unknown_order(bench)
        bench.rest()
        assert fault.hits == hits, step
        bench.proves(*bench.orders.values())


def test_a_failed_look_up_is_no_proof_of_absence(bench: Bench) -> None:
    """The answer to the step is lost, and so are the first answers to the question whether it was carried out."""
    for step, (method, path) in STEPS.items():
        bench.emulators.kit.calls.clear()
        bench.emulators.kit.faults.order("close_after", method, path)
        for kind in ("close_before", "html_page", "malformed_json", "status"):
            bench.emulators.kit.faults.order(kind, "GET", "/3/*")
        _unknown_order(bench)
        bench.rest()
        assert len(bench.calls(method, path)) == 1, step
        bench.proves(*bench.orders.values())


def test_nothing_is_sent_again_before_the_lost_call_has_settled(bench: Bench) -> None:
    bench.emulators.kit.faults.order("close_before", "POST", "/3/invoices")
    order = bench.place()
    bench.run_jobs()
    assert bench.steps()["invoice"] == "unknown"
    assert bench.findings() == ["FORTNOX_UNAVAILABLE"]
    assert bench.job(order).attempts == 1
    assert bench.run_jobs() == 0, "the job is not due before"
    assert len(bench.calls("POST", "/3/invoices")) == 1


def test_two_equal_payments_of_one_day_are_both_made_when_the_first_answer_is_lost(bench: Bench) -> None:
    bench.emulators.kit.faults.order("close_after", "POST", "/3/invoicepayments")
    half = {"gateway": "shopify_payments", "amount": "249.50"}
    order = bench.place(payments=[half, half])
    bench.rest()
    assert [payment["Booked"] for payment in bench.payments()] == [True, True]
    assert (bench.balance(1581), bench.balance(1510), bench.state(order)) == (499, 0, "booked")


def test_with_the_second_of_two_equal_payments_lost_there_are_still_two(bench: Bench) -> None:
    bench.emulators.kit.faults.order("close_after", "POST", "/3/invoicepayments", skip=1)
    half = {"gateway": "shopify_payments", "amount": "249.50"}
    order = bench.place(payments=[half, half])
    bench.rest()
    assert [payment["Booked"] for payment in bench.payments()] == [True, True]
    assert (bench.balance(1581), bench.balance(1510), bench.state(order)) == (499, 0, "booked")


def test_many_orders_survive_a_storm(bench: Bench) -> None:
    bench.company_is(whole_krona_rounding=False)
    faults = bench.emulators.kit.faults
    for skip, kind in enumerate(
        ["close_after", "status", "malformed_json", "close_before", "html_page", "reset_after"]
    ):
        faults.order(kind, "*", "/3/*", skip=3 * skip, times=2)  # type: ignore[arg-type]
    orders = [_unknown_order(bench) for _order in range(8)]
    bench.rest(rounds=30)
    bench.proves(*orders)


@pytest.mark.parametrize("kind", ["close_before", "status", "html_page"])
def test_a_shop_that_does_not_answer_is_asked_again(bench: Bench, kind: Any) -> None:
    bench.emulators.shopify.app.state.kit.faults.order(kind, "POST", "*graphql.json", times=3)
    order = bench.place()
    bench.run_jobs()
    assert bench.sent() == []
    assert bench.findings() == ["SHOPIFY_UNAVAILABLE"]
    bench.rest()
    bench.proves(order)
