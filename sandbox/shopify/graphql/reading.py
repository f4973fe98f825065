"""A small parser of GraphQL documents: operations, fragments, fields, arguments, values.

It knows the query language of the 2021 specification except subscriptions, directives with effect and type
definitions: enough for a client, and an error for everything else.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from sandbox.shopify.graphql.problems import GraphQLProblem

TOKEN = re.compile(
    r"(?P<skip>[\s,\ufeff]+|\#[^\n]*)"
    r'|(?P<block>"""(?:[^"]|"(?!""))*""")'
    r'|(?P<string>"(?:[^"\\\n]|\\.)*")'
    r"|(?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)"
    r"|(?P<name>[_A-Za-z]\w*)"
    r"|(?P<punctuator>\.\.\.|[{}()\[\]:!$=@|&])"
)
KEPT_DOCUMENTS = 64
CONSTANTS: dict[str, Any] = {"true": True, "false": False, "null": None}


@dataclass(frozen=True)
class Variable:
    """A use of `$name` as a value."""

    name: str


@dataclass(frozen=True)
class Field:
    """One field with its alias, arguments and sub-selection."""

    name: str
    alias: str
    arguments: dict[str, Any]
    selections: tuple[Selection, ...]
    line: int
    column: int


@dataclass(frozen=True)
class Spread:
    """`...Name`."""

    name: str


@dataclass(frozen=True)
class Inline:
    """`... on Type { }`; no type means any."""

    type: str | None
    selections: tuple[Selection, ...]


Selection = Field | Spread | Inline


@dataclass(frozen=True)
class Operation:
    """A query or mutation. `variables` maps each declared name to its type text and default."""

    kind: str
    name: str | None
    variables: dict[str, tuple[str, Any]]
    selections: tuple[Selection, ...]


@dataclass(frozen=True)
class Document:
    """A parsed document."""

    operations: list[Operation] = field(default_factory=list)
    fragments: dict[str, Inline] = field(default_factory=dict)


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    line: int
    column: int


@lru_cache(maxsize=KEPT_DOCUMENTS)
def read(text: str) -> Document:
    """Parse a document or raise Shopify's parse error. A client sends the same few again and again."""
    return _Reader(_tokens(text)).document()


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    place, line, line_start = 0, 1, 0
    while place < len(text):
        match = TOKEN.match(text, place)
        if match is None:
            raise GraphQLProblem(f"Unexpected character {text[place]!r} at [{line}, {place - line_start + 1}]")
        kind = str(match.lastgroup)
        if kind != "skip":
            found.append(_Token(kind, match.group(), line, place - line_start + 1))
        newlines = match.group().count("\n")
        if newlines:
            line += newlines
            line_start = place + match.group().rindex("\n") + 1
        place = match.end()
    return [*found, _Token("end", "", line, place - line_start + 1)]


class _Reader:
    def __init__(self, tokens: list[_Token]) -> None:
        self.tokens = tokens
        self.place = 0

    @property
    def next(self) -> _Token:
        return self.tokens[self.place]

    def take(self, text: str | None = None) -> _Token:
        token = self.next
        if text is not None and token.text != text:
            raise self.unexpected(text)
        self.place += 1
        return token

    def accept(self, text: str) -> bool:
        if self.next.text == text:
            self.place += 1
            return True
        return False

    def name(self) -> str:
        if self.next.kind != "name":
            raise self.unexpected("a name")
        return self.take().text

    def unexpected(self, wanted: str) -> GraphQLProblem:
        token = self.next
        shown = token.text or "end of file"
        return GraphQLProblem(
            f'Expected {wanted}, actual: "{shown}" at [{token.line}, {token.column}]',
            locations=[{"line": token.line, "column": token.column}],
        )

    def document(self) -> Document:
        document = Document()
        while self.next.kind != "end":
            if self.next.text == "fragment":
                self.take()
                name = self.name()
                self.take("on")
                document.fragments[name] = Inline(self.name(), self.selections())
            else:
                document.operations.append(self.operation())
        if not document.operations:
            raise self.unexpected("an operation")
        return document

    def operation(self) -> Operation:
        if self.next.text == "{":
            return Operation("query", None, {}, self.selections())
        kind = self.name()
        if kind not in {"query", "mutation"}:
            self.place -= 1
            raise self.unexpected("query or mutation")
        name = self.name() if self.next.kind == "name" else None
        return Operation(kind, name, self.variables(), self.selections())

    def variables(self) -> dict[str, tuple[str, Any]]:
        declared: dict[str, tuple[str, Any]] = {}
        if self.accept("("):
            while not self.accept(")"):
                self.take("$")
                name = self.name()
                self.take(":")
                kind = self.type()
                declared[name] = (kind, self.value() if self.accept("=") else None)
        return declared

    def type(self) -> str:
        if self.accept("["):
            text = f"[{self.type()}"
            self.take("]")
            text += "]"
        else:
            text = self.name()
        return text + "!" if self.accept("!") else text

    def selections(self) -> tuple[Selection, ...]:
        self.take("{")
        found: list[Selection] = []
        while not self.accept("}"):
            found.append(self.spread() if self.accept("...") else self.field())
        if not found:
            raise self.unexpected("a field")
        return tuple(found)

    def spread(self) -> Selection:
        if self.accept("on"):
            return Inline(self.name(), self.selections())
        return Inline(None, self.selections()) if self.next.text == "{" else Spread(self.name())

    def field(self) -> Field:
        start = self.next
        alias = name = self.name()
        if self.accept(":"):
            name = self.name()
        arguments: dict[str, Any] = {}
        if self.accept("("):
            while not self.accept(")"):
                key = self.name()
                self.take(":")
                arguments[key] = self.value()
        inner = self.selections() if self.next.text == "{" else ()
        return Field(name, alias, arguments, inner, start.line, start.column)

    def value(self) -> Any:  # noqa: ANN401 -- any GraphQL value
        token = self.take()
        if token.text == "$":
            return Variable(self.name())
        if token.text == "[":
            return self.list_value()
        if token.text == "{":
            return self.object_value()
        if token.kind == "name":
            return CONSTANTS.get(token.text, token.text)
        if token.kind == "block":
            return token.text[3:-3].strip()
        if token.kind in {"string", "number"}:
            return json.loads(token.text)
        self.place -= 1
        raise self.unexpected("a value")

    def list_value(self) -> list[Any]:
        items: list[Any] = []
        while not self.accept("]"):
            items.append(self.value())
        return items

    def object_value(self) -> dict[str, Any]:
        entries: dict[str, Any] = {}
        while not self.accept("}"):
            key = self.name()
            self.take(":")
            entries[key] = self.value()
        return entries
