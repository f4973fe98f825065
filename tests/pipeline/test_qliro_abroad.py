"""Qliro orders in other currencies and to other countries: right VAT, right currency, to the last öre of the payout."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from app.kit.money import Money
from app.periods.oss_return import Quarter
from app.reconciliation.account_balance import account_reconciliations
from app.reconciliation.reconciliation import clearing_accounts
from app.vat.oss import proposed_oss_accounts
from tests.support.pipeline.bench import Bench
from tests.support.pipeline.oss_figures import figures
from tests.support.pipeline.person import Person, remedied
from tests.support.pipeline.qliro import BANK, TODAY, YESTERDAY
from tests.support.pipeline.qliro_shop import QliroShop

FEE, GAIN, LOSS = 6064, 3960, 7960
KRONOR_FOR_ONE = {"NOK": "0.9500", "EUR": "11.0500", "DKK": "1.4800"}
OWN_ACCOUNTS = {
    f"{kind}.{currency}": account
    for currency, clearing, bank in (("nok", 1589, 1981), ("eur", 1587, 1980), ("dkk", 1584, 1982))
    for kind, account in (("psp.qliro", clearing), ("bank", bank))
}


@dataclass(frozen=True)
class Abroad:
    """A sale out of Sweden."""

    currency: str
    country: str
    alpha3: str
    vat: str
    sales: int
    output_vat: int | None
    price: str = "1190.00"

    @property
    def kronor(self) -> Decimal:
        return Decimal(self.price) * Decimal(KRONOR_FOR_ONE[self.currency])

    @property
    def clearing(self) -> int:
        return OWN_ACCOUNTS[f"psp.qliro.{self.currency.lower()}"]

    @property
    def bank(self) -> int:
        return OWN_ACCOUNTS[f"bank.{self.currency.lower()}"]


NORWAY = Abroad("NOK", "NO", "NOR", "0", 3105, None)
GERMANY = Abroad("EUR", "DE", "DEU", "19", 3116, 2676)
DENMARK = Abroad("DKK", "DK", "DNK", "25", 3117, 2677)
EVERYWHERE = pytest.mark.parametrize("abroad", [NORWAY, GERMANY, DENMARK], ids=lambda one: one.country)


def rules(**changes: Any) -> dict[str, Any]:
    days = [TODAY - timedelta(days=count) for count in range(4)]
    rates = {f"{one} {day}": rate for one, rate in KRONOR_FOR_ONE.items() for day in days}
    standard = {
        "exports": "book", "eu_consumers": "oss", "oss_from": "2021-07-01", "exchange_rates": rates,
        "accounts": proposed_oss_accounts() | OWN_ACCOUNTS, "vat_rates": ["25", "19", "0"],
    }  # fmt: skip
    return standard | changes


@pytest.fixture
def bench(bench: Bench) -> Bench:
    extra = [{"number": number, "description": "Valutakonto"} for number in (1981, 1982)]
    bench.company_is(
        currencies={"SEK": "1"} | KRONOR_FOR_ONE, vat_rates=("25", "12", "6", "0", "19"), extra_accounts=extra
    )
    bench.pass_time()
    bench.rules(**rules())
    return bench


def sell(shop: QliroShop, abroad: Abroad, *items: dict[str, Any]) -> int:
    """Two vases, shipped to where the buyer lives; Qliro names countries by three letters in addresses."""
    home = {"FirstName": "Jo", "LastName": "Berg", "Street": "Gata 1", "PostalCode": "0150", "City": "Stad",
            "CountryCode": abroad.alpha3}  # fmt: skip
    vase = {"ref": "GF-VAS-01", "text": "Vas Björk", "price": "595.00", "vat": abroad.vat, "quantity": 2}
    return shop.sell(*(items or (vase,)), currency=abroad.currency, country=abroad.country, billing=home, shipping=home)


@EVERYWHERE
def test_captured_order_is_booked_in_its_currency_with_the_vat_of_where_it_goes(
    bench: Bench, qliro_shop: QliroShop, abroad: Abroad
) -> None:
    number = sell(qliro_shop, abroad)
    qliro_shop.told(number, "ship")
    assert (qliro_shop.state(number), bench.findings()) == ("booked", [])
    (made,) = bench.invoices()
    assert (made["Currency"], str(made["Total"]), made["Balance"]) == (abroad.currency, "1190.00", 0)
    assert {one["AccountNumber"] for one in made["InvoiceRows"]} == {abroad.sales}
    assert bench.balance(abroad.clearing) == round(abroad.kronor, 2)
    assert (bench.balance(1510), bench.balance(2611)) == (0, 0)
    if abroad.output_vat is not None:
        rate = Decimal(abroad.vat)
        assert -bench.balance(abroad.output_vat) == round(abroad.kronor * rate / (100 + rate), 2)


@EVERYWHERE
def test_parts_and_returns_follow_the_sale_s_currency_rate_and_vat(
    bench: Bench, qliro_shop: QliroShop, abroad: Abroad
) -> None:
    number = sell(qliro_shop, abroad)
    qliro_shop.told(number, "ship", units={"GF-VAS-01": 1})
    bench.company_is(currencies={"SEK": "1"} | dict.fromkeys(KRONOR_FOR_ONE, "2.0000"))
    qliro_shop.told(number, "return", units={"GF-VAS-01": 1})
    assert (bench.balance(abroad.clearing), bench.balance(abroad.sales), bench.findings()) == (0, 0, [])
    assert [invoice["Currency"] for invoice in bench.invoices()] == [abroad.currency] * 2
    if abroad.output_vat is not None:
        assert bench.balance(abroad.output_vat) == 0
    qliro_shop.told(number, "ship")
    assert bench.balance(abroad.clearing) == 1190  # the second vase, at the new rate of 2.00


def test_oss_return_has_what_germany_and_denmark_bought_less_what_came_back(
    bench: Bench, qliro_shop: QliroShop
) -> None:
    for abroad in (NORWAY, GERMANY, DENMARK):
        number = sell(qliro_shop, abroad)
        qliro_shop.told(number, "ship")
        qliro_shop.told(number, "return", units={"GF-VAS-01": 1})
    found = figures(bench, Quarter.of(TODAY), EUR="1", SEK="11.05", DKK="7.46")
    shown = [(figure.country, str(figure.base_eur), str(figure.vat_eur)) for figure in found]
    # 595.00 EUR hold 95.00 of VAT; 595.00 DKK are 79.76 EUR, of which 15.95 are VAT.
    assert shown == [("DE", "500.00 EUR", "95.00 EUR"), ("DK", "63.81 EUR", "15.95 EUR")]


@EVERYWHERE
def test_batch_of_its_own_currency_leaves_nothing_on_any_account_of_the_provider(
    bench: Bench, qliro_shop: QliroShop, abroad: Abroad
) -> None:
    qliro_shop.qliro.switch(fee_vat_rate="25")
    number = sell(qliro_shop, abroad)
    qliro_shop.told(number, "ship")
    qliro_shop.told(number, "return", units={"GF-VAS-01": 1})
    at_home = qliro_shop.sell()
    qliro_shop.told(at_home, "ship")
    qliro_shop.qliro.close()
    qliro_shop.qliro.poll()
    assert (sorted(qliro_shop.qliro.states()), bench.findings()) == (["booked", "booked"], [])
    assert [bench.balance(one) for one in (abroad.clearing, 1583, 1510)] == [0, 0, 0]
    # Bank and fees are rounded each for itself: the rate is the sale's, so there is no other difference.
    assert abs(Decimal(bench.balance(GAIN)) + Decimal(bench.balance(LOSS))) <= Decimal("0.01")
    assert all(bench.balance(one) > 0 for one in (abroad.bank, BANK, FEE))
    for one in clearing_accounts(bench.program.store, bench.tenant_id):
        assert (one.balance.minor, one.not_settled, one.unmatched) == (0, (), ())
    bench.program.scheduler.compare_ledgers()
    bench.rest()
    assert {proof.difference for proof in account_reconciliations(bench.program.store, bench.tenant_id)} == {
        Money.zero("SEK")
    }


def test_batch_in_norwegian_kronor_without_accounts_of_its_own_stops_with_the_role_that_lacks(
    bench: Bench, qliro_shop: QliroShop, person: Person
) -> None:
    bench.rules(**rules(accounts=proposed_oss_accounts()))
    number = sell(qliro_shop, NORWAY)
    qliro_shop.told(number, "ship")
    assert bench.balance(1583) == Decimal("1130.50")
    qliro_shop.qliro.close()
    qliro_shop.qliro.poll()
    assert (bench.findings(), bench.finding("ROLE_UNMAPPED").data["role"]) == (["ROLE_UNMAPPED"], "bank.nok")
    bench.api("POST", "accounts", {"Account": {"Number": 1989, "Description": "Valutakonto NOK"}})
    bench.warm()
    with remedied(bench, "ROLE_UNMAPPED"):
        person.accounts(**{"account:bank.nok": "1989", "anyway": "yes"})
    assert bench.balance(1989) > 0


def test_consumer_in_finland_below_the_threshold_pays_swedish_vat_in_euro(bench: Bench, qliro_shop: QliroShop) -> None:
    bench.rules(**rules(eu_consumers="swedish_vat", oss_from=None))
    finland = Abroad("EUR", "FI", "FIN", "25", 3001, 2611)
    number = sell(qliro_shop, finland)
    qliro_shop.told(number, "ship")
    # 1190.00 × 11.05 = 13 149.50, of which a fifth is VAT.
    assert (bench.balance(2611), bench.findings()) == (Decimal("-2629.90"), [])


def test_rate_of_another_country_than_the_order_goes_to_stops_it(bench: Bench, qliro_shop: QliroShop) -> None:
    vase = {"ref": "GF-VAS-01", "text": "Vas Björk", "price": "595.00", "vat": "25"}
    number = sell(qliro_shop, GERMANY, vase)
    qliro_shop.told(number, "ship")
    assert (qliro_shop.state(number), bench.invoices()) == ("stopped", [])


def test_batch_that_the_bank_gets_in_kronor_has_the_rate_that_qliro_used(bench: Bench, qliro_shop: QliroShop) -> None:
    number = sell(qliro_shop, NORWAY)
    qliro_shop.told(number, "ship")
    qliro_shop.qliro.switch(fx=True)
    qliro_shop.qliro.close(YESTERDAY)
    qliro_shop.qliro.poll()
    assert (qliro_shop.qliro.states(), bench.findings()) == (["booked"], [])
    assert bench.balance(NORWAY.clearing) == bench.balance(1981) == 0
    assert bench.balance(BANK) > 0
