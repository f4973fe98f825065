"""Which accounts open findings ask for, and which payment methods a shop's orders have that nobody mapped yet."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from sqlalchemy import func, select

from app.kit.db.engine import ReadSession
from app.schema import Finding, Snapshot
from app.schema.base import Json
from app.tenants.repository import rules_to_json
from app.tenants.rules import TenantRules
from app.vat.oss import oss_sales_role, oss_vat_role, proposed_oss_accounts

_CLEARING = range(1580, 1600)
"""Accounts of BAS for money that payment providers owe (accounting.md 1)."""
_ROLE = re.compile(r"[a-z][a-zA-Z0-9_]*(\.[a-zA-Z0-9_]+)*")
_ACCOUNT = re.compile(r"[1-9][0-9]{3}")
_METHODS = 50
"""Payment methods that a page shows."""


@dataclass(frozen=True, slots=True)
class UnmappedRole:
    """A role without an account that something waits for."""

    role: str
    waiting: int
    """Open findings that ask for it."""
    proposed: int | None


@dataclass(frozen=True, slots=True)
class SeenMethod:
    """A payment method of the shop's own orders that no clearing account is chosen for."""

    gateway: str
    currencies: tuple[str, ...]
    orders: int
    proposed: int | None
    """A clearing account that no other role has."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What a person chose: role → account, and gateway → an existing role stem, or an account of its own."""

    accounts: Mapping[str, int]
    known: Mapping[str, str]
    own: Mapping[str, int]


def asked_roles(session: ReadSession, tenant_id: int, rules: TenantRules) -> Sequence[UnmappedRole]:
    """Every role that an open finding of a tenant names and the rules do not map, the most wanted first."""
    codes = ("ROLE_UNMAPPED", "OSS_COUNTRY_TAX_MAPPING_MISSING")
    conditions = (Finding.tenant_id == tenant_id, Finding.code.in_(codes), Finding.resolved_at.is_(None))
    counts: dict[str, int] = {}
    for row in session.scalars(select(Finding).where(*conditions)):
        for role in _roles_of(row.code, row.data):
            counts[role] = counts.get(role, 0) + 1
    oss = proposed_oss_accounts()
    asked = (UnmappedRole(role, count, oss.get(role)) for role, count in counts.items() if rules.account(role) is None)
    return sorted(asked, key=lambda role: (-role.waiting, role.role))


def _roles_of(code: str, data: Mapping[str, object]) -> Iterator[str]:
    if code == "ROLE_UNMAPPED":
        yield str(data.get("role", ""))
        return
    country = str(data.get("country", ""))
    for text in str(data.get("rate", "")).split(", "):
        try:
            yield oss_sales_role(country, Decimal(text))
        except InvalidOperation:
            continue
    yield oss_vat_role(country)


def seen_methods(session: ReadSession, tenant_id: int, rules: TenantRules) -> Sequence[SeenMethod]:
    """Payment methods of the tenant's orders that are not mapped, the most used first."""
    moved = func.jsonb_array_elements(Snapshot.order["transactions"]).table_valued("value", joins_implicitly=True)
    gateway = func.lower(moved.c.value.op("->>")("gateway"))
    currency = moved.c.value.op("->")("amount").op("->>")("currency")
    count = func.count(Snapshot.order_id.distinct())
    statement = select(gateway, func.array_agg(currency.distinct()), count).select_from(Snapshot, moved)
    statement = statement.where(Snapshot.tenant_id == tenant_id, gateway != "", gateway.not_in(list(rules.gateways)))
    rows = session.execute(statement.group_by(gateway).order_by(count.desc(), gateway).limit(_METHODS)).all()
    free = _free_clearing(rules)
    return [
        SeenMethod(str(name), tuple(sorted(str(code) for code in currencies if code)), orders, next(free, None))
        for name, currencies, orders in rows
    ]


def _free_clearing(rules: TenantRules) -> Iterator[int]:
    used = set(rules.accounts.values())
    return (number for number in _CLEARING if number not in used)


def stems(rules: TenantRules) -> Sequence[str]:
    """The role stems that a payment method may share: of providers, cash and debts of our own."""
    return sorted(set(rules.gateways.values()))


def read_choices(form: Mapping[str, str], rules: TenantRules) -> tuple[Choices, list[str]]:
    """What a filled-in page chooses, and the names of inputs that hold no account or no role."""
    accounts: dict[str, int] = {}
    known: dict[str, str] = {}
    own: dict[str, int] = {}
    wrong: list[str] = []
    named = {f"account:{form.get('role', '').strip()}": form.get("number", "")} if form.get("role", "").strip() else {}
    for name, text in {**form, **named}.items():
        kind, colon, about = name.partition(":")
        value = text.strip()
        if not colon or not value:
            continue
        if kind == "account" and _ROLE.fullmatch(about) and _ACCOUNT.fullmatch(value):
            accounts[about] = int(value)
        elif kind == "method" and value in stems(rules):
            known[about] = value
        elif kind == "method_account" and _ACCOUNT.fullmatch(value):
            own[about] = int(value)
        elif kind in ("account", "method", "method_account"):
            wrong.append(name)
    return Choices(accounts, known, {name: number for name, number in own.items() if name not in known}), wrong


def laid_over(rules: TenantRules, choices: Choices, methods: Iterable[SeenMethod]) -> Json:
    """The rules with a person's choices in them, as stored."""
    stored = rules_to_json(rules)
    gateways, accounts = dict(stored["gateways"]), dict(stored["accounts"]) | dict(choices.accounts)
    gateways |= dict(choices.known)
    currencies = {method.gateway: method.currencies for method in methods}
    for gateway, number in choices.own.items():
        stem = f"psp.{_slug(gateway)}"
        gateways[gateway] = stem
        # What has no account of its own currency settles in kronor (`app.payments.payment.clearing_role`).
        only = currencies.get(gateway, ())
        accounts[f"{stem}.{only[0].lower() if len(only) == 1 else 'sek'}"] = number
        accounts.setdefault(f"{stem}.sek", number)
    return {**stored, "gateways": gateways, "accounts": accounts}


def _slug(gateway: str) -> str:
    """A gateway's name as part of a role."""
    return re.sub(r"[^a-z0-9]+", "_", gateway.casefold()).strip("_") or "other"
