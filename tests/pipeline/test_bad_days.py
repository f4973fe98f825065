"""Fortnox's bad days that are no fault of one call: maintenance, clocks that differ, a licence that ends at noon."""

from __future__ import annotations

from typing import Any

import pytest

from app.connections.repository import Connected
from app.main import welcome
from tests.support.pipeline.bench import Bench

STEPS = ["/3/customers", "/3/articles", "/3/invoices", "/3/invoices/*/bookkeep", "/3/invoicepayments"]


@pytest.mark.parametrize("path", STEPS)
@pytest.mark.parametrize("change", [{"api_licence": False}, {"licences": ["companyinformation", "settings"]}])
def test_a_licence_that_ends_in_the_middle_stops_with_its_code_and_the_rest_follows_when_it_is_back(
    bench: Bench, path: str, change: dict[str, Any]
) -> None:
    # The step before is carried out, this one meets a company without the licence.
    fault = bench.emulators.kit.faults.order("close_before", "*", path, times=1)
    order = bench.place()
    bench.run_jobs()
    assert fault.hits == 1
    bench.company_is(**change)
    for _hour in range(3):
        bench.pass_time()
        bench.run_jobs()
    # A step whose answer was lost is looked for, again and again: only that can say whether it stands.
    assert bench.findings() == ["FORTNOX_LICENCE_MISSING"]
    bench.company_is(api_licence=True, licences=None)
    welcome(bench.program, Connected(bench.fortnox_id, str(bench.company), renewed=True))
    bench.hear(order)
    bench.rest()
    bench.proves(order)


@pytest.mark.parametrize("status", [502, 503])
def test_a_maintenance_window_of_everything_passes_by_itself(bench: Bench, status: int) -> None:
    window = [
        bench.emulators.kit.faults.order("html_page", "*", path, status=status, times=None)
        for path in ("/3/*", "/oauth-v1/*")
    ]
    with bench.emulators.world.lock:
        bench.emulators.world.tokens.expire_access()
    orders = [bench.place() for _order in range(3)]
    for _hour in range(3):
        bench.run_jobs()
        bench.pass_time()
    assert bench.connection(bench.fortnox_id).state == "active"
    assert {bench.state(order) for order in orders} == {"working"}
    assert bench.findings() == ["FORTNOX_UNAVAILABLE"] * 3
    for one in window:
        bench.emulators.kit.faults.clear(one.id)
    bench.rest()
    bench.proves(*orders)


@pytest.mark.parametrize("hours", [-25, -3, 3, 25])
@pytest.mark.parametrize("service", [True, False])
def test_a_clock_that_differs_from_fortnox_costs_no_order(bench: Bench, hours: int, service: bool) -> None:  # noqa: FBT001
    """Tokens end by their clock, documents carry the shop's day: neither may need ours to be right."""
    bench.emulators.world.clock.move_to(hours * 3600)
    bench.connect_fortnox(service=service)
    order = bench.place()
    bench.rest()
    bench.proves(order)


def test_a_minute_of_skew_at_the_end_of_a_token_costs_one_renewal(bench: Bench) -> None:
    bench.emulators.world.clock.advance(3590)
    bench.emulators.world.clock.advance(30)
    order = bench.place()
    bench.run_jobs()
    bench.proves(order)
