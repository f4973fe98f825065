"""What several test modules share of `test_providers`."""

from __future__ import annotations

ITEMIZED_HEADER = (
    b"automatic_payout_id,automatic_payout_effective_at_utc,balance_transaction_id,created_utc,"
    b"currency,gross,fee,net,reporting_category,source_id,payment_intent_id"
)


ITEMIZED = (
    ITEMIZED_HEADER
    + b"""
po_5,2026-03-05 00:00:00,txn_1,2026-03-01 10:00:00,sek,100.00,2.00,98.00,charge,ch_1,pi_1
po_5,2026-03-05 00:00:00,txn_2,2026-03-01 11:00:00,sek,-40.00,15.00,-55.00,dispute,dp_1,pi_2
po_6,2026-03-06 00:00:00,txn_3,2026-03-02 11:00:00,sek,7.00,0.00,7.00,risk_reserved_funds,,
,,txn_4,2026-03-09 11:00:00,sek,7.00,0.00,7.00,charge,ch_4,pi_4
"""
)


KLARNA_DOCUMENTED = (
    "total_sale_amount;total_fee_amount;total_tax_amount;total_repay_amount;total_deposit_amount;"
    "total_settlement_amount;payment_reference;settlement_currency;payout_date;merchant_settlement_type\n"
    "{totals};9001;SEK;2026-11-24T07:45:00Z;{kind}\n"
    "type;capture_date;sale_date;capture_id;refund_id;merchant_reference1;merchant_reference2;amount;"
    "posting_currency;tax_rate;tax_amount;detailed_type\n"
)
"""Columns of docs.klarna.com, settlement files: the reference and the day stand in the block alone."""


KLARNA_SALE = "SALE;2026-11-20T10:00:00Z;2026-11-19T10:00:00Z;c-1;;#1007;;1128.00;SEK;0.00;0.00;PURCHASE\n"


def documented(totals: str, *rows: str, kind: str = "NET") -> bytes:
    return (KLARNA_DOCUMENTED.format(totals=totals, kind=kind) + "".join(rows)).encode()
