"""Every real or documented body that we have of Shopify goes through the door: a plan to the öre, or a clear finding.

The samples stand beside the checkout and are no part of it; without them this suite says so and is skipped.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.catalogue import lookup
from app.invoicing.rows import Rows, build_rows
from app.kit.money import total
from app.model.order import Order
from app.orders.planning.planner import decide
from app.orders.preview import preview, read_pasted
from app.schema import Connection, Finding, Job, JobState
from app.shops.shopify import pasted
from app.tenants.account_roles import DEFAULT_ACCOUNTS
from app.tenants.rules import TenantRules
from app.vat import Treatment, rate_text
from sandbox.shopify.adopting import adopt
from tests.support.pipeline.bench import Bench
from tests.support.pipeline.endpoint import Endpoint

REFERENCE = Path(os.environ.get("BOKBRO_REFERENCE") or Path(__file__).parents[3] / "shared" / "reference")
SAMPLES = REFERENCE / "shopify" / "samples"

pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason=f"NOT CHECKED: no samples of real bodies at {SAMPLES}")

ORDERS: dict[str, str | list[str]] = {
    "01-order-taxincl-automatic-discount-paypal": ["DELIVERY_COUNTRY_UNKNOWN"],
    "02-order-multicurrency-eur-shop-sek-buyer": "skipped: a test order",
    "03-order-cancelled-full-refund-with-shipping": ["PAYMENT_GATEWAY_UNMAPPED", "UNTRANSPORTED_SALE_ABROAD"],
    "04-order-draft-manual-taxincl-rounding": [
        "FORTNOX_CUSTOMER_NAME_EMPTY", "FORTNOX_VAT_NOT_FOUND", "PAYMENT_GATEWAY_UNMAPPED",
    ],
    "05-order-api-created-giftcard-closed": "waiting: the word paid without a transaction",
    "06-order-all-features-docs": "skipped: cancelled, nothing captured",
    "07-order-webhook-body-2026-07": "skipped: a test order",
    "08-order-docs-partially-refunded": ["EXPORT_STOPPED", "PAYMENT_GATEWAY_UNMAPPED"],
    "09-order-docs-three-lines-two-tax-rates": "waiting: no transaction",
}  # fmt: skip
"""What becomes of each order when the shop has it: the codes that stop it, or the state it rests in."""

NOTICED = {
    "05-order-api-created-giftcard-closed": ["ORDER_WAITS_FOR_PAYMENT"],
    "09-order-docs-three-lines-two-tax-rates": ["ORDER_WAITS_FOR_PAYMENT"],
}
"""What is said of those that only wait."""

NOT_FOUND = "SHOPIFY_ORDER_NOT_FOUND"
NOT_UNDERSTOOD = "SHOPIFY_BODY_NOT_UNDERSTOOD"
NOT_HANDLED = "SHOPIFY_TOPIC_NOT_HANDLED"
OTHER_SHOP = "SHOPIFY_BODY_OF_OTHER_SHOP"

OTHERS = {
    "10-refund-taxincl-card-payment-id": ("refunds/create", NOT_FOUND),
    "11-refund-discrepancy-only-manual": ("refunds/create", NOT_FOUND),
    "12-refund-zero-decimal-currency": ("refunds/create", NOT_FOUND),
    "14-refund-docs-shipping-refund": ("refunds/create", NOT_FOUND),
    "15-fulfillment-webhook": ("fulfillments/create", NOT_FOUND),
    "16-transactions-manual-drafts": ("order_transactions/create", NOT_UNDERSTOOD),
    "17-tender-transactions": ("tender_transactions/create", NOT_HANDLED),
    "18-order-agreements-sales-ledger": ("orders/updated", NOT_UNDERSTOOD),
    "19-shop-resource": ("shop/update", NOT_HANDLED),
    "20-draft-order-completed": ("draft_orders/update", NOT_HANDLED),
    "21-draft-order-updated-webhook": ("draft_orders/update", NOT_HANDLED),
    "22-gql-order-pos-percentage-discount": ("orders/updated", NOT_UNDERSTOOD),
    "23-gql-order-cod-partial-refund-return-open": ("orders/updated", NOT_UNDERSTOOD),
    "24-gql-order-draft-exchange-three-refunds": ("orders/updated", NOT_UNDERSTOOD),
    "25-gql-refunds-of-24": ("refunds/create", NOT_UNDERSTOOD),
    "26-gql-transactions-of-24": ("order_transactions/create", NOT_UNDERSTOOD),
    "27-gql-returns-of-24": ("returns/update", NOT_HANDLED),
    "28-gql-agreements-of-24": ("orders/updated", NOT_UNDERSTOOD),
    "29-gql-transaction-dkk-bogus": ("order_transactions/create", NOT_UNDERSTOOD),
    "30-rest-payouts-docs": ("payouts/create", NOT_HANDLED),
    "31-rest-balance-transactions-docs": ("payouts/create", NOT_HANDLED),
    "32-gql-balance-transactions-docs": ("payouts/create", NOT_HANDLED),
    "33-gql-disputes-docs": ("disputes/update", NOT_HANDLED),
    "34-webhook-refunds-create": ("refunds/create", NOT_FOUND),
    "35-webhook-order-transactions-create": ("order_transactions/create", NOT_FOUND),
    "36-webhook-orders-edited": ("orders/edited", NOT_FOUND),
    "37-webhook-disputes-create": ("disputes/create", NOT_HANDLED),
    "38-webhook-companies-create": ("companies/create", NOT_HANDLED),
    "39-webhook-company-locations-create": ("company_locations/create", NOT_HANDLED),
    "40-webhook-payment-terms-create": ("payment_terms/create", NOT_HANDLED),
    "41-webhook-payment-schedules-due": ("payment_schedules/due", NOT_HANDLED),
    "42-webhook-returns-approve": ("returns/approve", NOT_HANDLED),
    "43-webhook-customers-data-request": ("customers/data_request", OTHER_SHOP),
    "44-webhook-customers-redact": ("customers/redact", OTHER_SHOP),
    "45-webhook-shop-redact": ("shop/redact", OTHER_SHOP),
    "46-webhook-app-uninstalled": ("app/uninstalled", OTHER_SHOP),
    "47-webhook-app-scopes-update": ("app/scopes_update", None),
    "48-webhook-bulk-operations-finish": ("bulk_operations/finish", NOT_HANDLED),
    "49-webhook-fulfillments-create": ("fulfillments/create", NOT_FOUND),
    "55-shape-b2b-order-masked": ("orders/updated", NOT_FOUND),
    "56-shape-pos-card-present-transaction-masked": ("order_transactions/create", NOT_FOUND),
    "57-draft-order-custom-item-open": ("draft_orders/create", NOT_HANDLED),
}
"""The other bodies: the topic they come under, and the finding they become when the shop knows nothing of it."""

ADDS_UP: dict[str, str | list[str]] = {
    "01-order-taxincl-automatic-discount-paypal": "plan",
    "02-order-multicurrency-eur-shop-sek-buyer": ["VAT_CHARGED_UNEXPECTED"],
    "03-order-cancelled-full-refund-with-shipping": ["VAT_CHARGED_UNEXPECTED"],
    "04-order-draft-manual-taxincl-rounding": "plan",
    "05-order-api-created-giftcard-closed": "plan",
    "07-order-webhook-body-2026-07": ["VAT_CHARGED_UNEXPECTED"],
    "08-order-docs-partially-refunded": ["VAT_AMOUNT_UNEXPECTED"],
    "09-order-docs-three-lines-two-tax-rates": ["VAT_CHARGED_UNEXPECTED"],
}
"""What the arithmetic makes of an order's own parts: rows to the öre, or the codes that say why not."""

