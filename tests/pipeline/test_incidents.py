"""One missing thing in Fortnox is one incident: mended once, and just the orders that waited for it are booked."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from app.kit.db.engine import Store
from app.main import Retries
from app.schema import TenantRulesVersion
from app.tenants.repository import load_rules
from app.web.reading import StoredReading
from sandbox.shopify.model import StoredOrder
from tests.support.pipeline.bench import VASE, Bench

CODE = "FORTNOX_VAT_NOT_FOUND"
ONLY_25: dict[str, Any] = {"vat_rates": ["25", "0"]}


def taxed(bench: Bench, rate: str) -> StoredOrder:
    order = bench.place(lines=[VASE | {"tax": rate}])
    bench.rest()
    return order


def groups(store: Store, tenant_id: int) -> dict[str, dict[str, int]]:
    found = StoredReading(store).findings(tenant_id)
    return {group.code: {incident.about: incident.count for incident in group.incidents} for group in found}


def test_orders_with_the_same_missing_rate_are_one_incident(bench: Bench) -> None:
    bench.rules(**ONLY_25)
    for rate in ("12", "12", "6"):
        taxed(bench, rate)
    assert groups(bench.program.store, bench.tenant_id)[CODE] == {"12 %": 2, "6 %": 1}


def test_a_rate_that_a_person_says_is_there_releases_its_orders_and_no_others(bench: Bench) -> None:
    bench.rules(**ONLY_25)
    first, second, other = taxed(bench, "12"), taxed(bench, "12"), taxed(bench, "6")
    assert Retries(bench.program).code(bench.tenant_id, CODE, "12 %", "maja@example.se") == 2
    with bench.program.store.read() as session:
        rules = load_rules(session, bench.tenant_id)
        assert Decimal(12) in rules.vat_rates
        assert session.get_one(TenantRulesVersion, (bench.tenant_id, rules.version)).created_by == "maja@example.se"
    bench.rest()
    assert groups(bench.program.store, bench.tenant_id)[CODE] == {"6 %": 1}
    assert (bench.state(other), CODE in bench.findings()) == ("stopped", True)
    assert {bench.state(first), bench.state(second)} == {"booked"}


def test_orders_of_a_year_that_is_not_open_are_one_incident_and_go_on_together(bench: Bench) -> None:
    orders = [bench.place(processed_at=f"2024-0{month}-05T10:00:00+02:00") for month in (5, 6)]
    bench.rest()
    assert groups(bench.program.store, bench.tenant_id)["FORTNOX_FISCAL_YEAR"] == {"2024": 2}
    opened = {"from_date": "2024-01-01", "to_date": "2024-12-31"}
    bench.company_is(years=[opened])
    bench.pass_time()
    bench.hear(orders[0])  # the first that looks finds the year open, and wakes the others
    bench.rest()
    assert [bench.state(order) for order in orders] == ["booked", "booked"]
    assert bench.findings() == []
