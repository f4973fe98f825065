"""Abacus as it declares itself: a ledger unlike Fortnox in everything that the pipeline could take for granted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.model.platforms import LedgerCapabilities, Platform, PlatformKind, Situation

ABACUS = Platform(
    name="abacus",
    kind=PlatformKind.LEDGER,
    title="Abacus",
    codes={
        Situation.UNAVAILABLE: "ABACUS_UNAVAILABLE",
        Situation.RATE_LIMITED: "ABACUS_UNAVAILABLE",
        Situation.NO_ACCESS: "ABACUS_REFUSED",
    },
    capabilities=LedgerCapabilities(rounds_to_whole_units=False, credit_notes_are_drafts=False, separate_booking=False),
)


def _entry(code: str, text: str, *, waits: bool) -> Mapping[str, Any]:
    spoken = {"text": text, "remedy": "Wait." if waits else "Ask the bookkeeper."}
    return {
        "code": code, "actor": "nobody_wait" if waits else "bookkeeper", "severity": "notice" if waits else "blocker",
        "repair": "alone" if waits else "by_person", "register": "none", "detected": "By its answer.",
        "sv": spoken, "en": spoken,
    }  # fmt: skip


FINDINGS: Sequence[Mapping[str, Any]] = (
    _entry("ABACUS_UNAVAILABLE", "Abacus does not answer.", waits=True),
    _entry("ABACUS_REFUSED", "Abacus refused {document}: {message}.", waits=False),
)
