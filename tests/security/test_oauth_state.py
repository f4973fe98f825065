from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from app.connections.oauth_state import LIFETIME, OAuthStateError, RoundTrip, begin, redeem
from app.kit.db.engine import Store
from app.schema import OAuthState, Tenant
from tests.security.conftest import NOW


@pytest.fixture
def state(store: Store, tenant_id: int) -> str:
    with store.write() as session:
        return begin(
            session, platform="fortnox", tenant_id=tenant_id, session_hash="s1", now=NOW, data={"grant": "service"}
        )


def come_back(
    store: Store,
    state: str,
    tenant_id: int,
    *,
    platform: str = "fortnox",
    session_hash: str = "s1",
    now: datetime = NOW,
) -> RoundTrip | str:
    try:
        with store.write() as session:
            return redeem(
                session, state=state, platform=platform, tenant_id=tenant_id, session_hash=session_hash, now=now
            )
    except OAuthStateError as refusal:
        return refusal.code


def test_state_comes_home_once(store: Store, state: str, tenant_id: int) -> None:
    assert come_back(store, state, tenant_id) == RoundTrip(tenant_id, {"grant": "service"})
    assert come_back(store, state, tenant_id) == "OAUTH_STATE_REPLAYED"


def test_only_the_hash_is_stored(store: Store, state: str) -> None:
    with store.read() as session:
        row = session.scalars(select(OAuthState)).one()
        assert row.platform == "fortnox"
        assert state not in repr(vars(row))


@pytest.mark.parametrize("forged", ["", "gissad", "åäö\0"])
def test_state_we_never_gave_out(store: Store, state: str, tenant_id: int, forged: str) -> None:
    assert state
    assert come_back(store, forged, tenant_id) == "OAUTH_STATE_UNKNOWN"


def test_state_of_another_session_tenant_or_platform_is_foreign_and_stays_usable(
    store: Store, state: str, tenant_id: int
) -> None:
    with store.write() as session:
        other = Tenant(name="Annan AB")
        session.add(other)
        session.flush()
        other_id = other.id
    assert come_back(store, state, tenant_id, session_hash="s2") == "OAUTH_STATE_FOREIGN"
    assert come_back(store, state, other_id) == "OAUTH_STATE_FOREIGN"
    assert come_back(store, state, tenant_id, platform="shopify") == "OAUTH_STATE_FOREIGN"
    assert isinstance(come_back(store, state, tenant_id), RoundTrip)


def test_state_expires(store: Store, state: str, tenant_id: int) -> None:
    assert come_back(store, state, tenant_id, now=NOW + LIFETIME) == "OAUTH_STATE_EXPIRED"
    assert isinstance(come_back(store, state, tenant_id, now=NOW + LIFETIME - timedelta(seconds=1)), RoundTrip)


def test_of_simultaneous_callbacks_one_wins(store: Store, state: str, tenant_id: int) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: come_back(store, state, tenant_id), range(8)))
    assert sorted(str(type(answer).__name__) for answer in answers) == ["RoundTrip"] + ["str"] * 7
    assert {answer for answer in answers if isinstance(answer, str)} == {"OAUTH_STATE_REPLAYED"}


def test_old_states_are_swept(store: Store, state: str, tenant_id: int) -> None:
    with store.write() as session:
        begin(session, platform="shopify", tenant_id=tenant_id, session_hash="s1", now=NOW + timedelta(days=2))
    assert come_back(store, state, tenant_id) == "OAUTH_STATE_UNKNOWN"
