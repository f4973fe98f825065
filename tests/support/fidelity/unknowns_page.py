"""A page of what is not known of an outside system: a row for each switch of its emulator, values, proof."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import get_args, get_origin

from pydantic import BaseModel

ROOT = Path(__file__).parents[3]


@dataclass(frozen=True)
class UnknownsPage:
    """One of `docs/*-unknowns.md` and the switches that it documents."""

    name: str
    switches: type[BaseModel]

    @cached_property
    def _text(self) -> str:
        return (ROOT / "docs" / self.name).read_text("utf-8")

    @cached_property
    def rows(self) -> dict[str, list[str]]:
        """Switch → its values as the page gives them, the default first."""
        found = re.finditer(r"^\| `(\w+)` \| ([^|]+) \|", self._text, re.MULTILINE)
        return {row[1]: re.findall(r"`([^`]+)`", row[2]) for row in found}

    def has_all_values(self, switch: str) -> None:
        """The row of a switch gives all its values, the default first."""
        field, given = self.switches.model_fields[switch], self.rows[switch]
        assert given[0] == _as_text(field.default)
        if field.annotation is bool:
            assert set(given) == {"true", "false"}
        elif get_args(field.annotation) and get_origin(field.annotation) is not None:
            assert set(given) == {_as_text(value) for value in get_args(field.annotation)}

    def has_proof(self, switch: str) -> list[str]:
        """The row says what the product does, and names a test that is there; returns the cells before those two."""
        [line] = [line for line in self._text.splitlines() if line.startswith(f"| `{switch}` |")]
        *before, does, proof, _end = (cell.strip() for cell in line.split(" |"))
        path, _, function = proof.strip("`").partition("::")
        assert does
        source = (ROOT / path).read_text("utf-8")
        assert f"def {function}" in source if function else "def test_" in source
        return before


def _as_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
