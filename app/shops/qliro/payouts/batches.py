"""Qliro's settlement batches as a `BatchSource`: no push reports them (qliro-api.md 0.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from app.model.payout import Payout
from app.shops.base import BatchHead, BodyNotUnderstoodError
from app.shops.qliro.calls import QliroAccount
from app.shops.qliro.payouts.client import QliroSettlements
from app.shops.qliro.payouts.payout import LATE_ROWS
from app.shops.qliro.payouts.rows import Json, day


@dataclass(frozen=True, slots=True)
class QliroBatches:
    """Implements `app.shops.base.BatchSource`."""

    settlements: QliroSettlements
    account_of: Callable[[int], QliroAccount]
    """Opens the credentials of a connection. Raises SourceError."""

    @property
    def late_rows(self) -> timedelta:
        """See `LATE_ROWS`."""
        return LATE_ROWS

    def heads_between(self, connection_id: int, first: date, last: date) -> Iterator[BatchHead]:
        """The batches dated within these days. Raises SourceError."""
        for batch in self.settlements.heads_between(self.account_of(connection_id), first, last):
            yield BatchHead(str(batch.get("Id")), _day_of(batch), batch)

    def read_batch(self, connection_id: int, head: BatchHead, today: date) -> Payout:
        """One of them with its accepted rows. Raises SourceError, BodyNotUnderstoodError."""
        return self.settlements.read(self.account_of(connection_id), head.body, today)


def _day_of(batch: Json) -> date | None:
    try:
        return day(batch, "BatchDate")
    except BodyNotUnderstoodError:
        return None
