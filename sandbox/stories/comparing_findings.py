"""The order's state, its findings, and whether anything was sent."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from typing import Any

from sandbox.stories.observing import Observation, ReadFinding

_THOUSANDS = re.compile("(?<=\\d)[\\s\u00a0\u202f](?=\\d{3}(?!\\d))")
"""A space between thousands, as amounts are shown to people."""


def state(wanted: str | list[str], observed: Sequence[Observation]) -> Iterator[str]:
    """One of the accepted states."""
    accepted = [wanted] if isinstance(wanted, str) else wanted
    if observed[-1].state not in accepted:
        reason = f" ({observed[-1].reason})" if observed[-1].reason else ""
        yield f"found {observed[-1].state}{reason}, expected {' or '.join(accepted)}; {_listed(observed[-1].findings)}"


def findings(wanted: list[Any], observed: Sequence[Observation]) -> Iterator[str]:
    """Codes that must be there; of an inner list one is enough; an empty list means none at all on the order."""
    there = observed[-1].findings
    if not wanted and (of_order := [finding for finding in there if finding.of_order]):
        yield f"expected none, found {_listed(of_order)}"
    for one in wanted:
        accepted = [one] if isinstance(one, str) else one
        if not any(_fits(told.code, pattern) for told in there for pattern in accepted):
            yield f"expected {' or '.join(accepted)}, found {_listed(there)}"


def never(wanted: list[str], observed: Sequence[Observation]) -> Iterator[str]:
    """Codes that must not be there after any state so far."""
    for number, one in enumerate(observed, 1):
        for told in one.findings:
            if any(_fits(told.code, pattern) for pattern in wanted):
                yield f"{told.code} after state {number}: {told.texts[0]}"


def says(wanted: list[Any], observed: Sequence[Observation]) -> Iterator[str]:
    """Texts that must stand in the findings; of an inner list one is enough."""
    words = _plain(" ".join(told.words for told in observed[-1].findings))
    for one in wanted:
        accepted = [one] if isinstance(one, str) else one
        if not any(_plain(text) in words for text in accepted):
            yield f"nothing says {' or '.join(accepted)}; {_listed(observed[-1].findings)}"


def sent(wanted: bool, observed: Sequence[Observation]) -> Iterator[str]:  # noqa: FBT001 -- the file's own value
    """Whether anything was written to Fortnox."""
    if observed[-1].has_written is not wanted:
        yield f"{'something' if observed[-1].has_written else 'nothing'} was written to Fortnox"


def _fits(code: str, pattern: str) -> bool:
    return fnmatchcase(code, pattern)


def _plain(text: str) -> str:
    return _THOUSANDS.sub("", text).replace(",", ".")


def _listed(there: Sequence[ReadFinding]) -> str:
    return "; ".join(f"{finding.code}: {finding.texts[0]}" for finding in there) or "no findings"
