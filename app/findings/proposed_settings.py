"""A setting that a finding proposes, put in force by one click: only what our own finding says, and only some rules."""

from __future__ import annotations

from dataclasses import dataclass

from app.kit.db.engine import Store
from app.schema import Finding
from app.tenants.repository import load_rules, put_in_force, rules_to_json

SETTING = "setting"
"""Among a finding's values: `rule = value`."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A rule and what it would be."""

    rule: str
    value: str | bool


def proposal_in(data: object) -> Proposal | None:
    """What a finding's values propose; None where they propose nothing that one click may set."""
    rule, _, value = str(data.get(SETTING, "") if isinstance(data, dict) else "").partition(" = ")
    if rule == FIELD_RULE:
        return Proposal(rule, value == "true")
    return Proposal(rule, value) if rule == PREFIX_RULE and value else None


@dataclass(frozen=True, slots=True)
class ProposedSettings:
    """Implements `app.web.views.UseSetting`."""

    store: Store

    def __call__(self, tenant_id: int | None, finding_id: int, by: str) -> bool:
        """Put the finding's proposal in force. False: there is none within reach any more."""
        with self.store.write() as session:
            row = session.get(Finding, finding_id, with_for_update=True)
            if row is None or row.resolved_at is not None or row.tenant_id is None:
                return False
            proposal = proposal_in(row.data)
            if proposal is None or tenant_id not in {None, row.tenant_id}:
                return False
            stored = rules_to_json(load_rules(session, row.tenant_id))
            put_in_force(session, row.tenant_id, {**stored, proposal.rule: proposal.value}, by=by)
        return True


PREFIX_RULE, FIELD_RULE = "payment_reference_prefix", "use_merchant_reference"
"""Rules that a row may need to find its order."""
