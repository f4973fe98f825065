"""The readiness check on a real company: red becomes green by its own repair, and the page keeps from a blind start."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from sqlalchemy import text

from app.master_data.cache import KINDS
from app.master_data.entries import request_refresh
from app.master_data.settings_check import SettingsCheck
from app.model.order import books_day
from app.readiness.readiness import ReadinessCheck
from app.schema import CompanyState, Tenant
from tests.support.pipeline.bench import VASE, Bench
from tests.support.pipeline.person import Person


def statuses(bench: Bench) -> dict[str, str]:
    program = bench.program
    settings = SettingsCheck(program.store, program.register, program.now)
    found = ReadinessCheck(program.store, program.register, settings, program.granting, program.now)
    return {row.key: row.status.value for row in found.of(bench.tenant_id).rows}


def in_trial_and_read(bench: Bench) -> None:
    with bench.program.store.write() as session:
        session.get_one(Tenant, bench.tenant_id).state = CompanyState.TRIAL.value
        request_refresh(session, bench.fortnox_id, [(kind, "") for kind in KINDS])
    bench.rest()


def test_a_company_as_it_was_connected_is_green_once_its_registers_and_an_order_were_read(bench: Bench) -> None:
    before = statuses(bench)
    before.pop("years")  # amber in the last weeks of a year that the emulator has no next one for
    assert set(before.values()) == {"green", "unknown"}
    assert before["others"] == before["orders"] == "unknown"
    in_trial_and_read(bench)
    bench.place()
    bench.rest()
    after = statuses(bench)
    after.pop("years")
    assert set(after.values()) == {"green"}


def test_what_a_trial_order_stops_at_and_who_else_books_it_is_seen_before_the_start(bench: Bench) -> None:
    taken = bench.place(hear=False)
    bench.place(lines=[VASE | {"sku": "GF VÅS¤01"}])
    customer = bench.api("POST", "customers", {"Customer": {"Name": "Alma"}})["Customer"]["CustomerNumber"]
    row = {"Description": "Vas", "DeliveredQuantity": 1, "Price": 499, "VAT": 25, "AccountNumber": 3001}
    head = {"CustomerNumber": customer, "ExternalInvoiceReference1": taken.name.lstrip("#"), "InvoiceRows": [row]}
    bench.api("POST", "invoices", {"Invoice": head})
    in_trial_and_read(bench)
    bench.hear(taken)
    bench.rest()
    seen = statuses(bench)
    assert (seen["others"], seen["orders"]) == ("amber", "amber")


def test_a_start_with_something_red_needs_a_word_and_its_repair_makes_it_green(bench: Bench, person: Person) -> None:
    in_trial_and_read(bench)
    with bench.program.store.write() as session:
        session.execute(text(r"delete from master_record where kind = 'accounts' and code like '%\:1581'"))
        session.execute(text("update master_data_refresh set changed_at = clock_timestamp() where kind = 'accounts'"))
    today = books_day(datetime.now(UTC)).isoformat()
    assert statuses(bench)["accounts"] == "red"
    assert "1581" in person.get("/company/readiness")
    refused = person.post("/company/live", start_day=today, sure="yes")
    assert refused.status_code == 422
    assert 'name="anyway"' in refused.text
    bench.warm()
    assert statuses(bench)["accounts"] == "green"
    answer = person.post("/company/live", start_day=today, sure="yes")
    assert answer.status_code == 303, re.findall(r'role="alert".*?</p>|<li>.*?</li>', answer.text, re.DOTALL)


def test_a_start_with_something_red_is_possible_on_a_persons_word(bench: Bench, person: Person) -> None:
    in_trial_and_read(bench)
    with bench.program.store.write() as session:
        session.execute(text(r"delete from master_record where kind = 'accounts' and code like '%\:1581'"))
        session.execute(text("update master_data_refresh set changed_at = clock_timestamp() where kind = 'accounts'"))
    today = books_day(datetime.now(UTC)).isoformat()
    person.done("/company/live", start_day=today, sure="yes", anyway="yes")
