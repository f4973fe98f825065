"""The application factory: pages, webhooks, and in embedded mode worker and beat, around one program."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta

import structlog
from fastapi import FastAPI
from sqlalchemy import ColumnElement, select
from starlette.concurrency import run_in_threadpool

from app.connections.push_addresses import PushAddresses
from app.connections.repository import Connected
from app.connections.shop_directory import ShopDirectory
from app.execution.restore import notice_restore
from app.findings.incidents import resolved_by_hand
from app.findings.repository import Place, jobs_waiting_for, jobs_with_code, release, replace_open
from app.jobs import queue as jobs
from app.jobs.batch_writer import BatchWriter
from app.jobs.heartbeat import Heartbeat
from app.kit.db.engine import require_role_settings
from app.kit.db.migration import migrate
from app.kit.http.call_budget import RateLimitedError
from app.master_data.cache import KINDS, RIGHTS
from app.master_data.entries import request_refresh
from app.master_data.settings_check import SettingsCheck, rules_against_chart
from app.model.finding import Finding
from app.model.platforms import PlatformKind
from app.orders.given_answers import Answering
from app.readiness.readiness import ReadinessCheck
from app.schema import Connection, Job
from app.shops.qliro.pushes import PUSHES
from app.shops.shopify.platform import SHOPIFY
from app.shops.shopify.verify import WEBHOOKS
from app.tenants.passwords import Passwords
from app.tenants.repository import of_tenant
from app.web.application import create_app
from app.web.push_endpoint import PushEndpoint, PushMiddleware
from app.web.reading import StoredReading
from app.web.services import Services
from app.web.tally import Tally
from app.web.webhooks import WebhookEndpoint, WebhookMiddleware
from app.wiring import Program, take_nothing_more, use_program
from workers.embedded import EmbeddedWorker
from workers.listening import ListeningThread

log = structlog.get_logger(__name__)


@dataclass
class BackgroundServices:
    """The threads beside the requests. With one of them dead, webhooks would be refused or stored and never booked."""

    writer: BatchWriter
    worker: EmbeddedWorker | None = None
    listener: ListeningThread | None = None
    heartbeat: Heartbeat | None = None

    @property
    def is_alive(self) -> bool:
        """Whether all of them run."""
        services = (self.heartbeat, self.worker, self.listener)
        return self.writer.is_alive and all(service is None or service.is_alive for service in services)


def create_application(program: Program) -> FastAPI:
    """The ASGI application on a program. Its lifespan starts and stops the embedded worker where there is one."""
    background = BackgroundServices(BatchWriter(program.store, program.notifier))
    application = create_app(_services(program, background))
    app_secret = program.settings.shopify_client_secret.get_secret_value()
    shops = ShopDirectory(program.store, SHOPIFY.name, program.grants, app_secret, program.now)
    tally = Tally(program.store, "webhook_refused", "delivery_refused")
    endpoint = WebhookEndpoint(
        program.store, shops, background.writer, program.settings.webhook_max_bytes, tally, WEBHOOKS
    )
    application.add_middleware(WebhookMiddleware, endpoint=endpoint)
    addresses = PushAddresses(program.store)
    tally = Tally(program.store, "push_refused", "push_refused")
    pushes = PushEndpoint(
        program.store, addresses, background.writer, program.settings.webhook_max_bytes, tally, PUSHES
    )
    application.add_middleware(PushMiddleware, endpoint=pushes)
    application.router.lifespan_context = _lifespan(program, background)
    return application


def _lifespan(program: Program, background: BackgroundServices):  # type: ignore[no-untyped-def]  # noqa: ANN202 - Starlette's own callable type
    @asynccontextmanager
    async def run(_application: FastAPI) -> AsyncIterator[None]:
        await run_in_threadpool(migrate, program.store)
        await run_in_threadpool(require_role_settings, program.store)
        await run_in_threadpool(notice_restore, program.store, program.now())
        use_program(program)
        background.writer.start()
        if program.supervisor is not None:
            program.supervisor.start()
        if program.settings.is_embedded:
            background.heartbeat = program.heartbeat
            await run_in_threadpool(background.heartbeat.start)
            background.worker = EmbeddedWorker(program.celery, threads=program.settings.worker_threads)
            await run_in_threadpool(background.worker.start)
            if program.listener is not None:
                background.listener = ListeningThread(program)
                background.listener.start()
        log.info("service_ready", base_url=program.settings.base_url, embedded=program.settings.is_embedded)
        yield
        await run_in_threadpool(background.writer.stop)
        if background.listener is not None:
            await run_in_threadpool(background.listener.stop)
        if background.worker is not None:
            take_nothing_more()
            await run_in_threadpool(background.worker.stop)
        if background.heartbeat is not None:
            await run_in_threadpool(background.heartbeat.stop)
        if program.supervisor is not None:
            await run_in_threadpool(program.supervisor.stop)
        use_program(None)

    return run


def _services(program: Program, background: BackgroundServices) -> Services:
    settings = SettingsCheck(program.store, program.register, program.now)
    readiness = ReadinessCheck(program.store, program.register, settings, program.granting, program.now)
    return Services(
        settings=program.settings,
        store=program.store,
        client=program.client,
        ring=program.ring,
        passwords=Passwords(),
        reading=StoredReading(program.store, program.granting, program.platforms.titles),
        retry_order=Retries(program).order,
        retry_payout=Retries(program).payout,
        retry_code=Retries(program).code,
        answer=Answering(program.store, program.notifier),
        payout_files=program.payout_files,
        check_rules=lambda tenant, rules: (
            *rules_against_chart(program.store, program.register, tenant, rules, program.now()),
            *settings.closed_areas(tenant, rules),
        ),
        unknown_codes=settings.unknown_codes,
        sees_stock=settings.sees_stock,
        readiness=readiness.of,
        look_now=program.notifier.notify,
        rules_changed=program.notifier.notify,
        compare_ledger=lambda tenant: program.scheduler.compare_ledgers(timedelta(0), tenant),
        fetch_payouts=program.fetch_payouts,
        on_connected=lambda connected: welcome(program, connected),
        ready=lambda: background.is_alive,
        clock=program.now,
    )


def welcome(program: Program, connected: Connected) -> None:
    """A connection was made or renewed: warm the register, release what waited for it, look at once."""
    with program.store.read() as session:
        row = session.get_one(Connection, connected.connection_id)
    if row.kind == PlatformKind.LEDGER:
        # The connect flow has just asked Fortnox which company this is, before it knew whose budget to take it from.
        with suppress(RateLimitedError):
            program.rate_limiter.take(row.account, max_wait=1.0)
        with program.store.write() as session:
            # Read by a worker: the person who has just connected sees the page at once, and how far it has come.
            request_refresh(session, row.id, [(kind, "") for kind in KINDS])
    program.polls.poll_now(row)
    with program.store.write() as session:
        replace_open(session, Place(row.tenant_id, connection_id=row.id), _findings_of_connecting(row))
        waiting = jobs_waiting_for(session, row.tenant_id, ["connection", RIGHTS])
        jobs.wake(session, waiting)
    program.notifier.notify()


def _findings_of_connecting(row: Connection) -> list[Finding]:
    """Notices of connecting, none of which blocks: a shop that sends no messages about orders is polled."""
    refused = [topic for topic in row.refused_topics if topic.startswith("orders/")]
    return [Finding("SHOPIFY_ORDER_MESSAGES_REFUSED", "", {"shop": row.account})] if refused else []


class Retries:
    """The pages' buttons: try one order or payout again, or all with one code."""

    def __init__(self, program: Program) -> None:
        self._program = program

    def order(self, tenant_id: int | None, order_id: int) -> bool:
        """Make an order due now; False when it is not within reach."""
        return self._job(tenant_id, Job.order_id == order_id)

    def payout(self, tenant_id: int | None, payout_id: int) -> bool:
        """Make a payout due now; False when it is not within reach."""
        return self._job(tenant_id, Job.payout_id == payout_id)

    def _job(self, tenant_id: int | None, named: ColumnElement[bool]) -> bool:
        with self._program.store.write() as session:
            job = session.scalar(select(Job).where(named, *of_tenant(Job.tenant_id, tenant_id)))
            if job is None:
                return False
            release(session, [job.id])
        self._program.notifier.notify()
        return True

    def code(self, tenant_id: int | None, code: str, about: str = "", by: str = "") -> int:
        """Make every job due that has an open finding of this code (and of this incident)."""
        with self._program.store.write() as session:
            if tenant_id is not None and about:
                resolved_by_hand(session, tenant_id, code, about, by)
            tenants = [tenant_id] if tenant_id is not None else session.scalars(select(Job.tenant_id).distinct()).all()
            job_ids = [job_id for tenant in tenants for job_id in jobs_with_code(session, tenant, code, about)]
            woken = release(session, job_ids)
        self._program.notifier.notify()
        return woken
