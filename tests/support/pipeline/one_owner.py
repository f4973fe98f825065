"""What several test modules share of `test_one_owner`."""

from __future__ import annotations

from typing import Any

from sandbox.shopify.model import StoredOrder
from tests.support.pipeline.bench import Bench
from tests.support.pipeline.qliro_shop import QliroShop


def both(bench: Bench, shop: QliroShop, **known: Any) -> tuple[StoredOrder, int]:
    """One order, paid by Qliro in the shop and captured there; both channels are due."""
    order = bench.place(payments=[{"gateway": "Qliro"}], hear=False)
    (paid,) = [transaction for transaction in order.transactions if transaction["kind"] == "sale"]
    reference = {"payment_id": paid["payment_id"], "name": order.name.removeprefix("#")}[known.get("by", "payment_id")]
    number = shop.sell(*known.get("items", ()), reference=str(reference))
    shop.act(number, "ship")
    bench.hear(order)
    return order, number
