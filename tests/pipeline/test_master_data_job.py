"""The local register: read by a job when a company connects, page by page, and mended when it is proved wrong."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from app.connections.repository import Connected
from app.main import welcome
from app.master_data.cache import KINDS, WARMED
from app.master_data.entries import remember, request_refresh
from app.master_data.views import RefreshProgress
from app.schema import MasterRecord, RefreshRequest
from app.web.reading import StoredReading
from tests.support.pipeline.bench import VASE, Bench


def _entries(bench: Bench, kind: str) -> set[str]:
    with bench.program.store.read() as session:
        return set(session.scalars(select(MasterRecord.code).where(MasterRecord.kind == kind)))


def _requests(bench: Bench) -> list[tuple[str, int]]:
    with bench.program.store.read() as session:
        return sorted((row.kind, row.page) for row in session.scalars(select(RefreshRequest)))


def _connected(bench: Bench) -> None:
    welcome(bench.program, Connected(bench.fortnox_id, str(bench.company), renewed=True))


def _learn(bench: Bench, kind: str, code: str) -> None:
    with bench.program.store.write() as session:
        remember(session, bench.fortnox_id, kind, code)


def _many_customers(bench: Bench, count: int) -> None:
    world = bench.emulators.world
    with world.lock:
        company = world.companies[bench.company]
        for number in range(count):
            company.add("customers", f"K{number}", {"CustomerNumber": f"K{number}", "Name": "Bo"} | _blank())


def _blank() -> dict[str, Any]:
    from sandbox.fortnox.schemas.customer import CUSTOMER

    return {name: value for name, value in CUSTOMER.blank().items() if name not in {"CustomerNumber", "Name"}}


def test_connecting_asks_fortnox_nothing_and_the_job_reads_every_register(bench: Bench) -> None:
    bench.emulators.kit.calls.clear()
    _connected(bench)
    assert bench.sent() == []
    assert [kind for kind, _page in _requests(bench)] == sorted(KINDS)
    bench.run_jobs()
    assert _requests(bench) == []
    assert _entries(bench, "modesofpayments") == {"BG", "PG", "KONT"}
    facts = bench.program.register.facts(bench.fortnox_id, customers=[], articles=[])
    assert (facts.modes_of_payment["KONT"], "30" in facts.terms_of_payment) == (1910, True)


def test_a_long_register_goes_on_at_its_page_when_the_budget_is_spent(bench: Bench) -> None:
    _many_customers(bench, 1200)
    bench.emulators.kit.faults.order("status", "GET", "/3/customers", skip=1, times=1, status=429)
    _connected(bench)
    bench.run_jobs()
    assert ("customers", 2) in _requests(bench)
    bench.rest()
    assert len(_entries(bench, "customers")) == 1200
    pages = [call.query for call in bench.calls("GET", "/3/customers")]
    assert [query.rsplit("page=")[-1] for query in pages] == ["1", "2", "2", "3"]


def test_a_long_register_is_read_whole_once_and_then_only_what_changed(bench: Bench) -> None:
    _many_customers(bench, 3)
    _learn(bench, "customers", "GONE")
    bench.pass_time()
    with bench.program.store.write() as session:
        entry = session.get_one(MasterRecord, (bench.fortnox_id, "customers", "GONE"))
        entry.seen_at = datetime(2026, 1, 1, tzinfo=UTC)
        request_refresh(session, bench.fortnox_id, [("customers", "")])
    bench.run_jobs()
    assert _entries(bench, "customers") == {"K0", "K1", "K2"}
    bench.emulators.kit.calls.clear()
    with bench.program.store.write() as session:
        request_refresh(session, bench.fortnox_id, [("customers", "")])
    bench.run_jobs()
    [call] = bench.calls("GET", "/3/customers")
    assert "lastmodified=" in call.query
    assert _entries(bench, "customers") == {"K0", "K1", "K2"}


@pytest.mark.parametrize("fault", ["close_before", "html_page", "malformed_json"])
def test_a_register_that_cannot_be_read_is_read_later(bench: Bench, fault: Any) -> None:
    bench.emulators.kit.faults.order(fault, "GET", "/3/currencies")
    _connected(bench)
    bench.rest()
    assert _requests(bench) == []


def test_a_register_that_fortnox_refuses_is_told_and_the_rest_is_read(bench: Bench) -> None:
    scopes = ["companyinformation", "settings", "customer", "bookkeeping", "costcenter", "currency"]
    bench.company_is(licences=scopes)
    _connected(bench)
    bench.rest()
    assert _requests(bench) == []
    assert bench.findings() == ["FORTNOX_LICENCE_MISSING"]


def test_an_article_that_we_believed_in_and_is_gone_is_made_again(bench: Bench) -> None:
    _learn(bench, "articles", "GF-VAS-01")
    order = bench.place(lines=[VASE])
    bench.rest()
    assert "register_was_stale" in bench.history()
    bench.proves(order)


def test_a_customer_that_we_believed_in_and_is_gone_is_made_again(bench: Bench) -> None:
    _learn(bench, "customers", "S7101")
    order = bench.place()
    bench.rest()
    assert "register_was_stale" in bench.history()
    bench.proves(order)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"inactive_accounts": [3001]}, "FORTNOX_ACCOUNT_INACTIVE"),
        ({"locked_until": "2026-12-31"}, "FORTNOX_PERIOD_LOCKED"),
    ],
)
def test_what_fortnox_refuses_against_our_register_is_read_anew_and_said_before_the_next_try(
    bench: Bench, change: Any, code: str
) -> None:
    order = bench.place()
    bench.company_is(**change)
    bench.rest()
    assert (bench.state(order), bench.findings()) == ("stopped", [code])
    sent = len(bench.calls("POST", "/3/invoices")) + len(bench.calls("PUT", "/3/invoices/*/bookkeep"))
    assert sent <= 3, "one step is tried once more"
    bench.company_is(inactive_accounts=[], locked_until=None)
    bench.program.scheduler.recheck_registers()
    bench.rest()
    bench.proves(order)


def test_a_step_is_planned_again_only_once(bench: Bench) -> None:
    body = {"ErrorInformation": {"error": 1, "message": "Kan inte hitta artikeln.", "code": 2001302}}
    bench.emulators.kit.faults.order("status", "POST", "/3/invoices", times=None, status=400, body=body)
    _learn(bench, "articles", "GF-VAS-01")
    order = bench.place()
    bench.rest()
    assert bench.state(order) == "stopped"
    assert bench.findings() == ["FORTNOX_ARTICLE_NOT_FOUND"]
    assert len(bench.calls("POST", "/3/invoices")) == 2


def test_every_kept_register_is_read_only_when_asked(bench: Bench) -> None:
    assert set(WARMED) < set(KINDS)
    bench.run_jobs()
    assert bench.sent() == []


def test_how_far_the_reading_has_come_can_be_seen_until_it_is_done(bench: Bench) -> None:
    def shown() -> RefreshProgress | None:
        views = StoredReading(bench.program.store).connections(bench.tenant_id)
        return next(view.reading for view in views if view.platform == "fortnox")

    assert shown() is None
    bench.emulators.kit.faults.order("status", "GET", "/3/currencies", status=429)
    _connected(bench)
    at_first = shown()
    assert at_first is not None
    assert (at_first.read, at_first.total) == (0, len(KINDS))
    bench.run_jobs()
    then = shown()
    assert then is not None
    assert (then.read, then.total) == (2, len(KINDS)), "years and locked period; currencies must wait"
    assert then.rows > 0
    bench.rest()
    assert shown() is None
