"""Up to what a seller outside Norway or Great Britain collects their VAT: above it, the border does (rows 8 and 9).

Norway: items of NOK 3,000 or more are not in the VOEC scheme; per item, without freight (skatteetaten.no, "Value Added
Tax on low value imported goods", read 2026-12-01). Great Britain: consignments above GBP 135, without VAT and freight
(GOV.UK, "VAT and overseas goods sold directly to customers in the UK"). Whoever is in the ordinary register of such a
country may collect above it: that is a rule. Food is in no VOEC either, but no shop says what food is.

An order in another currency is surely above the limit where it is so at a rate dearer than usual: what is nearer to it
than that is left to the shop's own settings.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

from app.invoicing.order_parts import Part
from app.kit.money import Money
from app.model.finding import Finding
from app.tenants.rules import TenantRules
from app.vat.treatment import Treatment


@dataclass(frozen=True, slots=True)
class CollectionLimit:
    """What a country lets sellers abroad collect."""

    currency: str
    amount: Decimal
    is_per_item: bool
    """Otherwise of all goods of an order."""
    reaches_amount: bool
    """Whether the amount itself is above it."""
    dearest: Mapping[str, Decimal]
    """Currency → more than one unit of the country's own is worth in it."""

    def is_passed_by(self, value: Money) -> bool:
        """Whether a value without VAT is surely above."""
        rate = Decimal(1) if value.currency == self.currency else self.dearest.get(value.currency)
        if rate is None:
            return False
        limit = self.amount * rate
        return value.decimal >= limit if self.reaches_amount else value.decimal > limit


LIMITS: Mapping[str, CollectionLimit] = MappingProxyType(
    {
        "NO": CollectionLimit(
            "NOK", Decimal(3000), is_per_item=True, reaches_amount=True,
            dearest={"SEK": Decimal("1.10"), "EUR": Decimal("0.12")},
        ),
        "GB": CollectionLimit(
            "GBP", Decimal(135), is_per_item=False, reaches_amount=False,
            dearest={"SEK": Decimal("15.00"), "EUR": Decimal("1.45")},
        ),
    }
)  # fmt: skip


def limit_findings(parts: Iterable[Part], treatment: Treatment, rules: TenantRules) -> Iterator[Finding]:
    """Goods whose VAT the country of arrival takes at the border, though the shop charged it."""
    limit = LIMITS.get(treatment.country)
    if limit is None or not treatment.collects or treatment.country in rules.collects_above_limits:
        return
    goods = [part for part in parts if part.is_goods and part.charged_tax and part.quantity]
    net = [part.gross - part.charged_tax for part in goods]
    values = [
        (part.text, Money(amount.minor // part.quantity, amount.currency))
        for part, amount in zip(goods, net, strict=True)
    ]
    if not limit.is_per_item and net:
        values = [(goods[0].text, sum(net[1:], start=net[0]))]
    for text, value in values:
        if limit.is_passed_by(value):
            data = {
                "line": text[:60], "amount": str(value), "country": treatment.country,
                "limit": f"{limit.amount} {limit.currency}",
            }  # fmt: skip
            yield Finding("VAT_COLLECTED_ABOVE_LIMIT", text[:60], data)
