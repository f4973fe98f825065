"""Random orders of a Swedish shop, built as Shopify builds them: tax rounded once per line, shipping by goods value."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from hypothesis import strategies as st

from app.kit.money import Money, split, vat_on_net, vat_out_of_gross
from app.model.order import Line, LineKind, Order, ShippingLine
from tests.support.builders import NOON, gift_card, line, order, paid, tax_line

RATES = ("25", "12", "6")
ORE = st.integers(min_value=1, max_value=5_000_000)


def kronor(minor: int) -> Money:
    return Money(minor, "SEK")


@st.composite
def goods(draw: st.DrawFn, *, included: bool) -> Line:
    """A line with any discount up to its whole worth."""
    price, quantity = draw(ORE), draw(st.integers(min_value=1, max_value=40))
    off = draw(st.one_of(st.just(0), st.integers(min_value=0, max_value=price * quantity)))
    return line(
        kronor(price),
        rate=draw(st.sampled_from(RATES)),
        quantity=quantity,
        discount=str(kronor(off).decimal),
        included=included,
        sku=draw(st.sampled_from((None, "A-1", "B-2"))),
        id=str(draw(st.integers(min_value=1, max_value=10**18))),
    )


@st.composite
def freight(draw: st.DrawFn, lines: list[Line], *, included: bool) -> ShippingLine:
    """Shipping at one rate, or following the goods' rates by their value after discounts."""
    price = kronor(draw(st.integers(min_value=0, max_value=50_000)))
    carrying_amount: dict[Decimal, int] = {}
    for one in lines:
        for tax in one.tax_lines:
            carrying_amount[tax.rate_percent] = carrying_amount.get(tax.rate_percent, 0) + one.amount.minor
    if not draw(st.booleans()) or not sum(carrying_amount.values()):
        carrying_amount = {Decimal(draw(st.sampled_from(RATES))): 1}
    vat_of = vat_out_of_gross if included else vat_on_net
    shares = split(price, list(carrying_amount.values()))
    taxes = [tax_line(f"{rate:f}", vat_of(share, rate)) for rate, share in zip(carrying_amount, shares, strict=True)]
    return ShippingLine(id="s", title="Paket", price=price, tax_lines=tuple(taxes))


@st.composite
def swedish_orders(draw: st.DrawFn) -> Order:
    """A paid order that costs something."""
    included = draw(st.booleans())
    lines = draw(st.lists(goods(included=included), min_size=1, max_size=8))
    shipping = tuple(draw(st.lists(freight(lines, included=included), max_size=2)))
    if draw(st.booleans()):
        lines = [*lines, gift_card()]
    tip = draw(st.one_of(st.none(), ORE.map(kronor)))
    made = order(*lines, shipping=shipping, taxes_included=included, tip=tip)
    if not made.total:
        made = order(line(included=included), taxes_included=included)
    parts = draw(st.lists(st.integers(min_value=1, max_value=9), min_size=1, max_size=3))
    shares = [one for one in split(made.total, parts) if one]
    gateways = ("shopify_payments", "gift_card", "klarna")
    transactions = tuple(
        paid(share, gateway, id=f"t{n}") for n, (share, gateway) in enumerate(zip(shares, gateways, strict=False))
    )
    return replace(made, transactions=transactions)


@st.composite
def strange_orders(draw: st.DrawFn) -> Order:
    """Anything that can be written down: negative lines, taxes from nowhere, payments that do not fit."""
    amount = st.integers(min_value=-100_000, max_value=100_000).map(kronor)
    rate = st.sampled_from(("0", "6", "12", "20", "25", "25.5"))
    taxes = st.lists(st.builds(tax_line, rate, amount), max_size=3).map(tuple)
    lines = st.builds(
        Line,
        id=st.just("1"),
        title=st.text(max_size=5),
        sku=st.one_of(st.none(), st.text(max_size=5)),
        quantity=st.integers(min_value=0, max_value=9),
        unit_price=amount,
        discount=amount,
        tax_lines=taxes,
        kind=st.sampled_from(LineKind),
    )
    shipping = st.builds(ShippingLine, id=st.just("s"), title=st.text(max_size=5), price=amount, tax_lines=taxes)
    currency = draw(st.sampled_from(("SEK", "EUR")))
    moved = st.integers(min_value=-1000, max_value=100_000).map(lambda minor: Money(minor, currency))
    gateways = st.sampled_from(("shopify_payments", "unknown", "gift_card", ""))
    made = order(
        *draw(st.lists(lines, min_size=1, max_size=4)),
        shipping=tuple(draw(st.lists(shipping, max_size=2))),
        taxes_included=draw(st.booleans()),
        tip=draw(st.one_of(st.none(), amount)),
    )
    transactions = draw(st.lists(st.builds(paid, moved, gateways, manual=st.booleans()), max_size=3))
    return replace(
        made,
        transactions=tuple(transactions) or made.transactions,
        total=draw(st.one_of(st.just(made.total), amount)),
        cancelled_at=draw(st.sampled_from((None, NOON))),
    )
