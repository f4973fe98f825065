"""The net under lost webhooks: orders that changed in the shop are found by asking."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from app.schema import Connection
from app.shops.shopify.shop import ShopifySource
from tests.support.pipeline.bench import Bench


def test_a_long_absence_of_ours_is_made_up_for(bench: Bench) -> None:
    bench.program.scheduler.backfill()
    back_then = datetime.now(UTC) - timedelta(days=3)
    with bench.program.store.write() as session:
        session.execute(update(Connection).values(orders_known_until=back_then))
    order = bench.place(hear=False)
    order.body["updated_at"] = (back_then + timedelta(hours=1)).isoformat(timespec="seconds")

    assert bench.program.scheduler.backfill() == 1


def test_a_look_that_was_cut_short_goes_on_where_it_ended(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ShopifySource, "most_changes", 1)
    order = bench.place(hear=False)

    bench.program.scheduler.backfill()

    with bench.program.store.read() as session:
        marked = session.get_one(Connection, bench.shop_id).orders_known_until
    assert marked == datetime.fromisoformat(order.body["updated_at"])


def test_a_shop_that_does_not_answer_keeps_its_mark(bench: Bench) -> None:
    bench.shop.state = "frozen"
    bench.place(hear=False)

    assert bench.program.scheduler.backfill() == 0
    bench.shop.state = "open"

    assert bench.program.scheduler.backfill() == 1


def test_the_net_finds_an_order_whose_webhook_never_came(bench: Bench) -> None:
    order = bench.place(hear=False)
    assert bench.program.scheduler.backfill() == 1
    bench.rest()
    bench.proves(order)
    assert bench.program.scheduler.backfill() == 0
