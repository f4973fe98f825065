"""What a steady order costs the database from its webhook to paid, counted by the server.

`python -m bench.cost` lists it. A server of the module's own counts, with the endpoint and the worker as its only
clients. The limits only go down.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.cost import Counted, count_steady_orders, counting

ORDERS = 20
CALLS = ("POST invoices", "PUT invoices/*/bookkeep", "POST invoicepayments", "PUT invoicepayments/*/bookkeep")
TRANSACTIONS = 12
"""Every one, also a ping of a connection."""
STATEMENTS = 27
"""Without what only begins and ends a transaction."""
ROUND_TRIPS = 45
"""With it, as the 183 of November were counted."""
_FAST = {"fsync": "off", "full_page_writes": "off"}
"""No test switches the machine off."""


@pytest.fixture(scope="module")
def counted() -> Iterator[Counted]:
    """Steady orders, after some that made everything known."""
    # Not below pytest's own folder: the server runs as another user than root.
    with tempfile.TemporaryDirectory(prefix="bokbro-cost-") as folder, counting(Path(folder), _FAST) as counting_bench:
        bench, endpoint, server = counting_bench
        counted = count_steady_orders(bench, endpoint, server, ORDERS)
        bench.proves(*bench.orders.values())
        yield counted


def test_a_steady_order_is_one_read_of_the_shop_and_four_calls(counted: Counted) -> None:
    assert [_without_number(call) for call in counted.sent] == [*CALLS] * ORDERS
    assert counted.reads_of_the_shop == ORDERS


def test_a_steady_order_costs_no_more_transactions_than_this(counted: Counted) -> None:
    assert _of_each(counted.cost.transactions_per_order) <= TRANSACTIONS, f"\n{counted.cost.table()}"


def test_a_steady_order_costs_no_more_statements_than_this(counted: Counted) -> None:
    assert _of_each(counted.cost.statements_per_order) <= STATEMENTS, f"\n{counted.cost.table()}"
    assert _of_each(counted.cost.round_trips_per_order) <= ROUND_TRIPS, f"\n{counted.cost.table()}"


def test_both_of_the_servers_counts_agree(counted: Counted) -> None:
    """Every transaction that was begun was ended, and none is missing among all that the server counted."""
    began = sum(one.calls for one in counted.cost.statements if one.text.lower().startswith("begin"))
    ended = sum(one.calls for one in counted.cost.statements if one.text.lower() in {"commit", "rollback"})
    assert began == ended > 0
    assert ended <= counted.cost.commits + counted.cost.rollbacks


def _of_each(per_order: float) -> int:
    """Without what a process asks every few seconds, however many orders come: on a busy machine that is more."""
    return int(per_order)


def _without_number(call: str) -> str:
    method, path = call.split()
    return f"{method} " + "/".join("*" if part.isdigit() else part for part in path.split("/"))
