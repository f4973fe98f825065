"""Connecting Qliro against its emulator: tried first, sealed, test and live apart, each refusal with its code."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import httpx2
import pytest
from sqlalchemy import select

from app.catalogue import CATALOGUE
from app.connections.errors import ConnectRefusedError
from app.connections.flows.qliro import Environment, QliroConnector
from app.connections.repository import Connected
from app.kit.db.engine import Store
from app.kit.encryption import KeyRing, connection_binding
from app.schema import Connection
from sandbox.kit.serving import ServerThread
from sandbox.qliro.app import create_app
from sandbox.qliro.world import Merchant, World
from tests.connect.conftest import NOW, make_tenant

KEY, SECRET = "BJORK", "en-hemlighet"


@dataclass
class Endpoint:
    connector: QliroConnector
    live: ServerThread
    test: ServerThread

    def connect(self, tenant_id: int, environment: str = "live", key: str = KEY, secret: str = SECRET) -> Connected:
        return self.connector.connect(tenant_id=tenant_id, environment=environment, key=key, secret=secret)

    def refused(self, tenant_id: int, **typed: str) -> str:
        with pytest.raises(ConnectRefusedError) as refusal:
            self.connect(tenant_id, **typed)
        assert refusal.value.code in CATALOGUE
        return refusal.value.code


@pytest.fixture
def endpoint(store: Store, ring: KeyRing) -> Iterator[Endpoint]:
    worlds = [World(lambda: NOW), World(lambda: NOW)]
    for world in worlds:
        world.merchants[KEY] = Merchant(KEY, SECRET)
    live, test = (ServerThread(create_app(world)) for world in worlds)
    with live, test, httpx2.Client(trust_env=False) as client:
        hosts = {Environment.LIVE: live.url, Environment.TEST: test.url}
        yield Endpoint(QliroConnector(store, hosts, client, ring, lambda: NOW), live, test)


def rows(store: Store) -> list[Connection]:
    with store.read() as session:
        return list(session.scalars(select(Connection).order_by(Connection.id)))


def test_key_and_secret_are_tried_and_stored_sealed(
    endpoint: Endpoint, store: Store, ring: KeyRing, tenant_id: int
) -> None:
    assert not endpoint.connect(tenant_id, secret=f" {SECRET} ").renewed
    (row,) = rows(store)
    assert (row.platform, row.grant, row.state, row.display_name) == ("qliro", "live", "active", KEY)
    assert SECRET.encode() not in row.encrypted
    secrets = ring.open_values(row.encrypted, bound_to=connection_binding(tenant_id, "qliro", row.account))
    assert dict(secrets) == {"key": KEY, "secret": SECRET}
    (call,) = httpx2.get(f"{endpoint.live.url}/_sandbox/calls").json()["calls"]
    assert call["query"] == "FromBatchDate=2026%2F11%2F15&ToBatchDate=2026%2F11%2F21"


def test_the_same_key_in_test_and_live_is_two_connections(endpoint: Endpoint, store: Store, tenant_id: int) -> None:
    endpoint.connect(tenant_id)
    endpoint.connect(tenant_id, environment="test")
    assert endpoint.connect(tenant_id).renewed
    assert [row.grant for row in rows(store)] == ["live", "test"]
    assert len({row.account for row in rows(store)}) == 2


def test_a_wrong_secret_stores_nothing(endpoint: Endpoint, store: Store, tenant_id: int) -> None:
    assert endpoint.refused(tenant_id, secret="fel") == "QLIRO_ACCESS_REFUSED"
    assert rows(store) == []


def test_a_qliro_that_does_not_answer_stores_nothing(endpoint: Endpoint, store: Store, tenant_id: int) -> None:
    endpoint.live.app.state.kit.faults.order("close_before")
    assert endpoint.refused(tenant_id) == "QLIRO_UNAVAILABLE"
    assert rows(store) == []


@pytest.mark.parametrize(
    "typed",
    [{"key": ""}, {"secret": " "}, {"key": "K" * 51}, {"key": "a b"}, {"secret": "å"}, {"environment": "staging"}],
    ids=str,
)
def test_what_cannot_be_right_is_refused_before_qliro_is_asked(
    endpoint: Endpoint, store: Store, tenant_id: int, typed: dict[str, str]
) -> None:
    assert endpoint.refused(tenant_id, **typed) == "QLIRO_KEY_INVALID"
    assert httpx2.get(f"{endpoint.live.url}/_sandbox/calls").json()["total"] == 0
    assert rows(store) == []


def test_an_account_of_another_tenant_is_refused(endpoint: Endpoint, store: Store, tenant_id: int) -> None:
    endpoint.connect(make_tenant(store, "Annan AB"))
    assert endpoint.refused(tenant_id) == "QLIRO_ACCOUNT_TAKEN"
    assert [row.tenant_id == tenant_id for row in rows(store)] == [False]
