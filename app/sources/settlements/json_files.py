"""Settlement files that are JSON, as rows under one header and told apart by what they hold. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from app.sources.settlements import shopify_balance, svea_report
from app.sources.settlements.faults import Fault, FileNotUnderstoodError
from app.sources.settlements.table import Row

Cells = tuple[str, ...]
_KINDS: Mapping[str, tuple[Cells, Callable[[Any], Iterator[Cells]]]] = {
    "clientReports": (svea_report.HEADER, svea_report.cells_of),
    "transactions": (shopify_balance.HEADER, shopify_balance.cells_of),
    "payouts": (shopify_balance.HEADER, shopify_balance.cells_of),
}
"""What a report holds → the columns of its rows, and how they are found."""


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
        header, cells_of = next(reader for name, reader in _KINDS.items() if name in report)
        found = list(cells_of(report))
    except FileNotUnderstoodError:
        raise
    except (StopIteration, LookupError, TypeError, AttributeError, ValueError) as error:
        raise FileNotUnderstoodError(Fault("FILE_UNKNOWN_KIND", {"columns": ", ".join(list(report)[:20])})) from error
    return [Row(line, cells) for line, cells in enumerate([header, *found], start=0)]
