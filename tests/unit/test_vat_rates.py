"""The dated table of rates, the accounts that follow from it, and the form of VAT numbers."""

import re
from datetime import date, timedelta
from decimal import Decimal

import pytest

from app.vat.numbers import vat_number
from app.vat.oss import proposed_oss_accounts
from app.vat.rates import KNOWN_FROM, RATES, legal_rates, oss_countries
from app.vat.territories import EU_COUNTRIES, territory

TODAY = date(2026, 11, 22)
STANDARD = re.findall(
    r"\S+",
    """
AT 20 BE 21 BG 20 CY 19 CZ 21 DE 19 DK 25 EE 24 ES 21 FI 25.5 FR 20 GR 24 HR 25 HU 27 IE 23 IT 22 LT 21 LU 17 LV 21
MT 18 NL 21 PL 23 PT 23 RO 21 SE 25 SI 22 SK 23
""",
)


def test_every_member_state_has_its_standard_rate() -> None:
    now = {rate.country: rate.percent for rate in RATES if rate.level == 1 and rate.covers(TODAY)}
    stated = {country: Decimal(rate) for country, rate in zip(STANDARD[::2], STANDARD[1::2], strict=True)}
    assert {country: now[country] for country in EU_COUNTRIES} == stated


@pytest.mark.parametrize(
    ("country", "before", "day", "after"),
    [
        ("FI", "24", "2024-09-01", "25.5"),
        ("FI", "14", "2026-01-01", "13.5"),
        ("SK", "20", "2025-01-01", "23"),
        ("SK", "10", "2025-01-01", "19"),
        ("EE", "22", "2025-07-01", "24"),
        ("RO", "19", "2025-08-01", "21"),
        ("RO", "9", "2025-08-01", "11"),
        ("LT", "9", "2026-01-01", "12"),
    ],
)
def test_rate_changes_on_its_day(country: str, before: str, day: str, after: str) -> None:
    first = date.fromisoformat(day)
    eve = first - timedelta(days=1)
    assert (Decimal(before) in legal_rates(country, eve), Decimal(after) in legal_rates(country, eve)) == (True, False)
    assert (Decimal(before) in legal_rates(country, first), Decimal(after) in legal_rates(country, first)) == (
        False,
        True,
    )


def test_nothing_is_legal_where_the_table_knows_nothing() -> None:
    assert legal_rates("DE", KNOWN_FROM - timedelta(days=1)) == frozenset()
    assert legal_rates("US", TODAY) == frozenset()


def test_only_one_rate_of_a_level_holds_on_a_day() -> None:
    held = [(rate.country, rate.level) for rate in RATES if rate.level and rate.covers(TODAY)]
    assert len(held) == len(set(held))


@pytest.mark.parametrize(
    ("role", "account"),
    [
        ("oss_sales.AT.20", 3111),
        ("oss_sales.DE.19", 3116),
        ("oss_sales.DE.7", 3146),
        ("oss_sales.FI.25.5", 3120),
        ("oss_sales.FI.24", 3120),
        ("oss_sales.FI.13.5", 3150),
        ("oss_sales.FI.10", 3180),
        ("oss_sales.XI.20", 3137),
        ("oss_vat.DE", 2676),
        ("oss_vat.FI", 2680),
        ("oss_vat.XI", 2697),
    ],
)
def test_proposed_accounts_are_those_of_the_dossier(role: str, account: int) -> None:
    assert proposed_oss_accounts()[role] == account


def test_no_two_countries_share_a_proposed_account() -> None:
    by_account: dict[int, set[str]] = {}
    for role, account in proposed_oss_accounts().items():
        by_account.setdefault(account, set()).add(role.split(".")[1])
    assert all(len(countries) == 1 for countries in by_account.values())
    assert len(oss_countries()) == 27
    assert "SE" not in oss_countries()


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("DK12345674", "DK12345674"),
        (" dk 12.34-56 74", "DK12345674"),
        ("ATU12345675", "ATU12345675"),
        ("EL123456783", "EL123456783"),
        ("NL123456782B01", "NL123456782B01"),
        ("XI110305878", "XI110305878"),
        ("SE556987123801", "SE556987123801"),
        ("12345678", None),
        ("DK1234567", None),
        ("GB123456789", None),
        ("NO123456789MVA", None),
        ("", None),
    ],
)
def test_vat_number_has_the_form_of_its_country(text: str, number: str | None) -> None:
    assert vat_number(text) == number


@pytest.mark.parametrize(
    ("country", "postcode", "day", "charged", "legal"),
    [
        ("GR", "811 00", date(2025, 6, 1), "17", True),  # Lesbos
        ("GR", "85300", date(2026, 6, 1), "9", True),  # Kos
        ("GR", "85300", date(2026, 6, 1), "24", True),
        ("GR", "85600", date(2025, 6, 1), "17", False),  # Symi, from 2026 only
        ("GR", "85600", date(2026, 6, 1), "17", True),
        ("GR", "85100", date(2026, 6, 1), "17", False),  # Rhodes is too large
        ("GR", "10552", date(2026, 6, 1), "17", False),  # Athens
        ("PT", "9500-001", date(2026, 6, 1), "9", True),
        ("PT", "9000-001", date(2026, 6, 1), "4", True),
        ("FR", "20000", date(2026, 6, 1), "0.9", True),
        ("FR", "75001", date(2026, 6, 1), "0.9", False),
        ("LV", "LV-1050", date(2026, 8, 1), "12", True),
    ],
)
def test_parts_of_a_country_have_rates_of_their_own(
    country: str, postcode: str, day: date, charged: str, *, legal: bool
) -> None:
    assert (Decimal(charged) in legal_rates(territory(country, postcode).rates_of, day)) is legal
