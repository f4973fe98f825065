"""What is wrong with a payout file: a catalogue code with its values; a page makes the text in its language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.shops.base import BodyNotUnderstoodError


@dataclass(frozen=True, slots=True)
class Fault:
    """A catalogue code and the values that its texts name."""

    code: str
    values: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        """For logs and tests; people get the catalogue's words."""
        return " ".join((self.code, *(f"{name}={value!r}" for name, value in self.values.items())))


class CellError(ValueError):
    """A text that cannot be read. The caller adds line and column."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(str(fault))
        self.fault = fault


class FileNotUnderstoodError(BodyNotUnderstoodError):
    """A file, or a cell of it, that cannot be read. `line` 0: the file as a whole, or a line that nobody can name."""

    def __init__(self, fault: Fault, line: int = 0, column: str = "") -> None:
        super().__init__(f"line {line}, {column}: {fault}" if line else str(fault))
        self.fault, self.line, self.column = fault, line, column
