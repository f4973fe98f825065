"""A planted fault: one protection broken by one small change of text, and the tests that must notice it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class DoesNotApplyError(Exception):
    """The text that a fault replaces is not in its file exactly once: the code moved, and the catalogue must too."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Breaks one protection. Only copies of the tree are changed; the product has no switch for any of this."""

    key: str
    guards: str
    """What the protection is for, in one sentence."""
    file: str
    """Relative to the root."""
    old: str
    new: str
    tests: tuple[str, ...]
    """Each must fail: `file::test`, or `file::test[case]`; of a test with cases one that fails is enough."""

    def applied(self, root: Path = ROOT) -> str:
        """The file's text with the fault in it. Raises DoesNotApplyError."""
        content = (root / self.file).read_text()
        found = content.count(self.old)
        if found != 1:
            raise DoesNotApplyError(f"{self.key}: the text is {found} times in {self.file}")
        return content.replace(self.old, self.new)

    @property
    def patch(self) -> str:
        """The change as a line of the page."""
        gone, come = self.old.splitlines(), self.new.splitlines()
        old = [line for line in gone if line not in come]
        new = [line for line in come if line not in gone]
        return f"{_short(old)} → {_short(new) or 'nothing'}"


def _short(lines: list[str]) -> str:
    """Short enough for a table."""
    words = " ".join(" ".join(lines).split())
    return words if len(words) <= _MOST else words[: _MOST - 1] + "…"


_MOST = 90
