"""An order that waits for its money says so after a day: the clock looks at it again, whatever the shop tells."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.pipeline.bench import Bench

NET_30: dict[str, Any] = {"payment_terms_days": 30}


def looked_at(bench: Bench, hours: float) -> int:
    """How many waiting orders are looked at so many hours from now."""
    then = datetime.now(UTC) + timedelta(hours=hours)
    return replace(bench.program.scheduler, now=lambda: then).look_at_waiting()


def test_waiting_order_is_looked_at_again_when_a_day_has_passed(bench: Bench) -> None:
    order = bench.place(payments=[])
    bench.rest()
    assert (bench.state(order), bench.findings()) == ("waiting", [])
    assert looked_at(bench, 23) == 0
    assert looked_at(bench, 25) == 1


def test_order_that_is_booked_is_not_looked_at(bench: Bench) -> None:
    bench.place()
    bench.rest()
    assert looked_at(bench, 25) == 0


@pytest.mark.parametrize(("hours", "found"), [(25, 0), (31 * 24 + 1, 1)])
def test_payment_terms_end_before_the_day_begins(bench: Bench, hours: float, found: int) -> None:
    order = bench.place(payments=[], **NET_30)
    bench.rest()
    assert bench.state(order) == "waiting"
    assert looked_at(bench, hours) == found
