"""Do the accounts that the roles are mapped to exist in the company's chart, and do their VAT codes fit?

The code of an account decides the box of the VAT return (accounting.md 1): one that does not fit makes a return wrong
though every voucher balances. Codes that are not Fortnox's own (a tenant's for OSS) are left to the tenant.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from app.master_data.facts import AccountFact, BooksFacts
from app.model.finding import Finding, distinct
from app.tenants.rules import EuBusinesses, EuConsumers, Exports, TenantRules, UntransportedSale
from app.vat.oss import SWEDISH_VAT_CODES

_BY_RATE = {"25": "MP1", "12": "MP2", "6": "MP3", "0": "MF"}
_NO_SUPPLY = (
    "gift_card", "store_credit", "tip", "rounding", "foreign_vat.", "psp.", "cash.", "receivable", "netting",
    "deferred.", "oss_",
)  # fmt: skip
"""Roles (or their beginnings) whose accounts may feed no box of the Swedish return."""


def required_vat_code(role: str) -> str | None:
    """The VAT code that a role's account must have; "" for none of Fortnox's own, None where any will do."""
    parts = role.split(".")
    if parts[0] == "services":
        return {"eu_business": "TEU", "export": "ÖTEU"}.get(parts[-1])
    if role.startswith(_NO_SUPPLY):
        return ""
    if role == "duties" or parts[-1] == "export":
        return "VTEU"
    if parts[-1] == "eu_business":
        return "VEU"
    return _BY_RATE.get(parts[-1]) if parts[0] in ("sales", "shipping") else None


def misfit(role: str, account: int, fact: AccountFact) -> Finding | None:
    """What is wrong with a code that feeds a box this role must not feed."""
    required = required_vat_code(role)
    if required is None or fact.vat_code == required or fact.vat_code not in SWEDISH_VAT_CODES:
        return None
    if role.startswith("oss_"):
        return Finding(
            "OSS_ACCOUNT_IN_SWEDISH_RETURN", str(account), {"account": str(account), "vat_code": fact.vat_code}
        )
    data = {"account": str(account), "role": role, "vat_code": fact.vat_code, "expected": required or "–"}
    return Finding("ACCOUNT_VAT_CODE_UNFIT", str(account), data)


def check_chart(rules: TenantRules, facts: BooksFacts, day: date) -> list[Finding]:
    """Every role in use against the chart of the year of `day`; empty when a bookkeeper has nothing to do."""
    year = facts.year_of(day)
    if year is None:
        return [Finding("FORTNOX_FISCAL_YEAR", str(day.year), {"date": day.isoformat(), "year": str(day.year)})]
    return distinct(_check(rules, facts.accounts.get(year.id, {}), str(year.first_day.year)))


def _check(rules: TenantRules, chart: Mapping[int, AccountFact], year: str) -> Iterator[Finding]:
    mapped: list[tuple[str, int | None]] = [(role, rules.account(role)) for role in roles_in_use(rules)]
    named_accounts = {
        "bank": rules.bank_accounts,
        "psp": rules.clearing_accounts,
        "remainder": rules.remainder_accounts,
    }
    mapped += [(f"{role}.{name}", account) for role, table in named_accounts.items() for name, account in table.items()]
    for role, account in mapped:
        if account is None:
            yield Finding("ROLE_UNMAPPED", role, {"role": role})
            continue
        fact = chart.get(account)
        data = {"account": str(account), "role": role, "year": year}
        if fact is None:
            yield Finding("FORTNOX_ACCOUNT_NOT_FOUND", str(account), data)
        elif not fact.active:
            yield Finding("FORTNOX_ACCOUNT_INACTIVE", str(account), data)
        elif finding := misfit(role, account, fact):
            yield finding
        elif required_vat_code(role) and not fact.vat_code:
            missing = {
                "account": str(account),
                "role": role,
                "vat_code": "–",
                "expected": required_vat_code(role) or "",
            }
            yield Finding("ACCOUNT_VAT_CODE_UNFIT", str(account), missing)


def roles_in_use(rules: TenantRules) -> list[str]:
    """The mapped roles that an order can lead to, as the tenant's rules are: what is turned off is not asked for."""
    unused = tuple(_unused(rules))
    roles = ["receivable", "rounding", "netting", *rules.accounts]
    return [role for role in dict.fromkeys(roles) if not role.startswith(unused)]


def _unused(rules: TenantRules) -> Iterable[str]:
    yield "refund_excess"  # only on a person's word, and then its account is looked at before anything is sent
    if rules.eu_consumers is not EuConsumers.SWEDISH_VAT:
        yield from ("sales.eu.", "shipping.eu.")
    if rules.eu_consumers is EuConsumers.STOP or rules.oss_from is None:
        yield "oss_"
    if not rules.cut_off:
        yield "deferred.advance"
        if rules.gift_card_rate is None:
            yield "deferred.sales"
    if rules.eu_businesses is EuBusinesses.STOP:
        yield from ("sales.eu_business", "shipping.eu_business", "services.eu_business")
    if rules.exports is Exports.STOP:
        yield from ("sales.export", "shipping.export", "services.export", "duties", "foreign_vat.")
    if UntransportedSale.ELECTRONIC not in rules.untransported_sales.values():
        yield "services."
    yield from _unused_by_name(rules)


def _unused_by_name(rules: TenantRules) -> Iterable[str]:
    for role in rules.accounts:
        if role.startswith("foreign_vat.") and role.removeprefix("foreign_vat.").upper() not in rules.collects_vat_for:
            yield role
        if role.startswith(("psp.", "cash.")) and role.rpartition(".")[0] not in rules.gateways.values():
            yield role