NOT_READABLE = ("06-order-all-features-docs",)
"""A documentation body whose amounts are in two currencies at once."""

NO_DELIVERIES = {"50", "51", "52", "53", "54"}
"""Recorded HTTP exchanges of the Admin API: answers, not deliveries."""


TABLE = Path(__file__).parents[2] / ".bokbro" / "reports" / "shopify-samples.md"
"""What became of every sample, for people: written anew by each run of this file."""


@pytest.fixture(scope="module")
def told() -> Iterator[dict[str, tuple[str, str]]]:
    """Sample → how it went in, and what came of it."""
    rows: dict[str, tuple[str, str]] = {}
    yield rows
    lines = ["| Sample | Went in as | What came of it |", "|---|---|---|"]
    lines += [f"| {name} | {way} | {outcome} |" for name, (way, outcome) in sorted(rows.items())]
    TABLE.parent.mkdir(parents=True, exist_ok=True)
    TABLE.write_text("\n".join(lines) + "\n", encoding="utf-8")


def sample(name: str) -> bytes:
    return (SAMPLES / f"{name}.json").read_bytes()


def outcome(bench: Bench) -> tuple[str, list[str]]:
    """The state of the only job, and the codes that stand open on it; each has its texts and remedy."""
    with bench.program.store.read() as session:
        state = session.scalars(select(Job.state)).one()
        codes = sorted(session.scalars(select(Finding.code).where(Finding.resolved_at.is_(None))))
    for code in codes:
        assert lookup(code).remedy_sv
    return state, codes


