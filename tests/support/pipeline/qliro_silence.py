"""What several test modules share of `test_qliro_silence`."""

from __future__ import annotations

from datetime import timedelta

from tests.support.pipeline.qliro import YESTERDAY, Qliro


def batches(qliro: Qliro, count: int) -> list[str]:
    """So many batches of one order each, oldest first."""
    for number in range(count):
        qliro.sell()
        qliro.bench.rest()
        qliro.close(YESTERDAY - timedelta(days=count - 1 - number))
    return [str(batch.id) for batch in qliro.merchant.batches]


def down(qliro: Qliro, path: str = "*") -> None:
    qliro.server.app.state.kit.faults.order("status", "GET", path, status=503, times=None)
