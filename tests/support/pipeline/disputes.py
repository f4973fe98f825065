"""What several test modules share of `test_disputes`."""

from __future__ import annotations

CLAIM, LOSS = 1516, 6351
