"""Reads settlements from Qliro's Admin API (qliro-api.md 1, 5.1, 5.2). GET only: nothing here can change an order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from app.kit.http.client import HttpKit
from app.model.payout import Payout
from app.shops.base import SourceError
from app.shops.qliro.calls import QliroAccount, ask
from app.shops.qliro.payouts.payout import payout
from app.shops.qliro.payouts.rows import Json

_PATH = "/settlements"
_LONGEST_WINDOW = timedelta(days=60)
"""From the first to the last day of one question: Qliro refuses more than 61 days, both included."""


@dataclass(frozen=True, slots=True)
class QliroSettlements:
    """A batch may gain rows for days after it was made: read the last 14 days again each time."""

    kit: HttpKit

    def batches_between(self, account: QliroAccount, first: date, last: date) -> Iterator[Payout]:
        """All batches dated within these days, both included, with their accepted rows, as of the day after `last`.

        Raises SourceError, BodyNotUnderstoodError.
        """
        for batch in self.heads_between(account, first, last):
            yield self.read(account, batch, last + timedelta(days=1))

    def heads_between(self, account: QliroAccount, first: date, last: date) -> Iterator[Json]:
        """The batches without their rows, as Qliro shows them; asked for in windows of 61 days.

        `last` must be yesterday at the latest (Stockholm): Qliro has not settled today. Raises SourceError.
        """
        while first <= last:
            until = min(first + _LONGEST_WINDOW, last)
            yield from self._list(account, "/GetSettlementBatches", _window(first, until), "SettlementBatches")
            first = until + timedelta(days=1)

    def read(self, account: QliroAccount, batch: Json, today: date) -> Payout:
        """One of these batches with its accepted rows. Raises SourceError, BodyNotUnderstoodError."""
        rows = self._list(account, "/GetSettlementsByBatchId", {"Id": str(batch.get("Id"))}, "Settlements")
        return payout(batch, rows, account=account.key, today=today)

    def try_access(self, account: QliroAccount, first: date, last: date) -> None:
        """Ask for the batches of some days and leave the answer unread. Raises SourceError when Qliro refuses."""
        self._list(account, "/GetSettlementBatches", _window(first, last), "SettlementBatches")

    def _list(self, account: QliroAccount, path: str, params: Mapping[str, str], name: str) -> list[Json]:
        return _objects(ask(self.kit, account, f"{_PATH}{path}", params), name)


def _window(first: date, last: date) -> dict[str, str]:
    return {"FromBatchDate": f"{first:%Y/%m/%d}", "ToBatchDate": f"{last:%Y/%m/%d}"}


def _objects(body: Any, name: str) -> list[Json]:  # noqa: ANN401 - any JSON
    """The list of that name; an answer without it is an error, because rows would be lost silently."""
    rows = body.get(name) if isinstance(body, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise SourceError("QLIRO_UNAVAILABLE", f"an answer without {name}", passes=True)
    return rows
