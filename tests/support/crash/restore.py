"""What several test modules share of `test_restore`."""

from __future__ import annotations

from collections import Counter
from typing import Any

from tests.support.pipeline.bench import Bench


def books(bench: Bench) -> dict[str, Any]:
    """Everything that stands in Fortnox, as a bookkeeper would compare it."""
    world = bench.emulators.world
    with world.lock:
        ledger = world.companies[bench.company].ledger
        balances = dict(ledger.balances(None))
    kinds = Counter(
        {kind: len(bench.documents(kind)) for kind in ("invoices", "invoicepayments", "customers", "articles")}
    )
    return {"balances": balances, "entries": len(bench.vouchers()), "documents": kinds}
