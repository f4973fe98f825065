from __future__ import annotations

from datetime import UTC, datetime

import pytest
from argon2 import PasswordHasher

from app.kit.db.engine import Store
from app.schema import Tenant
from app.tenants.passwords import Passwords
from app.tenants.people import add_person, join
from app.tenants.roles import Role

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
PASSWORD = "rätt häst batteri häftklammer"


@pytest.fixture(scope="session")
def passwords() -> Passwords:
    """Cheap parameters: these tests are about the rules, not about the cost."""
    return Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
def tenant_id(store: Store) -> int:
    with store.write() as session:
        tenant = Tenant(name="Björk & Bär AB")
        session.add(tenant)
        session.flush()
        return tenant.id


@pytest.fixture
def user_id(store: Store, tenant_id: int, passwords: Passwords) -> int:
    with store.write() as session:
        user = add_person(session, email="maja@example.se", name="Maja", password_hash=passwords.hash(PASSWORD))
        join(session, user, tenant_id, Role.MERCHANT, by="test")
        return user
