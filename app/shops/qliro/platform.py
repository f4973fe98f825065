"""Qliro as it declares itself: a payment provider that also reports the orders that it is paid for."""

from __future__ import annotations

from app.model.platforms import Platform, PlatformKind, Situation

QLIRO = Platform(
    name="qliro",
    kind=PlatformKind.PROVIDER,
    title="Qliro",
    codes={
        Situation.UNAVAILABLE: "QLIRO_UNAVAILABLE",
        Situation.NO_ACCESS: "QLIRO_ACCESS_REFUSED",
        Situation.NOT_READ: "QLIRO_ORDER_NOT_UNDERSTOOD",
        Situation.MESSAGE_NOT_READ: "QLIRO_PUSH_NOT_UNDERSTOOD",
        Situation.CREDENTIALS_UNREADABLE: "QLIRO_CREDENTIALS_UNREADABLE",
        Situation.BATCH_NOT_READ: "QLIRO_BATCH_NOT_READ",
        Situation.SILENT_FOR_HOURS: "QLIRO_SILENT_FOR_HOURS",
        Situation.ORDER_NOT_FOUND: "QLIRO_ORDER_NOT_FOUND",
    },
)
