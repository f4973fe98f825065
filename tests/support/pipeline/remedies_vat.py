"""What several test modules share of `test_remedies_vat`."""

from __future__ import annotations

from typing import Any

from app.vat.oss import proposed_oss_accounts

BERLIN: dict[str, Any] = {
    "first_name": "Jonas", "last_name": "Weber", "address1": "Lindenstraße 20", "zip": "10969", "city": "Berlin",
    "country_code": "DE",
}  # fmt: skip


GERMAN: dict[str, Any] = {"id": 7109, "email": "jonas.weber@example.de", "billing": BERLIN}


OSS: dict[str, Any] = {
    "eu_consumers": "oss", "oss_from": "2026-01-01", "vat_rates": [25, 12, 6, 0, 19],
    "accounts": proposed_oss_accounts(),
}  # fmt: skip


RATES = ("25", "12", "6", "0", "19")
