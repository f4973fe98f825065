"""Golden files: whole documents beside the tests, written with BOKBRO_WRITE_GOLDEN=1 and reviewed in the diff."""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "golden"


def check(name: str, written: str) -> None:
    """Compare a document with the golden one of that name ("render/customer.json"), or write it."""
    path = FOLDER / name
    if os.environ.get("BOKBRO_WRITE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(written, encoding="utf-8")
    assert path.exists(), f"no golden file {name}: run with BOKBRO_WRITE_GOLDEN=1 and look at what it wrote"
    assert written == path.read_text(encoding="utf-8"), f"{name} differs: is the change meant?"
