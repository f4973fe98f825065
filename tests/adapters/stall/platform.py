"""Stall as it declares itself: a shop that takes its buyers' money itself and pays it out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.model.platforms import Platform, PlatformKind, Situation

STALL = Platform(
    name="stall",
    kind=PlatformKind.SHOP,
    title="Stall",
    codes={
        Situation.UNAVAILABLE: "STALL_UNAVAILABLE",
        Situation.NO_ACCESS: "STALL_REFUSED",
        Situation.DENIED: "STALL_REFUSED",
        Situation.NOT_READ: "STALL_NOT_READ",
        Situation.MESSAGE_NOT_READ: "STALL_NOT_READ",
        Situation.ORDER_NOT_FOUND: "STALL_NO_SUCH_ORDER",
    },
)


def _entry(code: str, text: str, *, waits: bool = False) -> Mapping[str, Any]:
    spoken = {"text": text, "remedy": "Wait." if waits else "Ask the shop."}
    return {
        "code": code, "actor": "nobody_wait" if waits else "merchant", "severity": "notice" if waits else "blocker",
        "repair": "alone" if waits else "by_person", "register": "none", "detected": "By its answer.",
        "sv": spoken, "en": spoken,
    }  # fmt: skip


FINDINGS: Sequence[Mapping[str, Any]] = (
    _entry("STALL_UNAVAILABLE", "Stall does not answer.", waits=True),
    _entry("STALL_REFUSED", "Stall {shop} does not know us."),
    _entry("STALL_NOT_READ", "Stall's order {order} cannot be read: {text}."),
    _entry("STALL_NO_SUCH_ORDER", "Stall knows no order {order}."),
)
