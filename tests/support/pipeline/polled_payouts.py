"""What several test modules share of `test_polled_payouts`."""

from __future__ import annotations

from datetime import UTC, datetime

import httpx2

from app.model.order import books_day
from tests.support.pipeline.bench import Bench

TODAY = books_day(datetime.now(UTC)).isoformat()


def close(bench: Bench) -> None:
    """The provider pays out what it holds."""
    address = f"{bench.emulators.shopify.url}/_sandbox/payouts/close"
    answer = httpx2.post(address, json={"date": TODAY, "shop": bench.domain})
    assert answer.is_success, answer.text
