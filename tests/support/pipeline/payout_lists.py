"""What several test modules share of `test_payout_lists`."""

from __future__ import annotations

from tests.support.payout_files.payout_lists import EPAY, SHOPIFY

SHOPIFYS = f"{SHOPIFY}2026-11-20,paid,499.00,0.00,0.00,0.00,-12.00,0.00,487.00,SEK\n"


EPAYS = EPAY + '"2";"2";"10";"1001";"100.00";"752";"1-11-2026";"SEK";"100.00";"0.00";"";"";"0.00"\n'
