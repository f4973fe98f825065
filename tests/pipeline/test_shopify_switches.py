"""The product trades under each value of each switch of docs/shopify-unknowns.md, with all scopes and with few."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, get_args

import pytest

from sandbox.shopify.switches import Switches
from tests.support.pipeline.bench import Bench

NUMBERS = {"error_limit": (1, 20)}


def values() -> Iterator[tuple[str, Any]]:
    for name, field in Switches.model_fields.items():
        told = (True, False) if field.annotation is bool else NUMBERS.get(name) or get_args(field.annotation)
        yield from ((name, value) for value in told)


@pytest.mark.parametrize("scopes", ["all", "read_orders,read_all_orders"], ids=["all scopes", "few scopes"])
@pytest.mark.parametrize(("name", "value"), list(values()))
def test_a_sale_and_its_refund_are_booked_under_each_value(bench: Bench, name: str, value: Any, scopes: str) -> None:
    world = bench.emulators.emulator.world
    world.switches = Switches.model_validate({name: value})
    if scopes != "all":
        bench.emulators.emulator.merchant.regrant(bench.shop, scopes)
    order = bench.place(shipping=[{"title": "Paket", "price": "49.00"}])
    bench.rest()
    assert bench.state(order) == "booked"
    bench.act(order, "refund", lines=[{"line": 0}], status="pending")
    bench.rest()
    bench.act(order, "settle")
    bench.rest()
    assert (bench.balance(1510), bench.balance(1581)) == (0, Decimal(49))
    assert set(bench.findings()) <= {"SHOPIFY_CUSTOMER_DATA_HIDDEN"}
    assert bench.state(order) == "booked"
