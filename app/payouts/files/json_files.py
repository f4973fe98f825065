"""Payout files in JSON, read as rows under one header; their keys say which kind they are. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from app.payouts.files import balance_report, klarna_api, svea_report
from app.payouts.files.faults import Fault, FileNotUnderstoodError
from app.payouts.files.table import Row

Cells = tuple[str, ...]
_KINDS: Mapping[str, Callable[[Any], Iterator[Cells]]] = {
    "clientReports": svea_report.rows_of,
    "transactions": balance_report.rows_of,
    "payouts": balance_report.rows_of,
}
"""What a report holds → its columns, and then its rows."""


def is_json(content: bytes) -> bool:
    """Whether a file is a JSON object, and so no table."""
    return content.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{"


def rows_of(content: bytes) -> list[Row]:
    """Header and rows, which are numbered as people would count them. Raises FileNotUnderstoodError for other JSON."""
    try:
        report = json.loads(content, parse_float=str)
    except (ValueError, RecursionError) as error:
        raise FileNotUnderstoodError(Fault("FILE_NO_TEXT")) from error
    try:
        is_klarnas = klarna_api.is_klarnas(report)
        read = klarna_api.cells_of if is_klarnas else next(reader for name, reader in _KINDS.items() if name in report)
        read_cells = list(read(report))
    except FileNotUnderstoodError:
        raise
    except (StopIteration, LookupError, TypeError, AttributeError, ValueError, ArithmeticError) as error:
        raise FileNotUnderstoodError(Fault("FILE_UNKNOWN_KIND", {"columns": ", ".join(list(report)[:20])})) from error
    return [Row(line, cells) for line, cells in enumerate(read_cells, start=0)]
