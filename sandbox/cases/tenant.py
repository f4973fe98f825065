"""The tenant of the cases: a Swedish company that has turned every treatment on, and its chart."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from decimal import Decimal

from app.tenants.account_roles import DEFAULT_ACCOUNTS
from app.tenants.rules import EuBusinesses, EuConsumers, Exports, TenantRules, Trigger
from app.vat.oss import proposed_oss_accounts
from app.vat.rates import RATES
from sandbox.fortnox.books.chart import seed_chart
from sandbox.fortnox.config import AccountConfig, CompanyConfig, YearConfig

_FOUND_BY_FORTNOX = ("receivable", "netting", "vat.", "oss_")
"""Roles whose accounts the emulator finds by itself, so that another chart cannot renumber them here."""
_STEP = 5000
"""The other chart's accounts: 3001 is 8001 there."""


def rules_for(tags: Iterable[str], *, other_chart: bool) -> TenantRules:
    """The rules; what only a case's tags say of its company (not in OSS, in VOEC, books unpaid orders) laid over."""
    known = set(tags)
    accounts = {**DEFAULT_ACCOUNTS, **proposed_oss_accounts()}
    if other_chart:
        accounts = {role: renumbered(role, number) for role, number in accounts.items()}
    rules = TenantRules(
        accounts=accounts,
        vat_rates=frozenset(rate.percent for rate in RATES) | {Decimal(0)},
        eu_consumers=EuConsumers.OSS,
        oss_from=date(2021, 7, 1),
        eu_businesses=EuBusinesses.REVERSE_CHARGE,
        exports=Exports.BOOK,
    )
    if "threshold" in known:
        rules = replace(rules, eu_consumers=EuConsumers.SWEDISH_VAT, oss_from=None)
    if "VOEC" in known:
        rules = replace(rules, collects_vat_for=frozenset({"NO"}))
    return replace(rules, trigger=Trigger.CREATED) if "pending" in known else rules


def renumbered(role: str, number: int) -> int:
    """A role's account in the other chart."""
    return number if role.startswith(_FOUND_BY_FORTNOX) or number >= _STEP else number + _STEP


def translation(*, other_chart: bool) -> Callable[[str], str]:
    """From the account a case expects (the default chart) to the one of the chart in use."""
    numbers = {str(number): str(renumbered(role, number)) for role, number in DEFAULT_ACCOUNTS.items()}
    return (lambda account: numbers.get(account, account)) if other_chart else (lambda account: account)


def company(rates: dict[str, Decimal], *, other_chart: bool) -> CompanyConfig:
    """The company in Fortnox, with the exchange rates of a case; whole-krona rounding off, as the cases have it."""
    extra: tuple[AccountConfig, ...] = ()
    if other_chart:
        ours = {number: role for role, number in DEFAULT_ACCOUNTS.items()}
        extra = tuple(
            AccountConfig(
                number=renumbered(ours[one.number], one.number), description=one.description, vat_code=one.vat_code
            )
            for one in seed_chart()
            if one.number in ours and renumbered(ours[one.number], one.number) != one.number
        )
    return CompanyConfig(
        currencies={"SEK": Decimal(1), **rates},
        vat_rates=tuple(sorted({rate.percent for rate in RATES} | {Decimal(0)})),
        whole_krona_rounding=False,
        years=tuple(YearConfig(from_date=date(y, 1, 1), to_date=date(y, 12, 31)) for y in (2025, 2026, 2027)),
        extra_accounts=extra,
        missing_accounts=tuple(number for number in _replaced(extra)),
    )


def _replaced(extra: Iterable[AccountConfig]) -> Iterable[int]:
    """The default numbers do not exist in the other chart, so that a number written into code would be refused."""
    return (config.number - _STEP for config in extra)
