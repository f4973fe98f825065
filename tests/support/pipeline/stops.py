"""What several test modules share of `test_stops`."""

from __future__ import annotations

REFUSAL = {"ErrorInformation": {"error": 1, "message": "Ett fel vi aldrig sett.", "code": 2099999}}
