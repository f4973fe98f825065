"""The rules' accounts against the company's chart."""

from datetime import date
from typing import Any

import pytest

from app.master_data.chart import check_chart, roles_in_use
from app.master_data.facts import AccountFact, BooksFacts
from app.payouts.files.formats import KNOWN
from app.tenants.account_roles import DEFAULT_ACCOUNTS
from app.tenants.rules import EuBusinesses, EuConsumers, Exports, TenantRules
from app.vat.oss import proposed_oss_accounts
from sandbox.fortnox.books.chart import seed_chart
from tests.support.builders import codes, facts, rules

TODAY = date(2026, 11, 18)
EVERYTHING: dict[str, Any] = {
    "eu_consumers": EuConsumers.OSS,
    "oss_from": date(2021, 7, 1),
    "eu_businesses": EuBusinesses.REVERSE_CHARGE,
    "exports": Exports.BOOK,
    "collects_vat_for": frozenset({"NO", "GB"}),
    "accounts": proposed_oss_accounts(),
}


def chart(**vat_codes: str) -> BooksFacts:
    """The chart that the emulator seeds a company with; `a3001="MF"` gives an account another VAT code."""
    accounts = {one.number: AccountFact(active=True, vat_code=one.vat_code) for one in seed_chart()}
    changed = {int(name[1:]): AccountFact(active=True, vat_code=code) for name, code in vat_codes.items()}
    return facts(accounts={1: accounts | changed})


@pytest.mark.parametrize("turned_on", [rules(), rules(**EVERYTHING)])
def test_believable_chart_fits_the_default_roles(turned_on: TenantRules) -> None:
    assert check_chart(turned_on, chart(), TODAY) == []


@pytest.mark.parametrize(
    ("vat_codes", "code", "data"),
    [
        ({"a2421": "MF"}, "ACCOUNT_VAT_CODE_UNFIT", {"role": "gift_card", "vat_code": "MF", "expected": "–"}),
        ({"a3690": "MP1"}, "ACCOUNT_VAT_CODE_UNFIT", {"role": "tip", "vat_code": "MP1", "expected": "–"}),
        ({"a3001": "MP2"}, "ACCOUNT_VAT_CODE_UNFIT", {"role": "sales.se.25", "vat_code": "MP2", "expected": "MP1"}),
        ({"a3001": ""}, "ACCOUNT_VAT_CODE_UNFIT", {"role": "sales.se.25", "vat_code": "–", "expected": "MP1"}),
        ({"a3105": "VEU"}, "ACCOUNT_VAT_CODE_UNFIT", {"role": "sales.export", "vat_code": "VEU", "expected": "VTEU"}),
        ({"a3108": "MP1"}, "ACCOUNT_VAT_CODE_UNFIT", {"role": "sales.eu_business", "expected": "VEU"}),
        ({"a3116": "MP1"}, "OSS_ACCOUNT_IN_SWEDISH_RETURN", {"account": "3116", "vat_code": "MP1"}),
        ({"a2676": "MP1"}, "OSS_ACCOUNT_IN_SWEDISH_RETURN", {"account": "2676", "vat_code": "MP1"}),
    ],
)
def test_code_that_feeds_the_wrong_box_is_said(vat_codes: dict[str, str], code: str, data: dict[str, str]) -> None:
    found = check_chart(rules(**EVERYTHING), chart(**vat_codes), TODAY)
    assert [one.code for one in found] == [code]
    assert data.items() <= found[0].data.items()


def test_code_of_the_tenants_own_is_left_to_the_tenant() -> None:
    assert check_chart(rules(**EVERYTHING), chart(a3116="DE19", a3001="EGEN"), TODAY) == []


def test_missing_inactive_and_unmapped_are_said() -> None:
    gone = facts(accounts={1: {**chart().accounts[1], 3002: AccountFact(active=False, vat_code="MP2")}})
    del gone.accounts[1][3003]  # type: ignore[attr-defined] # a dict, built in the line above
    found = codes(check_chart(rules(accounts={"rounding": None}), gone, TODAY))
    assert sorted(found) == ["FORTNOX_ACCOUNT_INACTIVE", "FORTNOX_ACCOUNT_NOT_FOUND", "ROLE_UNMAPPED"]


def test_what_is_turned_off_is_not_asked_for() -> None:
    used = roles_in_use(TenantRules())
    assert not [role for role in used if role.startswith(("oss_", "sales.export", "sales.eu", "foreign_vat."))]
    assert not [role for role in roles_in_use(rules(gateways={"qliro": "psp.qliro"})) if role.startswith("psp.stripe")]
    assert "psp.qliro.sek" in used
    assert set(used) <= set(DEFAULT_ACCOUNTS)


def test_year_that_fortnox_does_not_have_is_said() -> None:
    assert codes(check_chart(rules(), chart(), date(2031, 1, 1))) == ["FORTNOX_FISCAL_YEAR"]


ASKED_FOR = frozenset({"vipps", "sumup", "amazon", "mollie", "clearhaus", "epay"})
"""Providers that few companies have: their payouts ask for a clearing account (ROLE_UNMAPPED)."""


def test_every_provider_whose_files_are_read_has_a_clearing_account_of_its_own() -> None:
    clearing = {role: account for role, account in DEFAULT_ACCOUNTS.items() if role.startswith("psp.")}
    assert {f"psp.{one.provider}.sek" for one in KNOWN if one.provider not in ASKED_FOR} <= clearing.keys()
    assert not {f"psp.{provider}.sek" for provider in ASKED_FOR} & clearing.keys(), "take it out of the list"
    others = [account for role, account in DEFAULT_ACCOUNTS.items() if role not in clearing]
    assert len(set(clearing.values())) == len(clearing), "two providers on one account"
    assert not set(clearing.values()) & set(others), "a provider on an account that means something else"


def test_a_company_is_not_asked_for_the_accounts_of_providers_that_it_does_not_have() -> None:
    assert not {"psp.svea.sek", "psp.adyen.sek"} & set(roles_in_use(rules()))
