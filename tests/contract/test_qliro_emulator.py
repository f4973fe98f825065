"""Qliro's settlements over real HTTP, read by Bokbro's own client under every switch: reconciled, or the gap shown."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import httpx2
import pytest

from app.kit.http.client import HttpKit
from app.kit.money import Money, total
from app.model.payout import MatchKey, Payout, PayoutLineKind
from app.shops.base import SourceError
from app.shops.qliro.calls import QliroAccount, authorization
from app.shops.qliro.payouts.client import QliroSettlements
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

    def read(self, secret: str = SECRET) -> list[Payout]:
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
    movements = [line.amount for line in lines if line.kind not in {PayoutLineKind.FEE, PayoutLineKind.CARRIED_FORWARD}]
    assert total(movements, "SEK").minor == 99900 + 123457 - 25000 - 10000 + 50000
    fees = sum(line.fee.minor + (line.fee_vat.minor if line.fee_vat else 0) for line in lines)
    assert fees == 2488 + 3074 + 1245
    assert all(line.keys[MatchKey.PAYMENT_ID] for line in lines if line.kind is PayoutLineKind.CHARGE)


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
    (payout,) = stage.read()
    assert payout.bank_amount is not None
    assert payout.bank_amount.currency == "EUR"


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


# --- orders with their items, and pushes


def sale(stage: Stage, **changes: Any) -> int:
    items = [{"ref": "VAS", "price": "100.00", "quantity": 3}, {"ref": "frakt", "type": "Shipping", "price": "49.00"}]
    made = stage.control(f"/merchants/{KEY}/sales", **({"items": items, "reference": "B-1"} | changes))
    return int(made["order_id"])


def order(stage: Stage, reference: object) -> Any:
    headers = {"Authorization": authorization(b"", SECRET)}
    answer = stage.http.get(f"/checkout/adminapi/v2/Orders/{reference}", headers=headers)
    assert answer.is_success, answer.text
    return answer.json()


def entries(body: Any, kind: str) -> list[Any]:
    return [
        (one["MerchantReference"], one["Quantity"]) for one in body["OrderItemActions"] if one["ActionType"] == kind
    ]


def test_order_is_found_by_its_number_and_by_its_reference(stage: Stage) -> None:
    stage.merchant()
    number = sale(stage)
    assert order(stage, number) == order(stage, "B-1")
    assert entries(order(stage, number), "Reserve") == [("VAS", 3), ("frakt", 1)]


def test_capture_return_and_cancellation_are_entries_that_come_to_their_transactions(stage: Stage) -> None:
    stage.merchant()
    number = sale(stage)
    for action, units in (("ship", {"VAS": 2}), ("return", {"VAS": 1}), ("cancel", {})):
        stage.control(f"/merchants/{KEY}/sales/{number}/{action}", units=units)
    body = order(stage, number)
    for kind, transaction in (("Ship", "Capture"), ("Return", "Refund"), ("Release", "Reversal")):
        (made,) = [one for one in body["PaymentTransactions"] if one["Type"] == transaction]
        own = [one for one in body["OrderItemActions"] if one["ActionType"] == kind]
        assert {one["PaymentTransactionId"] for one in own} == {made["PaymentTransactionId"]}
        assert sum(one["Quantity"] * one["PricePerItemIncVat"] for one in own) == made["Amount"]
    assert entries(body, "Release") == [("VAS", 1), ("frakt", 1)]


def test_more_than_there_is_cannot_be_shipped_or_returned(stage: Stage) -> None:
    stage.merchant()
    number = sale(stage)
    path = f"/_sandbox/merchants/{KEY}/sales/{number}"
    assert stage.http.post(f"{path}/ship", json={"units": {"VAS": 4}}).status_code == 422
    assert stage.http.post(f"{path}/return", json={"units": {"VAS": 1}}).status_code == 422


def test_push_is_sent_again_until_it_is_received_and_carries_no_signature(stage: Stage) -> None:
    got: list[Any] = []

    async def receiver(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            while (await receive())["type"] != "lifespan.shutdown":
                await send({"type": "lifespan.startup.complete"})
            await send({"type": "lifespan.shutdown.complete"})
            return
        await receive()
        got.append({name for name, _value in scope["headers"]})
        body = b'{"CallbackResponse":"received"}' if len(got) > 2 else b"ok"
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body})

    stage.merchant()
    with ServerThread(receiver) as server:  # type: ignore[arg-type]
        sale(stage, push_url=f"{server.url}/hooks")
        for later, tried in ((0, 2), (1, 2), (3, 4), (60, 4)):
            pushes = stage.control(f"/merchants/{KEY}/pushes", later=later)["pushes"]
            assert len(got) == tried, pushes
    assert all(push["received"] for push in pushes)
    assert not any(b"authorization" in names for names in got)


def test_the_clock_stands_where_it_is_put_and_goes_right_again() -> None:
    with ServerThread(create_app()) as server, httpx2.Client(base_url=server.url, trust_env=False) as http:
        stage = Stage(http, server.url)
        stage.merchant()
        stage.control("/clock", now="2026-11-05T10:00:00+01:00")
        transactions = stage.get(f"/orders/{stage.sell(10_000)}").json()["PaymentTransactions"]
        assert {transaction["Timestamp"] for transaction in transactions} == {"2026-11-05T10:00:00+01:00"}
        before = datetime.now(UTC)
        assert datetime.fromisoformat(stage.control("/clock")["now"]) >= before
