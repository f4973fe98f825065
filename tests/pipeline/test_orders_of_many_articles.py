"""1,203 distinct articles in about the time that Fortnox's limit needs, and a worker is killed on the way.

Limits and waits of both outside systems are scaled down by one factor; the true run is `python -m bench.large_order`.
"""

from __future__ import annotations

from bench.large_order import BAR, Run, run_scaled

FACTOR = 3.0


def test_1203_articles_take_little_more_than_fortnox_limit_needs(database_url: str) -> None:
    run: Run = run_scaled(FACTOR, database_url, lines=1203, kill=True)
    assert run.state == "booked", run.findings
    assert run.findings == []
    assert sorted(run.rows) == [203, 500, 500], "three invoices"
    assert run.articles == 1203
    assert (run.receivable, run.paid) == (0, 1203)
    assert run.refused_calls == 0, "the limit is kept"
    assert run.seconds <= BAR * run.limit_seconds, f"{run.seconds:.1f} s, the limit needs {run.limit_seconds:.1f} s"
