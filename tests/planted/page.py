"""docs/planted-faults.md: the catalogue as people read it, written from it."""

from __future__ import annotations

from pathlib import Path

from tests.planted.catalogue import CATALOGUE
from tests.planted.fault import ROOT, Fault

PAGE = ROOT / "docs" / "planted-faults.md"
_HEAD = """# Planted faults

Each protection of Bokbro is broken on purpose, one at a time, in a copy of the tree, and the tests named beside it
must fail. `make planted` does it and exits with 1 when one survives; `make planted ONLY=signature` runs one. The
product has no switch for any of this. Every run of the suite checks that each change still fits the code and that each
test exists.

Written by `make planted WRITE=1` from `tests/planted/`.

| protection | what it is for | broken by | noticed by |
|---|---|---|---|
"""


def page() -> str:
    """The whole page."""
    return _HEAD + "".join(f"{row_of(fault)}\n" for fault in CATALOGUE)


def row_of(fault: Fault) -> str:
    """One line of the table."""
    tests = "<br>".join(f"`{_short(test)}`" for test in fault.tests)
    patch = fault.patch.replace("|", "\\|").replace("`", "'")
    return f"| {fault.key} | {fault.guards} | `{fault.file}`: `{patch}` | {tests} |"


def _short(test: str) -> str:
    """A test without its folder: a table is narrow."""
    file, _, name = test.partition("::")
    return f"{Path(file).name}::{name}"
