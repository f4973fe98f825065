"""Which VAT treatment an order has, and from it the account role of each row (accounting.md 2.2)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum

from app.model.finding import Finding
from app.model.order import HANDED_OVER, Line, LineKind, Order, VatCheck, books_day
from app.tenants.rules import EuBusinesses, EuConsumers, Exports, TenantRules
from app.vat.numbers import vat_number
from app.vat.oss import oss_sales_role, oss_vat_role, rate_text
from app.vat.place_of_supply import destination, is_electronic, place_of_supply
from app.vat.rates import legal_rates
from app.vat.territories import Area, Territory

_NO_RATE = frozenset({Decimal(0)})


class Scheme(StrEnum):
    """The treatments. Values are the first word of the rule that made a row (`oss_goods`)."""

    DOMESTIC = "domestic"
    SWEDISH_VAT_IN_EU = "eu_swedish_vat"
    OSS = "oss"
    EU_BUSINESS = "eu_business"
    EXPORT = "export"


@dataclass(frozen=True, slots=True)
class Treatment:
    """A decided treatment: whose VAT, and how Fortnox's customer record says it."""

    country: str
    """Under whose law: the rates are this country's (SE also for EU consumers below the threshold)."""
    vat_type: str
    """Fortnox's VATType of the customer (accounting.md 1.6)."""
    rule: str = Scheme.DOMESTIC
    """Key of the rule that decided, for people: `domestic`."""
    rates: frozenset[Decimal] = frozenset({Decimal(25), Decimal(12), Decimal(6)})
    """What the shop may have charged on goods and shipping, on the day of the sale."""
    collects: bool = False
    """The VAT charged is another state's, a debt to it, and a row of its own (VOEC, United Kingdom; acc-09)."""
    vat_number: str = ""
    """The buyer's, where it is the reason for charging none."""
    electronic: frozenset[str] = frozenset()
    """Sources of lines that are electronic services: boxes 39 and 40 instead of 35 and 36."""
    only_services: bool = False
    """No line is goods: the document names another article of the directive."""

    @property
    def vat_included(self) -> bool:
        """Prices with VAT for consumers, net where Fortnox's VAT type carries none on rows (accounting.md 1.6)."""
        return self.rule not in (Scheme.EXPORT, Scheme.EU_BUSINESS)

    @property
    def text(self) -> str:
        """What the law wants on the document (acc-10)."""
        if self.rule != Scheme.EU_BUSINESS:
            return ""
        article = "196" if self.only_services else "138"
        law = f"Omvänd betalningsskyldighet / Reverse charge – Article {article} Directive 2006/112/EC."
        return f"{law} Buyer VAT no {self.vat_number}"

    def may_charge(self, rate: Decimal) -> bool:
        """Whether a rate is legal here. A rate that Sweden does not have is found where its role is looked up."""
        return bool(rate) if self.rule == Scheme.DOMESTIC else rate in self.rates

    def sales_role(self, line: Line, rate: Decimal) -> str:
        """The role a line's revenue goes to."""
        if line.kind is LineKind.GIFT_CARD:
            return "gift_card"
        if line.kind is LineKind.TIP:
            return "tip"
        if line.source in self.electronic and self.rule in (Scheme.EU_BUSINESS, Scheme.EXPORT):
            return f"services.{self.rule}"
        if line.kind is LineKind.FEE and self.rule == Scheme.DOMESTIC:
            return self._role("invoice_fee", rate)
        return self._role("sales", rate)

    def shipping_role(self, rate: Decimal) -> str:
        """The role a shipping row's revenue goes to: under OSS and below the threshold, that of the goods."""
        return self._role("shipping", rate)

    def vat_role(self, rate: Decimal) -> str:
        """The role the output VAT of a rate goes to."""
        if self.rule == Scheme.OSS:
            return oss_vat_role(self.country)
        return f"vat.{self.country.lower()}.{rate_text(rate)}"

    def _role(self, kind: str, rate: Decimal) -> str:
        match self.rule:
            case Scheme.OSS:
                return oss_sales_role(self.country, rate)
            case Scheme.SWEDISH_VAT_IN_EU:
                return f"sales.eu.{rate_text(rate)}"
            case Scheme.EU_BUSINESS | Scheme.EXPORT:
                return f"{kind}.{self.rule}"
            case _:
                return f"{kind}.{self.country.lower()}.{rate_text(rate)}"


_DEFAULTS = TenantRules()


