"""A company that is not live: everything is read and planned, and nothing is written in its ledger by any path."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import IntegrityError

from app.kit.db.engine import WriteSession
from app.kit.http.outcome import Done
from app.ledgers.base import NotAuthorizedError, WriteAuthorization
from app.ledgers.fortnox.call import Call
from app.model.order import books_day
from app.schema import CompanyState, CompanyStateChange, Connection, Operation, OperationState, Tenant
from app.tenants.company_state import StateChangeError, go_live, pause, resume, start_trial, state_view
from sandbox.fortnox.config import CompanyConfig
from sandbox.shopify.model import StoredOrder
from tests.support.pipeline.bench import VASE, Bench
from tests.support.pipeline.emulators import together
from tests.support.pipeline.payouts import BANK, CLEARING, hear, line_of, payout
from tests.support.pipeline.payouts import state as payout_state

NOT_LIVE = [CompanyState.SETTING_UP, CompanyState.TRIAL, CompanyState.PAUSED]
TODAY = books_day(datetime.now(UTC))


def in_state(bench: Bench, state: CompanyState) -> None:
    with bench.program.store.write() as session:
        session.execute(update(Tenant).where(Tenant.id == bench.tenant_id).values(state=state.value))


def change(bench: Bench, by: Callable[..., Any], *details: Any) -> Any:
    with bench.program.store.write() as session:
        return by(session, bench.tenant_id, *details, by="anna@example.se")


def live_today(session: WriteSession, tenant_id: int, *, by: str) -> int:
    return go_live(session, tenant_id, TODAY, by=by)


def state(bench: Bench) -> str:
    with bench.program.store.read() as session:
        return session.get_one(Tenant, bench.tenant_id).state


def written(bench: Bench) -> list[str]:
    """Every call that could change the ledger."""
    return [f"{call.method} {call.path}" for call in bench.calls() if call.method != "GET"]


def a_month(bench: Bench) -> list[StoredOrder]:
    """Two orders, one of them refunded, one not delivered when the month ends, and a payout: all that books."""
    bench.rules(cut_off=True)
    orders = [
        bench.place(processed_at="2026-11-27T12:00:00+01:00", lines=[VASE | {"quantity": 2}]),
        bench.place(lines=[VASE | {"sku": "GF-NY", "title": "Ny vas"}]),
    ]
    bench.rest()
    bench.act(orders[1], "refund", lines=[{"line": 0}])
    hear(bench, payout(line_of(orders[0], fee="11.48")))
    replace(bench.program.scheduler, now=lambda: datetime(2026, 12, 1, 6, tzinfo=UTC)).close_months()
    bench.rest()
    return orders


def ledger(bench: Bench) -> list[tuple[str, list[tuple[int, int]]]]:
    """Day and postings of every voucher, in any order."""
    return sorted(
        (entry.date, sorted((posting.account, posting.ore) for posting in entry.postings)) for entry in bench.vouchers()
    )


def another(bench: Bench) -> Bench:
    """A second company, live, with a shop of its own."""
    bench.emulators.world.put_company(CompanyConfig(database_number=7654321))
    other = Bench(bench.program, bench.emulators, domain="annan.myshopify.com", company=7654321)
    other.connect(name="Annan AB")
    return other


@pytest.mark.parametrize("company_state", NOT_LIVE)
def test_nothing_is_written_by_any_path_and_what_would_be_is_planned(bench: Bench, company_state: CompanyState) -> None:
    in_state(bench, company_state)
    orders = a_month(bench)
    assert written(bench) == []
    assert {bench.state(order) for order in orders} == {"planned"}
    assert {job.state for job in bench.jobs() if job.kind in ("payout", "cut_off")} == {"planned"}
    assert set(bench.steps().values()) <= {"planned", "superseded"}
    assert bench.findings() == []


@pytest.mark.parametrize("company_state", NOT_LIVE)
def test_what_was_planned_is_booked_as_if_the_company_had_been_live(bench: Bench, company_state: CompanyState) -> None:
    in_state(bench, company_state)
    a_month(bench)
    in_state(bench, CompanyState.PAUSED)
    change(bench, resume)
    bench.rest()
    live = another(bench)
    a_month(live)
    assert ledger(bench) == ledger(live)
    assert {job.state for job in bench.jobs() if job.kind in ("order", "payout", "cut_off")} == {"booked"}
    assert bench.findings() == []


def test_a_pause_in_the_middle_of_an_order_stops_before_the_next_call_and_the_rest_follows(bench: Bench) -> None:
    order = bench.place()
    bench.emulators.fortnox.app.state.kit.faults.order("latency", seconds=0.4, path="*/invoices", times=1)

    def paused_while_the_invoice_is_on_its_way() -> None:
        while "POST /3/invoices" not in written(bench) and not _marked(bench, "invoice"):
            pass
        change(bench, pause)

    together(bench.run_jobs, paused_while_the_invoice_is_on_its_way)
    assert "POST invoices" in bench.sent()
    assert not {"POST invoicepayments", "PUT invoices/1/bookkeep"} & set(bench.sent())
    assert bench.state(order) == "planned"
    change(bench, resume)
    bench.rest()
    bench.proves(order)
    assert bench.state(order) == "booked"


def _marked(bench: Bench, step: str) -> bool:
    return bench.steps().get(step) in ("sending", "done")


def test_a_company_that_goes_live_books_from_its_first_day_on(bench: Bench) -> None:
    in_state(bench, CompanyState.TRIAL)
    yesterday = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    before, after = bench.place(processed_at=yesterday), bench.place()
    bench.rest()
    assert (bench.state(before), bench.state(after)) == ("planned", "planned")
    change(bench, go_live, TODAY)
    bench.rest()
    assert (bench.state(before), bench.state(after)) == ("skipped", "booked")
    bench.proves(after)
    with bench.program.store.read() as session:
        view = state_view(session, bench.tenant_id)
    assert (view.state, view.start_day, view.planned) == (CompanyState.LIVE, TODAY, 0)
    [entry] = view.changes
    assert (entry.state, entry.start_day, entry.changed_by) == ("live", TODAY, "anna@example.se")


def test_the_call_budget_of_a_company_that_is_not_live_is_left_to_readings(bench: Bench) -> None:
    bench.place()
    bench.rest()
    in_state(bench, CompanyState.PAUSED)
    slots = "select (select count(*) from unnest(slots) slot where slot > 0) from call_budget"
    with bench.program.store.read() as session:
        before = session.scalar(text(slots))
    bench.place()
    bench.run_jobs()
    with bench.program.store.read() as session:
        assert session.scalar(text(slots)) == before


@pytest.mark.parametrize(
    ("company_state", "act"),
    [
        (CompanyState.TRIAL, start_trial),
        (CompanyState.LIVE, start_trial),
        (CompanyState.PAUSED, start_trial),
        (CompanyState.SETTING_UP, live_today),
        (CompanyState.LIVE, live_today),
        (CompanyState.PAUSED, live_today),
        (CompanyState.SETTING_UP, pause),
        (CompanyState.TRIAL, pause),
        (CompanyState.PAUSED, pause),
        (CompanyState.SETTING_UP, resume),
        (CompanyState.TRIAL, resume),
        (CompanyState.LIVE, resume),
    ],
)
def test_no_other_change_of_state_is_possible(
    bench: Bench, company_state: CompanyState, act: Callable[..., Any]
) -> None:
    in_state(bench, company_state)
    with pytest.raises(StateChangeError):
        change(bench, act)
    assert state(bench) == company_state
    with bench.program.store.read() as session:
        assert session.scalar(select(func.count()).select_from(CompanyStateChange)) == 0


@pytest.mark.parametrize("lost", ["ledger", "shop"])
def test_a_trial_needs_a_ledger_and_a_shop_and_so_does_going_live(bench: Bench, lost: str) -> None:
    with bench.program.store.write() as session:
        session.execute(update(Connection).where(Connection.kind == lost).values(state="needs_consent"))
    in_state(bench, CompanyState.SETTING_UP)
    with pytest.raises(StateChangeError):
        change(bench, start_trial)
    in_state(bench, CompanyState.TRIAL)
    with pytest.raises(StateChangeError):
        change(bench, go_live, TODAY)
    with bench.program.store.read() as session:
        assert [kind.value for kind in state_view(session, bench.tenant_id).missing] == [lost]


def test_two_people_who_go_live_at_once_do_it_once(bench: Bench) -> None:
    in_state(bench, CompanyState.TRIAL)

    def tried() -> bool:
        try:
            change(bench, go_live, TODAY)
        except StateChangeError:
            return False
        return True

    assert sorted(together(*[tried] * 4)) == [False, False, False, True]


@pytest.mark.parametrize("company_state", NOT_LIVE)
def test_the_database_itself_refuses_a_step_of_a_company_that_is_not_live(
    bench: Bench, company_state: CompanyState
) -> None:
    in_state(bench, company_state)
    bench.place()
    bench.run_jobs()
    with pytest.raises(IntegrityError, match="is not sent"), bench.program.store.write() as session:
        session.execute(update(Operation).values(state=OperationState.SENDING.value))
    sending = "insert into operation (job_id, step_key, position, kind, payload_hash, payload, rules_version, state)"
    sending += " select job_id, 'other', 99, 'MailInvoice', '', '{}', 1, 'sending' from operation limit 1"
    with pytest.raises(IntegrityError, match="is not sent"), bench.program.store.write() as session:
        session.execute(text(sending))


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_the_client_sends_no_change_without_an_authorization_of_that_company(bench: Bench, method: str) -> None:
    client, call = bench.program.books.client, Call(method, "/3/customers", {"Customer": {}})
    other = replace(bench.books, account="7654321")
    with pytest.raises(NotAuthorizedError):
        client.call(bench.books, call)
    with pytest.raises(NotAuthorizedError):
        client.call(bench.books, call, authorization=WriteAuthorization(other))
    assert written(bench) == []
    assert isinstance(client.call(bench.books, Call("GET", "/3/companyinformation")), Done)


def test_payout_of_a_paused_company_waits_and_empties_its_account_afterwards(bench: Bench) -> None:
    order = bench.place()
    bench.rest()
    change(bench, pause)
    hear(bench, payout(line_of(order, fee="11.48")))
    assert (payout_state(bench), bench.balance(BANK), bench.findings()) == ("planned", 0, [])
    change(bench, resume)
    bench.rest()
    assert (payout_state(bench), bench.balance(CLEARING)) == ("booked", 0)


def test_orders_are_booked_before_the_payouts_that_arrived_before_them(bench: Bench) -> None:
    change(bench, pause)
    order = bench.place(hear=False)
    hear(bench, payout(line_of(order, fee="11.48")))
    bench.hear(order)
    bench.rest()
    change(bench, resume)
    bench.program.worker.run(1)
    assert (bench.state(order), payout_state(bench)) == ("booked", "planned")
    bench.rest()
    assert (payout_state(bench), bench.balance(CLEARING), bench.findings()) == ("booked", 0, [])
