"""The composition root: the only place that knows everything. Nothing here happens at import."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import httpx2
from celery import Celery
from sqlalchemy.exc import SQLAlchemyError

from app.catalogue import declare
from app.connections.flows.fortnox_oauth import fortnox_app
from app.connections.flows.fortnox_tokens import FORTNOX_LOST_CODES, fortnox_renewal
from app.connections.flows.qliro_accounts import QliroAccounts
from app.connections.flows.shopify import shopify_app
from app.connections.flows.shopify_tokens import SHOPIFY_LOST_CODES, shopify_renewal
from app.connections.grants import StoredGrants
from app.connections.platform_notices import PlatformNotices
from app.connections.shop_job import ShopJob
from app.dispatch.poll_job import Poll, PollJob, backfill_interval
from app.dispatch.scheduler import Scheduler
from app.dispatch.worker import BATCH_SIZE, JobWorker
from app.execution.booking import Booking
from app.execution.executor import StepExecutor
from app.execution.preflight_check import Checker
from app.execution.restore import notice_restore
from app.execution.voucher_booking import VoucherBooking
from app.jobs.alarm import Alarm
from app.jobs.call_wait import Patience
from app.jobs.heartbeat import Heartbeat, Presence
from app.jobs.notifier import Notifier
from app.jobs.polls import PAYOUTS_EVERY, Polls
from app.jobs.rate_limiter import TableRateLimiter
from app.jobs.schedule import Schedule
from app.kit.db.clock import DatabaseClock, machine_time
from app.kit.db.embedded import EmbeddedServer
from app.kit.db.engine import RoleNotSetError, Store, Waits, open_store, require_role_settings
from app.kit.db.supervisor import Supervisor
from app.kit.encryption import KeyRing
from app.kit.http.client import HttpKit, new_client
from app.kit.http.token_keeper import TokenKeeper
from app.ledgers.base import Ledger
from app.ledgers.fortnox.adapter import FortnoxLedger
from app.ledgers.fortnox.client import FortnoxClient
from app.ledgers.fortnox.events import open_stream
from app.ledgers.fortnox.platform import FORTNOX
from app.ledgers.routing import Ledgers
from app.logs import configure_logs
from app.master_data.cache import MasterData
from app.master_data.refresh_job import MasterDataJob
from app.master_data.vat_numbers import VatNumbers
from app.master_data.vies import Vies
from app.model.platforms import Platform, Platforms
from app.orders.adoption import Adoption
from app.orders.job import OrderJob
from app.orders.pre_existing import PreExisting
from app.orders.reader import OrderReader
from app.orders.repository import OrderRepository
from app.orders.shop_scopes import ShopScopes
from app.payouts.dispute_job import DisputeJob
from app.payouts.imports.folder import SettlementFolder
from app.payouts.imports.payout_files import PayoutFiles
from app.payouts.job import PayoutJob
from app.payouts.polling.batch_polling import BatchPoll
from app.payouts.polling.payout_polling import PayoutPoll
from app.payouts.report_job import ReportJob
from app.periods.cut_off_job import CutOffJob
from app.reconciliation.documents_job import DocumentsJob
from app.reconciliation.event_listener import Listener
from app.reconciliation.ledger_events import BookEvents
from app.reconciliation.ledger_job import LedgerJob
from app.schema import Connection, JobKind
from app.settings import Settings
from app.shops.base import GrantsScopes, ListsChanges, PayoutSource, Source
from app.shops.qliro.payouts.batches import QliroBatches
from app.shops.qliro.payouts.client import QliroSettlements
from app.shops.qliro.platform import QLIRO
from app.shops.qliro.shop import QliroOrders
from app.shops.shopify.client import ResponseNotes, ShopifyClient
from app.shops.shopify.payouts.client import ShopifyPayouts
from app.shops.shopify.platform import SHOPIFY
from app.shops.shopify.shop import ShopifySource
from app.shops.shopify.verify import named_shop
from workers.celery_app import make_celery
from workers.notifier import CeleryNotifier

PLATFORMS = (FORTNOX, SHOPIFY, QLIRO)
"""What every installation has."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What the adapter of a platform is built of."""

    settings: Settings
    store: Store
    client: httpx2.Client
    grants: StoredGrants
    clock: DatabaseClock


