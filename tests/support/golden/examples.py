"""What several test modules share of `test_examples`."""

from __future__ import annotations

import os
from pathlib import Path

BESIDE = Path(__file__).parents[3].parent / "shared" / "reference"


EXAMPLES = Path(os.environ.get("BOKBRO_REFERENCE", BESIDE)) / "accounting" / "examples.yaml"
