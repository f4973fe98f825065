"""The official OpenAPI description as something that calls can be held against.

The description is read strictly: a key that it does not list is a difference, in requests and in answers. That is what
finds a misspelt field; what real Fortnox sends beyond its own description stands in `tolerances.yaml`.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from jsonschema import Draft202012Validator, FormatChecker

_METHODS = ("get", "post", "put", "delete", "patch")
_KEPT = frozenset(
    ["type", "enum", "required", "format", "pattern", "minimum", "maximum", "minLength", "maxLength", "minItems"]
)
_FORMATS = FormatChecker(formats=["date"])


@dataclass(frozen=True)
class Finding:
    """One difference. ``kind`` is the schema's keyword, or unknown-key, parameter, global-parameter, path, bytes."""

    side: str
    call: str
    kind: str
    place: str
    value: Any
    told: str


@dataclass
class Operation:
    """One described call."""

    call: str
    data: Mapping[str, Any]
    schemas: "_Schemas"
    _validators: dict[str, Draft202012Validator | None] = field(default_factory=dict)

    def check_path(self, words: list[str]) -> Iterator[Finding]:
        """Check the words that stand for path parameters."""
        types = {parameter["name"]: parameter["schema"].get("type") for parameter in self._parameters("path")}
        for name, word in zip(self.call.split(" ")[1].split("/")[1:], words, strict=True):
            if name.startswith("{") and types.get(name[1:-1]) == "integer" and not word.isdecimal():
                yield Finding("request", self.call, "path", f"/{name[1:-1]}", word, "is no integer")

    def check_query(self, query: str, shared: frozenset[str]) -> Iterator[Finding]:
        """Check the names of query parameters, and values where the description lists them."""
        known = {parameter["name"].lower(): parameter["schema"] for parameter in self._parameters("query")}
        for name, value in parse_qsl(query, keep_blank_values=True):
            schema = known.get(name.lower())
            if schema is None:
                kind = "global-parameter" if name.lower() in shared else "parameter"
                yield Finding("request", self.call, kind, f"/{name}", value, "is not attached to the operation")
            elif value not in schema.get("enum", [value]):
                yield Finding("request", self.call, "parameter", f"/{name}", value, "is none of the values listed")

    def check_request(self, body: bytes) -> Iterator[Finding]:
        """Check a JSON body that was sent."""
        content = self.data.get("requestBody", {}).get("content", {})
        yield from self._check("request", "request", content, body)

    def check_answer(self, status: int, kind: str, body: bytes) -> Iterator[Finding]:
        """Check an answer; statuses that are not listed fall to the description's default."""
        responses = self.data["responses"]
        content = responses.get(str(status), responses["default"]).get("content", {})
        if body and "json" not in kind:
            yield Finding("answer", self.call, "bytes", f"/{kind}", kind, "is no JSON")
        else:
            yield from self._check("answer", str(status), content, body)

    def _parameters(self, where: str) -> Iterator[Mapping[str, Any]]:
        return (one for one in self.data.get("parameters", ()) if one.get("in") == where)

    def _check(self, side: str, key: str, content: Mapping[str, Any], body: bytes) -> Iterator[Finding]:
        if key not in self._validators:
            schema = next((one["schema"] for one in content.values() if "schema" in one), None)
            made = None if schema is None else self.schemas.compiled(schema)
            self._validators[key] = None if made is None else Draft202012Validator(made, format_checker=_FORMATS)
        validator = self._validators[key]
        if validator is not None and body:
            for error in validator.iter_errors(json.loads(body)):
                yield from _findings(side, self.call, error)


@dataclass(frozen=True)
class Description:
    """All operations, by method and number of path words; and the parameters that every list takes."""

    operations: Mapping[tuple[str, int], list[tuple[list[str], Operation]]]
    shared: frozenset[str]

    def find(self, method: str, words: list[str]) -> Operation | None:
        """Find the operation of a call; a plain word in a template goes before a parameter."""
        fitting = [
            (sum(one.startswith("{") for one in template), operation)
            for template, operation in self.operations.get((method, len(words)), ())
            if all(one.startswith("{") or one == word for one, word in zip(template, words, strict=True))
        ]
        return min(fitting, key=lambda pair: pair[0])[1] if fitting else None


def load_description(path: Path) -> Description:
    """Read an OpenAPI 3.0 file. Schemas are compiled when first needed, once each."""
    data = json.loads(path.read_text("utf-8"))
    schemas = _Schemas(data["components"]["schemas"])
    operations: dict[tuple[str, int], list[tuple[list[str], Operation]]] = {}
    for template, methods in data["paths"].items():
        words = [word for word in template.split("/") if word]
        for method in _METHODS & methods.keys():
            operation = Operation(f"{method.upper()} {template}", methods[method], schemas)
            operations.setdefault((method.upper(), len(words)), []).append((words, operation))
    shared = frozenset(one["name"].lower() for one in data["components"].get("parameters", {}).values())
    return Description(operations, shared)


class _Schemas:
    """Turns OpenAPI 3.0 schemas into JSON Schema: references resolved, ``nullable`` as a type, unknown keys refused."""

    def __init__(self, named: Mapping[str, Any]) -> None:
        self._named = named
        self._made: dict[str, dict[str, Any]] = {}

    def compiled(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        """Give the JSON Schema of a schema; a shared part is made once and shared again."""
        name = schema.get("$ref", "").rpartition("/")[2]
        if not name:
            return self._made_of(schema)
        if name not in self._made:
            # Noted before it is filled in: a schema may hold itself.
            made = self._made[name] = {}
            made.update(self._made_of(self._named[name]))
        return self._made[name]

    def _made_of(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        made = {name: value for name, value in schema.items() if name in _KEPT}
        if "properties" in schema:
            made["properties"] = {name: self.compiled(one) for name, one in schema["properties"].items()}
            made["additionalProperties"] = False
        if "items" in schema:
            made["items"] = self.compiled(schema["items"])
        if schema.get("nullable") and isinstance(made.get("type"), str):
            made["type"] = [made["type"], "null"]
        return made


def _findings(side: str, call: str, error: Any) -> Iterator[Finding]:  # noqa: ANN401  jsonschema's error
    place = "".join(f"/{'*' if isinstance(word, int) else word}" for word in error.absolute_path)
    if error.validator == "additionalProperties":
        for name in error.instance.keys() - error.schema["properties"].keys():
            yield Finding(side, call, "unknown-key", f"{place}/{name}", error.instance[name], "is not described")
    elif error.validator == "required":
        missing = error.message.split("'")[1]
        yield Finding(side, call, "required", f"{place}/{missing}", None, "is missing")
    else:
        told = f"{error.instance!r} is not {error.validator} {error.validator_value!r}"
        yield Finding(side, call, str(error.validator), place, error.instance, told[:200])
