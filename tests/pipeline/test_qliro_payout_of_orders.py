"""Payouts of orders that Qliro itself tells of: rows find their order by Qliro's own number, and the proof is 0.00."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.kit.money import Money
from app.reconciliation.account_balance import account_reconciliations
from sandbox.kit.calls import CallFilter
from tests.support.pipeline.bench import Bench
from tests.support.pipeline.one_owner import both
from tests.support.pipeline.qliro import CLEARING, YESTERDAY
from tests.support.pipeline.qliro_shop import FREIGHT, VASE, QliroShop


def sek(amount: str) -> Money:
    return Money.of(amount, "SEK")


@pytest.mark.parametrize("reference", ["payment_id", "temporary"])
def test_month_of_qliro_orders_and_its_batches_leave_nothing_unexplained(
    bench: Bench, qliro_shop: QliroShop, reference: str
) -> None:
    qliro = qliro_shop.qliro
    qliro.switch(fee_vat_rate="25", reference=reference)
    returned = qliro_shop.sell(VASE | {"quantity": 2}, FREIGHT)
    in_parts = qliro_shop.sell(VASE, FREIGHT)
    qliro_shop.told(returned, "ship")
    qliro_shop.told(in_parts, "ship", units={"GF-VAS-01": 1})
    qliro.close(YESTERDAY - timedelta(days=1))
    qliro_shop.told(in_parts, "ship")
    qliro_shop.told(returned, "return", units={"GF-VAS-01": 1})
    qliro_shop.told(in_parts, "add", items=[VASE | {"ref": "EXTRA", "price": "700.00"}])
    qliro.close()
    unpaid = qliro_shop.sell(VASE | {"price": "150.00"})
    qliro_shop.told(unpaid, "ship")
    qliro.poll()
    bench.program.scheduler.compare_ledgers()
    bench.rest()
    (proof,) = [one for one in account_reconciliations(bench.program.store, bench.tenant_id) if one.account == CLEARING]
    assert (proof.closing, proof.ours, proof.difference) == (sek("150.00"), sek("150.00"), sek("0.00"))
    assert set(qliro.matched_by().values()) == {"provider_order_id"}
    assert (qliro.states(), bench.balance(1510), bench.findings()) == (["booked", "booked"], 0, [])


def test_rows_of_an_order_that_the_shop_owns_find_the_shop_s_order(bench: Bench, qliro_shop: QliroShop) -> None:
    qliro_shop.choose("shopify")
    order, number = both(bench, qliro_shop)
    bench.rest()
    qliro_shop.qliro.close()
    qliro_shop.qliro.poll()
    assert (bench.state(order), qliro_shop.state(number)) == ("booked", "skipped")
    assert qliro_shop.qliro.matched_by() == {"Transaction": "payment_id", "Fee": "payment_id"}
    assert (bench.balance(CLEARING), bench.findings()) == (0, [])


def test_order_nobody_told_of_is_found_by_its_settlement_row(bench: Bench, qliro_shop: QliroShop) -> None:
    qliro_shop.is_silent = True
    number = qliro_shop.sell()
    qliro_shop.act(number, "ship")
    qliro_shop.qliro.close()
    qliro_shop.qliro.poll()
    assert (qliro_shop.state(number), len(bench.invoices()), bench.balance(CLEARING)) == ("booked", 1, 0)
    assert (qliro_shop.qliro.states(), bench.findings()) == (["booked"], [])


def test_return_nobody_told_of_is_found_by_its_settlement_row(bench: Bench, qliro_shop: QliroShop) -> None:
    number = qliro_shop.sell()
    qliro_shop.told(number, "ship")
    other = qliro_shop.sell(VASE | {"price": "1290.00"})
    qliro_shop.told(other, "ship")
    qliro_shop.is_silent = True
    qliro_shop.act(number, "return")
    qliro_shop.qliro.close()
    qliro_shop.qliro.poll()
    assert (len(bench.invoices()), bench.balance(CLEARING), bench.findings()) == (3, 0, [])


def test_capture_nobody_told_of_is_found_by_asking_again(bench: Bench, qliro_shop: QliroShop) -> None:
    number = qliro_shop.sell()
    bench.rest()
    qliro_shop.is_silent = True
    qliro_shop.act(number, "ship")
    qliro_shop.qliro.poll()
    assert (qliro_shop.state(number), bench.balance(CLEARING)) == ("booked", 499)


def test_booked_orders_are_not_asked_for_again(bench: Bench, qliro_shop: QliroShop) -> None:
    number = qliro_shop.sell()
    qliro_shop.told(number, "ship")
    qliro_shop.qliro.close()
    qliro_shop.qliro.poll()
    calls = qliro_shop.qliro.server.app.state.kit.calls
    calls.clear()
    qliro_shop.qliro.poll(later=timedelta(days=1))
    bench.rest()
    assert [one.path for one in calls.select(CallFilter("GET")) if "/orders/" in one.path] == []


def test_nothing_is_asked_for_where_the_shop_tells_of_orders(bench: Bench, qliro_shop: QliroShop) -> None:
    qliro_shop.choose("shopify")
    qliro_shop.is_silent = True
    number = qliro_shop.sell()
    qliro_shop.act(number, "ship")
    qliro_shop.qliro.close()
    qliro_shop.qliro.poll()
    assert [job.subject for job in bench.jobs() if job.subject.startswith("order:qliro")] == []
