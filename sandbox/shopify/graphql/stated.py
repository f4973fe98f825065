"""An order that is given as the Admin API shows it, cut to whatever query asks for it.

A state lists only what matters: a key that is missing is null, an empty list, false or zero, by the field's type.
The schema itself is not here, so a type is known by how Shopify names and selects its fields.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sandbox.shopify.graphql.projecting import Connection, Projector, Shaped, page
from sandbox.shopify.graphql.reading import Field

Json = dict[str, Any]

PLAIN_LISTS = frozenset(
    """additionalFees taxLines currentTaxLines discountAllocations transactions refunds fulfillments duties tags
    customAttributes paymentGatewayNames discountCodes returnShippingFees taxExemptions channelInformation errors
    currentDuties originalDuties shippingFees fees discrepancyReasons""".split()  # noqa: SIM905
)
"""Fields of an order that are lists without pages (GraphQL Admin API 2026-10, objects Order, LineItem, Refund, Return).

`transactions` and `duties` are connections in other objects: there the query asks for their `nodes`.
"""
_FLAGS = frozenset({"test", "taxable", "taxesIncluded", "taxExempt", "manualPaymentGateway", "channelLiable", "closed"})
_FLAG_BEGINNINGS = ("is", "has", "can", "requires")
_OF_PAGES = frozenset({"nodes", "edges", "pageInfo"})


@dataclass(frozen=True)
class StatedOrder(Shaped):
    """One state of an order."""

    node: Json

    def cut(self, wanted: Field, projector: Projector, path: list[str | int]) -> Any:  # noqa: ANN401 -- any JSON
        """The part of it that the field asks for."""
        return _cut(_with_total(self.node), wanted, projector, path)


def _with_total(node: Json) -> Json:
    """`currentTotalPriceSet` is never null: where it is not given, nothing is left of the order."""
    if node.get("totalPriceSet") is None or node.get("currentTotalPriceSet") is not None:
        return node
    sides = {side: one | {"amount": "0.0"} for side, one in node["totalPriceSet"].items()}
    return node | {"currentTotalPriceSet": sides}


def find(node: Any, gid: str) -> Json | None:  # noqa: ANN401 -- any JSON
    """The fullest object with a global id inside a state; elsewhere in it the object may stand with its id alone."""
    return max((object_ for object_ in _objects(node) if object_.get("id") == gid), key=len, default=None)


def _objects(value: Any) -> Iterator[Json]:  # noqa: ANN401 -- any JSON
    if isinstance(value, dict):
        yield value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for one in inner:
        yield from _objects(one)


def _cut(value: Any, wanted: Field, projector: Projector, path: list[str | int]) -> Any:  # noqa: ANN401 -- any JSON
    if not wanted.selections:
        return _missing(wanted.name) if value is None else value
    names = {field.name for field in projector.fields(wanted.selections, None)}
    if names & _OF_PAGES:
        rows = value.get("nodes") or [] if isinstance(value, dict) else value or []
        connection = Connection(f"{wanted.name}Connection", rows, [(str(at), at) for at in range(len(rows))])
        paged = page(connection, projector.arguments(wanted))
        return _object(paged, wanted, projector, path)
    if isinstance(value, dict) and wanted.name in PLAIN_LISTS and "nodes" in value:
        value = value["nodes"]
    if isinstance(value, list) or (value is None and wanted.name in PLAIN_LISTS | _OF_PAGES):
        rows = _first(value or [], projector.arguments(wanted))
        return [_object(one, wanted, projector, [*path, place]) for place, one in enumerate(rows)]
    return None if value is None else _object(value, wanted, projector, path)


def _first(rows: list[Any], arguments: Json) -> list[Any]:
    first = arguments.get("first")
    return rows[:first] if isinstance(first, int) else rows


def _object(value: Json, wanted: Field, projector: Projector, path: list[str | int]) -> Json:
    projector.objects += "amount" not in value and "shopMoney" not in value
    found: Json = {}
    for field in projector.fields(wanted.selections, value.get("__typename")):
        cut = _cut(_value(value, field), field, projector, [*path, field.alias])
        before = found.get(field.alias)
        found[field.alias] = {**before, **cut} if isinstance(before, dict) and isinstance(cut, dict) else cut
    return found


def _value(value: Json, wanted: Field) -> Any:  # noqa: ANN401 -- any JSON
    if wanted.name == "legacyResourceId" and value.get(wanted.name) is None:
        return str(value.get("id") or "").rpartition("/")[2] or None
    return value.get(wanted.name)


def _missing(name: str) -> Any:  # noqa: ANN401 -- any JSON
    """What stands where a scalar is not given."""
    if name in PLAIN_LISTS:
        return []
    is_flag = any(
        name.startswith(beginning) and name[len(beginning) : len(beginning) + 1].isupper()
        for beginning in _FLAG_BEGINNINGS
    )
    if name in _FLAGS or is_flag:
        return False
    return 0 if name == "quantity" or name.endswith(("Quantity", "Count")) else None
