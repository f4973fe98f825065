"""What several test modules share of `test_remedies_files`."""

from __future__ import annotations

import gzip
import io
import zipfile

from tests.support.payout_files.files import SHOPIFY_HEADER, shopify, xlsx
from tests.support.payout_files.providers import ITEMIZED, KLARNA_SALE, documented
from tests.support.payout_files.shopify_rest import CHARGE, PAYOUT_ROW, REFUND, rest
from tests.support.payout_files.sumup_and_amazon import PAID, SUMUP
from tests.support.payout_files.swish_banks import START, paid
from tests.support.pipeline.payout_lists import EPAYS
from tests.support.pipeline.refused_files import KLARNA_HEADER, ODS, OTHER, SALE, WHOLE_NUMBERS

RIGHT = shopify(SALE)


SWISH = START + paid("ref1", "349,00")


KLARNA = documented("1128.00;0;0;0;0;1128.00", KLARNA_SALE)


def zipped(*contents: bytes) -> bytes:
    stored = io.BytesIO()
    with zipfile.ZipFile(stored, "w") as archive:
        for number, content in enumerate(contents):
            archive.writestr(f"{number}.csv", content)
    return stored.getvalue()


FETCHED_ANEW: dict[str, tuple[bytes | str, bytes | str]] = {
    "FILE_AMOUNT_NOT_EXACT": (shopify(SALE.replace("1499.50", "1499.505")), RIGHT),
    "FILE_CELL_EMPTY": (shopify(SALE.replace(",SEK,", ",,")), RIGHT),
    "FILE_CELL_NO_AMOUNT": (shopify(SALE.replace("1499.50", "fyra")), RIGHT),
    "FILE_CELL_NO_CURRENCY": (shopify(SALE.replace(",SEK,", ",KRONOR,")), RIGHT),
    "FILE_CELL_NO_DATE": (shopify(SALE.replace("2026-03-02 10:15:00 +0100", "i går")), RIGHT),
    "FILE_CELL_NO_TIME_ZONE": (shopify(SALE.replace("+0100", "Mars/Olympus")), RIGHT),
    "FILE_CELL_TOO_LONG": (shopify(SALE, f'"{"x" * 40_000}"'), RIGHT),
    "FILE_COLUMN_TWICE": (shopify(f"{SALE},1499.50").replace(b"Currency,VAT", b"Currency,VAT,Amount"), RIGHT),
    "FILE_CONTROL_DIFFERS": (SWISH + "03;2;349,00\n", SWISH + "03;1;349,00\n"),
    "FILE_DAYS_MIXED": (
        shopify(SALE.replace("2026-03-02", "13/02/2026"), OTHER.replace("2026-03-02", "02/13/2026")),
        shopify(SALE, OTHER),
    ),
    "FILE_DECIMALS_MIXED": (shopify(SALE.replace("12.25", '"12,25"')), RIGHT),
    "FILE_END_MISSING": (SWISH, SWISH + "03;1;349,00\n"),
    "FILE_HAS_NO_PAYOUT": (shopify(), RIGHT),
    "FILE_ID_ROUNDED": (shopify(SALE.replace(",7001,", ",7.001E+11,")), RIGHT),
    "FILE_NO_TEXT": (b"\x81\x8d\xff", RIGHT),
    "FILE_NO_XLSX": (b"PK\x03\x04 and no more", RIGHT),
    "FILE_OLD_EXCEL": (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100), xlsx([SHOPIFY_HEADER.split(","), SALE.split(",")]),
    ),
    "FILE_OTHER_SPREADSHEET": (ODS, xlsx([SHOPIFY_HEADER.split(","), SALE.split(",")])),
    "FILE_PAYMENTS_WITHOUT_PAYOUTS": (EPAYS, ITEMIZED),
    "FILE_PAYOUT_TWICE": (KLARNA + KLARNA, KLARNA),
    "FILE_PAYOUT_SEVERAL_DAYS": (
        shopify(SALE, OTHER.replace("2026-03-05,7001", "2026-03-06,7001")), shopify(SALE, OTHER),
    ),
    "FILE_QUOTES_BROKEN": (shopify(SALE.replace(",card,", ',"card,')), RIGHT),
    "FILE_ROW_CUT_OFF": (shopify(SALE.rpartition(",")[0]), RIGHT),
    "FILE_ROW_DOES_NOT_ADD_UP": (shopify(SALE.replace("1487.25", "1480.00")), RIGHT),
    "FILE_ROW_NOT_UNDERSTOOD": (
        rest(REFUND, CHARGE | {"source_order_transaction_id": "abc"}, PAYOUT_ROW), rest(REFUND, CHARGE, PAYOUT_ROW),
    ),
    "FILE_ROW_TOO_LONG": (shopify(f"{SALE},mer"), RIGHT),
    "FILE_TOO_MANY_CELLS": (b"\n".join([RIGHT.strip(), *[b"1" + b"," * 999] * 5_001]), RIGHT),
    "FILE_TOO_MANY_COLUMNS": (b"a," * 100_000 + b"\n" + RIGHT, RIGHT),
    "FILE_TOTAL_DIFFERS": (shopify(SALE, f"Total{',' * 9}1500.50,12.25,1488.25,,,,,SEK,"), RIGHT),
    "FILE_WORD_NOT_KNOWN": (SUMUP + PAID.replace("Paid out", "Ausgezahlt"), SUMUP + PAID),
    "FILE_XML_NOT_KNOWN": (b"<?xml version='1.0'?><Document><Stmt/></Document>", RIGHT),
    "FILE_ZIP_BROKEN": (gzip.compress(RIGHT)[:-9], RIGHT),
    "FILE_ZIP_OF_SEVERAL": (gzip.compress(zipped(RIGHT, shopify(OTHER))), RIGHT),
    "FILE_ZIP_RATIO": (gzip.compress(RIGHT + b"\n" * 5_000_000), RIGHT),
    "FILE_CENTS_UNCLEAR": (
        WHOLE_NUMBERS,
        WHOLE_NUMBERS + WHOLE_NUMBERS.removeprefix(KLARNA_HEADER).replace(";c;", ";d;").replace("500", "49.50"),
    ),
}  # fmt: skip
"""Code → the file that is refused, and the file that its remedy asks for."""
