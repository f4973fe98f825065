"""The OSS return by country and rate, in euro; credits of earlier quarters apart; a voucher that pays it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kit.money import Money
from app.periods.oss_figures import write_figures
from app.periods.oss_return import OssDocument, OssFigure, Quarter, figures_of, plan_payment, vat_to_pay
from app.posting.documents import CreateInvoice, VatGroup
from app.posting.plan import Plan, Stopped
from app.posting.references import MAIN
from app.vat.oss import oss_sales_role
from tests.support.builders import credit_ref, invoice_row, plan, rules

Q4 = Quarter(2026, 4)
NOVEMBER, AUGUST = date(2026, 11, 5), date(2026, 8, 5)
ACCOUNTS = {"DE": 2676, "FI": 2680}


def sold(
    country: str, percent: str, gross: str, *, currency: str = "EUR", rate: str = "11.05", **changes: date
) -> OssDocument:
    """A booked document of one OSS row."""
    whole, vat_rate = Money.of(gross, currency), Decimal(percent)
    price, units = abs(whole), -1 if whole.minor < 0 else 1
    role = oss_sales_role(country, vat_rate)
    row = invoice_row(role=role, unit_price=price, quantity=units, rate=percent)
    group = VatGroup(vat_rate, whole, ACCOUNTS[country])
    day, ref = changes.get("day", NOVEMBER), credit_ref() if units < 0 else MAIN
    document = CreateInvoice("S1", "Maja", currency, day, (row,), whole, (group,), "#1", "p", ref=ref)
    return OssDocument(document, Decimal(rate), changes.get("sold_on", day))


def test_sales_of_a_country_and_rate_are_one_line_and_euro_stay_as_they_are() -> None:
    made = figures_of(Q4, [sold("DE", "19", "119.00"), sold("DE", "19", "124.95"), sold("FI", "25.5", "150.60")], {})
    assert [(figure.country, str(figure.base_eur), str(figure.vat_eur), str(figure.booked)) for figure in made] == [
        ("DE", "205.00 EUR", "38.95 EUR", "430.40 SEK"),
        ("FI", "120.00 EUR", "30.60 EUR", "338.13 SEK"),
    ]
    assert str(vat_to_pay(made)) == "69.55 EUR"


def test_another_currency_is_turned_at_the_quarters_rate_and_without_one_nothing_is_to_pay_yet() -> None:
    documents = [sold("DE", "19", "1190.00", currency="SEK", rate="1")]
    unknown = figures_of(Q4, documents, {})
    assert (unknown[0].vat_eur, vat_to_pay(unknown)) == (None, None)
    known = figures_of(Q4, documents, {"SEK": Decimal("10.9885")})
    assert (str(known[0].base_eur), str(vat_to_pay(known))) == ("91.00 EUR", "17.29 EUR")


def test_credit_of_the_same_quarter_nets_and_one_of_an_earlier_quarter_is_a_correction_that_names_it() -> None:
    same = figures_of(Q4, [sold("DE", "19", "119.00"), sold("DE", "19", "-59.50")], {})
    assert [(figure.corrects, str(figure.vat)) for figure in same] == [(None, "9.50 EUR")]
    earlier = figures_of(Q4, [sold("DE", "19", "119.00"), sold("DE", "19", "-59.50", sold_on=AUGUST)], {})
    assert [(str(one.corrects or ""), str(one.vat)) for one in earlier] == [("", "19.00 EUR"), ("2026-Q3", "-9.50 EUR")]


def test_document_of_another_quarter_and_rows_of_other_schemes_are_not_in_it() -> None:
    at_home = OssDocument(plan().invoice, Decimal(1), NOVEMBER)
    assert figures_of(Q4, [sold("DE", "19", "119.00", day=AUGUST), at_home], {}) == ()


@pytest.mark.parametrize(
    ("paid", "difference"),
    [("801.98", (7960, "3.61")), ("790.00", (3960, "-8.37")), ("798.37", None)],
)
def test_payment_empties_the_vat_accounts_and_the_rest_is_an_exchange_difference(
    paid: str, difference: tuple[int, str] | None
) -> None:
    documents = [sold("DE", "19", "124.95"), sold("DE", "19", "119.00"), sold("FI", "25.5", "150.60")]
    documents.append(sold("FI", "13.5", "22.70"))
    rows = voucher(figures_of(Q4, documents, {}), paid)
    assert rows == {2676: "430.40", 2680: "367.97", 1930: f"-{paid}"} | dict([difference] if difference else [])


def voucher(figures: tuple[OssFigure, ...], paid: str) -> dict[int, str]:
    decision = plan_payment(Q4, figures, date(2027, 1, 28), Money.of(paid, "SEK"), rules())
    assert isinstance(decision, Plan)
    (made,) = decision.manual_entries
    return {row.account: str((row.debit - row.credit).decimal) for row in made.rows}


def test_account_that_is_not_mapped_stops_the_payment() -> None:
    figures = figures_of(Q4, [sold("DE", "19", "119.00")], {})
    lacking = rules(accounts={"exchange.loss": None})
    decision = plan_payment(Q4, figures, NOVEMBER, Money.of("900.00", "SEK"), lacking)
    assert isinstance(decision, Stopped)
    assert [finding.code for finding in decision.findings] == ["ROLE_UNMAPPED"]


@given(
    st.lists(
        st.tuples(st.sampled_from([("DE", "19"), ("FI", "25.5"), ("FI", "13.5")]), st.integers(1, 10**7)), min_size=1
    ),
    st.integers(1, 10**8),
)
def test_voucher_balances_and_leaves_nothing_on_the_vat_accounts(
    sales: list[tuple[tuple[str, str], int]], paid: int
) -> None:
    documents = [sold(*place, str(Money(cents, "EUR").decimal)) for place, cents in sales]
    figures = figures_of(Q4, documents, {})
    rows = voucher(figures, str(Money(paid, "SEK").decimal))
    booked = sum(figure.booked.minor for figure in figures)
    assert sum(Decimal(rows.get(account, "0")) for account in ACCOUNTS.values()) * 100 == booked
    assert sum(map(Decimal, rows.values())) == 0


def test_file_has_decimal_commas_and_leaves_unknown_euro_empty() -> None:
    made = figures_of(Q4, [sold("FI", "25.5", "1255.00", currency="SEK", rate="1")], {})
    assert write_figures(made).splitlines()[1] == "FI;25,5;;SEK;1000,00;255,00;;;2680;255,00"


@pytest.mark.parametrize("name", ["2026Q4", "2026-Q5", "26-Q4", ""])
def test_what_is_no_quarter_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no quarter"):
        Quarter.named(name)
