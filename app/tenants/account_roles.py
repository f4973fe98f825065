"""Default accounts of roles, and default roles of gateways."""

from __future__ import annotations

from collections.abc import Mapping

DEFAULT_ACCOUNTS: Mapping[str, int] = {
    "receivable": 1510,
    "sales.se.25": 3001,
    "sales.se.12": 3002,
    "sales.se.6": 3003,
    "sales.se.0": 3004,
    "shipping.se.25": 3520,
    "shipping.se.12": 3523,
    "shipping.se.6": 3524,
    "shipping.se.0": 3004,
    "invoice_fee.se.25": 3540,
    "vat.se.25": 2611,
    "vat.se.12": 2621,
    "vat.se.6": 2631,
    "sales.eu.25": 3106,
    "sales.eu.12": 3102,
    "sales.eu.6": 3103,
    "sales.eu_business": 3108,
    "shipping.eu_business": 3521,
    "services.eu_business": 3308,
    "services.export": 3305,
    "sales.export": 3105,
    "shipping.export": 3522,
    "duties": 3530,
    "foreign_vat.no": 2894,
    "foreign_vat.gb": 2896,
    "gift_card": 2421,
    "store_credit": 2421,
    "deferred.sales": 3099,
    "deferred.advance": 2420,
    "tip": 3690,
    "rounding": 3740,
    "netting": 1510,
    "refund_excess": 6991,
    "psp.shopify_payments.sek": 1581,
    "psp.shopify_payments.eur": 1582,
    "psp.qliro.sek": 1583,
    "psp.stripe.sek": 1584,
    "psp.paypal.sek": 1585,
    "psp.klarna.sek": 1586,
    "psp.swish.sek": 1587,
    "psp.svea.sek": 1590,
    "psp.adyen.sek": 1591,
    "psp.kustom.sek": 1592,
    "cash.sek": 1910,
    "bank.sek": 1930,
    "bank.eur": 1980,
    "exchange.gain": 3960,
    "exchange.loss": 7960,
    "reserve": 1588,
    "disputed": 1516,
    "dispute_lost": 6351,
    "fee.reverse_charge": 6041,
    "fee.se_vat": 6064,
    "fee.none": 6040,
    "vat.input": 2641,
    "vat.input_reverse": 2645,
    "vat.output_reverse": 2614,
}
"""Role → account of accounting.md 1. The role matters, not the number: every chart differs.

Svea, Adyen and Kustom, whose payout files are read too, have the first numbers after the group that it fills up to
1589: one clearing account per provider and currency, or no balance could be held against what one provider says. Of
providers that few companies have no number is assumed: an account with that number may mean something else.
"""

DEFAULT_GATEWAYS: Mapping[str, str] = {
    "shopify_payments": "psp.shopify_payments",
    "qliro": "psp.qliro",
    "klarna": "psp.klarna",
    "paypal": "psp.paypal",
    "stripe": "psp.stripe",
    "swish": "psp.swish",
    "cash": "cash",
    "gift_card": "gift_card",
    "shopify_store_credit": "store_credit",
}
"""Gateway name, lower case → role stem; the currency is appended (`psp.qliro` + `.sek`), except for debts of our own.

Store credit is money given back, whose VAT was credited with it: never a voucher that was sold."""
