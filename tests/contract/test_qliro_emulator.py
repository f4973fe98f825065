"""Qliro's settlements over real HTTP, read by Bokbro's own client under every switch: reconciled, or the gap shown."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import httpx2
import pytest

from app.domain.money import Money, total
from app.domain.settlements import MatchKey, Settlement, SettlementKind
from app.http.kit import HttpKit
from app.sources.base import SourceError
from app.sources.qliro.calls import QliroAccount
from app.sources.qliro.client import QliroSettlements
from app.sources.qliro.signing import authorization
from sandbox.kit.serving import ServerThread
from sandbox.qliro.app import create_app
from sandbox.qliro.world import World

KEY, SECRET = "DEMO", "test-secret"
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
SWITCHES: list[dict[str, Any]] = [
    {},
    {"net_settled": False},
    {"fee_action": "Debit"},
    {"fee_has_order": False},
    {"fee_vat_rate": "25"},
    {"fee_vat_rate": "0"},
    {"reference": "pis"},
    {"reference": "order_name"},
    {"reference": "temporary"},
    {"negative": "invoice"},
    {"pending_first": True},
    {"fx": True},
    {"dates": "slashed"},
    {"net_settled": False, "fee_action": "Debit", "fee_vat_rate": "25", "fee_has_order": False},
]


@dataclass
class Stage:
    http: httpx2.Client
    url: str

    def control(self, path: str, **body: Any) -> Any:
        answer = self.http.post(f"/_sandbox{path}", json=body)
        assert answer.is_success, answer.text
        return answer.json()

    def merchant(self, **switches: Any) -> None:
        self.control("/merchants", key=KEY, secret=SECRET, switches=switches)

    def sell(self, ore: int, **order: Any) -> int:
        made = self.control(f"/merchants/{KEY}/orders", amount=ore, **order)
        self.act(made["order_id"], "capture")
        return int(made["order_id"])

    def act(self, order_id: int, action: str, **body: Any) -> Any:
        return self.control(f"/merchants/{KEY}/orders/{order_id}/{action}", **body)

    def close(self, day: str) -> None:
        self.control(f"/merchants/{KEY}/close", date=day)

    def get(self, path: str, **params: Any) -> httpx2.Response:
        headers = {"Authorization": authorization(b"", SECRET)}
        return self.http.get(f"/checkout/adminapi/v2{path}", params=params, headers=headers)

    def read(self, secret: str = SECRET) -> list[Settlement]:
        account = QliroAccount(self.url, KEY, secret)
        return list(QliroSettlements(HttpKit(self.http)).batches_between(account, date(2026, 9, 1), date(2026, 11, 19)))


@pytest.fixture(scope="module")
def served() -> Iterator[Stage]:
    with (
        ServerThread(create_app(World(lambda: NOW))) as server,
        httpx2.Client(base_url=server.url, trust_env=False) as http,
    ):
        yield Stage(http, server.url)


@pytest.fixture
def stage(served: Stage) -> Stage:
    served.control("/reset")
    served.merchant()
    return served


@pytest.mark.parametrize("switches", SWITCHES, ids=str)
def test_a_month_reconciles_under_every_switch(stage: Stage, switches: dict[str, Any]) -> None:
    stage.merchant(**switches)
    first = stage.sell(99900)
    second = stage.sell(123457)
    stage.act(first, "refund", amount=25000)
    stage.close("2026-11-02")
    stage.act(second, "chargeback", amount=10000)
    stage.sell(50000)
    stage.close("2026-11-03")
    stage.close("2026-11-04")
    found = stage.read()
    assert [one.unexplained for one in found] == [Money.zero("SEK")] * len(found)
    lines = [line for one in found for line in one.lines]
    assert len({line.id for line in lines}) == len(lines)
    movements = [line.amount for line in lines if line.kind not in {SettlementKind.FEE, SettlementKind.CARRIED}]
    assert total(movements, "SEK").minor == 99900 + 123457 - 25000 - 10000 + 50000
    fees = sum(line.fee.minor + (line.fee_vat.minor if line.fee_vat else 0) for line in lines)
    assert fees == 2488 + 3074 + 1245
    assert all(line.keys[MatchKey.PAYMENT_ID] for line in lines if line.kind is SettlementKind.CHARGE)


@pytest.mark.parametrize("negative", ["carry", "invoice"])
def test_a_batch_below_zero_explains_itself_or_shows_its_gap(stage: Stage, negative: str) -> None:
    stage.merchant(negative=negative)
    order = stage.sell(100000)
    stage.close("2026-11-02")
    stage.act(order, "refund", amount=30000)
    stage.close("2026-11-03")
    stage.sell(50000)
    stage.close("2026-11-04")
    gaps = [one.unexplained.minor for one in stage.read()]
    # A debt that Qliro carries stands on no row: the gap is exactly it, shown in both batches, and zero over both.
    assert gaps == ([0, 30000, -30000] if negative == "carry" else [0, 0, 0])


def test_what_the_bank_gets_in_another_currency_is_told(stage: Stage) -> None:
    stage.merchant(fx=True)
    stage.sell(100000)
    stage.close("2026-11-02")
    (settlement,) = stage.read()
    assert settlement.bank_amount is not None
    assert settlement.bank_amount.currency == "EUR"


def test_a_wrong_secret_is_refused(stage: Stage) -> None:
    with pytest.raises(SourceError, match="QLIRO_ACCESS_REFUSED"):
        stage.read("wrong")


def test_fees_are_listed_only_where_they_are_asked_for(stage: Stage) -> None:
    stage.sell(100000)
    stage.close("2026-11-02")
    period = {"FromDate": "2026/11/01", "ToDate": "2026/11/05"}
    types = [row["Type"] for row in stage.get("/settlements", **period).json()["Settlements"]]
    assert types == ["Transaction"]
    for asked in (["Transaction", "Fee"], "Transaction,Fee"):
        rows = stage.get("/settlements", **period, Types=asked).json()["Settlements"]
        assert [row["Type"] for row in rows] == ["Transaction", "Fee"]


@pytest.mark.parametrize(
    ("first", "last", "code"),
    [
        ("2026/11/20", "2026/11/20", "PERIOD_NOT_SETTLED"),
        ("2026/09/01", "2026/11/01", "PERIOD_INVALID"),
        ("1 nov", "2026/11/01", "INVALID_INPUT"),
    ],
)
def test_a_period_that_qliro_refuses_has_its_code(stage: Stage, first: str, last: str, code: str) -> None:
    answer = stage.get("/settlements", FromDate=first, ToDate=last)
    assert (answer.status_code, answer.json()["ErrorCode"]) == (400, code)


def test_an_order_is_found_by_id_and_reference_whatever_the_case_of_the_path(stage: Stage) -> None:
    order = stage.sell(100000, payment_id="rAbC")
    for path in (f"/orders/{order}", f"/Orders/{order}", "/orders/rAbC"):
        body = stage.get(path).json()
        assert [row["Type"] for row in body["PaymentTransactions"]] == ["Preauthorization", "Capture"]
    number = body["PaymentTransactions"][1]["PaymentTransactionId"]
    assert stage.get(f"/paymentTransactions/{number}").json()["Amount"] == 1000
    assert stage.get("/orders/other").json()["ErrorCode"] == "ORDER_NOT_FOUND"
