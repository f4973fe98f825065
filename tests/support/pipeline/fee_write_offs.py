"""What several test modules share of `test_fee_write_offs`."""

from __future__ import annotations

from typing import Any

ON: dict[str, Any] = {"clear_at_payout": ["shopify_payments"], "fee_write_off": ["shopify_payments"]}
