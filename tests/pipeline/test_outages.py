"""Limits, lost grants, long outages, and other hands in the same books."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import extract, func, select, update

from app.connections.repository import Connected
from app.main import welcome
from app.schema import Job
from sandbox.shopify.model import StoredOrder
from tests.support.pipeline.bench import VASE, Bench


@pytest.mark.parametrize("headers", [{}, {"Retry-After": "7"}])
@pytest.mark.parametrize("path", ["/3/customers", "/3/invoices", "/3/invoicepayments"])
def test_a_429_defers_the_company_and_is_no_try(bench: Bench, headers: dict[str, str], path: str) -> None:
    bench.emulators.kit.faults.order("status", "POST", path, status=429, headers=headers)
    order = bench.place()
    bench.run_jobs()
    job = bench.job(order)
    assert (job.attempts, job.first_failure_at, bench.findings()) == (0, None, [])
    assert job.due_at is not None
    bench.place()
    assert bench.run_jobs() == 0, "no order of this company is worked on before"
    bench.rest()
    bench.proves(*bench.orders.values())


def test_a_token_that_ends_in_the_middle_is_renewed(bench: Bench) -> None:
    order = bench.place()
    bench.emulators.kit.faults.order("unauthorized", "POST", "/3/invoices")
    bench.run_jobs()
    assert bench.job(order).attempts == 0
    bench.proves(order)


def test_all_tokens_expired_at_once_are_renewed(bench: Bench) -> None:
    with bench.emulators.world.lock:
        bench.emulators.world.tokens.expire_access()
    order = bench.place()
    bench.run_jobs()
    bench.proves(order)


def _reconnect(bench: Bench) -> None:
    assert bench.connect_fortnox() == bench.fortnox_id
    welcome(bench.program, Connected(bench.fortnox_id, str(bench.company), renewed=True))


def _withdraw(bench: Bench) -> None:
    with bench.emulators.world.lock:
        bench.emulators.world.tokens.withdraw_consent("bokbro-demo", bench.company)


def test_a_withdrawn_consent_is_said_once_and_orders_wait_and_go_on_after_reconnecting(bench: Bench) -> None:
    _withdraw(bench)
    orders = [bench.place() for _order in range(3)]
    bench.rest()
    assert bench.connection(bench.fortnox_id).state == "needs_consent"
    assert "FORTNOX_CONSENT_LOST" in bench.findings()
    assert {bench.state(order) for order in orders} == {"stopped"}
    _reconnect(bench)
    bench.rest()
    bench.proves(*orders)


def test_a_consent_withdrawn_in_the_middle_of_an_order_is_the_same(bench: Bench) -> None:
    bench.emulators.kit.faults.order("close_after", "POST", "/3/invoices")
    order = bench.place()
    bench.run_jobs()
    _withdraw(bench)
    bench.rest()
    assert bench.state(order) == "stopped"
    _reconnect(bench)
    bench.rest()
    bench.proves(order)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"integration_licence": False}, "FORTNOX_LICENCE_MISSING"),
        ({"app_licence": False}, "FORTNOX_APP_LICENCE_MISSING"),
    ],
)
def test_a_removed_licence_has_its_own_code_and_the_same_way_back(bench: Bench, change: Any, code: str) -> None:
    bench.company_is(**change)
    with bench.emulators.world.lock:
        bench.emulators.world.tokens.expire_access()
    order = bench.place()
    bench.rest()
    assert code in bench.findings()
    assert bench.connection(bench.fortnox_id).state == "needs_consent"
    bench.company_is(integration_licence=True, app_licence=True)
    _reconnect(bench)
    bench.rest()
    bench.proves(order)


def test_a_scope_without_licence_is_a_catalogued_refusal(bench: Bench) -> None:
    bench.company_is(licences=["customer", "article", "settings", "bookkeeping", "companyinformation"])
    order = bench.place()
    bench.rest()
    assert bench.state(order) == "stopped"
    assert bench.findings() != ["FORTNOX_REFUSED_UNKNOWN"]
    assert "BOKBRO_INTERNAL" not in bench.findings()


def test_a_long_outage_of_fortnox_is_visible_and_passes(bench: Bench) -> None:
    fault = bench.emulators.kit.faults.order("html_page", "*", "/3/*", status=503, times=None)
    order = bench.place()
    for _hour in range(5):
        bench.run_jobs()
        bench.pass_time()
    assert bench.findings() == ["FORTNOX_UNAVAILABLE"]
    assert bench.finding("FORTNOX_UNAVAILABLE").seen == 5
    assert (bench.state(order), bench.job(order).attempts) == ("working", 5)
    bench.emulators.kit.faults.clear(fault.id)
    bench.rest()
    bench.proves(order)


def _waits(bench: Bench) -> list[float]:
    """Seconds until each order of the company is tried again."""
    until = extract("epoch", Job.due_at - func.clock_timestamp())
    with bench.program.store.read() as session:
        return sorted(float(row) for row in session.scalars(select(until).where(Job.subject.startswith("order:"))))


def _have_failed_for(bench: Bench, seconds: int, tries: int = 1) -> None:
    """All orders have failed for so long, what was sent has settled, and they fail once more."""
    bench.pass_time()
    with bench.program.store.write() as session:
        started = func.clock_timestamp() - timedelta(seconds=seconds)
        values = {"first_failure_at": started, "due_at": func.clock_timestamp(), "attempts": tries}
        session.execute(update(Job).where(Job.subject.startswith("order:")).values(**values))
    bench.run_jobs()


def test_one_order_looks_for_all_and_the_first_success_releases_the_others(bench: Bench) -> None:
    fault = bench.emulators.kit.faults.order("html_page", "*", "/3/*", status=503, times=None)
    orders = [bench.place() for _order in range(3)]
    bench.run_jobs()
    _have_failed_for(bench, 600)
    first, *others = _waits(bench)
    assert first <= 8
    assert all(290 < other < 380 for other in others), "half of the ten minutes, and up to a quarter on top"
    bench.emulators.kit.faults.clear(fault.id)
    with bench.program.store.write() as session:
        soonest = select(func.min(Job.due_at)).where(Job.subject.startswith("order:")).scalar_subquery()
        session.execute(update(Job).where(Job.due_at == soonest).values(due_at=func.clock_timestamp()))
    bench.run_jobs()
    bench.proves(*orders)


def test_messages_of_an_order_during_an_outage_put_it_off_no_longer(bench: Bench) -> None:
    fault = bench.emulators.kit.faults.order("html_page", "*", "/3/*", status=503, times=None)
    order = bench.place()
    bench.run_jobs()
    _have_failed_for(bench, 12, tries=8)
    assert bench.job(order).attempts == 9
    assert _waits(bench)[0] <= 8, "half of twelve seconds and a quarter of that, however often it was tried"
    bench.emulators.kit.faults.clear(fault.id)


def test_a_token_endpoint_that_is_down_costs_no_consent(bench: Bench) -> None:
    with bench.emulators.world.lock:
        bench.emulators.world.tokens.expire_access()
    bench.emulators.kit.faults.order("html_page", "POST", "/oauth-v1/token", times=3)
    order = bench.place()
    bench.rest()
    assert bench.connection(bench.fortnox_id).state == "active"
    bench.proves(order)


# --- other hands

LONG_AGO = "2026-11-02T10:00:00+01:00"


def _made_by_another(bench: Bench, order: StoredOrder, **changes: Any) -> str:
    """What another integration wrote for an order: an invoice of the same reference."""
    if not bench.documents("customers"):
        bench.api("POST", "customers", {"Customer": {"CustomerNumber": "77", "Name": "Webbkund"}})
    row = {"Description": "Vas", "Price": 499, "VAT": 25, "DeliveredQuantity": 1, "AccountNumber": 3001}
    fields = {
        "CustomerNumber": "77",
        "VATIncluded": True,
        "InvoiceDate": "2026-11-02",
        "ExternalInvoiceReference1": order.name,
        "InvoiceRows": [row | changes],
    }
    return str(bench.api("POST", "invoices", {"Invoice": fields})["Invoice"]["DocumentNumber"])


def _old_order(bench: Bench) -> StoredOrder:
    return bench.place(processed_at=LONG_AGO, payments=[{"gateway": "shopify_payments", "at": LONG_AGO}], hear=False)


def test_an_invoice_that_another_made_is_adopted_booked_and_paid(bench: Bench) -> None:
    order = _old_order(bench)
    _made_by_another(bench, order)
    bench.hear(order)
    bench.rest()
    assert "adopted" in bench.history()
    bench.proves(order)


def test_an_invoice_that_another_made_and_booked_is_only_paid(bench: Bench) -> None:
    order = _old_order(bench)
    number = _made_by_another(bench, order)
    bench.api("PUT", f"invoices/{number}/bookkeep")
    bench.hear(order)
    bench.rest()
    bench.proves(order)


@pytest.mark.parametrize("day", ["2026-11-02", "2026-11-05"])
def test_an_invoice_that_another_made_booked_and_paid_is_left_as_it_is(bench: Bench, day: str) -> None:
    order = _old_order(bench)
    number = _made_by_another(bench, order)
    bench.api("PUT", f"invoices/{number}/bookkeep")
    paid = {"InvoiceNumber": int(number), "Amount": 499, "PaymentDate": day, "ModeOfPaymentAccount": 1581}
    payment = bench.api("POST", "invoicepayments", {"InvoicePayment": paid})["InvoicePayment"]["Number"]
    bench.api("PUT", f"invoicepayments/{payment}/bookkeep")
    bench.hear(order)
    bench.rest()
    bench.proves(order)


def test_an_invoice_of_the_same_reference_and_another_total_is_left_alone(bench: Bench) -> None:
    order = _old_order(bench)
    _made_by_another(bench, order, Price=450)
    bench.hear(order)
    bench.rest()
    assert (bench.state(order), bench.findings()) == ("stopped", ["DIFFERS_IN_BOOKS"])
    assert [(invoice["Total"], invoice["Booked"]) for invoice in bench.invoices()] == [(450, False)]


def test_two_invoices_of_the_same_reference_are_for_a_person(bench: Bench) -> None:
    order = _old_order(bench)
    _made_by_another(bench, order)
    _made_by_another(bench, order)
    bench.hear(order)
    bench.rest()
    assert (bench.state(order), bench.findings()) == ("stopped", ["DUPLICATE_IN_BOOKS"])
    assert len(bench.invoices()) == 2
    bench.api("PUT", "invoices/2/cancel")
    bench.hear(order)
    bench.rest()
    bench.proves(order)


def test_a_reference_that_only_contains_ours_is_somebody_elses(bench: Bench) -> None:
    order = _old_order(bench)
    _made_by_another(bench, order)
    bench.api("PUT", "invoices/1", {"Invoice": {"ExternalInvoiceReference1": f"{order.name}0"}})
    bench.hear(order)
    bench.rest()
    assert sorted(invoice["ExternalInvoiceReference1"] for invoice in bench.invoices()) == [
        order.name,
        f"{order.name}0",
    ]
    assert bench.state(order) == "booked"


def test_a_customer_and_an_article_that_were_there_are_used_as_they_are(bench: Bench) -> None:
    bench.api("POST", "customers", {"Customer": {"CustomerNumber": "S7101", "Name": "Anna L"}})
    bench.api("POST", "articles", {"Article": {"ArticleNumber": "GF-VAS-01", "Description": "Annan text"}})
    order = bench.place(lines=[VASE])
    bench.run_jobs()
    assert [document["Name"] for document in bench.documents("customers")] == ["Anna L"]
    bench.proves(order)