@dataclass(frozen=True, slots=True)
class LedgerPlug:
    """A ledger beside Bokbro's own."""

    platform: Platform
    ledger: Callable[[Parts], Ledger]
    findings: Sequence[object] = ()
    """Its codes as entries of the catalogue, in the form of `app/catalogue/findings/*.yaml`."""


@dataclass(frozen=True, slots=True)
class ShopPlug:
    """A shop or provider beside Bokbro's own."""

    platform: Platform
    orders: Callable[[Parts], Source]
    payouts: Callable[[Parts], PayoutSource] | None = None
    """None: it pays nothing out that it could list."""
    findings: Sequence[object] = ()
    """As of a ledger."""


Plug = LedgerPlug | ShopPlug


@dataclass(frozen=True, slots=True)
class Program:
    """Everything a process runs on."""

    settings: Settings
    platforms: Platforms
    store: Store
    client: httpx2.Client
    ring: KeyRing
    grants: StoredGrants
    books: FortnoxLedger
    source: ShopifySource
    granting: Mapping[str, GrantsScopes]
    """Platforms whose shops choose what an app may read."""
    rate_limiter: TableRateLimiter
    register: MasterData
    worker: JobWorker
    scheduler: Scheduler
    payout_poll: PayoutPoll
    qliro_poll: BatchPoll
    polls: Polls
    vat_numbers: VatNumbers
    schedule: Schedule
    payout_files: PayoutFiles
    settlement_folder: SettlementFolder
    notifier: Notifier
    listener: Listener | None
    """Of Fortnox's events; None where no address is set."""
    celery: Celery
    now: Callable[[], datetime]
    """The time, by the database's clock."""
    heartbeat: Heartbeat
    supervisor: Supervisor | None
    """Of the embedded database; None on a server of the operator's."""
    batch_size: int = BATCH_SIZE

    def poll_payouts(self) -> int:
        """Read here what Qliro and all shops have paid out; returns how many payouts are new or changed."""
        return self.qliro_poll.run() + self.payout_poll.run()

    def fetch_payouts(self, tenant_id: int | None) -> None:
        """A person asks for the payouts of a company (None: of all): a worker reads them now."""
        if self.polls.payouts_now(tenant_id):
            self.notifier.notify()

    def close(self) -> None:
        """Give connections back."""
        self.client.close()
        self.store.close()


