"""A finding: something a person should know about one order, by its catalogue code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

UNSTATED = "–"
"""Stands in a text for a value that nobody reports: a text never shows a gap."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A catalogue code, what exactly it is about, and the values its text names."""

    code: str
    about: str = ""
    data: Mapping[str, str] = field(default_factory=dict)
    """Values for the placeholders of the catalogue's texts; never secrets."""


def distinct(findings: Iterable[Finding]) -> list[Finding]:
    """Each code and subject once, the first of them."""
    unique: dict[tuple[str, str], Finding] = {}
    for finding in findings:
        unique.setdefault((finding.code, finding.about), finding)
    return list(unique.values())
