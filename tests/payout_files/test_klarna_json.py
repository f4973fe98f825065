"""Klarna's Settlements API kept as a file, and Kustom's reports. Invented values, written before the reader.

Sources: Klarna Settlements API 1.0.0-rc2 (docs.klarna.com/settlement-reports/api; schemas in api-evangelist/klarna,
`json-schema/klarna-transaction-schema.json`, `klarna-payout-schema.json`): amounts in minor units, types, `totals`.
Kustom: help.kustom.co "Settlement reports" ("Your CSV configurations are the same as they were on Klarna"), "Configure
settlement reports" (a merchant id that begins with M is of no migrated merchant), "Managing Klarna negative balances
during checkout migration" (debts of Klarna are netted in Kustom's payouts).
"""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from app.kit.money import Money
from app.model.payout import MatchKey, PayoutLineKind
from app.payouts.files import StatedSum
from tests.support.payout_files.files import only, payouts, read
from tests.support.payout_files.klarna_json import DEBT, KUSTOM_SALE, kustom


def sek(amount: str) -> Money:
    return Money.of(amount, "SEK")


def transaction(kind: str, amount: int, **more: Any) -> dict[str, Any]:
    return {
        "type": kind, "amount": amount, "currency_code": "SEK", "sale_date": "2026-11-20T10:00:00Z",
        "capture_date": "2026-11-21T10:00:00Z", "order_id": "ord-1", "purchase_country": "SE",
        "payment_reference": "XISA93DJ", "merchant_reference1": "1007", "capture_id": "cap-1",
        "payout": "https://api.klarna.com/settlements/v1/payouts/XISA93DJ",
    } | more  # fmt: skip


FEE = transaction("FEE", 3372, detailed_type="PURCHASE_FEE_PERCENTAGE", vat_amount=843, vat_rate=2500)
SALE = transaction("SALE", 112800, detailed_type="PURCHASE")


def payout(settled: int, reference: str = "XISA93DJ", merchant: str = "K123456", **totals: int) -> dict[str, Any]:
    return {
        "payment_reference": reference, "payout_date": "2026-11-24T07:52:26Z", "currency_code": "SEK",
        "merchant_settlement_type": "NET", "merchant_id": merchant,
        "transactions": f"https://api.klarna.com/settlements/v1/transactions?payment_reference={reference}",
        "totals": {"settlement_amount": settled, "tax_amount": 0, "repay_amount": 0} | totals,
    }  # fmt: skip


def file(**parts: Any) -> bytes:
    return json.dumps(parts | {"pagination": {"count": 1, "total": 1}}).encode()


def test_transactions_alone_are_a_payout_that_nothing_proves() -> None:
    found = only(file(transactions=[SALE, FEE]))
    assert (found.provider, found.id, found.is_captured) == ("klarna", "XISA93DJ", False)
    sale, fee = found.lines
    assert (sale.kind, sale.amount, sale.keys[MatchKey.TRANSACTION_ID]) == (
        PayoutLineKind.CHARGE,
        sek("1128.00"),
        "cap-1",
    )
    assert (sale.keys[MatchKey.ORDER_NAME], sale.occurred_on) == ("1007", date(2026, 11, 21))
    assert fee.kind is PayoutLineKind.FEE


def test_transactions_with_their_payout_are_proven_by_its_total() -> None:
    found = only(file(transactions=[SALE, FEE], payouts=[payout(108585, tax_amount=843)]))
    assert (found.paid_on, found.paid_out, found.unexplained, found.is_captured) == (
        date(2026, 11, 24), sek("1085.85"), sek("0"), True,
    )  # fmt: skip
    assert (found.lines[1].fee, found.lines[1].fee_vat) == (sek("33.72"), sek("8.43"))


def test_one_payout_as_the_api_answers_it_is_read_too() -> None:
    answer = payout(112800) | {"transactions": [SALE]}
    assert only(json.dumps(answer).encode()).unexplained == sek("0")


def test_several_payouts_of_one_file_are_each_their_own() -> None:
    other = transaction("SALE", 4900, payment_reference="SECOND", capture_id="cap-2")
    content = file(transactions=[SALE, other], payouts=[payout(112800), payout(4900, "SECOND")])
    assert [(one.id, one.unexplained) for one in payouts(content)] == [
        ("XISA93DJ", sek("0")), ("SECOND", sek("0")),
    ]  # fmt: skip


def test_page_of_transactions_that_is_not_the_last_leaves_its_payout_unexplained() -> None:
    assert only(file(transactions=[SALE], payouts=[payout(200000)])).unexplained == sek("872.00")


def test_transactions_of_no_payout_yet_wait() -> None:
    assert read(file(transactions=[SALE | {"payment_reference": ""}])).pending == 1


def test_list_of_payouts_states_their_sums() -> None:
    found = read(file(payouts=[payout(108585), payout(4900, "SECOND")]))
    assert (found.provider, found.problems) == ("klarna", ())
    assert found.sums == (
        StatedSum("XISA93DJ", date(2026, 11, 24), sek("1085.85")),
        StatedSum("SECOND", date(2026, 11, 24), sek("49.00")),
    )


def test_amounts_in_whole_kronor_are_minor_units_all_the_same() -> None:
    assert only(file(transactions=[transaction("SALE", 100)])).paid_out == sek("1.00")


# --- Kustom


@pytest.mark.parametrize(("merchant", "provider"), [("M123456", "kustom"), ("K123456", "klarna")])
def test_merchant_id_tells_kustoms_report_from_klarnas(merchant: str, provider: str) -> None:
    found = only(kustom(KUSTOM_SALE, "1128.00", merchant))
    assert (found.provider, found.paid_out, found.unexplained) == (provider, sek("1128.00"), sek("0"))


def test_debt_at_klarna_that_kustom_nets_is_a_kind_of_its_own() -> None:
    found = only(kustom(KUSTOM_SALE + DEBT, "928.00"))
    assert (found.unexplained, found.lines[1].kind, found.lines[1].amount) == (
        sek("0"), PayoutLineKind.NETTED_DEBT, sek("-200.00"),
    )  # fmt: skip


def test_other_charges_of_kustom_wait_for_a_person() -> None:
    charge = DEBT.replace("TRANSFER_FROM_LEGACY_INTEGRATION", "MANUAL_ENTRY").replace("Debt statement 123", "")
    assert only(kustom(KUSTOM_SALE + charge, "928.00")).lines[1].kind is PayoutLineKind.ADJUSTMENT


def test_api_of_kustom_is_read_as_klarnas() -> None:
    found = only(file(transactions=[SALE], payouts=[payout(112800, merchant="M123456")]))
    assert found.provider == "kustom"


def test_block_of_totals_without_rows_is_no_payout_but_a_sum() -> None:
    found = read(kustom("", "1128.00", "K123456"))
    assert (found.problems, found.payouts, [sum_.id for sum_ in found.sums]) == ((), (), ["KUS1"])
