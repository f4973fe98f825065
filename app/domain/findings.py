"""A finding: something a person should know about one order, by its catalogue code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Finding:
    """A catalogue code, what exactly it is about, and the values its text names."""

    code: str
    about: str = ""
    data: Mapping[str, str] = field(default_factory=dict)
    """Values for the placeholders of the catalogue's texts; never secrets."""
