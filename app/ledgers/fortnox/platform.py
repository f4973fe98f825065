"""Fortnox as it declares itself."""

from __future__ import annotations

from app.model.platforms import Platform, PlatformKind, Situation

FORTNOX = Platform(
    name="fortnox",
    kind=PlatformKind.LEDGER,
    title="Fortnox",
    codes={
        Situation.UNAVAILABLE: "FORTNOX_UNAVAILABLE",
        Situation.RATE_LIMITED: "FORTNOX_RATE_LIMITED",
        Situation.NO_ACCESS: "FORTNOX_CONSENT_LOST",
    },
)
"""It rounds to whole kronor, and makes the one linked credit note of an invoice itself (fortnox-api.md 4, 1 and 10)."""
