"""An order that both the shop and Qliro tell of is booked once, by the channel that owns it (decision 0021)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from app.orders import source_of_record as ownership
from app.orders.source_of_record import owner_changed
from app.schema import OrderClaim
from tests.support.pipeline.bench import Bench
from tests.support.pipeline.emulators import together
from tests.support.pipeline.one_owner import both
from tests.support.pipeline.qliro import CLEARING
from tests.support.pipeline.qliro_shop import FREIGHT, VASE, QliroShop


def is_booked_once(bench: Bench) -> bool:
    return (len(bench.invoices()), bench.balance(CLEARING), bench.balance(1510)) == (1, Decimal(499), 0)


def change(bench: Bench, shop: QliroShop, owner: str) -> None:
    shop.choose(owner)
    with bench.program.store.write() as session:
        owner_changed(session, bench.tenant_id)
    bench.rest()


def test_shop_owns_its_orders_unless_somebody_chose_otherwise(bench: Bench, qliro: Any) -> None:
    shop = QliroShop(qliro)
    order, number = both(bench, shop)
    bench.rest()
    assert (bench.state(order), shop.state(number)) == ("booked", "skipped")
    assert (is_booked_once(bench), bench.findings()) == (True, [])


def test_chosen_qliro_owns_what_is_paid_by_qliro_and_nothing_else(bench: Bench, qliro_shop: QliroShop) -> None:
    order, number = both(bench, qliro_shop)
    by_card = bench.place()
    bench.rest()
    assert (bench.state(order), qliro_shop.state(number), bench.state(by_card)) == ("skipped", "booked", "booked")
    assert (len(bench.invoices()), bench.balance(CLEARING), bench.findings()) == (2, 499, [])


@pytest.mark.parametrize("by", ["payment_id", "name"])
@pytest.mark.parametrize("first", ["shopify", "qliro"])
def test_order_that_is_booked_stays_with_its_channel_when_the_choice_changes(
    bench: Bench, qliro_shop: QliroShop, by: str, first: str
) -> None:
    qliro_shop.choose(first)
    order, number = both(bench, qliro_shop, by=by)
    bench.rest()
    change(bench, qliro_shop, "qliro" if first == "shopify" else "shopify")
    states = {"shopify": bench.state(order), "qliro": qliro_shop.state(number)}
    assert states.pop(first) == "booked"
    assert list(states.values()) == ["skipped"]
    assert (is_booked_once(bench), bench.findings()) == (True, [])


def test_return_of_a_booked_order_follows_its_channel_after_the_choice_changed(
    bench: Bench, qliro_shop: QliroShop
) -> None:
    _order, number = both(bench, qliro_shop)
    bench.rest()
    change(bench, qliro_shop, "shopify")
    qliro_shop.told(number, "return")
    assert (len(bench.invoices()), bench.balance(CLEARING), bench.balance(1510)) == (2, 0, 0)


def test_order_that_the_first_channel_could_not_book_is_booked_by_the_other(
    bench: Bench, qliro_shop: QliroShop
) -> None:
    bench.rules(require_way_of_delivery=True)
    order, number = both(bench, qliro_shop, items=(VASE | {"price": "450.00"}, FREIGHT))
    bench.rest()
    assert (qliro_shop.state(number), bench.state(order)) == ("stopped", "skipped")
    with bench.program.store.read() as session:
        assert session.scalars(select(OrderClaim)).all(), "planned, and hindered only by pre-flight"
    change(bench, qliro_shop, "shopify")
    assert (qliro_shop.state(number), bench.state(order), is_booked_once(bench)) == ("skipped", "booked", True)


def test_channel_that_came_second_is_looked_at_again_when_the_first_gives_the_order_up(
    bench: Bench, qliro_shop: QliroShop
) -> None:
    bench.rules(require_way_of_delivery=True)
    order, number = both(bench, qliro_shop, items=(VASE | {"price": "450.00"}, FREIGHT))
    bench.rest()
    qliro_shop.choose("shopify")
    bench.hear(order)
    bench.rest()
    assert (bench.state(order), bench.invoices()) == ("skipped", []), "the other one still has it"
    qliro_shop.hear(number)
    bench.rest()
    assert (qliro_shop.state(number), bench.state(order), is_booked_once(bench)) == ("skipped", "booked", True)


def test_two_orders_of_one_channel_are_both_booked_whatever_they_are_called(bench: Bench) -> None:
    first = bench.place(payments=[{"gateway": "Qliro"}])
    second = bench.place(payments=[{"gateway": "Qliro", "payment_id": first.name}])
    bench.rest()
    assert (bench.state(first), bench.state(second), bench.balance(CLEARING)) == ("booked", "booked", 998)


@pytest.mark.parametrize("attempt", range(6))
def test_channels_that_decide_at_the_same_moment_book_once(
    bench: Bench,
    qliro_shop: QliroShop,
    monkeypatch: pytest.MonkeyPatch,
    attempt: int,  # noqa: ARG001 - a race has to be tried more than once
) -> None:
    both(bench, qliro_shop)
    program = bench.program
    with monkeypatch.context() as undecided:
        # As when the choice is made between two looks: each channel believes that it owns the order.
        undecided.setattr(ownership, "_belongs_to", lambda *_args: "")
        together(program.worker.run, program.worker.run)
        bench.rest()
    assert is_booked_once(bench)
    with program.store.read() as session:
        assert len({row.order_id for row in session.scalars(select(OrderClaim))}) == 1
