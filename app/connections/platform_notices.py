"""Notices of Shopify to every app: the operator must know them, no merchant can do anything about them."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Lock

import structlog
from sqlalchemy import func, update

from app.findings.repository import Place, open_finding, resolve_code
from app.kit.db.engine import Store
from app.model.finding import Finding
from app.schema import Finding as FindingRow

log = structlog.get_logger(__name__)

_PLATFORM = Place(None)
_SILENT_SECONDS = 3600.0
"""The same notice is stored once an hour: every answer repeats it."""
_GONE_AFTER = timedelta(days=2)
"""A notice that nothing has repeated for so long is over: it was about a version or a field that we use no more."""
_MOST_WORDS = 200
HOST_REFUSED = "SHOPIFY_HOST_REFUSED"
VERSION, DEPRECATED = "SHOPIFY_API_VERSION_SERVED", "SHOPIFY_API_DEPRECATED"


@dataclass(slots=True)
class PlatformNotices:
    """Collects the notices that answers carry beside their data. Safe for threads."""

    store: Store
    _reported_at: dict[tuple[str, str], float] = field(default_factory=dict)
    _may_be_refused: bool = True
    """Whether the finding about our address may be open; another process may have opened it."""
    _lock: Lock = field(default_factory=Lock)

    def __call__(self, what: str, words: str) -> None:
        """`version`, `deprecated`, `refused` (our address is not allowed), `answered` (it is)."""
        words = words[:_MOST_WORDS]
        if what == "answered":
            self._answered()
        elif what == "refused":
            self._may_be_refused = True
            self._tell(Finding("SHOPIFY_HOST_REFUSED", "", {}))
        elif what == "version":
            self._tell(Finding("SHOPIFY_API_VERSION_SERVED", words, {"version": words}))
        else:
            self._tell(Finding("SHOPIFY_API_DEPRECATED", words, {"field": words}))

    def _tell(self, finding: Finding) -> None:
        key = (finding.code, finding.about)
        with self._lock:
            if time.monotonic() - self._reported_at.get(key, -_SILENT_SECONDS) < _SILENT_SECONDS:
                return
            self._reported_at[key] = time.monotonic()
        log.warning("platform_notice", code=finding.code, about=finding.about)
        with self.store.write() as session:
            open_finding(session, _PLATFORM, finding)

    def _answered(self) -> None:
        if not self._may_be_refused:
            return
        with self._lock:
            self._may_be_refused = False
            self._reported_at.pop((HOST_REFUSED, ""), None)
        with self.store.write() as session:
            resolve_code(session, _PLATFORM, HOST_REFUSED)


def forget_old_notices(store: Store) -> int:
    """Close the notices about versions and fields that no answer has repeated for long; returns how many."""
    long_ago = func.clock_timestamp() - _GONE_AFTER
    old = (FindingRow.tenant_id.is_(None), FindingRow.code.in_((VERSION, DEPRECATED)), FindingRow.resolved_at.is_(None))
    closing = update(FindingRow).where(*old, FindingRow.last_seen_at < long_ago)
    with store.write() as session:
        return len(session.execute(closing.values(resolved_at=func.clock_timestamp()).returning(FindingRow.id)).all())