def connected_before_all_samples(bench: Bench) -> None:
    """Orders from before the shop was connected are left; the oldest sample is from 2005."""
    with bench.program.store.write() as session:
        session.get_one(Connection, bench.shop_id).created_at = datetime(2000, 1, 1, tzinfo=UTC)


def rules_for_the_rates_of(order: Order) -> TenantRules:
    """Rules under which every rate of an order is known and mapped."""
    rates = {tax.rate_percent for line in order.lines for tax in line.tax_lines}
    rates |= {tax.rate_percent for shipping in order.shipping for tax in shipping.tax_lines}
    rates |= {sum((tax.rate_percent for tax in line.tax_lines), Decimal(0)) for line in order.lines}
    roles = {f"{kind}.se.{rate_text(rate)}": 3001 for kind in ("sales", "shipping", "vat") for rate in rates}
    known = TenantRules().vat_rates | rates
    return TenantRules(accounts={**DEFAULT_ACCOUNTS, **roles}, vat_rates=known)


def test_every_sample_has_its_expectation() -> None:
    names = {path.stem for path in SAMPLES.glob("*.json")}
    assert {name for name in names if name[:2] not in NO_DELIVERIES} == {*ORDERS, *OTHERS}


@pytest.mark.parametrize("name", ORDERS)
def test_an_order_that_the_shop_has_ends_where_it_should(
    name: str, endpoint: Endpoint, bench: Bench, told: dict[str, tuple[str, str]]
) -> None:
    adopt(bench.emulators.emulator.world, bench.shop, json.loads(sample(name)), None)
    connected_before_all_samples(bench)

    assert endpoint.deliver(sample(name), "orders/updated") == 200
    bench.rest()

    expected = ORDERS[name]
    state, codes = outcome(bench)
    told[name] = ("an order of the shop", f"{state}: {', '.join(codes)}" if codes else state)
    if isinstance(expected, list):
        assert (state, codes) == (JobState.STOPPED, expected)
    else:
        assert (state, codes) == (expected.split(":")[0], NOTICED.get(name, []))
    assert bench.invoices() == []


@pytest.mark.parametrize("name", OTHERS)
def test_any_other_body_is_kept_and_becomes_the_right_finding(
    name: str, endpoint: Endpoint, bench: Bench, told: dict[str, tuple[str, str]]
) -> None:
    topic, code = OTHERS[name]

    assert endpoint.deliver(sample(name), topic) == 200
    bench.rest()

    if code == NOT_HANDLED:
        told[name] = (topic, f"no job: {code}")
        assert bench.findings() == [code]
        assert bench.inbox() == []
        return
    state, codes = outcome(bench)
    told[name] = (topic, f"{state}: {', '.join(codes)}" if codes else state)
    assert codes == ([code] if code else [])
    assert state == (JobState.STOPPED if code else JobState.SKIPPED)


@pytest.mark.parametrize("name", ADDS_UP)
def test_the_rows_of_a_real_order_add_up_to_the_shops_total(name: str, told: dict[str, tuple[str, str]]) -> None:
    """The arithmetic on real bodies, whatever their country: as if each had been sold in Sweden at its own rates."""
    order = read_pasted(sample(name), TenantRules(), pasted)

    rows = build_rows(order, Treatment("SE", "SEVAT", "domestic"), rules_for_the_rates_of(order))

    expected = ADDS_UP[name]
    added = (
        f"{len(rows.rows)} rows, {order.total}"
        if isinstance(rows, Rows)
        else ", ".join(build_row.code for build_row in rows)
    )
    told[f"{name} (arithmetic)"] = ("as if sold in Sweden at its own rates", added)
    if expected == "plan":
        assert isinstance(rows, Rows)
        assert total((row.amount for row in rows.rows), order.currency) == order.total
    else:
        assert isinstance(rows, list)
        assert sorted({one.code for one in rows}) == expected


@pytest.mark.parametrize("name", NOT_READABLE)
def test_a_body_that_contradicts_itself_is_not_guessed_at(name: str) -> None:
    shown = preview(sample(name), TenantRules(), pasted)

    assert [one["code"] for one in shown["findings"]] == [NOT_UNDERSTOOD]


@pytest.mark.parametrize("name", [name for name in OTHERS if name.startswith(("22", "23", "24"))])
def test_a_pasted_graphql_answer_of_another_selection_says_what_it_lacks(name: str) -> None:
    shown: dict[str, Any] = preview(sample(name), TenantRules(), pasted)

    for order in shown.get("orders", [shown]):
        assert [one["code"] for one in order["findings"]] == [NOT_UNDERSTOOD]


def test_planning_a_real_order_twice_gives_the_same() -> None:
    for name in ADDS_UP:
        order = read_pasted(sample(name), TenantRules(), pasted)
        assert decide(order, TenantRules()) == decide(order, TenantRules())
