"""Races for one account: the database decides, whatever was checked before."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier, BrokenBarrierError

import pytest
from sqlalchemy import func, select

from app.connections.repository import (
    AccountTakenError,
    NewConnection,
    OtherAccountError,
    check_account,
    store_connection,
)
from app.kit.db.engine import Store
from app.kit.encryption import DecryptionError, KeyRing, connection_binding
from app.model.platforms import PlatformKind
from app.schema import Connection
from tests.connect.conftest import NOW, make_tenant


def new(tenant_id: int, account: str = "12345") -> NewConnection:
    return NewConnection(
        tenant_id=tenant_id, platform="fortnox", kind=PlatformKind.LEDGER,
        account=account, display_name="Björk & Bär AB", grant="refresh_token",
        scopes=("invoice",), secrets={"refresh_token": f"of {tenant_id}"},
    )  # fmt: skip


def test_row_of_another_tenant_is_never_overwritten(store: Store, ring: KeyRing, tenant_id: int) -> None:
    other = make_tenant(store, "Annan AB")
    with store.write() as session:
        store_connection(session, ring, new(other), NOW)
    with pytest.raises(AccountTakenError), store.write() as session:
        store_connection(session, ring, new(tenant_id), NOW)
    with store.read() as session:
        row = session.scalars(select(Connection)).one()
        assert (row.tenant_id, row.version) == (other, 1)
        with pytest.raises(DecryptionError):
            ring.open(row.encrypted, bound_to=connection_binding(tenant_id, "fortnox", "12345"))


def test_two_tenants_at_the_same_instant(store: Store, ring: KeyRing, tenant_id: int) -> None:
    tenants = [tenant_id, make_tenant(store, "Annan AB")]
    together = Barrier(2)

    def connect(tenant: int) -> bool:
        together.wait()
        try:
            with store.write() as session:
                check_account(session, tenant, "fortnox", "12345", only_one=True)
                store_connection(session, ring, new(tenant), NOW)
        except AccountTakenError:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(connect, tenants)) == [False, True]


def test_one_tenant_with_two_companies_at_the_same_instant(store: Store, ring: KeyRing, tenant_id: int) -> None:
    together = Barrier(2)

    def connect(account: str) -> bool:
        try:
            with store.write() as session:
                check_account(session, tenant_id, "fortnox", account, only_one=True)
                # Without the lock both would pass the check and meet here; with it the other is still waiting for us.
                with suppress(BrokenBarrierError):
                    together.wait(0.5)
                store_connection(session, ring, new(tenant_id, account), NOW)
        except OtherAccountError:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(connect, ["12345", "777"])) == [False, True]
    with store.read() as session:
        assert session.scalar(select(func.count()).select_from(Connection)) == 1
