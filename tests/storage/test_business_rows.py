"""Orders have rows of their own: made with their job, once, and never for a job of another kind."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from app.jobs.inbox import Delivery, make_due, store_deliveries
from app.kit.db.engine import Store
from app.kit.http.envelope import Envelope
from app.schema import Inbox, Job, SalesOrder
from tests.support.pipeline.jobs import claimed, new_tenant

Shop = tuple[int, int]
"""A company and its shop."""


@pytest.fixture
def shop(store: Store) -> Shop:
    return new_tenant(store, "granstrom", 0)


def delivered(store: Store, shop: Shop, *subjects: str | None) -> None:
    """Deliveries of one group."""
    now = datetime.now(UTC)
    store_deliveries(
        store,
        [
            Delivery(*shop, Envelope("orders/paid", f"{place} {now}", None, now, subject), {}, b"{}")
            for place, subject in enumerate(subjects)
        ],
    )


def orders(store: Store) -> dict[str, int]:
    """The platform's id of every order → ours."""
    with store.read() as session:
        return {row.platform_id: row.id for row in session.scalars(select(SalesOrder).order_by(SalesOrder.id))}


def test_group_of_deliveries_makes_each_order_once(store: Store, shop: Shop) -> None:
    delivered(store, shop, "order:shopify:1", "order:shopify:2", "order:shopify:1")
    made = orders(store)
    assert list(made) == ["1", "2"]
    with store.read() as session:
        jobs = {job.subject: job.order_id for job in session.scalars(select(Job))}
        assert len(session.scalars(select(Inbox)).all()) == 3
    assert jobs == {"order:shopify:1": made["1"], "order:shopify:2": made["2"]}


def test_later_delivery_and_poll_find_the_order_that_is_there(store: Store, shop: Shop) -> None:
    delivered(store, shop, "order:shopify:1")
    before = orders(store)
    delivered(store, shop, "order:shopify:1", "order:shopify:2")
    with store.write() as session:
        make_due(session, *shop, "order:shopify:1")
        make_due(session, *shop, "order:shopify:3")
    after = orders(store)
    assert (after["1"], sorted(after)) == (before["1"], ["1", "2", "3"])


def test_push_that_names_no_order_makes_none(store: Store, shop: Shop) -> None:
    delivered(store, shop, None)
    with store.write() as session:
        make_due(session, *shop, "backfill")
    assert orders(store) == {}


def test_orders_of_two_shops_may_have_one_id(store: Store, shop: Shop) -> None:
    delivered(store, shop, "order:shopify:1")
    delivered(store, new_tenant(store, "bjork", 0), "order:shopify:1")
    with store.read() as session:
        assert [row.platform_id for row in session.scalars(select(SalesOrder))] == ["1", "1"]


def test_lease_says_which_order_it_works_on(store: Store, shop: Shop) -> None:
    delivered(store, shop, "order:shopify:1")
    lease = claimed(store)
    assert lease.of_order == orders(store)["1"] != lease.job_id


def test_lease_of_another_kind_works_on_no_order(store: Store, shop: Shop) -> None:
    with store.write() as session:
        make_due(session, *shop, "ledger:company")
    with pytest.raises(ValueError, match="ledger:company"):
        _ = claimed(store).of_order


@pytest.mark.parametrize("change", ["order_id = null", "subject = 'ledger:company'"])
def test_database_refuses_a_job_that_does_not_fit_its_order(store: Store, shop: Shop, change: str) -> None:
    delivered(store, shop, "order:shopify:1")
    with pytest.raises(IntegrityError, match="ck_job_order"), store.write() as session:
        session.execute(text(f"update job set {change}"))  # noqa: S608 - from this list
