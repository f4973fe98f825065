"""Small invented settlement files, in the columns of real ones."""

import io
from collections.abc import Sequence

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from app.model.payout import Payout
from app.payouts.files import ColumnMap, ReadFile, Recognised, RowsTwice, read_file, recognise

SHOPIFY_HEADER = (
    "Transaction Date,Type,Order,Card Brand,Card Source,Payout Status,Payout Date,Payout ID,Available On,Amount,Fee,"
    "Net,Checkout,Payment Method Name,Presentment Amount,Presentment Currency,Currency,VAT"
)


def shopify(*rows: str) -> bytes:
    return "\n".join([SHOPIFY_HEADER, *rows, ""]).encode()


def shopify_row(
    kind: str,
    order: str,
    amounts: str,
    *,
    payout: str = "7001",
    status: str = "paid",
    at: str = "2026-03-02 10:15:00 +0100",
    shown: str = ",",
    vat: str = "0.00",
) -> str:
    """`amounts` is "amount,fee,net", `shown` the amount and the currency the buyer saw."""
    paid = f"{status},2026-03-05,{payout},2026-03-05"
    return f"{at},{kind},{order},visa,online,{paid},{amounts},#77{order[1:]},card,{shown},SEK,{vat}"


def read(content: bytes, maps: Sequence[ColumnMap] = (), twice: RowsTwice = RowsTwice.EACH) -> ReadFile:
    found = recognise(content, maps)
    assert isinstance(found, Recognised), found
    return read_file(found, twice)


def payouts(content: bytes, maps: Sequence[ColumnMap] = ()) -> tuple[Payout, ...]:
    found = read(content, maps)
    assert found.problems == ()
    return found.payouts


def only(content: bytes, maps: Sequence[ColumnMap] = ()) -> Payout:
    (found,) = payouts(content, maps)
    return found


def ids(payout: Payout) -> list[str]:
    return [line.id for line in payout.lines]


def xlsx(rows: Sequence[Sequence[object]]) -> bytes:
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    for row in rows:
        sheet.append(list(row))
    stored = io.BytesIO()
    book.save(stored)
    return stored.getvalue()
