"""A market with a shop and a ledger that Bokbro does not have, plugged in where the program is built."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select, text

from app.connections.repository import NewConnection, store_connection
from app.jobs.inbox import make_due
from app.ledgers.base import Company
from app.master_data.cache import WARMED
from app.model.platforms import Platform
from app.schema import Connection, Finding, Job, Operation, OperationEvent, Tenant
from app.tenants.account_roles import DEFAULT_ACCOUNTS
from app.tenants.repository import store_rules
from app.wiring import LedgerPlug, Plug, Program, ShopPlug
from tests.adapters.abacus import platform as abacus
from tests.adapters.abacus.ledger import AbacusLedger
from tests.adapters.abacus.server import AbacusServer
from tests.adapters.stall import platform as stall
from tests.adapters.stall.server import StallServer
from tests.adapters.stall.shop import StallShop
from tests.support.pipeline.bench import _TIME_TRAVEL

STALL_CLEARING = 1589
DOMAIN = "torget.example"
RULES: Mapping[str, Any] = {"gateways": {"stall": "psp.stall"}, "accounts": {"psp.stall.sek": STALL_CLEARING}}


@dataclass
class Market:
    """Both servers, and the plugs that lead to them."""

    books: AbacusServer = field(default_factory=AbacusServer)
    shop: StallServer = field(default_factory=lambda: StallServer(DOMAIN))

    @property
    def plugs(self) -> tuple[Plug, ...]:
        accounts = sorted({*DEFAULT_ACCOUNTS.values(), STALL_CLEARING})
        years = sorted({2026, datetime.now(UTC).year})
        return (
            LedgerPlug(
                abacus.ABACUS, lambda _parts: AbacusLedger(self.books.handle, accounts, years), abacus.FINDINGS
            ),
            ShopPlug(
                stall.STALL, lambda _parts: StallShop(self.shop.get), lambda _parts: StallShop(self.shop.get),
                stall.FINDINGS,
            ),
        )  # fmt: skip


@dataclass
class Merchant:
    """A company whose shop and ledger are whichever it connects."""

    program: Program
    tenant_id: int = 0
    connections: dict[str, int] = field(default_factory=dict)

    def begin(self) -> None:
        with self.program.store.write() as session:
            tenant = Tenant(name="Torgboden AB", state="live", log_trusted_since=datetime.now(UTC) - timedelta(days=1))
            session.add(tenant)
            session.flush()
            self.tenant_id = tenant.id
            store_rules(session, tenant.id, dict(RULES), by="test")

    def connect(self, platform: Platform, account: str, **secrets: Any) -> int:
        new = NewConnection(
            tenant_id=self.tenant_id, platform=platform.name, kind=platform.kind, account=account,
            display_name=account, grant="key", scopes=(), secrets=secrets,
        )  # fmt: skip
        with self.program.store.write() as session:
            made = store_connection(session, self.program.ring, new, datetime.now(UTC)).connection_id
            session.get_one(Connection, made).created_at = datetime(2020, 1, 1, tzinfo=UTC)
        self.connections[platform.name] = made
        return made

    def keep_books_in_abacus(self) -> None:
        connection = self.connect(abacus.ABACUS, "A-1")
        company = Company(connection, "A-1", abacus.ABACUS.name)
        self.program.register.refresh(company, WARMED, [datetime(2026, 11, 20, tzinfo=UTC).date()])

    def sell_at_stall(self) -> None:
        self.connect(stall.STALL, DOMAIN)

    def hear(self, ref: str) -> int:
        """A message names the order."""
        with self.program.store.write() as session:
            return make_due(session, self.tenant_id, self.connections["stall"], f"order:stall:{ref}")

    def rest(self) -> None:
        """Work, an hour passes, work … until nothing is due."""
        for _round in range(12):
            self.program.worker.run()
            with self.program.store.read() as session:
                if not session.scalars(select(Job.id).where(Job.due_at.is_not(None))).all():
                    return
            self.pass_time()
        raise AssertionError(self.findings())

    def pass_time(self) -> None:
        with self.program.store.write() as session:
            for statement in _TIME_TRAVEL:
                session.execute(text(statement))

    def state(self, subject: str) -> str:
        with self.program.store.read() as session:
            return str(session.scalars(select(Job.state).where(Job.subject == subject)).one())

    def findings(self) -> list[str]:
        with self.program.store.read() as session:
            return sorted(session.scalars(select(Finding.code).where(Finding.resolved_at.is_(None))))

    def steps(self) -> dict[str, str]:
        with self.program.store.read() as session:
            rows = session.scalars(select(Operation).order_by(Operation.job_id, Operation.position, Operation.id))
            return {row.step_key: row.kind for row in rows}

    def history(self) -> list[str]:
        with self.program.store.read() as session:
            return list(session.scalars(select(OperationEvent.kind).order_by(OperationEvent.id)))
