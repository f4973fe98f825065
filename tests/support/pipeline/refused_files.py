"""What several test modules share of `test_refused_files`."""

from __future__ import annotations

import io
import zipfile

from tests.support.payout_files.files import shopify_row

SALE = shopify_row("charge", "#1001", "1499.50,12.25,1487.25")


OTHER = shopify_row("charge", "#1002", "100.00,1.00,99.00")


KLARNA_HEADER = (
    "type;capture_id;refund_id;order_id;merchant_reference1;amount;currency_code;sale_date;payment_reference;"
    "vat_amount;vat_rate;payout_date\n"
)


WHOLE_NUMBERS = KLARNA_HEADER + "SALE;c;;o;r;500;SEK;2026-03-01T10:00:00Z;P;;;2026-03-05\n"


def _ods() -> bytes:
    stored = io.BytesIO()
    with zipfile.ZipFile(stored, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", "<x/>")
    return stored.getvalue()


ODS = _ods()
