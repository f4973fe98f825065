"""Hints for unmatched rows of Qliro: which order it may be, and which setting would match it. Never booked on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import exists, func, select

from app.findings.proposed_settings import FIELD_RULE, PREFIX_RULE
from app.kit.db.engine import ReadSession
from app.model.finding import UNSTATED
from app.model.payout import MatchKey, PayoutLine
from app.schema import PayoutLineUse, Snapshot
from app.schema.orders import PAYMENT_IDS
from app.tenants.rules import TenantRules

Hints = Mapping[str, Mapping[str, str]]
"""Line -> the values of its finding."""
_INVOICE = "PIS-"
"""Qliro's own number of an invoice that it made: no reference of the shop's (qliro-api.md 4.2)."""
_NAMED = 3


def hints_of(session: ReadSession, tenant_id: int, lines: Iterable[PayoutLine], rules: TenantRules) -> Hints:
    """For each line the cause, orders of exactly its amount whose money no payout has had, and a setting that helps."""
    return {line.id: _hints(session, tenant_id, line, rules) for line in lines}


def _hints(session: ReadSession, tenant_id: int, line: PayoutLine, rules: TenantRules) -> dict[str, str]:
    reference = line.keys.get(MatchKey.PAYMENT_ID, "")
    setting = _setting(session, tenant_id, reference, rules)
    return {
        "candidate": ", ".join(_candidates(session, tenant_id, line)) or UNSTATED,
        "setting": setting or UNSTATED,
        "cause": _cause(reference, setting),
    }


def _cause(reference: str, setting: str) -> str:
    """Why the row finds no order, as one of the words of the catalogue."""
    if not reference:
        return "no_reference"
    if reference.startswith(_INVOICE):
        return "invoice_number"
    return {PREFIX_RULE: "prefix", FIELD_RULE: "other_field", "": "unknown"}[setting.partition(" = ")[0]]


def _candidates(session: ReadSession, tenant_id: int, line: PayoutLine) -> list[str]:
    settled = exists().where(PayoutLineUse.order_id == Snapshot.order_id)
    amount = (Snapshot.total == line.amount.minor, Snapshot.currency == line.amount.currency)
    named = select(Snapshot.name).where(Snapshot.tenant_id == tenant_id, *amount, ~settled)
    return list(session.scalars(named.order_by(Snapshot.order_id).limit(_NAMED)))


def _setting(session: ReadSession, tenant_id: int, reference: str, rules: TenantRules) -> str:
    """`rule = value` that finds the order: a prefix behind which a known reference stands, or the shop's own field."""
    for place, sign in enumerate(reference[:-1]):
        rest = reference[place + 1 :]
        if not sign.isalnum() and _is_known(session, tenant_id, rest):
            return f"{PREFIX_RULE} = {reference[: place + 1]}"
    if not reference or reference.startswith(_INVOICE):
        return ""
    return "" if rules.use_merchant_reference else f"{FIELD_RULE} = true"


def _is_known(session: ReadSession, tenant_id: int, reference: str) -> bool:
    named = func.ltrim(Snapshot.name, "#") == reference.lstrip("#")
    known = select(Snapshot.order_id).where(Snapshot.tenant_id == tenant_id, named | PAYMENT_IDS.op("?")(reference))
    return session.scalar(known.limit(1)) is not None
