"""Lists: search, filters, sorting and pages (fortnox-api.md 2.2)."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sandbox.fortnox.api import ApiCall
from sandbox.fortnox.clock import STOCKHOLM
from sandbox.fortnox.company import Record
from sandbox.fortnox.errors import FortnoxError, refused, wrong_parameter
from sandbox.fortnox.wire import Document, Reply

DEFAULT_LIMIT = 100
MAXIMUM_LIMIT = 500
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_GLOBAL = frozenset(
    ["limit", "page", "offset", "sortby", "sortorder", "filter", "lastmodified", "financialyear", "financialyeardate"]
)


@dataclass(frozen=True)
class Listing:
    """How a resource lists.

    ``search`` maps parameters to field names, ``tests`` parameters to functions, ``sorts`` sortby words to field names.
    """

    plural: str
    row: Callable[[ApiCall, Record], Document]
    search: Mapping[str, str] = field(default_factory=dict)
    filters: Mapping[str, Callable[[ApiCall, Record], bool]] = field(default_factory=dict)
    sorts: Mapping[str, str] = field(default_factory=dict)
    tests: Mapping[str, Callable[[ApiCall, Record, str], bool]] = field(default_factory=dict)
    date_field: str | None = None
    exact: frozenset[str] = frozenset()


def list_records(call: ApiCall, records: Iterable[Record], listing: Listing) -> Reply:
    """Answer a list call."""
    _check_parameters(call, listing)
    found = [record for record in _recent_enough(call, records) if _matches(call, record, listing)]
    found = _sorted(call, found, listing)
    limit, offset, page = _window(call)
    total = len(found)
    pages = -(-total // limit)
    rows = found[offset : offset + limit]
    if page > max(pages, 1) and call.switches.page_beyond_last == "error":
        raise refused("Sidan finns inte.", 2000588)
    if offset >= total:
        # An offset beyond the end counts as an empty list: 0 / 0 / 1 (recorded).
        total, pages, page = (0, 0, 1) if "offset" in call.query or not total else (total, pages, page)
    meta = {"@TotalResources": total, "@TotalPages": pages, "@CurrentPage": page}
    return Reply(200, {"MetaInformation": meta, listing.plural: [listing.row(call, record) for record in rows]})


def _check_parameters(call: ApiCall, listing: Listing) -> None:
    dates = {"fromdate", "todate"} if listing.date_field else set()
    for name in call.query:
        if name not in _GLOBAL and name not in listing.search and name not in listing.tests and name not in dates:
            raise wrong_parameter()
    wanted = call.query.get("filter")
    if wanted is not None and wanted not in listing.filters:
        raise FortnoxError(2000587, "Ett ogiltigt filter har använts.")


def _recent_enough(call: ApiCall, records: Iterable[Record]) -> Iterable[Record]:
    """Apply lastmodified, and hide what the search index has not yet seen (fortnox-api.md 4 #24)."""
    lag = call.switches.search_lag_seconds
    newest = call.company.clock.now() - timedelta(seconds=lag) if lag else datetime.max.replace(tzinfo=UTC)
    since = _moment(call) if "lastmodified" in call.query else datetime.min.replace(tzinfo=UTC)
    return (record for record in records if record.created <= newest and record.changed >= since)


def _moment(call: ApiCall) -> datetime:
    """Read lastmodified; its zone is not documented."""
    text, zone = call.query["lastmodified"], UTC if call.switches.lastmodified_zone == "utc" else STOCKHOLM
    for shape in ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d"):
        try:
            return datetime.strptime(text, shape).replace(tzinfo=zone)
        except ValueError:
            continue
    raise wrong_parameter()


def _matches(call: ApiCall, record: Record, listing: Listing) -> bool:
    for name, wanted in call.query.items():
        if name == "filter":
            if not listing.filters[wanted](call, record):
                return False
        elif name in {"fromdate", "todate"} and listing.date_field:
            day = str(record.fields.get(listing.date_field) or "")
            if (name == "fromdate" and day < wanted) or (name == "todate" and day > wanted):
                return False
        elif name in listing.tests:
            if not listing.tests[name](call, record, wanted):
                return False
        elif name in listing.search and not _contains(record.fields.get(listing.search[name]), wanted, name, listing):
            return False
    return True


def _contains(value: Any, wanted: str, name: str, listing: Listing) -> bool:  # noqa: ANN401  any JSON
    """Search by substring without regard to case; that is why 10 also finds 1010 (fortnox-api.md 2.2)."""
    text = "" if value is None else str(value).lower()
    return text == wanted.lower() if name in listing.exact else wanted.lower() in text


def _sorted(call: ApiCall, records: list[Record], listing: Listing) -> list[Record]:
    order = call.query.get("sortorder", "ascending")
    if order not in {"ascending", "descending"}:
        raise wrong_parameter()
    sort_by = call.query.get("sortby")
    if sort_by is not None:
        name = listing.sorts.get(sort_by)
        if name is None:
            raise wrong_parameter()
        records = sorted(records, key=lambda record: _sort_key(record.fields.get(name)))
    return records[::-1] if order == "descending" else records


def _sort_key(value: Any) -> tuple[int, Any]:  # noqa: ANN401  any JSON
    text = "" if value is None else str(value)
    return (0, Decimal(text)) if _NUMBER.fullmatch(text) else (1, text.lower())


def _window(call: ApiCall) -> tuple[int, int, int]:
    """Give limit, offset and page of a list call."""
    try:
        limit = int(call.query.get("limit", DEFAULT_LIMIT))
        page = int(call.query.get("page", 1))
        offset = int(call.query.get("offset", (page - 1) * limit))
    except ValueError:
        raise wrong_parameter() from None
    if not 1 <= limit <= MAXIMUM_LIMIT or page < 1 or offset < 0:
        raise wrong_parameter()
    return limit, offset, offset // limit + 1 if "offset" in call.query else page
