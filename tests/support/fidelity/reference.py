"""Where the reference material lies. It is no part of the repository; tests without it say loudly what they skip."""

import os
from pathlib import Path

import pytest

_BESIDE = Path(__file__).parents[3].parent / "shared" / "reference"
FORTNOX = Path(os.environ.get("BOKBRO_REFERENCE", _BESIDE)) / "fortnox"
EXAMPLES = FORTNOX / "examples"
OPENAPI = FORTNOX / "openapi.json"
ERRORS = FORTNOX / "errors.json"


def needs(path: Path, what: str) -> pytest.MarkDecorator:
    """Skip a test without its material."""
    return pytest.mark.skipif(not path.exists(), reason=f"NOT CHECKED: {what} (no {path})")
