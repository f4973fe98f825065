"""Comparing a recorded answer with the emulator's: keys, JSON types and values, each difference with its place."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any


@dataclass(frozen=True)
class Difference:
    """``kind`` is status, header, missing (the emulator lacks it), extra (the recording does), type or value."""

    kind: str
    place: str
    recorded: Any
    answered: Any

    def __str__(self) -> str:
        return f"{self.kind} at {self.place or '/'}: recorded {self.recorded!r}, answered {self.answered!r}"


def compare(recorded: Any, answered: Any, place: str = "") -> Iterator[Difference]:  # noqa: ANN401  any JSON
    """Walk both side by side. Numbers are one type: 1 and 1.0 are the same JSON."""
    if _type(recorded) != _type(answered):
        yield Difference("type", place, recorded, answered)
    elif isinstance(recorded, dict):
        yield from _compare_objects(recorded, answered, place)
    elif isinstance(recorded, list):
        if len(recorded) != len(answered):
            yield Difference("value", f"{place}/#", len(recorded), len(answered))
        for index, (one, other) in enumerate(zip(recorded, answered, strict=False)):
            yield from compare(one, other, f"{place}/{index}")
    elif recorded != answered:
        yield Difference("value", place, recorded, answered)


def _compare_objects(recorded: dict[str, Any], answered: dict[str, Any], place: str) -> Iterator[Difference]:
    for name, value in recorded.items():
        if name in answered:
            yield from compare(value, answered[name], f"{place}/{name}")
        else:
            yield Difference("missing", f"{place}/{name}", value, None)
    for name in answered.keys() - recorded.keys():
        yield Difference("extra", f"{place}/{name}", None, answered[name])


def _type(value: Any) -> str:  # noqa: ANN401  any JSON
    names = {dict: "object", list: "array", str: "text", bool: "boolean", type(None): "null"}
    return "number" if isinstance(value, (int, Decimal)) and not isinstance(value, bool) else names[type(value)]
