"""What a tenant's settings ask of its Fortnox: codes that must exist there, areas that the consent must open."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import select

from app.kit.db.engine import Store
from app.kit.http.call_budget import RateLimitedError
from app.kit.http.token_keeper import ConsentLostError, TokenUnavailableError
from app.ledgers.areas import SCOPES, WAREHOUSE, optional_areas_of
from app.ledgers.base import Company, RecordsUnreadableError
from app.master_data.cache import MasterData
from app.master_data.chart import check_chart
from app.master_data.company import company_of
from app.master_data.facts import BooksFacts
from app.model.finding import Finding
from app.model.order import books_day
from app.model.platforms import PlatformKind
from app.schema import Connection
from app.tenants.rules import TenantRules

log = structlog.get_logger(__name__)

_FRESH_ENOUGH = 60.0
"""Seconds: what was read within the last minute is believed."""


@dataclass(frozen=True, slots=True)
class SettingsCheck:
    """Compares settings with the company's registers, as Fortnox has them now."""

    store: Store
    register: MasterData
    now: Callable[[], datetime]

    def unknown_codes(self, tenant_id: int, rules: TenantRules) -> dict[str, list[str]]:
        """Field → codes in it that Fortnox does not have. Nothing where Fortnox is not connected or cannot be asked."""
        with self.store.read() as session:
            company = company_of(session, tenant_id)
        if company is None:
            return {}
        unknown = _unknown(rules, self._facts(company))
        old = [kind for kind in dict.fromkeys(_REGISTER_OF[field] for field in unknown) if self._is_old(company, kind)]
        if not unknown or not old:
            return unknown
        try:
            self.register.refresh(company, old, ())
        except (RecordsUnreadableError, RateLimitedError, ConsentLostError, TokenUnavailableError) as error:
            log.warning("settings_not_checked", connection=company.connection_id, error=str(error))
            return {}
        return _unknown(rules, self._facts(company))

    def closed_areas(self, tenant_id: int, rules: TenantRules) -> Sequence[Finding]:
        """Settings that need an area of Fortnox for which the consent has no scope."""
        with self.store.read() as session:
            conditions = (Connection.tenant_id == tenant_id, Connection.kind == PlatformKind.LEDGER)
            scopes = set(session.scalar(select(Connection.scopes).where(*conditions)) or ())
        lacking = {
            area: [scope for scope in SCOPES[area] if scope not in scopes]
            for area in optional_areas_of(rules)
            if scopes and area != WAREHOUSE  # what it shows is used where it is shown: the page says when it is not
        }
        return [
            Finding("SETTING_NEEDS_ACCESS", area, {"scope": ", ".join(missing)})
            for area, missing in lacking.items()
            if missing
        ]

    def sees_stock(self, tenant_id: int) -> bool:
        """Whether the warehouse's balances can be read."""
        with self.store.read() as session:
            company = company_of(session, tenant_id)
        return company is not None and self._facts(company).has_warehouse

    def _facts(self, company: Company) -> BooksFacts:
        return self.register.facts(company.connection_id, customers=(), articles=())

    def _is_old(self, company: Company, kind: str) -> bool:
        return self.register.age(company.connection_id, kind, self.now()) > _FRESH_ENOUGH


_REGISTER_OF: Mapping[str, str] = {
    "ways_of_delivery": "wayofdeliveries",
    "terms_of_payment": "termsofpayments",
    "prepaid_terms_of_payment": "termsofpayments",
    "terms": "termsofpayments",
    "modes_of_payment": "modesofpayments",
    "cost_center": "costcenters",
    "cost_centers": "costcenters",
}
"""Field of the settings → the register whose codes it names."""


def _unknown(rules: TenantRules, facts: BooksFacts) -> dict[str, list[str]]:
    codes_by_register: dict[str, Iterable[str] | None] = {
        "wayofdeliveries": None if rules.create_ways_of_delivery else facts.ways_of_delivery,
        "termsofpayments": facts.terms_of_payment,
        "modesofpayments": facts.modes_of_payment,
        "costcenters": facts.cost_centers,
    }
    wrong: dict[str, list[str]] = {}
    for field, codes in _codes(rules).items():
        existing = codes_by_register[_REGISTER_OF[field]]
        if existing is None or _REGISTER_OF[field] in facts.unread:
            continue
        missing = [code for code in dict.fromkeys(codes) if code and code not in existing]
        if missing:
            wrong[field] = missing
    return wrong


def _codes(rules: TenantRules) -> dict[str, Sequence[str]]:
    return {
        "ways_of_delivery": list(rules.ways_of_delivery.values()),
        "terms_of_payment": [rules.terms_of_payment],
        "prepaid_terms_of_payment": [rules.prepaid_terms_of_payment],
        "terms": list(rules.terms.values()),
        "modes_of_payment": list(rules.modes_of_payment.values()),
        "cost_center": [rules.cost_center or ""],
        "cost_centers": list(rules.cost_centers.values()),
    }


def rules_against_chart(
    store: Store, register: MasterData, tenant_id: int, rules: TenantRules, now: datetime
) -> Sequence[Finding]:
    """What a bookkeeper must do about the accounts; nothing before Fortnox is connected and its chart was read."""
    with store.read() as session:
        conditions = (Connection.tenant_id == tenant_id, Connection.kind == PlatformKind.LEDGER)
        connection = session.scalar(select(Connection.id).where(*conditions))
    if connection is None:
        return ()
    facts = register.facts(connection, customers=(), articles=())
    return () if "accounts" in facts.unread else check_chart(rules, facts, books_day(now))
