"""A provider's month in any order and any split: what it owes is what the clearing account shows, to the öre."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from app.kit.money import Money, total, vat_on_net
from app.model.payout import Payout, PayoutLine, PayoutLineKind
from app.payouts.planning.plan import Match, plan_payout
from app.posting.plan import Plan
from app.tenants.fee_vat import FeeVat
from app.tenants.rules import UnknownLines
from tests.support.builders import rules
from tests.support.property.months import Ledger

FIRST = date(2026, 11, 1)
CLEARING, BANK, RESERVE, DISPUTED = 1583, 1930, 1588, 1516
FEES = {FeeVat.REVERSE_CHARGE: 6041, FeeVat.SE_VAT: 6064, FeeVat.NONE: 6040}
OF_ORDERS = (PayoutLineKind.CHARGE, PayoutLineKind.REFUND)
ORE = st.integers(min_value=1, max_value=500_000)


def sek(minor: int) -> Money:
    return Money(minor, "SEK")


@st.composite
def movements(draw: st.DrawFn) -> list[PayoutLine]:
    """What happens on a balance: sales, refunds, disputes, reserves and fees, each on some day of two months."""
    kinds = st.sampled_from(
        (
            PayoutLineKind.CHARGE, PayoutLineKind.CHARGE, PayoutLineKind.CHARGE, PayoutLineKind.REFUND,
            PayoutLineKind.CHARGEBACK, PayoutLineKind.CHARGEBACK_REVERSED, PayoutLineKind.FEE,
            PayoutLineKind.RESERVE_HELD, PayoutLineKind.RESERVE_RELEASED,
        )
    )  # fmt: skip
    negative = (PayoutLineKind.REFUND, PayoutLineKind.CHARGEBACK, PayoutLineKind.RESERVE_HELD)
    lines = []
    for number in range(draw(st.integers(min_value=1, max_value=14))):
        kind, size = draw(kinds), draw(ORE)
        amount = 0 if kind is PayoutLineKind.FEE else -size if kind in negative else size
        fee = size // 40 if kind is PayoutLineKind.FEE else draw(st.integers(min_value=0, max_value=size // 20))
        shows_vat = draw(st.booleans())
        vat = vat_on_net(sek(fee), Decimal(25)) if shows_vat else None
        day = FIRST + timedelta(days=draw(st.integers(min_value=0, max_value=58)))
        lines.append(PayoutLine(f"l{number}", kind, day, sek(amount), sek(fee), vat, text=f"#{number}"))
    return lines


@st.composite
def payouts(draw: st.DrawFn) -> list[Payout]:
    """The movements in any split over payouts; the last ones may not be paid out yet."""
    lines = draw(movements())
    draw(st.randoms(use_true_random=False)).shuffle(lines)
    made: list[Payout] = []
    while lines:
        taken = draw(st.integers(min_value=1, max_value=len(lines)))
        part, lines = tuple(lines[:taken]), lines[taken:]
        net = total((line.net for line in part), "SEK")
        day = max(line.occurred_on for line in part) + timedelta(days=draw(st.integers(min_value=0, max_value=5)))
        made.append(Payout("qliro", "m", f"P{len(made)}", day, "SEK", net, part))
    return made


def booked(made: list[Payout], **choices: Any) -> Ledger:
    """Every sale and refund booked at its capture, then every payout as its plan says."""
    books = Ledger()
    for payout in made:
        for line in payout.lines:
            if line.kind in OF_ORDERS:
                books.add(CLEARING, line.amount.minor)
        plan = plan_payout(payout, rules(**choices), {line.id: Match(line.text, "order_name") for line in payout.lines})
        assert isinstance(plan, Plan)
        books.book(plan)
    return books


def summed(made: list[Payout], *kinds: PayoutLineKind) -> int:
    return sum(line.amount.minor for payout in made for line in payout.lines if line.kind in kinds)


@given(payouts(), st.sampled_from(FeeVat), st.booleans())
def test_when_all_is_paid_out_the_provider_owes_nothing_and_the_account_says_so(
    made: list[Payout],
    mode: FeeVat,
    by_month: bool,  # noqa: FBT001
) -> None:
    books = booked(made, fee_vat={"qliro": mode}, fees_by_month=by_month)
    assert books[CLEARING] == 0
    assert books[BANK] == sum(payout.paid_out.minor for payout in made)
    assert books[DISPUTED] == -summed(made, PayoutLineKind.CHARGEBACK, PayoutLineKind.CHARGEBACK_REVERSED)
    assert books[RESERVE] == -summed(made, PayoutLineKind.RESERVE_HELD, PayoutLineKind.RESERVE_RELEASED)


@given(payouts(), st.sampled_from(FeeVat))
def test_fees_and_their_vat_are_what_the_lines_say_by_the_tenants_mode(made: list[Payout], mode: FeeVat) -> None:
    books = booked(made, fee_vat={"qliro": mode}, fees_by_month=False)
    lines = [line for payout in made for line in payout.lines]
    assert books[FEES[mode]] == sum(line.fee.minor for line in lines)
    assert books[2641] == sum(line.fee_vat.minor for line in lines if line.fee_vat), "what a document shows is deducted"
    assert books[2645] == -books[2614]
    # Reckoned once per voucher on fees that show no VAT: never on the others.
    bases = [total((line.fee for line in one.lines if not line.fee_vat), "SEK") for one in made]
    reckoned = sum(vat_on_net(base, Decimal(25)).minor for base in bases)
    disputes = sum(line.kind in (PayoutLineKind.CHARGEBACK, PayoutLineKind.CHARGEBACK_REVERSED) for line in lines)
    assert abs(books[2645] - (reckoned if mode is FeeVat.REVERSE_CHARGE else 0)) <= disputes + len(made)


@given(payouts(), st.data())
def test_what_is_not_paid_out_yet_stands_on_the_account_as_owed(made: list[Payout], data: st.DataObject) -> None:
    paid = made[: data.draw(st.integers(min_value=0, max_value=len(made)))]
    books = booked(paid)
    for one in made[len(paid) :]:
        for line in one.lines:
            if line.kind in OF_ORDERS:
                books.add(CLEARING, line.amount.minor)
    assert books[CLEARING] == summed(made[len(paid) :], *OF_ORDERS)


@given(payouts(), st.data())
def test_line_of_nobody_stays_as_exactly_its_own_difference(made: list[Payout], data: st.DataObject) -> None:
    of_orders = [line for payout in made for line in payout.lines if line.kind in OF_ORDERS]
    if not of_orders:
        return
    stranger = data.draw(st.sampled_from(of_orders))
    books = Ledger()
    for one in made:
        for line in one.lines:
            if line.kind in OF_ORDERS and line is not stranger:
                books.add(CLEARING, line.amount.minor)
        known = {line.id: Match(line.text, "order_name") for line in one.lines if line is not stranger}
        plan = plan_payout(one, rules(unknown_lines=UnknownLines.BOOK, provider_not_matching=UnknownLines.BOOK), known)
        assert isinstance(plan, Plan)
        assert bool(plan.notices) == (stranger in one.lines)
        books.book(plan)
    assert books[CLEARING] == -stranger.amount.minor