def build(
    settings: Settings,
    *,
    notifier: Notifier | None = None,
    store: Store | None = None,
    utc_now: Callable[[], datetime] | None = None,
    machine: Callable[[], datetime] = machine_time,
    plugs: Sequence[Plug] = (),
) -> Program:
    """Put a program together, on a store that is open already or its own. Starts no thread.

    Without a URL in the settings its own is the embedded database, which is started. `utc_now` stands in for the
    database's clock in what is decided; tokens and the queue run on the real one. `machine` is what this machine takes
    for the time. `plugs` are platforms beside Bokbro's own.
    """
    embedded = EmbeddedServer.at(settings.data_dir) if store is None and not settings.database_url else None
    store = store or _open(settings, embedded)
    supervisor = Supervisor(embedded, settings.data_dir) if embedded else None
    clock = DatabaseClock(store, machine)
    utc_now = utc_now or clock.now
    presence = Presence()
    client = new_client()
    ring = KeyRing([key.get_secret_value() for key in settings.secret_keys])
    grants = StoredGrants(store, ring)
    celery = make_celery(settings.broker_url, sweep_seconds=settings.sweep_seconds)
    notifier = notifier or CeleryNotifier(celery)
    for plug in plugs:
        declare(plug.findings)
    ledger_plugs = [plug for plug in plugs if isinstance(plug, LedgerPlug)]
    platforms = Platforms((*PLATFORMS, *(plug.platform for plug in plugs)))
    parts = Parts(settings, store, client, grants, clock)
    calls, window = settings.fortnox_calls, settings.fortnox_window_seconds
    rate_limiter = TableRateLimiter(store, calls, window, settings.fortnox_travel_seconds)
    books = _books(settings, client, grants, rate_limiter, clock)
    source = _source(settings, client, grants, PlatformNotices(store), clock)
    ledgers = Ledgers({FORTNOX.name: books, **{plug.platform.name: plug.ledger(parts) for plug in ledger_plugs}})
    register = MasterData(store, ledgers)
    executor = StepExecutor(
        store,
        ledgers,
        register,
        timedelta(seconds=settings.grace_seconds),
        settings.lease_seconds,
        Patience(store, presence),
    )
    earlier = Adoption(store, ledgers, executor.grace_period, settings.lease_seconds)
    vies = Vies(HttpKit(client), settings.vies_url.rstrip("/"), utc_now) if settings.vies_url else None
    vat_numbers = VatNumbers(store, vies, notifier, utc_now)
    accounts = QliroAccounts(store, grants)
    shops = _shops(plugs, parts, source, QliroOrders(HttpKit(client), accounts.open))
    scopes = ShopScopes(store, platforms, shops.granting)
    reader = OrderReader(platforms, shops.sources)
    pre_existing = PreExisting(store, ledgers, earlier, executor.grace_period, utc_now)
    repository, checker = OrderRepository(store, platforms, ledgers, grants.see), Checker(register, utc_now)
    booking = Booking(store, executor, checker)
    orders = OrderJob(store, repository, reader, booking, checker, earlier, pre_existing, vat_numbers)
    registers = MasterDataJob(store, ledgers, register, settings.lease_seconds, utc_now)
    vouchers = VoucherBooking(store, booking)
    payouts = PayoutJob(store, vouchers, utc_now)
    cut_offs, disputes = CutOffJob(store, vouchers), DisputeJob(store, vouchers)
    shop_job, ledger_job = (
        ShopJob(store, utc_now, scopes, platforms, named_shop),
        LedgerJob(store, ledgers, register, utc_now, platforms.reporting_gift_cards),
    )
    documents = DocumentsJob(store, ledgers, utc_now)
    renewals = {FORTNOX.name: books.client.tokens.access_token}
    scheduler = Scheduler(store, scopes, shops.changes, register, notifier, utc_now, renewals)
    payout_poll = PayoutPoll(store, platforms, shops.payouts, notifier, utc_now)
    batches = QliroBatches(QliroSettlements(HttpKit(client)), accounts.open)
    qliro_poll = BatchPoll(store, QLIRO, batches, notifier, utc_now)
    asked: dict[JobKind, dict[str, Poll]] = {
        JobKind.BACKFILL: dict.fromkeys(shops.changes, scheduler.look_at_shop),
        JobKind.POLL_PAYOUTS: {**dict.fromkeys(shops.payouts, payout_poll.poll), QLIRO.name: qliro_poll.poll},
    }
    worker = JobWorker(
        store,
        {
            JobKind.ORDER: orders,
            JobKind.PAYOUT: payouts,
            JobKind.REPORT: ReportJob(store, vouchers),
            JobKind.CUT_OFF: cut_offs,
            JobKind.DISPUTE: disputes,
            JobKind.SHOP: shop_job,
            JobKind.UNKNOWN: shop_job,
            JobKind.MASTER_DATA: registers,
            JobKind.LEDGER: ledger_job,
            JobKind.DOCUMENTS: documents,
            **_poll_jobs(store, notifier, asked, payout_poll),
        },
        settings.lease_seconds,
        presence,
        Alarm(store, notifier),
        platforms,
    )
    files = PayoutFiles(store, notifier, utc_now)
    folder = SettlementFolder(store, files, settings.settlement_folder)
    listener = _listener(settings, store, books, grants, notifier) if settings.fortnox_events_url else None
    return Program(
        settings, platforms, store, client, ring, grants, books, source, shops.granting, rate_limiter, register,
        worker, scheduler, payout_poll, qliro_poll,
        Polls(store, asked),
        vat_numbers, Schedule(store, clock.now), files, folder, notifier, listener, celery, utc_now,
        Heartbeat(store, clock, presence), supervisor,
    )  # fmt: skip


def _open(settings: Settings, embedded: EmbeddedServer | None) -> Store:
    """The store of the embedded server, or of the operator's, before which a pooler may stand."""
    url = embedded.url if embedded else str(settings.database_url)
    waits, pooled = Waits(*settings.database_waits), settings.database_pooled and embedded is None
    return open_store(url, pool_size=settings.database_pool_size, waits=waits, pooled=pooled)


