"""What several test modules share of `test_oss_figures`."""

from __future__ import annotations

from decimal import Decimal

from app.periods.oss_figures import oss_documents
from app.periods.oss_return import OssFigure, Quarter, figures_of
from tests.support.pipeline.bench import Bench


def figures(bench: Bench, quarter: Quarter, **rates: str) -> tuple[OssFigure, ...]:
    """`rates`: what one euro is in each currency on the quarter's last day; kronor at 11.05 unless told."""
    known = {currency: Decimal(rate) for currency, rate in ({"SEK": "11.05"} | rates).items()}
    with bench.program.store.read() as session:
        return figures_of(quarter, oss_documents(session, bench.tenant_id, quarter), known)
