"""What a connection may do in Fortnox, tried by harmless reads of one row each; and the warehouse's balances."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from app.catalogue import match_refusal
from app.kit.http.outcome import Done, Outcome, Refused
from app.ledgers.areas import FILES, PERMISSIONS, SCOPES, WAREHOUSE
from app.ledgers.base import Company, RecordsUnreadableError, Remote
from app.ledgers.fortnox.call import Call
from app.ledgers.fortnox.client import FortnoxClient
from app.ledgers.fortnox.platform import FORTNOX

_MODULE = "/api/warehouse/tenants-v4"
_BALANCES = "/api/warehouse/status-v1/stockbalance"
_AT_ONCE = 100
"""Articles asked for in one call: an address has a length."""


def read_rights(
    client: FortnoxClient, company: Company, scopes: frozenset[str], known_open: frozenset[str]
) -> list[tuple[str, Remote]]:
    """Every area and whether it is open. Raises RecordsUnreadableError where Fortnox said neither.

    `scopes` of the consent, empty where they are not known; an area that it lacks is not tried.
    """
    tried = {area: _area(client, company, area, scopes) for area in SCOPES if area not in known_open}
    return [(area, tried.get(area, {"ok": True})) for area in SCOPES]


def _area(client: FortnoxClient, company: Company, area: str, scopes: frozenset[str]) -> Remote:
    lacking = [scope for scope in SCOPES[area] if scopes and scope not in scopes]
    if lacking or (not scopes and area == WAREHOUSE):
        return {"ok": False, "code": "FORTNOX_SCOPE_MISSING", "message": "", "scope": ", ".join(lacking)}
    if area == FILES:
        return {"ok": True}  # a folder's list may be long, and nothing is needed of it
    path, params = (_MODULE, {}) if area == WAREHOUSE else (f"/3/{area}", {"limit": "1"})
    outcome = client.call(company, Call("GET", path), params=params)
    if isinstance(outcome, Done):
        return {"ok": True, "activated": bool(outcome.data.get("activated"))} if area == WAREHOUSE else {"ok": True}
    if not isinstance(outcome, Refused):
        raise RecordsUnreadableError("rights", outcome)
    return _refused(outcome, area)


def _refused(outcome: Refused, area: str) -> Remote:
    """Closed, where it is refused for lack of a permission; a refusal for another reason says nothing of that."""
    entry = match_refusal(FORTNOX.name, outcome.number, outcome.message, outcome.status)
    code = entry.code if entry else ""
    if code not in PERMISSIONS and area != WAREHOUSE:
        return {"ok": True}
    scope = ", ".join(SCOPES[area])
    return {"ok": False, "code": code or "FORTNOX_RIGHT_MISSING", "message": outcome.message, "scope": scope}


def read_stock(client: FortnoxClient, company: Company, articles: Sequence[str]) -> dict[str, Decimal] | Outcome:
    """Article → what of it is available on all stock points; of goods that the warehouse keeps only."""
    stock: dict[str, Decimal] = {}
    for first in range(0, len(articles), _AT_ONCE):
        some = articles[first : first + _AT_ONCE]
        outcome = client.call(company, Call("GET", _BALANCES), params={"itemIds": ",".join(some)})
        if not isinstance(outcome, Done):
            return outcome
        for item, available in _balances(outcome.data["items"]):
            stock[item] = stock.get(item, Decimal(0)) + available
    return stock


def _balances(rows: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, Decimal]]:
    return ((str(row["itemId"]), Decimal(str(row["availableStock"]))) for row in rows)