def _poll_jobs(
    store: Store, notifier: Notifier, asked: Mapping[JobKind, Mapping[str, Poll]], payouts: PayoutPoll
) -> dict[JobKind, PollJob]:
    """What works on the polls."""

    def every_hour(_connection: Connection) -> timedelta:
        return PAYOUTS_EVERY

    return {
        JobKind.BACKFILL: PollJob(store, notifier, asked[JobKind.BACKFILL], partial(backfill_interval, store)),
        JobKind.POLL_PAYOUTS: PollJob(store, notifier, asked[JobKind.POLL_PAYOUTS], every_hour, payouts.look_again),
    }


@dataclass(frozen=True, slots=True)
class _Shops:
    """What each platform that reports orders or payouts can do, by its name."""

    sources: Mapping[str, Source]
    payouts: Mapping[str, PayoutSource]

    @property
    def granting(self) -> dict[str, GrantsScopes]:
        """Those whose shops choose what an app may read."""
        return {name: shop for name, shop in self.sources.items() if isinstance(shop, GrantsScopes)}

    @property
    def changes(self) -> dict[str, ListsChanges]:
        """Those that list what changed."""
        return {name: shop for name, shop in self.sources.items() if isinstance(shop, ListsChanges)}


def _shops(plugs: Sequence[Plug], parts: Parts, shopify: ShopifySource, qliro: QliroOrders) -> _Shops:
    more = [plug for plug in plugs if isinstance(plug, ShopPlug)]
    paying = {plug.platform.name: plug.payouts(parts) for plug in more if plug.payouts is not None}
    return _Shops(
        {SHOPIFY.name: shopify, QLIRO.name: qliro, **{plug.platform.name: plug.orders(parts) for plug in more}},
        {SHOPIFY.name: ShopifyPayouts(shopify.client), **paying},
    )


def _listener(
    settings: Settings, store: Store, books: FortnoxLedger, grants: StoredGrants, notifier: Notifier
) -> Listener:
    def other_company(connection_id: int, _reported: str) -> None:
        grants.lost(grants.load(connection_id), FORTNOX_LOST_CODES["other_company"])

    return Listener(
        store=store,
        events=BookEvents(store, FORTNOX.name),
        tokens=books.client.tokens,
        open_stream=lambda: open_stream(settings.fortnox_events_url),
        client_secret=settings.fortnox_client_secret.get_secret_value(),
        notifier=notifier,
        other_company=other_company,
    )


def _books(
    settings: Settings,
    client: httpx2.Client,
    grants: StoredGrants,
    rate_limiter: TableRateLimiter,
    clock: DatabaseClock,
) -> FortnoxLedger:
    renew = fortnox_renewal(client, fortnox_app(settings), clock.now)
    tokens = TokenKeeper(renew, FORTNOX_LOST_CODES, grants, clock.now)
    return FortnoxLedger(FortnoxClient(HttpKit(client), settings.fortnox_api_url.rstrip("/"), tokens, rate_limiter))


def _source(
    settings: Settings, client: httpx2.Client, grants: StoredGrants, notes: ResponseNotes, clock: DatabaseClock
) -> ShopifySource:
    renew = shopify_renewal(client, shopify_app(settings), clock.now)
    tokens = TokenKeeper(renew, SHOPIFY_LOST_CODES, grants, clock.now)
    template, version = settings.shopify_url_template, settings.shopify_api_version
    return ShopifySource(ShopifyClient(HttpKit(client), template, version, tokens, notes))


class _Current:
    """The program of this process, for Celery's tasks, which cannot be handed anything."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.program: Program | None = None


_current = _Current()


def current_program() -> Program:
    """The program of this process; a worker that was started by Celery's own command builds it at its first task."""
    with _current.lock:
        if _current.program is None:
            settings = Settings()
            configure_logs(settings)
            program = build(settings)
            try:
                require_role_settings(program.store)
                notice_restore(program.store, program.now())
            except (SQLAlchemyError, RoleNotSetError):
                program.close()
                raise
            _current.program = program
            program.heartbeat.start()
        return _current.program


def take_nothing_more() -> None:
    """The process is asked to end: its threads give their jobs back at the next step."""
    if _current.program is not None:
        _current.program.worker.presence.stopping.set()


def leave() -> None:
    """The process ends: its leases are free at once."""
    with _current.lock:
        program, _current.program = _current.program, None
    if program is not None:
        program.heartbeat.stop()
        program.close()


def use_program(program: Program | None) -> None:
    """Make this the program of the process (embedded mode, tests)."""
    with _current.lock:
        _current.program = program
