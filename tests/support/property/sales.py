"""Random sales of every kind that the product books, with the rules that book them: any country, currency, payment.

`swedish_orders` has the hard arithmetic of one country; here the situations meet each other. Every sale is one that the
law and the rules allow, so that each must end as a plan.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import assume
from hypothesis import strategies as st

from app.kit.money import Money, split, vat_on_net, vat_out_of_gross
from app.model.order import Address, Buyer, Line, LineKind, Order, PaymentTerms, ShippingLine, Transaction
from app.tenants.rules import (
    ArticlePolicy,
    CustomerPolicy,
    DocumentFlow,
    EuBusinesses,
    EuConsumers,
    Exports,
    InvoiceDay,
    TenantRules,
    TextLanguage,
    Trigger,
)
from app.vat.oss import proposed_oss_accounts
from app.vat.rates import RATES
from tests.support.builders import NOON, order, paid, rules, tax_line

NONE = ("0",)


@dataclass(frozen=True)
class Market:
    """Where goods go, what VAT the shop charges there, and in which currencies it sells."""

    country: str
    rates: tuple[str, ...]
    currencies: tuple[str, ...]
    postcode: str = ""
    vat_number: str = ""
    below_threshold: bool = False
    outside: bool = False
    """Of the EU's VAT area: duties may be paid with the order."""


MARKETS = (
    Market("SE", ("25", "12", "6"), ("SEK", "EUR")),
    Market("DE", ("19", "7"), ("EUR", "SEK")),
    Market("FI", ("25.5", "13.5", "10"), ("EUR",)),
    Market("DK", ("25",), ("DKK", "EUR")),
    Market("HU", ("27", "18", "5"), ("EUR",)),
    Market("MC", ("20",), ("EUR",), postcode="98000"),
    Market("DK", ("25", "12", "6"), ("SEK", "DKK"), below_threshold=True),
    Market("DK", NONE, ("EUR",), vat_number="DK12345674"),
    Market("AX", NONE, ("EUR",), postcode="22100", outside=True),
    Market("ES", NONE, ("EUR",), postcode="35001", outside=True),
    Market("CH", NONE, ("CHF", "EUR"), outside=True),
    Market("JP", NONE, ("JPY",), outside=True),
    Market("NO", ("25", "15"), ("NOK", "SEK"), outside=True),
    Market("GB", ("20",), ("GBP",), outside=True),
)
SKUS = st.one_of(st.none(), st.sampled_from(("A-1", "B 2", "Å/ö", "x" * 60)), st.text(min_size=1, max_size=8))


@dataclass(frozen=True)
class Sale:
    """An order and the rules that book it."""

    order: Order
    rules: TenantRules


@st.composite
def _line(draw: st.DrawFn, market: Market, currency: str, number: int, *, included: bool) -> Line:
    kinds = [LineKind.GOODS, LineKind.GIFT_CARD, LineKind.TIP, *([LineKind.EXEMPT] if market.country == "SE" else [])]
    kind = draw(st.sampled_from(kinds if market.rates != NONE else [LineKind.GOODS]))
    price = Money(draw(st.integers(min_value=100, max_value=2_000_000)), currency)
    quantity = draw(st.integers(min_value=1, max_value=12)) if kind is LineKind.GOODS else 1
    off = draw(st.integers(min_value=0, max_value=price.minor)) if kind is LineKind.GOODS else 0
    bare = Line(str(number), draw(st.text(max_size=6)), draw(SKUS), quantity, price, Money(off, currency), kind=kind)
    rate = draw(st.sampled_from(market.rates))
    if kind is not LineKind.GOODS or rate == "0":
        return bare
    return replace(bare, tax_lines=(tax_line(rate, _vat(bare.amount, rate, included=included)),))


def _vat(amount: Money, rate: str, *, included: bool) -> Money:
    return (vat_out_of_gross if included else vat_on_net)(amount, Decimal(rate))


