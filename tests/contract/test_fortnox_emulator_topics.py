"""The emulator's WebSocket API behaves as fortnox-api.md 2.8 says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import httpx2
import pytest
import simplejson
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from sandbox.fortnox.app import create_app
from sandbox.fortnox.config import CompanyConfig, SandboxConfig
from sandbox.kit.serving import ServerThread

CUSTOMERS = [{"topic": "customers"}]


class Socket:
    def __init__(self, server: ServerThread) -> None:
        self.server = server
        self._stack = ExitStack()
        address = server.url.replace("http", "ws", 1) + "/topics-v1"
        self.connection: ClientConnection = self._stack.enter_context(connect(address))

    def close(self) -> None:
        self._stack.close()

    def ask(self, command: str, **values: Any) -> Any:
        self.connection.send(simplejson.dumps({"command": command, **values}))
        return self.read()

    def read(self, seconds: float = 5) -> Any:
        return simplejson.loads(self.connection.recv(seconds))

    def add(self, *tokens: str, secret: str = "bokbro-demo-secret") -> Any:
        bearers = [f"Bearer {token}" for token in tokens]
        return self.ask("add-tenants-v1", includeChildTenants=False, clientSecret=secret, accessTokens=bearers)

    def listen(self, *tokens: str, topics: Any = CUSTOMERS) -> None:
        assert self.add(*tokens)["result"] == "ok"
        assert self.ask("add-topics-v1", topics=topics)["result"] == "ok"
        assert self.ask("subscribe-v1") == {"response": "subscribe-v1", "result": "ok"}

    def is_silent(self) -> bool:
        try:
            self.read(0.15)
        except TimeoutError:
            return True
        return False


@pytest.fixture
def server() -> Iterator[ServerThread]:
    two = (CompanyConfig(), CompanyConfig(database_number=77, name="Annat AB"))
    with ServerThread(create_app(SandboxConfig(companies=two, rate_limit_calls=10_000))) as served:
        yield served


def _token(server: ServerThread, company: int = 1234567) -> str:
    return str(httpx2.post(f"{server.url}/_sandbox/tokens", json={"company": company}).json()["access_token"])


def _call(server: ServerThread, method: str, path: str, body: Any = None, company: int = 1234567) -> Any:
    headers = {"Authorization": f"Bearer {_token(server, company)}"}
    answer = httpx2.request(method, f"{server.url}/3/{path}", json=body, headers=headers)
    assert answer.is_success, answer.text
    return answer.json() if answer.content else None


def _customer(server: ServerThread, number: str, company: int = 1234567) -> None:
    _call(server, "POST", "customers", {"Customer": {"CustomerNumber": number, "Name": "Bo"}}, company)


@pytest.fixture
def socket(server: ServerThread) -> Iterator[Socket]:
    opened = Socket(server)
    yield opened
    opened.close()


def test_a_command_is_answered_under_its_own_name_and_tokens_with_their_company(
    server: ServerThread, socket: Socket
) -> None:
    token = _token(server)
    assert socket.add(token) == {
        "response": "add-tenants-v1", "result": "ok", "tenantIds": {f"Bearer {token}": 1234567},
    }  # fmt: skip
    assert socket.ask("list-tenants-v1")["tenantIds"] == [1234567]
    assert socket.ask("dance-v1")["result"] == "error"


def test_a_dead_token_and_a_wrong_secret_are_named_as_invalid(server: ServerThread, socket: Socket) -> None:
    token = _token(server)
    assert socket.add(token, "dead")["invalidTokens"] == ["Bearer dead"]
    assert socket.add(token, secret="wrong")["invalidTokens"] == [f"Bearer {token}"]


def test_an_unknown_topic_and_a_foreign_offset_are_named_as_invalid(socket: Socket) -> None:
    topics = [{"topic": "weather"}, {"topic": "invoices", "offset": "?"}, {"topic": "articles"}]
    assert socket.ask("add-topics-v1", topics=topics)["invalidTopics"] == ["weather", "invoices"]


def test_an_event_is_minimal_and_comes_only_of_topics_and_companies_asked_for(
    server: ServerThread, socket: Socket
) -> None:
    socket.listen(_token(server))
    _customer(server, "1", company=77)
    _call(server, "POST", "articles", {"Article": {"ArticleNumber": "A", "Description": "A"}})
    _customer(server, "2")
    event = socket.read()
    assert set(event) == {"topic", "offset", "type", "tenantId", "entityId", "timestamp"}
    assert (event["topic"], event["type"], event["tenantId"], event["entityId"]) == (
        "customers", "customer-created-v1", 1234567, "2",
    )  # fmt: skip
    assert event["timestamp"][-6:] in {"+01:00", "+02:00"}
    assert socket.is_silent()


def test_what_happened_in_between_is_told_from_the_offset_on(server: ServerThread, socket: Socket) -> None:
    socket.listen(_token(server))
    _customer(server, "1")
    offset = socket.read()["offset"]
    socket.close()
    _customer(server, "2")
    _customer(server, "3")
    later = Socket(server)
    later.listen(_token(server), topics=[{"topic": "customers", "offset": offset}])
    assert [later.read()["entityId"] for _event in range(2)] == ["2", "3"]
    later.close()


def test_replay_ends_after_fourteen_days(server: ServerThread, socket: Socket) -> None:
    socket.listen(_token(server))
    _customer(server, "1")
    _customer(server, "2")
    offset = socket.read()["offset"]
    httpx2.post(f"{server.url}/_sandbox/clock", json={"advance_seconds": 15 * 86400})
    asked = [{"topic": "customers", "offset": offset}]
    later = Socket(server)
    assert later.ask("add-topics-v1", topics=asked)["invalidTopics"] == ["customers"]
    later.close()


def test_a_removed_company_is_silent(server: ServerThread, socket: Socket) -> None:
    socket.listen(_token(server))
    socket.ask("remove-tenants-v1", tenants=[1234567])
    _customer(server, "1")
    assert socket.is_silent()


def test_a_hand_in_the_settings_is_told_too(server: ServerThread, socket: Socket) -> None:
    socket.listen(_token(server), topics=[{"topic": "currencies"}, {"topic": "financial-years"}])
    changes = {"currencies": {"SEK": 1, "EUR": "11.25", "NOK": 1}, "inactive_accounts": [3001]}
    httpx2.patch(f"{server.url}/_sandbox/companies/1234567", json=changes)
    told = [socket.read() for _event in range(3)]
    assert [(one["type"], one["entityId"]) for one in told] == [
        ("currency-created-v1", "NOK"), ("account-updated-v1", "3001"), ("account-updated-v1", "3001"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("switch", "entities"), [("events_twice", ["1", "1", "2", "2"]), ("offset_is_repeated", ["1", "2"])]
)
def test_at_least_once_may_be_twice(server: ServerThread, switch: str, entities: list[str]) -> None:
    world = server.app.state.world
    if switch == "events_twice":
        world.turn(events_twice=True)
    first = Socket(server)
    first.listen(_token(server))
    _customer(server, "1")
    offset = first.read()["offset"]
    _customer(server, "2")
    if switch == "events_twice":
        assert ["1", *[first.read()["entityId"] for _event in range(3)]] == entities
    else:
        world.turn(offset_is_repeated=True)
        later = Socket(server)
        later.listen(_token(server), topics=[{"topic": "customers", "offset": offset}])
        assert [later.read()["entityId"] for _event in range(2)] == entities
        later.close()
    first.close()


@pytest.mark.parametrize(("fault", "heard"), [("close_before", []), ("close_after", ["1"])])
def test_a_connection_is_dropped_before_or_after_an_event(
    server: ServerThread, socket: Socket, fault: Any, heard: list[str]
) -> None:
    socket.listen(_token(server))
    server.app.state.kit.faults.order(fault, "EVENT", "/topics-v1/customers")
    _customer(server, "1")
    assert [socket.read()["entityId"] for _event in heard] == heard
    with pytest.raises(ConnectionClosed):
        socket.read()


def test_a_company_ends_with_its_token_where_that_is_so(server: ServerThread, socket: Socket) -> None:
    server.app.state.world.turn(tenant_ends_with_token=True)
    socket.listen(_token(server))
    httpx2.post(f"{server.url}/_sandbox/tokens/expire")
    _customer(server, "1")
    assert socket.is_silent()


def test_every_action_on_documents_has_its_event(server: ServerThread, socket: Socket) -> None:
    _customer(server, "1")
    socket.listen(_token(server), topics=[{"topic": "invoices"}])
    row = {"Description": "Vas", "Price": 100, "VAT": 25, "DeliveredQuantity": 1, "AccountNumber": 3001}
    made = _call(server, "POST", "invoices", {"Invoice": {"CustomerNumber": "1", "InvoiceRows": [row]}})["Invoice"]
    _call(server, "PUT", "invoices/1", {"Invoice": {"Comments": "hej"}})
    _call(server, "PUT", "invoices/1/bookkeep")
    paid = {"InvoiceNumber": 1, "Amount": 125, "PaymentDate": made["InvoiceDate"], "ModeOfPaymentAccount": 1930}
    number = _call(server, "POST", "invoicepayments", {"InvoicePayment": paid})["InvoicePayment"]["Number"]
    _call(server, "DELETE", f"invoicepayments/{number}")
    _call(server, "PUT", "invoices/1/credit")
    told = [socket.read() for _event in range(6)]
    assert [(one["type"], one["entityId"]) for one in told] == [
        ("invoice-created-v1", "1"),
        ("invoice-updated-v1", "1"),
        ("invoice-bookkeep-v1", "1"),
        ("invoicepayment-deleted-v1", str(number)),
        ("invoice-updated-v1", "1"),
        ("invoice-created-v1", "2"),
    ]
