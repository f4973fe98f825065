"""Payout lines of sales that another integration invoiced: known by the reference on its invoice, at no call each."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.model.payout import MatchKey
from app.payouts.matching.match_check import check_matching, look_again
from app.payouts.views import payout_detail
from app.reconciliation.reconciliation import clearing_accounts, payouts
from tests.support.pipeline.bench import Bench
from tests.support.pipeline.foreign_invoices import invoiced_by_others, line
from tests.support.pipeline.payouts import BANK, CLEARING, TODAY, hear, payout, state

LOST = "PAYOUT_LINE_UNMATCHED"


def known_as(bench: Bench) -> tuple[str, list[str]]:
    detail = payout_detail(bench.program.store, bench.tenant_id, bench.payout_id("payout:shopify_payments:po_1"))
    assert detail is not None
    return detail.lines[0].matched_by, bench.findings()


@pytest.mark.parametrize(
    ("field", "place"), [("external1", "ExternalInvoiceReference1"), ("external2", "ExternalInvoiceReference2")]
)
def test_line_is_known_by_the_field_that_the_company_names(bench: Bench, field: str, place: str) -> None:
    bench.rules(payout_reference_field=field)
    invoiced_by_others(bench, **{place: "QL-77"})
    hear(bench, payout(line()))
    assert (known_as(bench), state(bench)) == (("foreign_invoice", []), "booked")
    assert (bench.balance(BANK), bench.balance(CLEARING)) == (499, 0)
    (row,) = payouts(bench.program.store, bench.tenant_id)
    assert (row.matched, row.lines) == (1, 1)


def test_number_and_ocr_are_references_too(bench: Bench) -> None:
    number = invoiced_by_others(bench)
    (invoice,) = bench.invoices()
    for field, value in (("document_number", number), ("ocr", str(invoice["OCR"]))):
        bench.rules(payout_reference_field=field)
        hear(bench, payout(line(value, id=f"line-{field}"), name=f"po_{field}"))
    assert bench.findings() == []


def test_without_the_setting_no_invoice_of_others_is_looked_at(bench: Bench) -> None:
    invoiced_by_others(bench, ExternalInvoiceReference1="QL-77")
    bench.emulators.kit.calls.clear()
    hear(bench, payout(line()))
    assert (known_as(bench), bench.calls("GET")) == (("", [LOST]), [])


@pytest.mark.parametrize("written", ["QLIRO-77", "77", "#77", "QLIRO-#77"])
@pytest.mark.parametrize("told", ["QLIRO-77", "77", "#77"])
def test_prefix_and_number_sign_may_stand_on_either_side(bench: Bench, written: str, told: str) -> None:
    bench.rules(payout_reference_field="external1", payment_reference_prefix="QLIRO-")
    invoiced_by_others(bench, ExternalInvoiceReference1=written)
    hear(bench, payout(line(told)))
    assert known_as(bench) == ("foreign_invoice", [])


@pytest.mark.parametrize(("merchants", "key"), [(True, MatchKey.PAYMENT_ID), (False, MatchKey.PROVIDER_ORDER_ID)])
def test_field_has_the_shops_reference_or_the_providers_number(bench: Bench, merchants: bool, key: MatchKey) -> None:  # noqa: FBT001
    bench.rules(payout_reference_field="external1", use_merchant_reference=merchants)
    invoiced_by_others(bench, ExternalInvoiceReference1="77")
    other = MatchKey.PROVIDER_ORDER_ID if merchants else MatchKey.PAYMENT_ID
    hear(bench, payout(line("77", other)))
    assert known_as(bench) == ("", [LOST])
    hear(bench, payout(line("77", key, id="line-2", occurred_on=TODAY - timedelta(days=1)), name="po_2"))
    assert len(bench.findings()) == 1, "the second payout's line is known"


def test_two_invoices_with_the_reference_are_a_question(bench: Bench) -> None:
    bench.rules(payout_reference_field="external1")
    for _ in range(2):
        invoiced_by_others(bench, ExternalInvoiceReference1="QL-77")
    hear(bench, payout(line()))
    assert known_as(bench) == ("", [LOST])


def test_keys_that_name_two_invoices_name_none(bench: Bench) -> None:
    bench.rules(payout_reference_field="external1")
    for one in ("QL-77", "#1077"):
        invoiced_by_others(bench, ExternalInvoiceReference1=one)
    both = {MatchKey.PAYMENT_ID: "QL-77", MatchKey.ORDER_NAME: "#1077"}
    hear(bench, payout(line(keys=both)))
    assert known_as(bench) == ("", [LOST])


def test_keys_that_name_two_orders_of_ours_are_not_decided_by_an_invoice_of_others(bench: Bench) -> None:
    bench.rules(payout_reference_field="external1")
    first, second = bench.place(), bench.place()
    bench.rest()
    invoiced_by_others(bench, ExternalInvoiceReference1="QL-77")
    several = {MatchKey.PAYMENT_ID: str(first.transactions[-1]["payment_id"]), MatchKey.ORDER_NAME: second.name}
    several[MatchKey.SHOP_ORDER_ID] = "QL-77"
    hear(bench, payout(line(keys=several)))
    assert known_as(bench) == ("", [LOST])


def test_invoice_that_nobody_has_paid_is_told(bench: Bench) -> None:
    bench.rules(payout_reference_field="external1")
    invoiced_by_others(bench, paid=False, ExternalInvoiceReference1="QL-77")
    hear(bench, payout(line()))
    assert (known_as(bench), state(bench)) == (("foreign_invoice", ["PAYOUT_OF_OPEN_INVOICE"]), "booked")
    (clearing,) = clearing_accounts(bench.program.store, bench.tenant_id)
    assert (clearing.unmatched, clearing.balance.decimal) == ((), bench.balance(CLEARING))


def test_payout_that_waits_by_rule_is_booked_when_the_references_were_read(bench: Bench) -> None:
    bench.rules(payout_reference_field="external1", unknown_lines="hold")
    invoiced_by_others(bench, ExternalInvoiceReference1="QL-77")
    hear(bench, payout(line()))
    assert (state(bench), bench.findings(), bench.balance(BANK)) == ("booked", [], 499)


def test_two_hundred_lines_cost_one_call_for_all_references_and_the_voucher(bench: Bench) -> None:
    bench.rules(payout_reference_field="external1")
    for number in range(3):
        invoiced_by_others(bench, ExternalInvoiceReference1=f"QL-{number}")
    bench.warm()
    lines = [line(f"QL-{number}", id=f"line-{number}") for number in range(200)]
    hear(bench, payout(*lines))
    called = [f"{call.method} {call.path.rsplit('/3/')[-1]}" for call in bench.calls()]
    assert called == ["POST vouchers", "GET invoices"]
    hear(bench, payout(line("QL-1", id="another", occurred_on=TODAY - timedelta(days=1)), name="po_2"))
    assert [one.method for one in bench.calls()] == ["POST", "GET", "POST"], "what was read is known"


def many_invoices(bench: Bench, count: int) -> None:
    """As many booked invoices of others as one and its copies; each with a number and a reference of its own."""
    first = invoiced_by_others(bench, ExternalInvoiceReference1="QL-0")
    company = bench.emulators.world.companies[bench.company]
    original = company.kind("invoices")[first]
    for number in range(1, count):
        own = {"DocumentNumber": str(50_000 + number), "ExternalInvoiceReference1": f"QL-{number}"}
        company.add("invoices", own["DocumentNumber"], {**original.fields, **own})


def test_first_reading_of_many_invoices_costs_a_call_for_each_page_and_none_for_a_line(bench: Bench) -> None:
    bench.rules(payout_reference_field="external1", unknown_lines="hold")
    many_invoices(bench, 1_201)
    bench.warm()
    references = [0, 499, 500, 999, 1_000, 1_200]
    hear(bench, payout(*(line(f"QL-{number}", id=f"line-{number}") for number in references)))
    asked = [call for call in bench.calls("GET") if "/invoices" in call.path]
    assert [f"page={page}" in one.query for page, one in enumerate(asked, start=1)] == [True] * 3
    assert (state(bench), bench.findings()) == ("booked", [])
    bench.emulators.kit.calls.clear()
    hear(bench, payout(line("QL-7", id="another"), line("QL-1100", id="a third"), name="po_2"))
    assert (bench.sent(), state(bench, "po_2"), bench.findings()) == (["POST vouchers"], "booked", [])


# --- before go-live


def test_matching_is_seen_line_by_line_under_the_settings_of_today(bench: Bench) -> None:
    tomorrow = (TODAY + timedelta(days=1)).isoformat()
    bench.rules(cut_over=tomorrow)
    invoiced_by_others(bench, ExternalInvoiceReference1="QLIRO-77")
    hear(bench, payout(line("77"), line("78", id="line-2")))
    assert state(bench) == "skipped", "whoever kept the books had this payout"
    (before,) = check_matching(bench.program.store, bench.tenant_id)
    assert (before.known, before.lines, [one.id for one in before.lost]) == (0, 2, ["line-1", "line-2"])

    bench.rules(cut_over=tomorrow, payout_reference_field="external1", payment_reference_prefix="QLIRO-")
    look_again(bench.program.store, bench.tenant_id)
    bench.rest()
    (after,) = check_matching(bench.program.store, bench.tenant_id)
    assert (after.known, dict(after.by), [one.id for one in after.lost]) == (1, {"foreign_invoice": 1}, ["line-2"])
    assert (state(bench), bench.balance(BANK)) == ("skipped", 0)


def test_matching_of_another_company_is_not_seen(bench: Bench) -> None:
    hear(bench, payout(line("77")))
    assert check_matching(bench.program.store, bench.tenant_id + 1) == ()
