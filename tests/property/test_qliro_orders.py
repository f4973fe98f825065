"""Whatever is done with an order at Qliro, under every way of showing it: the books follow the money to the öre."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import simplejson
from hypothesis import given
from hypothesis import strategies as st

from app.kit.money import Money, total
from app.model.order import Order
from app.orders.planning.planner import decide
from app.posting.plan import Plan, Stopped
from app.shops.qliro.orders.order import normalize
from sandbox.qliro.acting import ActBody, ItemBody, SaleBody, act_on, place
from sandbox.qliro.api import _order
from sandbox.qliro.switches import Switches
from sandbox.qliro.world import Merchant, World
from tests.support.builders import rules

STARTED = datetime(2026, 11, 2, 9, tzinfo=UTC)
RATES = (Decimal(25), Decimal(12), Decimal(6))


@dataclass
class Stand:
    """Qliro without its HTTP."""

    switches: Switches
    ticks: Any = field(default_factory=count)

    def __post_init__(self) -> None:
        self.world = World(lambda: STARTED + timedelta(minutes=next(self.ticks)))
        self.merchant = Merchant("KEY", "secret", self.switches)

    def read(self, number: int) -> Order:
        body = simplejson.dumps(_order(self.merchant, self.merchant.orders[number]), use_decimal=True)
        found = normalize(simplejson.loads(body, use_decimal=True), shop="KEY@qliro")
        assert found is not None
        return found


@st.composite
def sales(draw: st.DrawFn) -> SaleBody:
    """Some goods at prices whose rate can be told, freight and an invoice fee now and then, discounts that fit."""
    items, carrying_amount = [], dict.fromkeys(RATES, 0)
    for place_ in range(draw(st.integers(1, 4))):
        rate, units = draw(st.sampled_from(RATES)), draw(st.integers(1, 4))
        ore = draw(st.integers(500, 200_000))
        carrying_amount[rate] += ore * units
        items.append(ItemBody(ref=f"SKU{place_}", quantity=units, price=Decimal(ore).scaleb(-2), vat=rate))
    for rate in RATES:
        if carrying_amount[rate] and draw(st.booleans()):
            ore = draw(st.integers(100, max(carrying_amount[rate] // 2, 100)))
            price = -Decimal(ore).scaleb(-2)
            items.append(ItemBody(ref=f"RABATT{rate}", type="Discount", price=price, vat=rate))
    for reference, kind in (("frakt", "Shipping"), ("avgift", "Fee")):
        if draw(st.booleans()):
            price = Decimal(draw(st.integers(100, 9900))).scaleb(-2)
            items.append(ItemBody(ref=reference, type=kind, price=price))
    billing = {"FirstName": "Anna", "LastName": "Ek", "Street": "Gatan 1", "PostalCode": "11122", "City": "Stockholm"}
    return SaleBody(items=items, billing=billing, customer=billing)


SWITCHES = st.builds(
    Switches,
    return_names=st.sampled_from(["refund", "capture"]),
    addition=st.sampled_from(["update_invoice", "capture", "grown"]),
    free_refund=st.sampled_from(["refund", "update_invoice"]),
    vat_rate_shown=st.booleans(),
)


def money(stand: Stand, number: int, *, back: bool) -> int:
    """Öre that a payout would bring or take of an order."""
    moved = [
        transaction
        for transaction in stand.merchant.orders[number].transactions
        if transaction.moves_money and transaction.gives_back is back
    ]
    return sum(one.amount for one in moved)


def check(stand: Stand, number: int) -> None:
    order = stand.read(number)
    captured, refunded = money(stand, number, back=False), money(stand, number, back=True)
    gross = [line.gross(taxes_included=True) for line in order.lines]
    gross += [one.gross(taxes_included=True) for one in order.shipping]
    assert total(gross, "SEK") == order.total
    assert sum(one.amount.minor for one in order.money_in) == captured
    assert sum(one.amount.minor for one in order.money_out) == refunded
    for refund in order.refunds:
        assert refund.goods + (refund.discrepancy or Money.zero("SEK")) == refund.amount
    if captured:
        assert order.total.minor == captured
        decision = decide(order, rules())
        if isinstance(decision, Stopped) and order.money_out == order.money_out[:1]:
            (asked,) = decision.findings
            assert asked.code == "REFUND_EQUALS_VAT", decision
            assert order.money_out[0].amount == order.total_tax, "money that is to the öre the VAT is asked about"
            return
        assert isinstance(decision, Plan), decision
        assert total((document.total for document in decision.documents), "SEK").minor == captured - refunded


@given(sales(), SWITCHES, st.data())
def test_books_follow_the_money_whatever_is_done_with_an_order(
    sale: SaleBody, switches: Switches, data: st.DataObject
) -> None:
    stand = Stand(switches)
    number = int(place(stand.world, stand.merchant, sale)["order_id"])
    order = stand.merchant.orders[number]
    check(stand, number)

    def act(action: str, **body: Any) -> None:
        act_on(stand.world, stand.merchant, order, action, ActBody(**body))
        check(stand, number)

    goods = {item.ref: item.quantity for item in sale.items if item.type == "Product"}
    if not any(one.type == "Discount" for one in sale.items):
        # A part without its discount, or a discount without its goods, is refused by Qliro itself.
        part = {ref: data.draw(st.integers(0, units)) for ref, units in goods.items()}
        part = {ref: units for ref, units in part.items() if units}
        if part:
            act("ship", units=part)
    if order.left("open"):
        act(data.draw(st.sampled_from(["ship", "cancel"])) if money(stand, number, back=False) else "ship")
    if data.draw(st.booleans()):
        act("add", items=[ItemBody(ref="EXTRA", price=Decimal("77.50"))])
    if data.draw(st.booleans()) and switches.addition != "grown":
        act("give_back", amount=Decimal("1.00"))
        return
    shipped = order.left("shipped")
    for reference, price in list(shipped):
        left = money(stand, number, back=False) - money(stand, number, back=True)
        newest = max(
            transaction.id for transaction in order.transactions if transaction.type in ("Capture", "UpdateInvoice")
        )
        is_of_newest = any(one.item.reference == reference and one.transaction_id == newest for one in order.actions)
        if (
            not reference.startswith(("RABATT", "avgift"))
            and is_of_newest
            and price <= left
            and data.draw(st.booleans())
        ):
            act("return", units={reference: 1}, capture=newest)
