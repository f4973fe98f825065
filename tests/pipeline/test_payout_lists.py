"""A list of payouts is no base of a voucher; a payout without a number is the one that is known by its number."""

from __future__ import annotations

from decimal import Decimal

import pytest

from app.payouts.imports.refused_files import refusals
from app.payouts.line_answer_store import LineAnswering
from tests.support.payout_files.files import shopify, shopify_row
from tests.support.payout_files.payout_lists import STRIPE, TWELVE, stripe, twelve
from tests.support.pipeline.bench import Bench
from tests.support.pipeline.payout_lists import EPAYS, SHOPIFYS

PAID = Decimal("487.00")


def take_in(bench: Bench, content: bytes) -> list[str]:
    """Import a file; the codes with which it is not taken in whole."""
    files = bench.program.payout_files
    file_id = files.keep(bench.tenant_id, f"{len(content)}.csv", content, by="maja@example.se")
    told = [refusal.fault.code for refusal in refusals(files.take_in(bench.tenant_id, file_id))]
    bench.rest()
    return told


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (STRIPE + stripe("po_1", "974.20"), "FILE_PAYOUTS_WITHOUT_LINES"),
        (SHOPIFYS, "FILE_PAYOUTS_WITHOUT_LINES"),
        (EPAYS, "FILE_PAYMENTS_WITHOUT_PAYOUTS"),
    ],
)
def test_nothing_is_booked_from_a_list(bench: Bench, content: str, code: str) -> None:
    assert take_in(bench, content.encode()) == [code]
    assert ([job.subject for job in bench.jobs()], bench.balance(1930)) == ([], 0)


def test_payout_without_a_number_is_the_one_that_is_known_by_its_number(bench: Bench) -> None:
    order = bench.place()
    bench.rest()
    row = shopify_row("charge", order.name, "499.00,12.00,487.00", at="2026-11-18 10:00:00 +0100")
    assert take_in(bench, shopify(row.replace("2026-03-05", "2026-11-20"))) == []
    payout_id = bench.payout_id("payout:shopify_payments:7001")
    LineAnswering(bench.program.store, lambda: None).bank_amount(bench.tenant_id, payout_id, "487", "maja@example.se")
    bench.rest()
    booked = len(bench.vouchers())
    assert take_in(bench, (TWELVE + twelve("charge", "499.00,12.00,487.00", day="2026-11-20")).encode()) == []
    assert (bench.balance(1930), len(bench.vouchers())) == (PAID, booked)
