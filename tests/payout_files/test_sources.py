"""Each format that is recognised has tests whose module names where its columns come from."""

from __future__ import annotations

import importlib

import pytest

from app.payouts.files.formats import KNOWN

SOURCES = {
    "Shopify Payments, transactions": ("test_from_sources", "pickShopifyStore"),
    "Shopify Payments, transactions without payout id": (
        "test_payout_lists",
        "transactions in twelve columns",
    ),
    "Shopify Payments, REST": ("test_from_sources", "shopify.dev/docs/api/admin-rest/latest/resources/transactions"),
    "Shopify Payments, list of payouts": ("test_from_sources", "parseShopifyPayoutCsv"),
    "Stripe, balance": ("test_from_sources", "docs.stripe.com/reports/balance"),
    "Stripe, itemized payouts": ("test_from_sources", "/reports/payout-reconciliation"),
    "Stripe, itemized balance": ("test_statements", "docs.stripe.com/ reports/balance"),
    "Stripe, list of payouts": ("test_from_sources", "reconstructTekmetricPayouts"),
    "Stripe, unified payments": ("test_from_sources", "reconstructTekmetricPayouts"),
    "Adyen, settlement details": ("test_from_sources", "settlement_detail_report_payment_cost.csv"),
    "PayPal, activity": ("test_from_sources", "gist Nullreff/409f7d6d8ca82ae004cbf31cff25df62"),
    "PayPal, activity in another language": ("test_paypal_languages", "OCA/bank-statement-import"),
    "PayPal, statement": ("test_statements", "OCA/bank-statement-import"),
    "PayPal, settlement report (STL)": ("test_from_sources", "PaymentProviders/PayPal/Tests/Data/stl.csv"),
    "Klarna, settlement": (
        "test_from_sources_nordic",
        "settlements/settlement-files",
    ),
    "Klarna, list of payouts": ("test_klarna_json", "docs.klarna.com/settlement-reports/api"),
    "Kustom, settlement": ("test_klarna_json", "help.kustom.co"),
    "Svea, reconciliation report": ("test_from_sources_nordic", "docs.payments.svea.com/docs/manage-order/reports"),
    "Swish, Swedbank": ("test_from_sources_nordic", "notima/swish4j"),
    "Swish, Swedbank (arbetsbok)": ("test_from_sources_nordic", "Kravspecifikation: Verktyg för Swish-kollekt"),
    "Swish, Handelsbanken": ("test_from_sources_nordic", "Handelsbankenrapport1.csv"),
    "Vipps MobilePay, settlement report": ("test_vipps", "vippsas/vipps-developers"),
    "Vipps MobilePay, transactions of settlements": ("test_vipps", "vippsas/vipps-developers"),
    "SumUp, transactions": ("test_sumup_and_amazon", "developer.sumup.com/api/schemas/FinancialPayout"),
    "Amazon, settlement report V2": ("test_sumup_and_amazon", "developer-docs.amazon.com/sp-api/docs/"),
    "Mollie, settlement": ("test_mollie_clearhaus_adyen", "docs.mollie.com/docs/settlement-report"),
    "Clearhaus, settlements": ("test_mollie_clearhaus_adyen", "bornhack/bornhack-website"),
    "ePay (Bambora), transactions": ("test_from_sources_nordic", "import_epay_csv"),
}
"""Name of a format → the module of its tests, and what it calls its source."""


@pytest.mark.parametrize("name", sorted({one.name for one in KNOWN}))
def test_tests_of_every_format_name_its_source(name: str) -> None:
    module, source = SOURCES[name]
    told = importlib.import_module(f"tests.payout_files.{module}").__doc__ or ""
    assert source in told.replace("\n", " ")


def test_no_source_is_of_a_format_that_is_gone() -> None:
    assert SOURCES.keys() == {one.name for one in KNOWN}
