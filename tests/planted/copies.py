"""A copy of the tree with one fault in it, and what the tests say there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.planted.fault import ROOT, Fault

_COPIED = ("app", "workers", "sandbox", "tests", "migrations", "docs", "pyproject.toml", "alembic.ini", "README.md")
_LONGEST = 240
"""Seconds for the named tests of one fault: a protection whose loss makes tests hang is noticed too."""
_VERDICT = re.compile(r"^(PASSED|FAILED|ERROR|SKIPPED)\s+(?:\[\d+\]\s+)?(\S.*?)(?: - .*)?$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the tests of a fault."""

    seconds: float
    silent: tuple[str, ...]
    """Named tests that did not fail: the fault survives them."""
    said: str
    """The end of what the tests printed, for the reader of a surprise."""

    @property
    def noticed(self) -> bool:
        """Whether every named test failed."""
        return not self.silent


@contextmanager
def copy_of_the_tree(fault: Fault | None = None) -> Iterator[Path]:
    """The sources in a folder of their own, with the fault in them."""
    with tempfile.TemporaryDirectory(prefix="bokbro-planted-") as folder:
        root = Path(folder)
        for name in _COPIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, root / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy2(source, root / name)
        if fault is not None:
            (root / fault.file).write_text(fault.applied(root))
        yield root


def outcome(fault: Fault, database_url: str) -> Outcome:
    """Run the named tests over the broken copy. A test that cannot even be collected has noticed nothing."""
    started = time.monotonic()
    with copy_of_the_tree(fault) as root:
        verdicts, said = verdicts_over(root, fault.tests, database_url)
    failed = [name for verdict, name in verdicts if verdict == "FAILED"]
    silent = tuple(test for test in fault.tests if not any(_is_of(name, test) for name in failed))
    return Outcome(time.monotonic() - started, silent, said)


def verdicts_over(
    root: Path, tests: Sequence[str], database_url: str, longest: float = _LONGEST
) -> tuple[list[tuple[str, str]], str]:
    """Verdict and id of every test that ran, and the end of the output."""
    command = [sys.executable, "-m", "pytest", "-q", "-rA", "-p", "no:cacheprovider", "--tb=line", "-o", "timeout=120"]
    environment = {**os.environ, "TEST_DATABASE_URL": database_url, "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "400"}
    try:
        ran = subprocess.run(
            [*command, *tests], cwd=root, env=environment, capture_output=True, text=True, timeout=longest, check=False
        )
    except subprocess.TimeoutExpired:
        return [("FAILED", test) for test in tests], f"did not end within {longest:.0f} s"
    return [(verdict, name) for verdict, name in _VERDICT.findall(ran.stdout)], (ran.stdout + ran.stderr)[-3000:]


def _is_of(name: str, test: str) -> bool:
    return name == test or name.startswith(f"{test}[")
