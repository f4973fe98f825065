"""A file that tells an order's history: its states, the tenant's rules, and the outcome that is right."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from sandbox.stories.comparing import BadExpectationError, check_expectation

Json = dict[str, Any]

BASES = ("all", "default")
NOT_STORIES = frozenset({"INDEX.md"})


class BrokenStoryError(Exception):
    """A file that cannot be told; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Story:
    """One file. Without states it is an order's body for the preview."""

    file: str
    title: str
    base: str
    rules: Mapping[str, Any]
    rates: Mapping[str, Decimal]
    """Kronor for one unit of a currency."""
    states: Sequence[Json]
    expect: Json | None
    body: bytes


def files_of(path: Path) -> list[Path]:
    """The files of a folder in the order of their names, or the file itself."""
    if not path.is_dir():
        return [path]
    return sorted(one for one in path.iterdir() if one.is_file() and one.suffix == ".json")


def read_story(file: Path) -> Story:
    """Raises BrokenStoryError."""
    try:
        body = file.read_bytes()
        given = json.loads(body)
    except (OSError, ValueError) as error:
        raise BrokenStoryError(f"cannot be read: {error}") from error
    if not isinstance(given, dict):
        raise BrokenStoryError("is no JSON object")
    if "states" not in given:
        if file.name.startswith("rest-"):
            return Story(file.name, str(given.get("title") or ""), "default", {}, {}, (), given.get("expect"), body)
        raise BrokenStoryError("has no states")
    states = [_numbered(object_, given.get("vat_number")) for object_ in _objects(given, "states")]
    if not states:
        raise BrokenStoryError("has no states")
    if len({state["id"] for state in states}) > 1:
        raise BrokenStoryError("its states are of different orders")
    expect = given.get("expect")
    try:
        if expect is not None:
            check_expectation(expect, len(states))
    except BadExpectationError as error:
        raise BrokenStoryError(str(error)) from error
    if given.get("base", "default") not in BASES:
        raise BrokenStoryError(f"base {given['base']!r} is none of {', '.join(BASES)}")
    return Story(
        file=file.name,
        title=str(given.get("title") or ""),
        base=str(given.get("base", "default")),
        rules=_mapping(given, "rules"),
        rates={code: _rate(rate) for code, rate in _mapping(given, "rates").items()},
        states=states,
        expect=expect,
        body=body,
    )


def _mapping(given: Json, name: str) -> Json:
    value = given.get(name) or {}
    if not isinstance(value, dict):
        raise BrokenStoryError(f"{name} is no object")
    return value


def _objects(given: Json, name: str) -> list[Json]:
    value = given[name]
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise BrokenStoryError(f"{name} is no list of objects")
    return value


def _rate(value: Any) -> Decimal:  # noqa: ANN401 -- any JSON
    try:
        return Decimal(str(value))
    except InvalidOperation as error:
        raise BrokenStoryError(f"{value!r} is no exchange rate") from error


def _numbered(state: Json, vat_number: Any) -> Json:  # noqa: ANN401 -- any JSON
    """A state whose company has the VAT number that the file names, as if it stood on its location."""
    gid = state.get("id")
    if not isinstance(gid, str) or not gid.startswith("gid://shopify/Order/"):
        raise BrokenStoryError(f"a state has no order's id: {gid!r}")
    if not vat_number:
        return state
    entity = state.get("purchasingEntity") or {}
    address = state.get("billingAddress") or state.get("shippingAddress") or {}
    location = entity.get("location") or {}
    settings = (location.get("taxSettings") or {}) | {"taxRegistrationId": vat_number}
    return state | {
        "purchasingEntity": {
            "__typename": "PurchasingCompany",
            "company": entity.get("company") or {"name": address.get("company") or address.get("name")},
            "location": location | {"taxSettings": settings},
        }
    }
