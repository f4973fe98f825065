"""An order that says what nobody can understand stops with one finding that names it; the next one is booked."""

from __future__ import annotations

from typing import Any

import pytest

from app.model.order import Order
from app.shops.shopify.orders.order import normalize
from tests.support.pipeline.bench import Bench


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("createdAt", "0001-01-01T00:00:00+14:00"),
        ("updatedAt", "9999-12-31T23:59:59-12:00"),
        ("totalPriceSet", {"presentmentMoney": {"amount": "1e99999999999999999999", "currencyCode": "SEK"}}),
        ("lineItems", {"nodes": True}),
    ],
)
def test_it_is_one_finding_that_names_it_and_no_fault_of_ours(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, field: str, value: Any
) -> None:
    hostile = bench.place()

    def spoilt(node: Any, **how: Any) -> Order:
        return normalize({**node, field: value} if node["name"] == hostile.name else node, **how)

    monkeypatch.setattr("app.shops.shopify.shop.normalize", spoilt)
    bench.rest()
    assert bench.findings() == ["SHOPIFY_BODY_NOT_UNDERSTOOD"]
    assert bench.job(hostile).due_at is None, "waiting mends none of it"
    bench.place()
    bench.rest()
    assert len(bench.invoices()) == 1, "the next one"
