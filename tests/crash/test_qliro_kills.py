"""A worker that is killed while it works on an order that Qliro tells of: 0 lost, 0 doubled, one channel."""

from __future__ import annotations

import pytest

from tests.support.crash.kills import killed_at
from tests.support.pipeline.bench import Bench
from tests.support.pipeline.qliro import CLEARING
from tests.support.pipeline.qliro_shop import VASE, QliroShop

LINES = [
    ("after the claim", 1),
    ("after the snapshot", 1),
    ("inside the plan's transaction", 1),
    ("after the mark, before the call", 3),
    ("after the call, before the record", 3),
    ("after the call, before the record", 5),
    ("inside the close's transaction", 1),
]


@pytest.mark.parametrize(("line", "passes"), LINES)
def test_a_kill_loses_and_doubles_nothing_of_a_capture_or_a_return(
    bench: Bench, qliro_shop: QliroShop, line: str, passes: int
) -> None:
    number = qliro_shop.sell(VASE | {"quantity": 2})
    for action, expected in (("ship", 499), ("ship", 998), ("return", 499)):
        qliro_shop.act(number, action, units={"GF-VAS-01": 1})
        killed_at(bench, line, passes)
        bench.pass_time()
        bench.rest()
        assert (bench.balance(CLEARING), bench.balance(1510)) == (expected, 0)
    assert [invoice["Total"] for invoice in bench.invoices()] == [499, 499, -499]
    assert (qliro_shop.state(number), bench.findings()) == ("booked", [])
