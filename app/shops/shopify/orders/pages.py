"""Reads one order with all pages of all its lists, as one consistent state."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from app.model.answers import UNREAD
from app.shops.base import Shop, SourceError
from app.shops.shopify.answers import Answer, denied
from app.shops.shopify.client import ShopifyClient
from app.shops.shopify.orders.queries import (
    FEW,
    LONGEST_LIST,
    ORDER_AGE,
    ORDER_LISTS,
    PLAIN_LISTS,
    REFUND_LISTS,
    RETURN_LISTS,
    PagedList,
    order_page_query,
    order_query,
    part_page_query,
    plain_list_query,
)
from app.shops.shopify.scopes import OPTIONAL_OBJECTS, unread_objects

KEPT_SECONDS = 900.0
"""How long a large order that was read is kept: the work on it is deferred many times meanwhile.

In memory only: another process reads it again, which costs 6 pages and 302 points for 1,203 lines. The smallest bucket
holds 1,000 points, so that nothing waits for it; keeping pages in the database would save half a second of a crash.
"""
_KEPT_ORDERS = 32

Node = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ReadOrder:
    """A complete order as the shop showed it, and the objects that it refused."""

    node: Node
    refused: frozenset[str]


@dataclass(slots=True)
class _Reading:
    """An order that is being read, or was: its first answer, and the pages that came after."""

    node: Node
    refused: frozenset[str]
    posted: float
    is_whole: bool = False


@dataclass(slots=True)
class KeptReadings:
    """Large orders that this process has read, or has started to read. Safe for threads; nothing is kept for long."""

    _readings: OrderedDict[tuple[int, str], _Reading] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def get(self, key: tuple[int, str]) -> _Reading | None:
        """The reading of an order, or None."""
        with self._lock:
            reading = self._readings.get(key)
            return reading if reading and time.monotonic() - reading.posted < KEPT_SECONDS else None

    def keep(self, key: tuple[int, str], reading: _Reading) -> None:
        """Keep a reading, and the last few others."""
        with self._lock:
            self._readings[key] = reading
            self._readings.move_to_end(key)
            while len(self._readings) > _KEPT_ORDERS:
                self._readings.popitem(last=False)

    def drop(self, key: tuple[int, str]) -> None:
        """Forget an order."""
        with self._lock:
            self._readings.pop(key, None)


@dataclass(frozen=True, slots=True)
class OrderPages:
    """Reads orders page by page. Pages are kept, so that nothing is read twice without need."""

    client: ShopifyClient
    kept: KeptReadings = field(default_factory=KeptReadings)

    def read(self, shop: Shop, order_id: str, *, is_news: bool = True) -> ReadOrder | None:
        """The order's newest state; None when the shop has no such order. Raises SourceError.

        `is_news`: the shop reported a change. Otherwise a kept reading counts as long as `updatedAt` is the same.
        """
        key = (shop.connection_id, order_id)
        gid = f"gid://shopify/Order/{order_id}"
        reading = self.kept.get(key)
        if reading is not None and (is_news or self._updated_at(shop, gid) != reading.node["updatedAt"]):
            reading = None
        if reading is None:
            self.kept.drop(key)
            reading = self._posted(shop, gid)
            if reading is None:
                return None
        if not reading.is_whole:
            self._complete(shop, gid, key, reading)
        return ReadOrder(reading.node, reading.refused)

    def _complete(self, shop: Shop, gid: str, key: tuple[int, str], reading: _Reading) -> None:
        try:
            for name in PLAIN_LISTS:
                self._fill(shop, gid, reading, name)
            # A page of returns may bring returns whose own lines go on.
            while lists := list(_unfinished(gid, reading.node)):
                # From here on an interruption (a bucket that is empty for long) goes on where it was.
                self.kept.keep(key, reading)
                for list_ in lists:
                    self._finish(shop, reading, list_)
        except _ChangedError as error:
            # Pages of two states would make a third that never was.
            self.kept.drop(key)
            raise SourceError("SHOPIFY_UNAVAILABLE", "the order changed while it was read", passes=True) from error
        reading.is_whole = True

    def _posted(self, shop: Shop, gid: str) -> _Reading | None:
        """The first answer, asked again without what was refused where that spoiled the rest."""
        refused = unread_objects(shop.scopes)
        while True:
            answer = self.client.ask(shop, order_query(refused), {"id": gid})
            more = refused | _denied_objects(answer)
            node = answer.data.get("order")
            if isinstance(node, dict) and not answer.is_cut:
                return _Reading(dict(node), _that_matter(node, more), time.monotonic())
            if not answer.denials:
                return None
            if more == refused:
                raise denied(answer.denials[0])
            refused = more

    def _updated_at(self, shop: Shop, gid: str) -> str | None:
        order = self.client.query(shop, ORDER_AGE, {"id": gid}).get("order")
        return str(order["updatedAt"]) if isinstance(order, dict) else None

    def _fill(self, shop: Shop, gid: str, reading: _Reading, name: str) -> None:
        """Fetch a plain list whole where more of it was there than the first query asks for.

        It has no second page: of one that is full again it is not known how much is missing.
        """
        if len(_objects(reading.node.get(name))) <= FEW:
            return
        order = self.client.query(shop, plain_list_query(name), {"id": gid}).get("order")
        if not isinstance(order, dict) or order["updatedAt"] != reading.node["updatedAt"]:
            raise _ChangedError
        if len(_objects(order[name])) > LONGEST_LIST:
            raise too_long(name, reading.node)
        reading.node[name] = order[name]

    def _finish(self, shop: Shop, reading: _Reading, wanted: _Unfinished) -> None:
        """Fetch the pages of one list that are still missing."""
        connection = wanted.holder[wanted.list.name]
        for _page in range(wanted.list.most_pages):
            if not connection["pageInfo"]["hasNextPage"]:
                return
            after = connection["pageInfo"]["endCursor"]
            answer = self.client.query(shop, wanted.query, {"id": wanted.gid, "after": after})
            root = answer.get(wanted.root)
            if not isinstance(root, dict) or _age(root) != reading.node["updatedAt"]:
                raise _ChangedError
            page = root[wanted.list.name]
            connection["nodes"] += page["nodes"]
            connection["pageInfo"] = page["pageInfo"]
        raise too_long(wanted.list.name, reading.node)


class _ChangedError(Exception):
    """The order is no longer what its first page showed."""


@dataclass(frozen=True, slots=True)
class _Unfinished:
    """A list of which the first page is not all."""

    root: str
    gid: str
    holder: Node
    list: PagedList

    @property
    def query(self) -> str:
        """What fetches a later page of it."""
        return order_page_query(self.list) if self.root == "order" else part_page_query(self.root, self.list)


def _unfinished(gid: str, node: Node) -> Iterator[_Unfinished]:
    """The lists with more pages: returns before their lines, which only then are all known."""
    yield from _open_lists("order", gid, node, ORDER_LISTS)
    for refund in _objects(node.get("refunds")):
        yield from _open_lists("refund", str(refund.get("id")), refund, REFUND_LISTS)
    for object_ in _objects((node.get("returns") or {}).get("nodes")):
        yield from _open_lists("return", str(object_.get("id")), object_, RETURN_LISTS)


def _open_lists(root: str, gid: str, holder: Node, lists: Sequence[PagedList]) -> Iterator[_Unfinished]:
    for list_ in lists:
        connection = holder.get(list_.name)
        page = connection.get("pageInfo") if isinstance(connection, dict) else None
        if isinstance(page, dict) and page.get("hasNextPage"):
            yield _Unfinished(root, gid, holder, list_)


def _objects(value: object) -> list[Node]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _age(root: Mapping[str, Any]) -> object:
    """When the order that a page belongs to was changed last."""
    order = root.get("order")
    return (order if isinstance(order, dict) else root).get("updatedAt")


def too_long(name: str, node: Mapping[str, Any]) -> SourceError:
    """The finding of a list that is too long to read; the order as it is now may be booked by hand."""
    return SourceError("SHOPIFY_LIST_TOO_LONG", name, passes=False, values={UNREAD: str(node["updatedAt"])})


def _denied_objects(answer: Answer) -> frozenset[str]:
    """The optional objects that were refused. Raises SourceError where something else was."""
    other = answer.other_than(OPTIONAL_OBJECTS)
    if other is not None:
        raise denied(other)
    return answer.denied_of(OPTIONAL_OBJECTS)


def _that_matter(node: Node, refused: frozenset[str]) -> frozenset[str]:
    """What was refused and may have been there: an order without returns has none to read."""
    return refused - {"returns"} if node.get("returnStatus") == "NO_RETURN" else refused
