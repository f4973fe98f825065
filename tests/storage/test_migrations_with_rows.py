"""The newest migrations go back and forth over tables that hold something: what they did not add stays as it was."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Select, literal_column, select, table

from app.kit.db.engine import Store
from app.kit.db.migration import alembic_config, migrate
from app.schema import (
    Connection,
    Lane,
    OrderClaim,
    PushAddress,
    SettlementFile,
    SettlementUse,
    StoredSettlement,
    Tenant,
)

WITHOUT_ENDS = "a3d94e6b7c15"
WITHOUT_CLAIMS = "d41f7a95b3c8"
WITHOUT_TRANSACTIONS = "a3d81c0f6e27"
WITHOUT_FILES = "c2d8e61f40a7"
WITHOUT_BOOKED = "f17c25b84e09"
"""The revision that is left when a migration has gone back."""
DAY = date(2026, 11, 20)


@pytest.fixture
def filled(store: Store) -> Store:
    with store.write() as session:
        tenant = Tenant(name="Björk & Bär AB")
        session.add(tenant)
        session.flush()
        qliro = Connection(
            tenant_id=tenant.id, platform="qliro", account="BJORK@qliro", display_name="BJORK", state="active",
            grant="live", scopes=[], sealed=b"sealed",
        )  # fmt: skip
        file = SettlementFile(tenant_id=tenant.id, name="a.csv", digest="d", content=b"a;b", given_by="maja@example.se")
        session.add_all([qliro, file])
        session.flush()
        payout, order = (
            Lane(tenant_id=tenant.id, connection_id=qliro.id, subject=name, state="booked", due_at=None)
            for name in ("payout:qliro:1", "order:qliro:1")
        )
        session.add_all([payout, order])
        session.flush()
        session.add_all([
            StoredSettlement(
                lane_id=payout.id, tenant_id=tenant.id, connection_id=qliro.id, provider="qliro", payout_id="1",
                paid_on=DAY, currency="SEK", paid_out=48_752, content={"a": 1}, content_hash="h", booked_hash="h",
                file_id=file.id, booked={"settlement": {"a": 1}},
            ),
            SettlementUse(
                connection_id=qliro.id, provider="qliro", line_id="l", lane_id=payout.id, matched_lane_id=order.id,
                matched_by="order_name", transaction_id="501", paid_on=DAY,
            ),
            OrderClaim(tenant_id=tenant.id, key="qliro:1001", lane_id=order.id, wanted_by=None),
            PushAddress(token_hash="open", connection_id=qliro.id, made_by="maja@example.se"),
            PushAddress(
                token_hash="replaced", connection_id=qliro.id, ends_at=datetime.now(UTC) + timedelta(days=9),
                ended_by="maja@example.se", last_used_at=datetime.now(UTC), last_used_from="192.0.2.1",
            ),
            PushAddress(token_hash="withdrawn", connection_id=qliro.id, ends_at=datetime.now(UTC)),
        ])  # fmt: skip
    return store


def go_back(store: Store, revision: str) -> None:
    config = alembic_config()
    with store.engine.connect() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, revision)
        connection.commit()


def rows(store: Store, name: str) -> list[dict[str, Any]]:
    every: Select[Any] = select(literal_column("*")).select_from(table(name)).order_by(literal_column("1"))
    with store.engine.connect() as connection:
        return [dict(row) for row in connection.execute(every).mappings()]


def test_withdrawn_address_opens_no_door_again_when_ends_are_forgotten(filled: Store) -> None:
    go_back(filled, WITHOUT_ENDS)
    assert [row["token_hash"] for row in rows(filled, "push_address")] == ["open", "replaced"]
    migrate(filled)
    (first, second) = rows(filled, "push_address")
    assert (first["made_by"], first["ends_at"], second["last_used_from"]) == ("", None, "")


@pytest.mark.parametrize(
    ("revision", "forgotten"),
    [
        (WITHOUT_CLAIMS, {"push_address", "order_claim"}),
        (WITHOUT_TRANSACTIONS, {"push_address", "order_claim", "transaction_id", "paid_on of a line"}),
        (WITHOUT_FILES, {"push_address", "order_claim", "transaction_id", "paid_on of a line", "file_id"}),
        (WITHOUT_BOOKED, {"push_address", "order_claim", "transaction_id", "paid_on of a line", "file_id", "booked"}),
    ],
)
def test_going_back_and_forth_forgets_only_what_the_migrations_added(
    filled: Store, revision: str, forgotten: set[str]
) -> None:
    settlements, uses = rows(filled, "settlement"), rows(filled, "settlement_use")
    others = {name: rows(filled, name) for name in ("tenant", "connection", "lane", "settlement_file")}
    go_back(filled, revision)
    migrate(filled)
    assert {name: rows(filled, name) for name in others} == others
    lost = {name: None for name in ("file_id", "booked") if name in forgotten}
    assert rows(filled, "settlement") == [row | lost for row in settlements]
    unsaid: dict[str, Any] = {"transaction_id": "", "paid_on": None} if "transaction_id" in forgotten else {}
    assert rows(filled, "settlement_use") == [row | unsaid for row in uses]
    assert (rows(filled, "push_address"), rows(filled, "order_claim")) == ([], [])
