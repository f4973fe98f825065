"""Deliveries that the database does not take: whoever sent them hears so, and nobody else suffers."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from app.jobs import batch_writer as group_commit
from app.jobs.batch_writer import BatchWriter
from app.jobs.inbox import Delivery
from app.jobs.notifier import SilentNotifier
from app.kit.db.engine import Store
from app.kit.http.envelope import Envelope
from tests.support.pipeline.bench import Bench
from tests.support.pipeline.endpoint import Endpoint

POISON = "a\0b"
"""PostgreSQL's text holds no NUL."""


def test_delivery_that_the_database_does_not_take_is_sent_again(
    bench: Bench, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(_store: Store, _deliveries: Sequence[Delivery]) -> None:
        raise ConnectionError("the database is gone")

    order = bench.place(hear=False)
    with monkeypatch.context() as patch:
        patch.setattr(group_commit, "store_deliveries", refuses)
        assert endpoint.announce(order) == 503, "not 200: the shop keeps it, and comes again"
    assert bench.inbox() == []
    assert endpoint.announce(order) == 200
    bench.rest()
    bench.proves(order)


def test_delivery_that_cannot_be_stored_takes_no_other_with_it(bench: Bench) -> None:
    writer = BatchWriter(bench.program.store, SilentNotifier())
    writer._open = True  # they arrive together, before the thread takes the first
    envelopes = [Envelope(topic, f"d{place}", None, None, None) for place, topic in enumerate(["x", POISON, "y"])]
    futures = [writer.submit(Delivery(bench.tenant_id, bench.shop_id, envelope, {}, b"{}")) for envelope in envelopes]
    writer.start()
    assert [future.exception(10) is None for future in futures] == [True, False, True]
    writer.stop()
    assert [one.delivery_id for one in bench.inbox()] == ["d0", "d2"]
