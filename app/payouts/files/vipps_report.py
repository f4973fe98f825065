"""Vipps MobilePay's settlement report: the columns of its CSV, and its XML as rows under them. Pure.

Columns: `payouts/csv/payout-report.csv` of github.com/vippsas/vipps-developers, the provider's own example.
XML: schemas 2.0 and 3.0 of the same repository (`payouts/xml`): a sales unit has settlements, each with its
transactions and sums. 3.0 states `SettledAmount`, "the amount paid out or invoiced"; 2.0 `NetSettlementAmount`.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree as ET

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from app.payouts.files.faults import Fault, FileNotUnderstoodError
from app.payouts.files.table import Row

Cells = tuple[str, ...]
SETTLEMENT, TRANSACTION, FEE = "SettlementInfo", "TransactionInfo", "FeeInfo"
"""The first cell of a row names its section."""
SETTLEMENTS: Cells = (
    SETTLEMENT, "SalesUnitName", "SaleUnitNumber", "SettlementDate", "SettlementID", "SettlementAccount", "Gross",
    "Currency", "Fee", "Refund", "Net", "NumberOfTransactions",
)  # fmt: skip
TRANSACTIONS: Cells = (
    TRANSACTION, "SalesDate", "SaleUnitName", "SaleUnitNumber", "TransactionId", "SettlementId", "OrderID",
    "SettlementDate", "Gross", "Currency", "Fee", "Refund", "Net",
)  # fmt: skip
FEES: Cells = (FEE, "SettlementDate", "SaleUnitName", "SaleUnitNumber", "FeeAccount", "Fee", "Currency")

_ROOT = "SettlementReport"
_BOM = b"\xef\xbb\xbf"


def is_xml(content: bytes) -> bool:
    """Whether a file is XML, and so no table. A web page that calls itself Excel is not."""
    start = content.removeprefix(_BOM).lstrip()[:2000]
    return start.startswith(b"<?xml") or (start.startswith(b"<") and _ROOT.encode() in start)


def rows_of_xml(content: bytes) -> list[Row]:
    """Both headers and the rows of a report. Raises FileNotUnderstoodError for what is no settlement report."""
    try:
        # Declarations could make a small file large, or read other files. No settlement report has them.
        report = fromstring(content, forbid_dtd=True)
    except DefusedXmlException as error:
        raise FileNotUnderstoodError(Fault("FILE_XML_NOT_KNOWN", {"elements": "DOCTYPE"})) from error
    except (ET.ParseError, ValueError, LookupError) as error:  # LookupError: an encoding that nobody knows
        raise FileNotUnderstoodError(Fault("FILE_XML_NOT_KNOWN", {"elements": str(error)[:200]})) from error
    units = [element for element in report.iter() if _name(element) == "SettlementDetailsInfo"]
    if _name(report) != _ROOT or not units:
        names = ", ".join(dict.fromkeys(_name(element) for element in report.iter()))
        raise FileNotUnderstoodError(Fault("FILE_XML_NOT_KNOWN", {"elements": names[:200]}))
    payouts = [(unit, element) for unit in units for element in unit.iter() if _name(element) == "SettlementInfo"]
    cells = [
        SETTLEMENTS,
        *(_payout(unit, payout) for unit, payout in payouts),
        TRANSACTIONS,
        *(cells for unit, payout in payouts for cells in _transactions(unit, payout)),
    ]
    return [Row(line, row) for line, row in enumerate(cells, start=1)]


def _payout(unit: ET.Element, element: ET.Element) -> Cells:
    net = _text(element, "SettledAmount") or _text(element, "NetSettlementAmount")
    return (
        SETTLEMENT,
        _text(unit, "SaleUnitName"),
        _text(unit, "SerialNumber"),
        _day(element),
        _text(element, "SettlementID"),
        "",
        _text(element, "GrossSettlementAmount"),
        _text(element, "SettlementCurrencyCode"),
        _text(element, "FeeSettlementAmount"),
        "0",
        net,
        _text(element, "NumOfTransactions"),
    )


def _transactions(unit: ET.Element, payout: ET.Element) -> Iterator[Cells]:
    for element in payout:
        if _name(element) != "TransactionInfo":
            continue
        yield (
            TRANSACTION,
            _text(element, "TransactionTime") or _text(element, "TransactionDate"),
            _text(unit, "SaleUnitName"),
            _text(unit, "SerialNumber"),
            _text(element, "TransactionID"),
            _text(payout, "SettlementID"),
            _text(element, "OrderID"),
            _day(payout),
            _text(element, "TransactionCaptureAmount") or _text(element, "TransactionGrossAmount"),
            _text(element, "SettlementCurrencyCode") or _text(payout, "SettlementCurrencyCode"),
            _text(element, "TransactionFeeAmount"),
            _text(element, "TransactionRefundAmount") or "0",
            _text(element, "TransactionNetAmount"),
        )


def _day(payout: ET.Element) -> str:
    return _text(payout, "SettlementDate") or _text(payout, "SettlementBatchDate")


def _text(parent: ET.Element, name: str) -> str:
    """The text of an element of its own, whatever the schema's name space is."""
    return next(((child.text or "").strip() for child in parent if _name(child) == name), "")


def _name(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]
