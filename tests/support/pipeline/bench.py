"""A bench for the pipeline: both emulators, one program, one connected tenant, and a clock that a test can push on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select, text

from app.connections.repository import ConnectionFacts, NewConnection, store_connection
from app.dispatch.worker import JobWorker
from app.jobs.inbox import make_due
from app.ledgers.base import Company
from app.main import Retries
from app.master_data.cache import WARMED
from app.model.order import books_day
from app.orders.job import OrderJob
from app.reconciliation.ledger_events import compare_again
from app.schema import POLLS, Connection, Finding, Inbox, Job, JobKind, Operation, OperationEvent, Snapshot, Tenant
from app.tenants.repository import store_rules
from app.wiring import Program
from sandbox.fortnox.config import CompanyConfig
from sandbox.kit.calls import Call, CallFilter
from sandbox.shopify.model import Shop, StoredOrder
from sandbox.shopify.spec import OrderSpec
from sandbox.stories.playing import AN_HOUR_PASSES
from tests.support.pipeline.emulators import Emulators, fortnox_tokens

COMPANY = 1234567
DOMAIN = "granstrom-form.myshopify.com"
CLIENT_ID = "granstrom-own-app"
SECRET = "shpss_granstrom"
VASE: dict[str, Any] = {"title": "Vas Björk", "sku": "GF-VAS-01", "price": "499.00"}
ANNA: dict[str, Any] = {
    "id": 7101,
    "email": "anna.lindqvist@example.se",
    "billing": {"first_name": "Anna", "last_name": "Lindqvist"},
}
CARD: dict[str, Any] = {"gateway": "shopify_payments"}
_TIME_TRAVEL = (
    *AN_HOUR_PASSES,
    "update call_budget set slots = (select array_agg(slot - 3600 order by slot) from unnest(slots) as slot)",
    "update master_data_refresh set refreshed_at = refreshed_at - interval '1 hour'",
)
"""An hour passes: waits are over, leases have run out, what was sent has settled, registers are old."""


@dataclass
class Bench:
    """One tenant with a shop and a Fortnox company, and everything a test asks of them."""

    program: Program
    emulators: Emulators
    tenant_id: int = 0
    shop_id: int = 0
    fortnox_id: int = 0
    domain: str = DOMAIN
    company: int = COMPANY
    secret: str = SECRET
    qliro_url: str = ""
    """Of Qliro's emulator, in tests that have one."""
    orders: dict[int, StoredOrder] = field(default_factory=dict)

    # --- connecting

    def connect(self, *, service: bool = True, name: str = "Granström Form AB") -> None:
        with self.program.store.write() as session:
            tenant = Tenant(name=name, state="live", log_trusted_since=datetime.now(UTC) - timedelta(days=1))
            session.add(tenant)
            session.flush()
            self.tenant_id = tenant.id
        self.connect_fortnox(service=service)
        self.shop_id = self.connect_shop(self.domain, self.secret)

    def connect_fortnox(self, *, service: bool = True) -> int:
        tokens = fortnox_tokens(self.emulators.world, self.company, service=service)
        kind = "client_credentials" if service else "refresh_token"
        self.fortnox_id = self._store("fortnox", str(self.company), kind, tokens | {"expires_at": _in_an_hour()})
        return self.fortnox_id

    def connect_shop(self, domain: str, secret: str) -> int:
        emulator = self.emulators.emulator
        client_id = CLIENT_ID if domain == DOMAIN else f"app-of-{domain.partition('.')[0]}"
        shop = emulator.put_shop(domain, {"client_id": client_id}, secret)
        secrets = {"client_id": client_id, "client_secret": secret, "access_token": emulator.install(shop)}
        return self._store("shopify", domain, "client_credentials", secrets)

    def _store(self, platform: str, account: str, grant: str, secrets: Mapping[str, Any]) -> int:
        new = NewConnection(
            tenant_id=self.tenant_id, platform=platform, kind=self.program.platforms[platform].kind,
            account=account, display_name=account, grant=grant,
            scopes=(), secrets=secrets, facts=ConnectionFacts("556677-8899" if platform == "fortnox" else ""),
        )  # fmt: skip
        with self.program.store.write() as session:
            connected = store_connection(session, self.program.ring, new, datetime.now(UTC)).connection_id
            # Orders of these tests may be years old: their shops were connected before them.
            session.get_one(Connection, connected).created_at = datetime(2020, 1, 1, tzinfo=UTC)
            return connected

    def warm(self) -> None:
        """Read the registers, as connecting does; what follows is counted from here."""
        self.program.register.refresh(self.books, WARMED, [books_day(datetime.now(UTC))])
        self.emulators.kit.calls.clear()

    def rules(self, **rules: Any) -> None:
        with self.program.store.write() as session:
            store_rules(session, self.tenant_id, rules, by="test")

    def company_is(self, **changes: Any) -> None:
        """Change the company in Fortnox, as a person does there."""
        world = self.emulators.world
        with world.lock:
            company = world.companies[self.company]
            company.reconfigure(CompanyConfig.model_validate(company.config.model_dump() | changes))

    @property
    def books(self) -> Company:
        return Company(self.fortnox_id, str(self.company), "fortnox")

    @property
    def shop(self) -> Shop:
        return self.emulators.emulator.world.shops[self.domain]

    # --- what happens in the shop

    def place(self, *, hear: bool = True, **spec: Any) -> StoredOrder:
        """Place an order (a vase, bought by Anna, paid by card) and let us hear of it."""
        wanted = {"lines": [VASE], "buyer": ANNA, "payments": [CARD]} | spec
        order = self.emulators.emulator.merchant.create(self.shop, OrderSpec.model_validate(wanted), silent=True)
        self.orders[order.id] = order
        if hear:
            self.hear(order)
        return order

    def act(self, order: StoredOrder, action: str, **details: Any) -> None:
        self.emulators.emulator.merchant.act(self.shop, order, action, details)
        self.hear(order)

    def hear(self, order: StoredOrder) -> int:
        """Make the order's job due, as a webhook does."""
        with self.program.store.write() as session:
            return make_due(session, self.tenant_id, self.shop_id, f"order:shopify:{order.id}")

    # --- working

    def run_jobs(self) -> int:
        """Work on what is due just now."""
        return self.program.worker.run()

    def pass_time(self) -> None:
        with self.program.store.write() as session:
            for statement in _TIME_TRAVEL:
                session.execute(text(statement))

    def look_at_scopes(self) -> None:
        """The shop is asked what it grants, as its poll does."""
        self.program.scheduler.scopes.check_shop(self.shop_id)

    def rest(self, rounds: int = 12) -> None:
        """Drain, an hour passes, drain … until nothing is due any more but polls, which always are at some time."""
        for _round in range(rounds):
            self.run_jobs()
            with self.program.store.read() as session:
                open_jobs = session.scalars(
                    select(Job.subject).where(Job.due_at.is_not(None), Job.kind.not_in(POLLS))
                ).all()
            if not open_jobs:
                return
            self.pass_time()
        raise AssertionError(f"still under way after {rounds} hours: {open_jobs}")

    def forget(self) -> None:
        """The database is restored from a copy that knows nothing of what was booked."""
        with self.program.store.write() as session:
            for table in ("operation_event", "document", "operation", "snapshot"):
                session.execute(text(f"delete from {table}"))  # noqa: S608  names from this line
            session.get_one(Tenant, self.tenant_id).log_trusted_since = datetime.now(UTC)

    def retry(self, order: StoredOrder) -> None:
        """A person presses "Try again" on the order's page."""
        assert Retries(self.program).order(self.tenant_id, self.order_id(order))

    def hand_touched(self, order: StoredOrder) -> None:
        """An event, or the daily list, tells that other hands touched a document of the order."""
        with self.program.store.write() as session:
            compare_again(session, [self.job(order).id], "seen-in-list")

    # --- what stands in Fortnox

    def documents(self, kind: str) -> list[dict[str, Any]]:
        world = self.emulators.world
        with world.lock:
            return [dict(record.fields) for record in world.companies[self.company].kind(kind).values()]

    def invoices(self) -> list[dict[str, Any]]:
        return [document for document in self.documents("invoices") if not document["Cancelled"]]

    def payments(self) -> list[dict[str, Any]]:
        return self.documents("invoicepayments")

    def vouchers(self) -> list[Any]:
        world = self.emulators.world
        with world.lock:
            return list(world.companies[self.company].ledger.entries)

    def balance(self, account: int) -> Decimal | int:
        """Debit less credit of an account, in kronor."""
        world = self.emulators.world
        with world.lock:
            return Decimal(world.companies[self.company].ledger.balances(None).get(account, 0)) / 100

    def calls(self, method: str = "*", path: str = "*") -> list[Call]:
        wanted = CallFilter(method, path)
        return [one for one in self.emulators.kit.calls.select(wanted) if not one.path.startswith("/oauth")]

    def sent(self) -> list[str]:
        """The calls to Fortnox in order, without its base address."""
        return [f"{call.method} {call.path.removeprefix('/3/')}" for call in self.calls()]

    def api(self, method: str, path: str, body: Any = None) -> Any:
        """Do something in Fortnox with other hands than ours."""
        import httpx2

        token = fortnox_tokens(self.emulators.world, self.company, service=False)["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        answer = httpx2.request(method, f"{self.emulators.fortnox.url}/3/{path}", json=body, headers=headers)
        assert answer.is_success, answer.text
        return answer.json()

    # --- what we know

    def findings(self) -> list[str]:
        """Codes of the open findings."""
        with self.program.store.read() as session:
            return sorted(session.scalars(select(Finding.code).where(Finding.resolved_at.is_(None))))

    def finding(self, code: str) -> Finding:
        with self.program.store.read() as session:
            return session.scalars(select(Finding).where(Finding.resolved_at.is_(None), Finding.code == code)).one()

    def all_findings(self, code: str) -> list[Finding]:
        with self.program.store.read() as session:
            here = (Finding.resolved_at.is_(None), Finding.code == code)
            return list(session.scalars(select(Finding).where(*here).order_by(Finding.id)))

    def told(self) -> dict[str, str]:
        """Subject of a job → code of its open finding."""
        with self.program.store.read() as session:
            open_ones = select(Job.subject, Finding.code).join(Job, Job.id == Finding.job_id)
            rows = session.execute(open_ones.where(Finding.resolved_at.is_(None)))
            return {row.subject: row.code for row in rows}

    def job(self, order: StoredOrder | str | None = None) -> Job:
        """The job of an order or subject, or the only one."""
        with self.program.store.read() as session:
            statement = select(Job)
            if order is not None:
                subject = order if isinstance(order, str) else f"order:shopify:{order.id}"
                statement = statement.where(Job.subject == subject)
            return session.scalars(statement).one()

    def order_id(self, order: StoredOrder | str | None = None) -> int:
        """The id of an order: of its page, and of what is kept of it."""
        order_id = self.job(order).order_id
        assert order_id is not None
        return order_id

    def payout_id(self, subject: str) -> int:
        """The id of a payout, by how its job's subject begins: of its page, and of what is kept of it."""
        payout_id = next(job.payout_id for job in self.jobs() if job.subject.startswith(subject))
        assert payout_id is not None
        return payout_id

    def order_of(self, finding: Finding) -> int:
        """The order that a finding is about."""
        with self.program.store.read() as session:
            order_id = session.scalars(select(Job.order_id).where(Job.id == finding.job_id)).one()
        assert order_id is not None
        return order_id

    def jobs(self) -> list[Job]:
        with self.program.store.read() as session:
            return list(session.scalars(select(Job).order_by(Job.id)))

    def state(self, order: StoredOrder | str | None = None) -> str:
        return self.job(order).state

    def steps(self) -> dict[str, str]:
        with self.program.store.read() as session:
            rows = session.scalars(select(Operation).order_by(Operation.job_id, Operation.position, Operation.id))
            return {row.step_key: row.state for row in rows}

    def history(self) -> list[str]:
        with self.program.store.read() as session:
            return list(session.scalars(select(OperationEvent.kind).order_by(OperationEvent.id)))

    def inbox(self) -> list[Inbox]:
        with self.program.store.read() as session:
            return list(session.scalars(select(Inbox).order_by(Inbox.id)))

    def snapshot(self, order: StoredOrder) -> Snapshot:
        with self.program.store.read() as session:
            return session.scalars(select(Snapshot).where(Snapshot.name == order.name)).one()

    def connection(self, connection_id: int) -> Connection:
        with self.program.store.read() as session:
            return session.get_one(Connection, connection_id)

    # --- the one promise

    def proves(self, *orders: StoredOrder) -> None:
        """Each order stands in the books once: booked, paid, of the right total; nothing else does; it balances."""
        wanted = {order.name: Decimal(str(order.body["total_price"])) for order in orders}
        standing = [one["ExternalInvoiceReference1"] for one in self.invoices()]
        assert sorted(standing) == sorted(wanted), "one invoice per order"
        for invoice in self.invoices():
            assert invoice["Total"] - invoice["RoundOff"] == wanted[invoice["ExternalInvoiceReference1"]]
            assert (invoice["Booked"], invoice["Balance"]) == (True, 0)
        assert len(self.payments()) == len(orders)
        assert all(payment["Booked"] for payment in self.payments())
        assert len(self.vouchers()) == 2 * len(orders)
        assert all(not sum(posting.ore for posting in entry.postings) for entry in self.vouchers())
        assert self.balance(1510) == 0
        assert self.balance(1581) == sum(wanted.values())
        for kind, key in (("customers", "CustomerNumber"), ("articles", "ArticleNumber")):
            numbers = [document[key] for document in self.documents(kind)]
            assert len(numbers) == len(set(numbers))
        assert {self.state(order) for order in orders} == {"booked"}
        assert self.findings() == []


def _in_an_hour() -> str:
    return (datetime.now(UTC) + timedelta(hours=1)).isoformat()


def order_job(worker: JobWorker) -> OrderJob:
    """What handles a worker's orders."""
    handler = worker.handlers[JobKind.ORDER]
    assert isinstance(handler, OrderJob)
    return handler


def with_order_job(worker: JobWorker, handler: OrderJob) -> JobWorker:
    """The worker with another handler of orders."""
    return replace(worker, handlers={**worker.handlers, JobKind.ORDER: handler})


def with_books(handler: OrderJob, books: Any) -> OrderJob:
    """The handler of orders that sends to other books; what it plans with is as it was."""
    executor = replace(handler.booking.executor, books=books)
    return replace(handler, booking=replace(handler.booking, executor=executor))
