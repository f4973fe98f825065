"""What several test modules share of `test_klarna_json`."""

from __future__ import annotations

HEADER = (
    "type;detailed_type;capture_id;order_id;merchant_reference1;amount;currency;sale_date;payment_reference;"
    "klarna_comment\n"
)


TOTALS = "payment_reference;payout_date;merchant_id;total_sale_amount;total_charge_amount;total_settlement_amount\n"


KUSTOM_SALE = "SALE;PURCHASE;cap-1;ord-1;1007;1128.00;SEK;2026-11-20T10:00:00Z;KUS1;\n"


DEBT = "CHARGE;TRANSFER_FROM_LEGACY_INTEGRATION;;;;200.00;SEK;2026-11-20T10:00:00Z;KUS1;Debt statement 123\n"


def kustom(rows: str, settled: str, merchant: str = "M123456") -> bytes:
    return f"{TOTALS}KUS1;2026-11-24;{merchant};1128.00;0;{settled}\n{HEADER}{rows}".encode()
