"""1,203 distinct articles keep Fortnox's limit and are made once each, though a worker is killed on the way.

Limits and waits of both outside systems are scaled down by one factor. How long it takes, against what the limit
needs, is measured by `python -m bench.large_order`.
"""

from __future__ import annotations

from bench.large_order import READING, Run, run_scaled

FACTOR = 5.0


def test_1203_articles_keep_the_limit_and_make_no_call_twice(database_url: str) -> None:
    run: Run = run_scaled(FACTOR, database_url, lines=1203, kill=True)
    assert run.state == "booked", run.findings
    assert run.findings == []
    assert sorted(run.rows) == [203, 500, 500], "three invoices"
    assert run.articles == 1203
    assert (run.receivable, run.paid) == (0, 1203)
    assert run.refused_calls == 0, "the limit is kept"
    assert run.page_calls == 2 * READING, "once by each worker: the dead one's pages are gone, and cost no wait"
    assert run.calls <= 1203 + 16, "articles once each, and what three invoices, a look and a payment need"
