"""Search syntax of `orders(query:)`: terms joined by AND or a blank, quotes around times (section 6)."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sandbox.shopify.graphql.projecting import Connection, Resolver
from sandbox.shopify.model import Json, StoredOrder

TERM = re.compile(r"""(?P<key>\w+):(?P<sign>>=|<=|>|<)?(?:'(?P<single>[^']*)'|"(?P<double>[^"]*)"|(?P<bare>\S+))""")
SIGNS: dict[str, Callable[[Any, Any], bool]] = {
    "": operator.eq,
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
TIMES = frozenset({"created_at", "processed_at", "updated_at"})
WORDS = frozenset({"financial_status", "fulfillment_status", "source_name", "test"})
SORT_KEYS = {
    "CREATED_AT": "created_at",
    "ID": "id",
    "ORDER_NUMBER": "order_number",
    "PROCESSED_AT": "processed_at",
    "UPDATED_AT": "updated_at",
}


@dataclass(frozen=True)
class Term:
    """One condition of a search."""

    key: str
    sign: str
    value: str

    @property
    def known(self) -> bool:
        """Whether the emulator can filter by it; Shopify ignores unknown terms with a warning."""
        return self.key in TIMES | WORDS | {"name", "id", "payment_id"}

    def admits(self, order: StoredOrder) -> bool:
        """Whether an order fulfils it."""
        if self.key in TIMES:
            return SIGNS[self.sign](moment(order, self.key), _time(self.value))
        if self.key == "id":
            return SIGNS[self.sign](order.id, int(self.value.rpartition("/")[2]))
        if self.key == "name":
            return order.name.removeprefix("#") == self.value.removeprefix("#")
        if self.key == "payment_id":
            return any(row.get("payment_id") == self.value for row in order.transactions)
        return str(order.body.get(self.key)).lower() == self.value.lower()


def terms(query: str | None) -> list[Term]:
    """The conditions of a search text."""
    return [
        Term(match["key"], match["sign"] or "", match["single"] or match["double"] or match["bare"] or "")
        for match in TERM.finditer(query or "")
    ]


def warnings(query: str | None) -> list[Json]:
    """Shopify's `extensions.search` for terms it did not understand, which it then ignores."""
    unknown = [term for term in terms(query) if not term.known]
    if not unknown:
        return []
    entries = [
        {"field": term.key, "message": "Invalid search field for this query.", "code": "invalid_field"}
        for term in unknown
    ]
    return [{"path": ["orders"], "query": query, "warnings": entries}]


def moment(order: StoredOrder, key: str) -> datetime:
    """A time of an order."""
    text = order.body.get(key) or order.body.get("created_at") or "1970-01-01T00:00:00+00:00"
    return datetime.fromisoformat(str(text))


def _time(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def search(orders: list[StoredOrder], arguments: Json, render: Callable[[StoredOrder], Json]) -> Connection:
    """Orders that fulfil the query, sorted, as a connection."""
    wanted = [term for term in terms(arguments.get("query")) if term.known]
    chosen = [order for order in orders if all(term.admits(order) for term in wanted)]
    key = SORT_KEYS.get(str(arguments.get("sortKey") or "PROCESSED_AT"), "processed_at")
    reverse = bool(arguments.get("reverse"))
    marked = sorted((((_mark(order, key), order.id), order) for order in chosen), key=operator.itemgetter(0))
    if reverse:
        marked.reverse()
    return Connection(
        "OrderConnection",
        [_later(render, order) for _, order in marked],
        [mark for mark, _ in marked],
        descending=reverse,
    )


def _mark(order: StoredOrder, key: str) -> str:
    """The sort value as text that sorts right; times as live cursors write them, in UTC."""
    if key in TIMES:
        return moment(order, key).astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    return f"{int(order.body.get(key) or 0):020d}"


def _later(render: Callable[[StoredOrder], Json], order: StoredOrder) -> Resolver:
    """Render only the orders of the page asked for."""
    return Resolver(lambda _: render(order))
