"""The one error of the connect flows."""

from __future__ import annotations

from collections.abc import Mapping


class ConnectRefusedError(Exception):
    """A connection that was not made. `code` is its catalogue entry, `values` fill the entry's placeholders."""

    def __init__(self, code: str, values: Mapping[str, str] | None = None) -> None:
        self.code = code
        self.values = dict(values or {})
        super().__init__(f"{code} {self.values}" if self.values else code)
