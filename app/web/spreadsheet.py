"""CSV as Swedish spreadsheets expect it: semicolons, a mark that says UTF-8, and no cell that would be run."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from starlette.responses import Response

_BEGINS_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_file(name: str, rows: Iterable[Sequence[str]]) -> Response:
    """Rows as a file that the browser saves under a name. Cells are taken as they are."""
    out = io.StringIO()
    csv.writer(out, delimiter=";").writerows(rows)
    return csv_text(name, out.getvalue())


def csv_text(name: str, text: str) -> Response:
    """Written rows as such a file."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    # The mark tells Excel that it is UTF-8.
    return Response("\ufeff" + text, media_type="text/csv; charset=utf-8", headers=headers)


def cell(text: str) -> str:
    """Text of other people: what begins like a formula must not become one. Numbers get a decimal comma."""
    is_number = text.lstrip("-").replace(".", "", 1).isdigit()
    if text.startswith(_BEGINS_FORMULA) and not is_number:
        return f"'{text}"
    return text.replace(".", ",") if is_number and "." in text else text
