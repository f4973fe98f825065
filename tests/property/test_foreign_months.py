"""Months in euro, in any order and any split: when the provider holds nothing, nothing stands on its accounts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from app.kit.money import Money, total
from app.model.payout import OF_ORDERS, LostDispute, MatchKey, Payout, PayoutLine, PayoutLineKind
from app.payouts.fx.carrying_amounts import separate_amounts
from app.payouts.fx.exchange import BookedPayment, CarryingAmount, Exchange, carrying_amount_of, in_kronor
from app.payouts.fx.held_balance import HELD_KINDS, HeldBalance
from app.payouts.planning.disputes import Claim, claim_of, plan_lost
from app.payouts.planning.plan import Match, plan_payout
from app.posting.plan import Plan
from tests.support.builders import rules
from tests.support.property.months import Ledger

CLEARING, BANK, RESERVE, DISPUTED, LOST = 1582, 1980, 1588, 1516, 6351
FEES, DIFFERENCES, VAT = 6041, (3960, 7960), (2645, 2614)
FIRST = date(2026, 10, 1)
CENTS = st.integers(min_value=1, max_value=100_000)
RATES = st.decimals(min_value="5", max_value="20", places=4)
RULES = rules()


def euro(minor: int) -> Money:
    return Money(minor, "EUR")


@dataclass
class Provider:
    """What happens at the provider, each line as it is told; and what stands in the books of each order."""

    draw: st.DrawFn
    lines: list[PayoutLine] = field(default_factory=list)
    booked: dict[int, list[BookedPayment]] = field(default_factory=dict)
    orders: dict[str, int] = field(default_factory=dict)
    open: list[tuple[int, int]] = field(default_factory=list)
    """Order and amount of disputes that are not decided."""
    lost: list[LostDispute] = field(default_factory=list)
    held: int = 0
    carried: int = 0

    def add(self, kind: PayoutLineKind, cents: int, order: int = 0, transaction: str = "", fee: int = 0) -> None:
        number = len(self.lines)
        keys = {MatchKey.TRANSACTION_ID: transaction} if transaction else {}
        line = PayoutLine(f"l{number}", kind, FIRST, euro(cents), euro(fee), keys=keys, text=f"#{order}")
        self.lines.append(line)
        if order:
            self.orders[line.id] = order

    def move(self, order: int, cents: int) -> None:
        """A sale or a refund, booked at a rate of its own."""
        name = f"t{len(self.lines)}"
        kronor = Money.rounded(euro(cents).decimal * self.draw(RATES), "SEK")
        paid = BookedPayment(name, CLEARING, "psp.shopify_payments.eur", euro(cents), euro(cents), kronor, euro(cents))
        self.booked.setdefault(order, []).append(paid)
        kind = PayoutLineKind.CHARGE if cents > 0 else PayoutLineKind.REFUND
        self.add(kind, cents, order, name, self.draw(st.integers(min_value=0, max_value=abs(cents) // 20)))

    def happen(self) -> None:
        """One thing that may happen now."""
        what = self.draw(
            st.sampled_from(("sale", "sale", "refund", "dispute", "decide", "hold", "release", "carry", "fee"))
        )
        sold = [order for order in self.booked if len(self.booked[order]) == 1]
        if what == "refund" and sold:
            order = self.draw(st.sampled_from(sold))
            self.move(order, -self.booked[order][0].paid.minor)
        elif what == "dispute" and sold:
            order = self.draw(st.sampled_from(sold))
            cents = self.draw(st.integers(min_value=1, max_value=self.booked[order][0].paid.minor))
            self.open.append((order, cents))
            self.add(PayoutLineKind.CHARGEBACK, -cents, order, fee=self.draw(st.integers(0, 1500)))
        elif what == "decide" and self.open:
            self.decide(is_won=self.draw(st.booleans()))
        elif what == "hold":
            cents = self.draw(CENTS)
            self.held += cents
            self.add(PayoutLineKind.RESERVE_HELD, -cents)
        elif what == "release" and self.held:
            self.release(self.draw(st.integers(min_value=1, max_value=self.held)))
        elif what == "carry":
            cents = self.draw(CENTS) * self.draw(st.sampled_from((1, -1)))
            self.carried += cents
            self.add(PayoutLineKind.CARRIED_FORWARD, cents)
        elif what == "fee":
            self.add(PayoutLineKind.FEE, 0, fee=self.draw(CENTS))
        else:
            self.move(len(self.booked) + 1, self.draw(CENTS))

    def decide(self, *, is_won: bool) -> None:
        order, cents = self.open.pop(0)
        if is_won:
            self.add(PayoutLineKind.CHARGEBACK_REVERSED, cents, order)
        else:
            self.lost.append(LostDispute("shopify_payments", f"d{len(self.lost)}", str(order), "", euro(cents), FIRST))

    def release(self, cents: int) -> None:
        self.held -= cents
        self.add(PayoutLineKind.RESERVE_RELEASED, cents)

    def wind_up(self) -> None:
        """Everything is decided, released and taken back: the provider holds nothing."""
        while self.open:
            self.decide(is_won=self.draw(st.booleans()))
        if self.held:
            self.release(self.held)
        if self.carried:
            self.add(PayoutLineKind.CARRIED_FORWARD, -self.carried)


@dataclass
class Bookkeeping:
    """The payouts as they are planned one after another, each from what is booked of the earlier ones."""

    provider: Provider
    books: Ledger = field(default_factory=Ledger)
    done: list[tuple[Payout, dict[str, CarryingAmount], Money]] = field(default_factory=list)
    used: set[str] = field(default_factory=set)

    def standing(self) -> HeldBalance:
        standing = HeldBalance()
        for told, carrying_amounts, at_bank in self.done:
            for line in told.lines:
                if line.kind in HELD_KINDS and line.id in carrying_amounts:
                    standing.note(line, self.provider.orders.get(line.id, 0), carrying_amounts[line.id].kronor)
            if told.bounced:
                standing.put(PayoutLineKind.PAYOUT_FAILED, told.paid_out, at_bank)
        return standing

    def book(self, told: Payout, rate: Decimal) -> None:
        orders, booked = self.provider.orders, self.provider.booked
        carrying_amounts = {}
        for line in told.lines:
            if line.kind in OF_ORDERS:
                carrying_amount = carrying_amount_of(line, booked[orders[line.id]], self.used, by_id=True)
                assert carrying_amount is not None
                carrying_amounts[line.id] = carrying_amount
        apart, unknown = separate_amounts(told, orders, booked, self.standing(), {"EUR": rate})
        assert not unknown
        amounts = {line.id: line.amount for line in told.lines}
        role = "psp.shopify_payments.eur"
        carrying_amounts |= {
            one: CarryingAmount(CLEARING, role, amounts[one], kronor, ()) for one, kronor in apart.items()
        }
        exchange = Exchange(carrying_amounts, rates={"EUR": rate})
        plan = plan_payout(told, RULES, {one.id: Match(one.text, "order_name") for one in told.lines}, exchange)
        assert isinstance(plan, Plan), plan
        self.books.book(plan)
        self.done.append((told, carrying_amounts, in_kronor(told, exchange, CLEARING).payout.paid_out))

    def lose(self, dispute: LostDispute) -> None:
        claims = [
            Claim(-line.amount, -carrying_amounts[line.id].kronor)
            for told, carrying_amounts, _at_bank in self.done
            for line in told.lines
            if line.kind is PayoutLineKind.CHARGEBACK and self.provider.orders[line.id] == int(dispute.order_id)
        ]
        claim = claim_of(dispute, claims)
        assert isinstance(claim, Money)
        plan = plan_lost(dispute, claim, RULES)
        assert isinstance(plan, Plan)
        self.books.book(plan)


@st.composite
def months(draw: st.DrawFn) -> Provider:
    provider = Provider(draw)
    provider.move(1, draw(CENTS))
    for _time in range(draw(st.integers(min_value=0, max_value=25))):
        provider.happen()
    provider.wind_up()
    return provider


def paid_out(provider: Provider, data: st.DataObject) -> Bookkeeping:
    """Every line in payouts of any size, some of which bounce and come back with the next one."""
    keeping = Bookkeeping(provider)
    for payments in provider.booked.values():
        for payment in payments:
            assert payment.kronor is not None
            keeping.books.add(CLEARING, payment.kronor.minor)
    left, number, back = list(provider.lines), 0, None
    while left or back:
        count = data.draw(st.integers(min_value=1, max_value=len(left))) if left else 0
        part, left = left[:count], left[count:]
        part += [back] if back else []
        out = total((line.net for line in part), "EUR")
        bounced = bool(out) and not back and data.draw(st.booleans())
        day = FIRST + timedelta(days=number)
        told = Payout("shopify_payments", "s", f"P{number}", day, "EUR", out, tuple(part), bounced=bounced)
        keeping.book(told, data.draw(RATES))
        number += 1
        back = PayoutLine(f"b{number}", PayoutLineKind.PAYOUT_FAILED, day, out, euro(0)) if bounced else None
    for dispute in provider.lost:
        keeping.lose(dispute)
    return keeping


@given(months(), st.data())
def test_when_the_provider_holds_nothing_its_accounts_are_empty_and_all_else_is_an_exchange_difference(
    provider: Provider, data: st.DataObject
) -> None:
    keeping = paid_out(provider, data)
    books = keeping.books
    assert (books[CLEARING], books[RESERVE], books[DISPUTED]) == (0, 0, 0)
    sold = sum(payment.kronor.minor for payments in provider.booked.values() for payment in payments if payment.kronor)
    elsewhere = books[BANK] + books[FEES] + books[LOST] + sum(books[account] for account in VAT)
    assert sum(books[account] for account in DIFFERENCES) == sold - elsewhere
    assert set(books.accounts) <= {CLEARING, BANK, RESERVE, DISPUTED, LOST, FEES, *DIFFERENCES, *VAT}
    assert bool(books[LOST]) == bool(provider.lost and any(_claims(keeping)))


def _claims(keeping: Bookkeeping) -> list[int]:
    """Kronor of every dispute that was opened."""
    return [
        carrying_amounts[line.id].kronor.minor
        for told, carrying_amounts, _at_bank in keeping.done
        for line in told.lines
        if line.kind is PayoutLineKind.CHARGEBACK
    ]
