"""Numbered batches that are missing between those that are known: reported until they are imported.

Adyen numbers the batches of a merchant account 1, 2, 3 … (settlement details report, column `Batch Number`); grade:
handed cases, see docs/settlement-unknowns.md. A gap blocks no booking: each batch is complete by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from sqlalchemy import select

from app.findings.repository import Place, open_finding, resolve_others
from app.kit.db.engine import WriteSession
from app.model.finding import Finding
from app.schema import StoredPayout

_NUMBERED = frozenset({"adyen"})
"""Providers that number an account's batches without gaps."""
_MISSING = "PAYOUT_BATCH_MISSING"
_NUMBER = re.compile(r"\d+")


def report_gaps(session: WriteSession, tenant_id: int, provider: str, connection_id: int) -> None:
    """Make the open notices about missing batches of a provider match the stored batches."""
    if provider not in _NUMBERED:
        return
    account, batch = StoredPayout.content["account"].astext, StoredPayout.content["id"].astext
    conditions = (
        StoredPayout.tenant_id == tenant_id, StoredPayout.connection_id == connection_id,
        StoredPayout.provider == provider,
    )  # fmt: skip
    numbers: dict[str, set[int]] = {}
    for name, batch_id in session.execute(select(account, batch).where(*conditions)):
        match = _NUMBER.match(batch_id)  # one batch in two currencies is two payouts, `77 EUR` among them
        if match:
            numbers.setdefault(name or "", set()).add(int(match[0]))
    place = Place(tenant_id, connection_id=connection_id)
    gaps = [gap for name, known in sorted(numbers.items()) for gap in _gaps(provider, name, known)]
    resolve_others(session, place, _MISSING, [gap.about for gap in gaps])
    for gap in gaps:
        open_finding(session, place, gap)


def _gaps(provider: str, account: str, known: set[int]) -> Iterator[Finding]:
    ordered = sorted(known)
    for before, after in pairwise(ordered):
        if after - before > 1:
            first, last = before + 1, after - 1
            missing = str(first) if first == last else f"{first}-{last}"
            data = {
                "missing": missing, "provider": provider.title(), "account": account or provider,
                "before": str(before), "after": str(after),
            }  # fmt: skip
            yield Finding("PAYOUT_BATCH_MISSING", f"{provider}:{account}:{missing}", data)
