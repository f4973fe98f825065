from __future__ import annotations

from datetime import UTC, datetime

import pytest

from app.kit.db.engine import Store
from app.kit.encryption import KeyRing
from app.schema import Tenant

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


@pytest.fixture
def ring() -> KeyRing:
    return KeyRing(["k" * 32])


def make_tenant(store: Store, name: str) -> int:
    with store.write() as session:
        tenant = Tenant(name=name)
        session.add(tenant)
        session.flush()
        return tenant.id


@pytest.fixture
def tenant_id(store: Store) -> int:
    return make_tenant(store, "Björk & Bär AB")