@st.composite
def _freight(draw: st.DrawFn, market: Market, currency: str, *, included: bool) -> tuple[ShippingLine, ...]:
    if not draw(st.booleans()):
        return ()
    price = Money(draw(st.integers(min_value=0, max_value=50_000)), currency)
    rate = market.rates[0]
    taxes = () if rate == "0" else (tax_line(rate, _vat(price, rate, included=included)),)
    return (ShippingLine("s", "Paket", price, taxes),)


@st.composite
def _payments(draw: st.DrawFn, made: Order) -> tuple[Transaction, ...]:
    """Nothing, a part or all of it, by up to three ways of paying."""
    share = draw(st.sampled_from((0, 50, 100, 100, 100)))
    money = Money(made.total.minor * share // 100, made.currency)
    parts = split(money, draw(st.lists(st.integers(min_value=1, max_value=9), min_size=1, max_size=3)))
    ways = draw(st.permutations(("shopify_payments", "klarna", "gift_card")))
    return tuple(paid(one, way, id=f"t{n}") for n, (one, way) in enumerate(zip(parts, ways, strict=False)) if one)


@st.composite
def _rules(draw: st.DrawFn, market: Market) -> TenantRules:
    return rules(
        accounts=proposed_oss_accounts(),
        vat_rates=frozenset(rate.percent for rate in RATES) | {Decimal(0)},
        eu_consumers=EuConsumers.SWEDISH_VAT if market.below_threshold else EuConsumers.OSS,
        oss_from=None if market.below_threshold else date(2021, 7, 1),
        eu_businesses=EuBusinesses.REVERSE_CHARGE,
        exports=Exports.BOOK,
        collects_vat_for=frozenset({"NO", "GB"}),
        collects_above_limits=frozenset({"NO", "GB"}),
        vat_free_goods=True,
        trigger=Trigger.CREATED,  # unpaid and partly paid ones are booked, too
        document_flow=draw(st.sampled_from(DocumentFlow)),
        invoice_day=draw(st.sampled_from(InvoiceDay)),
        customer_policy=draw(st.sampled_from(CustomerPolicy)),
        article_policy=draw(st.sampled_from(ArticlePolicy)),
        text_language=draw(st.sampled_from(TextLanguage)),
        max_rows=draw(st.sampled_from((2, 3, 500))),
    )


@st.composite
def sales(draw: st.DrawFn) -> Sale:
    """Any sale that is to be booked: one that costs something."""
    market = draw(st.sampled_from(MARKETS))
    currency, included = draw(st.sampled_from(market.currencies)), draw(st.booleans()) and not market.outside
    numbers = range(draw(st.integers(min_value=1, max_value=6)))
    lines = [draw(_line(market, currency, number, included=included)) for number in numbers]
    home = Address(name="Kim Berg", zip_code=market.postcode, country_code=market.country)
    charges: dict[str, Any] = {}
    if draw(st.booleans()):
        charges["tip"] = Money(draw(st.integers(min_value=1, max_value=20_000)), currency)
    if market.outside and draw(st.booleans()):
        charges["duties"] = Money(draw(st.integers(min_value=1, max_value=90_000)), currency)
    made = order(
        *lines,
        shipping=draw(_freight(market, currency, included=included)),
        taxes_included=included,
        ship_to=home,
        bill_to=home,
        vat_number=market.vat_number,
        company=draw(st.sampled_from(("", "Berg AB"))),
        po_number=draw(st.sampled_from(("", "PO-7"))),
        terms=draw(st.sampled_from((None, PaymentTerms("Net 30", 30)))),
        buyer=draw(st.sampled_from((Buyer("7001", "Kim", "kim@example.se"), Buyer(email="kim@example.se"), Buyer()))),
        delivered_at=draw(st.sampled_from((None, NOON))),
        **charges,
    )
    assume(made.total)
    return Sale(replace(made, transactions=draw(_payments(made))), draw(_rules(market)))