def treat(order: Order, rules: TenantRules = _DEFAULTS, day: date | None = None) -> Treatment | Finding:
    """Decide the treatment, or say why it cannot be: unknown is an exception, not a guess (accounting.md 0.12).

    `day` is the day of the VAT event; without one it is the order's own.
    """
    tax_lines = [tax for line in order.lines for tax in line.tax_lines]
    tax_lines += [tax for shipping in order.shipping for tax in shipping.tax_lines]
    if any(tax.channel_liable for tax in tax_lines):
        shown = destination(order)
        return Finding("VAT_TREATMENT_NOT_SUPPORTED", shown, {"situation": f"marketplace ({shown})"})
    place, at = place_of_supply(order, rules), day or books_day(order.processed_at)
    if isinstance(place, Finding):
        return place
    services = frozenset(line.source for line in order.lines if is_electronic(line, rules))
    only_services = bool(services) and all(line.source in services for line in order.lines if line.is_goods)
    treated = _treat_in(order, place, rules, at)
    if isinstance(treated, Finding) or not services:
        return treated
    return replace(treated, electronic=services, only_services=only_services)


def _treat_in(order: Order, place: Territory, rules: TenantRules, at: date) -> Treatment | Finding:
    if place.area is Area.SWEDEN:
        return _in_sweden(order, rules)
    if place.area is Area.OUTSIDE:
        return _export(place, rules, at)
    number = business_number(order)
    if number:
        return _business(order, place, number, rules)
    if order.vat_check and not order.has_tax and rules.eu_businesses is not EuBusinesses.STOP:
        # The shop believed the number and charged no VAT: it is no consumer's price, even if the seller pays that VAT.
        return not_registered(order.vat_check)
    return _eu_consumer(order, place, rules, at)


def _in_sweden(order: Order, rules: TenantRules) -> Treatment | Finding:
    """Rows 1 and 6: Swedish VAT, also of a company of another member state that collects its goods.

    Unless a person knows that they were transported out of Sweden (VAT Directive art. 138).
    """
    number = business_number(order)
    is_collected = bool(order.delivery_methods & HANDED_OVER)
    if not number or not is_collected or order.has_tax:
        return Treatment("SE", "SEVAT")
    if not order.transport_proven:
        return Finding("COLLECTED_WITHOUT_VAT", order.name, {"order": order.name, "number": number})
    country = {"EL": "GR"}.get(number[:2], number[:2])
    return _business(order, Territory(Area.EU, country, country), number, rules)


def business_number(order: Order) -> str:
    """The buyer's VAT number of another member state, if it is one; empty otherwise.

    What VIES said decides; where it said nothing, form and check digits do.
    """
    check = order.vat_check
    number = (check.number if check.valid else None) if check else vat_number(order.vat_number)
    return number if number and not number.startswith("SE") else ""


def not_registered(check: VatCheck) -> Finding:
    """A number that VIES does not know."""
    return Finding("VAT_NUMBER_NOT_REGISTERED", check.number, {"number": check.number, "date": check.day.isoformat()})


def _export(place: Territory, rules: TenantRules, day: date) -> Treatment | Finding:
    """Rows 7 to 10: no Swedish VAT; another state's only where the tenant collects that (acc-08, acc-09)."""
    if rules.exports is Exports.STOP:
        return Finding("EXPORT_STOPPED", place.country, {"country": place.country})
    collects = place.country in rules.collects_vat_for
    rates = _NO_RATE | (legal_rates(place.country, day) if collects else _NO_RATE)
    return Treatment(place.country, "EXPORT", Scheme.EXPORT, rates, collects)


def _business(order: Order, place: Territory, number: str, rules: TenantRules) -> Treatment | Finding:
    """Row 5: a business of another member state, goods that leave Sweden (acc-10)."""
    if rules.eu_businesses is EuBusinesses.STOP:
        return Finding("EU_BUSINESSES_STOPPED", number, {"country": place.country, "number": number})
    if rules.eu_businesses is EuBusinesses.REGISTER and order.vat_check is None:
        return Finding("VAT_NUMBER_UNCHECKED", number, {"number": number})
    return Treatment(place.country, "EUREVERSEDVAT", Scheme.EU_BUSINESS, _NO_RATE, vat_number=number)


def _eu_consumer(order: Order, place: Territory, rules: TenantRules, day: date) -> Treatment | Finding:
    """Rows 2, 3 and 11: from the day of the OSS registration the rate of arrival, before it Swedish VAT or a stop."""
    if rules.eu_consumers is not EuConsumers.STOP and rules.oss_from and day >= rules.oss_from:
        return Treatment(place.country, "SEVAT", Scheme.OSS, legal_rates(place.rates_of, day))
    if rules.eu_consumers is EuConsumers.SWEDISH_VAT:
        return Treatment("SE", "EUVAT", Scheme.SWEDISH_VAT_IN_EU, legal_rates("SE", day))
    rates = sorted({tax.rate_percent for line in order.lines for tax in line.tax_lines})
    shown = ", ".join(rate_text(rate) for rate in rates) or "0"
    data = {"country": place.country, "rate": shown}
    return Finding("EU_CONSUMERS_STOPPED", f"{place.country} {shown}", data)
