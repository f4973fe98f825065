"""Which questions Qliro is asked about settlements, and what becomes of its answers."""

from datetime import date
from decimal import Decimal
from typing import Any

import httpx2
import pytest

from app.kit.http.client import HttpKit, json_bytes
from app.kit.money import Money
from app.model.payout import Payout
from app.shops.base import SourceError
from app.shops.qliro.calls import QliroAccount
from app.shops.qliro.payouts.client import QliroSettlements

ACCOUNT = QliroAccount("https://qliro.example", "shop-key", "test-secret")
BATCH = {"Id": 5, "BatchId": "B-5", "BatchDate": "2026/11/02", "CurrencyCode": "SEK", "TotalAmount": Decimal("150.24")}
ROW = {"Type": "Transaction", "Action": "Debit", "CurrencyCode": "SEK", "Amount": Decimal("150.24"),
       "OrderId": 1, "TransactionCompletedDate": "2026/10/30"}  # fmt: skip


class Answering:
    """Gives one batch for every window, and keeps what it was asked."""

    def __init__(self, **changes: Any) -> None:
        self.batches: Any = {"SettlementBatches": [BATCH]}
        self.rows: Any = {"Settlements": [ROW], "PendingSettlements": [ROW], "RejectedSettlements": [ROW]} | changes
        self.status = 200
        self.asked: list[httpx2.Request] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(request)
        body = self.rows if request.url.path.endswith("ByBatchId") else self.batches
        return httpx2.Response(self.status, content=json_bytes(body))


def read(answering: Answering, first: date, last: date) -> list[Payout]:
    with httpx2.Client(transport=httpx2.MockTransport(answering)) as client:
        return list(QliroSettlements(HttpKit(client)).batches_between(ACCOUNT, first, last))


def test_a_batch_is_read_with_its_accepted_rows_to_the_ore() -> None:
    answering = Answering()
    (found,) = read(answering, date(2026, 11, 1), date(2026, 11, 14))
    assert (found.account, found.id, found.paid_out) == ("shop-key", "5", Money(15024, "SEK"))
    assert (len(found.lines), found.unexplained) == (1, Money.zero("SEK"))
    assert dict(answering.asked[1].url.params) == {"Id": "5"}


def test_every_request_is_a_signed_get() -> None:
    answering = Answering()
    read(answering, date(2026, 11, 1), date(2026, 11, 14))
    signature = "Qliro nK8Gu0Q2zb+iCvkSGmJrwQk8T1SzHA+pN5V4VhNTRbY="
    assert {(one.method, one.headers["authorization"]) for one in answering.asked} == {("GET", signature)}


def test_a_long_time_is_asked_in_windows_of_61_days_without_a_gap() -> None:
    answering = Answering()
    read(answering, date(2026, 1, 1), date(2026, 5, 1))
    windows = [dict(one.url.params) for one in answering.asked if one.url.path.endswith("Batches")]
    assert windows == [
        {"FromBatchDate": "2026/01/01", "ToBatchDate": "2026/03/02"},
        {"FromBatchDate": "2026/03/03", "ToBatchDate": "2026/05/01"},
    ]


@pytest.mark.parametrize(
    ("status", "code"), [(401, "QLIRO_ACCESS_REFUSED"), (403, "QLIRO_ACCESS_REFUSED"), (500, "QLIRO_UNAVAILABLE")]
)
def test_a_refusal_has_its_code(status: int, code: str) -> None:
    answering = Answering()
    answering.status = status
    with pytest.raises(SourceError, match=code):
        read(answering, date(2026, 11, 1), date(2026, 11, 2))


def test_an_answer_without_its_list_is_not_taken_for_an_empty_one() -> None:
    with pytest.raises(SourceError, match="without Settlements"):
        read(Answering(Settlements=None), date(2026, 11, 1), date(2026, 11, 2))


def test_the_secret_is_not_shown() -> None:
    assert "test-secret" not in repr(ACCOUNT)
