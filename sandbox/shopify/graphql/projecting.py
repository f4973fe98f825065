"""Cut an answer to the selection: only what was asked for, under its alias, with connections really paged.

A field that the rendering lacks is an error and not a null, so that a client cannot build on a misspelling.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sandbox.shopify.graphql.access import NEVER_NULL, Access
from sandbox.shopify.graphql.problems import GraphQLProblem, scope_missing, undefined_field
from sandbox.shopify.graphql.reading import Field, Inline, Selection, Spread, Variable

Json = dict[str, Any]
LARGEST_PAGE = 250
INTERFACES = frozenset({"Node", "LegacyInteroperability", "DiscountApplication"})


@dataclass(frozen=True)
class Refused:
    """The token lacks the scope of this field, which may not be null: its parent is null, an error says why (1.7)."""

    scope: str


@dataclass(frozen=True)
class Connection:
    """Something to be paged. `keys` are (sort value, id), in listing order."""

    type_name: str
    nodes: list[Any]
    keys: list[tuple[str, int]]
    descending: bool = False


@dataclass(frozen=True)
class Resolver:
    """A field whose value depends on its arguments."""

    answer: Callable[[Json], Any]


class NulledError(Exception):
    """A field that may not be null was refused: its parent becomes null instead, up to one that may (GraphQL 6.4.4)."""


class Shaped:
    """A value that knows itself what of it a field gets."""

    def cut(self, wanted: Field, projector: Projector, path: list[str | int]) -> Any:  # noqa: ANN401 -- any JSON
        """The part of it that the field asks for."""
        raise NotImplementedError


@dataclass
class Projector:
    """One answer being cut. `errors` collects partial errors, `objects` counts what the answer cost.

    Without `access` everything may be read.
    """

    fragments: dict[str, Inline]
    variables: Json
    access: Access | None = None
    errors: list[GraphQLProblem] = field(default_factory=list)
    objects: int = 0
    touched: set[str] = field(default_factory=set)
    """Fields that were read, as Type.field."""

    def fields(self, selections: tuple[Selection, ...], type_name: str | None) -> Iterator[Field]:
        """The fields that apply to a type, with fragments unfolded."""
        for selection in selections:
            if isinstance(selection, Field):
                yield selection
                continue
            inline = self._fragment(selection) if isinstance(selection, Spread) else selection
            if inline.type in {None, type_name, *INTERFACES} or type_name is None:
                yield from self.fields(inline.selections, type_name)

    def _fragment(self, spread: Spread) -> Inline:
        if spread.name not in self.fragments:
            raise GraphQLProblem(f"Fragment {spread.name} was used, but not defined", "useAndDefineFragment")
        return self.fragments[spread.name]

    def arguments(self, wanted: Field) -> Json:
        """Arguments with variables put in; an absent variable leaves the argument out."""
        return {
            key: self._value(value)
            for key, value in wanted.arguments.items()
            if not (isinstance(value, Variable) and value.name not in self.variables)
        }

    def _value(self, value: Any) -> Any:  # noqa: ANN401 -- any GraphQL value
        if isinstance(value, Variable):
            return self.variables.get(value.name)
        if isinstance(value, list):
            return [self._value(item) for item in value]
        if isinstance(value, dict):
            return {
                key: self._value(item)
                for key, item in value.items()
                if not (isinstance(item, Variable) and item.name not in self.variables)
            }
        return value

    def cut(self, value: Any, wanted: Field, path: list[str | int]) -> Any:  # noqa: ANN401 -- any JSON
        """The part of `value` that the field asks for."""
        if isinstance(value, Resolver):
            value = value.answer(self.arguments(wanted))
        if isinstance(value, Shaped):
            return value.cut(wanted, self, path)
        if isinstance(value, Refused):
            problem = scope_missing(wanted.name, {value.scope}, path, line=wanted.line, column=wanted.column)
            self.errors.append(problem)
            raise NulledError
        if isinstance(value, Connection):
            value = page(value, self.arguments(wanted))
        if isinstance(value, list):
            return [self.cut(item, wanted, [*path, index]) for index, item in enumerate(value)]
        if isinstance(value, dict) and wanted.selections:
            self.objects += value.get("__typename") not in {"MoneyBag", "MoneyV2", None}
            return self.object(value, wanted.selections, path)
        return value

    def _allowed(self, value: Any, type_name: str | None, wanted: Field, path: list[str | int]) -> Any:  # noqa: ANN401
        """A field of an object, null where the token may not read it. Raises NulledError where it may not be null."""
        problem = self.access.refusal(type_name, wanted, value, path) if self.access else None
        if problem is None:
            try:
                return self.cut(value, wanted, path)
            except NulledError:
                if (type_name, wanted.name) in NEVER_NULL:
                    raise
                return None
        never_null = (type_name, wanted.name) in NEVER_NULL
        if self.access and self.access.is_silent(problem):
            return self._nothing(value, wanted, path) if never_null else None
        self.errors.append(problem)
        if never_null:
            raise NulledError
        return None

    def _nothing(self, value: Any, wanted: Field, path: list[str | int]) -> Any:  # noqa: ANN401 -- any JSON
        """What stands silently where null may not: an empty list, an empty text. An object has no such thing."""
        if isinstance(value, Connection | Resolver):
            return self.cut(Connection(f"{wanted.name}Connection", [], []), wanted, path)
        if isinstance(value, dict):
            raise NulledError
        return ""

    def object(self, value: Json, selections: tuple[Selection, ...], path: list[str | int]) -> Json:
        """An object with the chosen fields."""
        type_name = value.get("__typename")
        result: Json = {}
        for wanted in self.fields(selections, type_name):
            if wanted.name not in value:
                raise undefined_field(str(type_name), wanted.name, wanted.line, wanted.column)
            self.touched.add(f"{type_name}.{wanted.name}")
            found = self._allowed(value[wanted.name], type_name, wanted, [*path, wanted.alias])
            before = result.get(wanted.alias)
            merged = isinstance(before, dict) and isinstance(found, dict)
            result[wanted.alias] = {**before, **found} if merged and before is not None else found
        return result


def page(connection: Connection, arguments: Json) -> Json:
    """One page of a connection, forward only; Shopify allows at most 250 per page."""
    first = arguments.get("first")
    if not isinstance(first, int):
        raise GraphQLProblem("you must provide one of first or last", "argumentLiteralsIncompatible")
    if not 0 < first <= LARGEST_PAGE:
        raise GraphQLProblem(f"first must be between 1 and {LARGEST_PAGE}", "BAD_REQUEST")
    start = _start(connection, arguments.get("after"))
    nodes = connection.nodes[start : start + first]
    cursors = [cursor(*key) for key in connection.keys[start : start + first]]
    more = start + first < len(connection.nodes)
    return {
        "__typename": connection.type_name,
        "nodes": nodes,
        "edges": [
            {"__typename": None, "node": node, "cursor": mark} for node, mark in zip(nodes, cursors, strict=True)
        ],
        "pageInfo": {
            "__typename": "PageInfo",
            "hasNextPage": more,
            "hasPreviousPage": start > 0,
            "startCursor": cursors[0] if cursors else None,
            "endCursor": cursors[-1] if cursors else None,
        },
    }


def cursor(value: str, number: int) -> str:
    """An opaque place in a list: base64 of the last id and sort value, as live cursors are (section 6)."""
    return base64.b64encode(json.dumps({"last_id": number, "last_value": value}).encode()).decode()


def _start(connection: Connection, after: str | None) -> int:
    if not after:
        return 0
    try:
        place = json.loads(base64.b64decode(after, validate=True))
        mark = (str(place["last_value"]), int(place["last_id"]))
    except (binascii.Error, ValueError, KeyError, TypeError) as error:
        raise GraphQLProblem(f"Invalid cursor for current pagination sort: {after}", "BAD_REQUEST") from error
    if mark in connection.keys:
        return connection.keys.index(mark) + 1
    # The entry moved meanwhile (an order was updated between two pages): go on by sort value.
    passed = (key for key in connection.keys if (key >= mark if connection.descending else key <= mark))
    return sum(1 for _ in passed)
