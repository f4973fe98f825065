"""Processes whose wall clock is wrong: a small library before the C library, compiled where there is a compiler."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

_SOURCE = Path(__file__).with_name("shifted_clock.c")


def shifted_clock(folder: Path) -> Path | None:
    """The library, or None where nothing compiles it: then no clock is set wrong, and the run says so."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        return None
    library = folder / "shifted_clock.so"
    built = subprocess.run(
        [compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(_SOURCE)], capture_output=True, check=False
    )
    return library if built.returncode == 0 else None


def off_by(library: Path | None, hours: int) -> dict[str, str]:
    """The environment of a process whose clock is so many hours ahead; none where it is right."""
    if library is None or hours == 0:
        return {}
    return {"LD_PRELOAD": str(library), "SHIFT_SECONDS": str(hours * 3600)}
