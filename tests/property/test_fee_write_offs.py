"""Fees on the payments of their orders: the accounts end where they would have ended with all fees in the vouchers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from app.kit.money import Money, vat_on_net
from app.model.order import Order, WriteOff, sum_of
from app.model.payout import Payout, PayoutLine, PayoutLineKind
from app.orders.planning.planner import decide
from app.payments.fee_write_offs import WrittenOff, fee_write_offs
from app.payments.payout_timing import with_payout_days
from app.payouts.planning.plan import Match, plan_payout
from app.posting.plan import Plan
from app.tenants.fee_vat import FeeVat
from app.tenants.rules import TenantRules
from tests.support.builders import line, order, paid, rules

FIRST = date(2026, 11, 20)
PROVIDER = "shopify_payments"
FEES = {FeeVat.REVERSE_CHARGE: 6041, FeeVat.SE_VAT: 6064, FeeVat.NONE: 6040}
REVERSE = (2645, 2614)


def sek(minor: int) -> Money:
    return Money(minor, "SEK")


@dataclass(frozen=True)
class Sold:
    """An order, its line in a payout, and whether its payment is there in time to take the fee."""

    order: Order
    line: PayoutLine
    takes: bool


@st.composite
def sales(draw: st.DrawFn) -> list[Sold]:
    made = []
    for number in range(draw(st.integers(min_value=1, max_value=6))):
        price = draw(st.integers(min_value=100, max_value=500_000))
        # Now and then more than the sale: no payment can take it. Negative: given back.
        fee = draw(st.one_of(st.integers(min_value=-(price // 2), max_value=price // 2), st.just(price + 1)))
        shown = vat_on_net(sek(fee), Decimal(25)) if draw(st.booleans()) else None
        day = FIRST + timedelta(days=draw(st.integers(min_value=0, max_value=15)))
        money = paid(sek(price), id=f"t{number}")
        made.append(
            Sold(
                order(line(sek(price)), id=f"600{number}", name=f"#{number}", transactions=(money,)),
                PayoutLine(f"l{number}", PayoutLineKind.CHARGE, day, sek(price), sek(fee), shown),
                draw(st.booleans()),
            )
        )
    return made


def booked(parts: list[list[Sold]], chosen: TenantRules) -> tuple[dict[int, int], int]:
    """Account → öre after every order and payout, and how many fees payments took."""
    accounts: dict[int, int] = {}
    count = 0
    for number, part in enumerate(parts):
        day = FIRST + timedelta(days=20 + number)
        taken: dict[str, tuple[WriteOff, ...]] = {}
        for one in part:
            (money,) = one.order.transactions
            claim = fee_write_offs(one.line, money, PROVIDER, day, chosen) if one.takes else ()
            plan = decide(with_payout_days(one.order, {money.id: day}, {money.id: claim}), chosen)
            assert isinstance(plan, Plan), plan
            (payment,) = plan.payments
            assert payment.write_offs == claim
            taken |= {one.line.id: payment.write_offs} if payment.write_offs else {}
            for voucher in plan.vouchers:
                for entry in voucher.entries:
                    accounts[entry.account] = accounts.get(entry.account, 0) + entry.debit.minor - entry.credit.minor
        for account, minor in payout_of(part, day, chosen, taken).items():
            accounts[account] = accounts.get(account, 0) + minor
        count += len(taken)
    return {account: minor for account, minor in accounts.items() if minor}, count


def payout_of(part: list[Sold], day: date, chosen: TenantRules, taken: WrittenOff) -> dict[int, int]:
    out = sek(sum(one.line.net.minor for one in part))
    told = Payout(PROVIDER, "shop", f"P{day}", day, "SEK", out, tuple(one.line for one in part))
    plan = plan_payout(told, chosen, {sold.line.id: Match(sold.order.name, "x") for sold in part}, written_off=taken)
    assert isinstance(plan, Plan), plan
    moved: dict[int, int] = {}
    for voucher in plan.manual_entries:
        for row in voucher.rows:
            moved[row.account] = moved.get(row.account, 0) + row.debit.minor - row.credit.minor
    return moved


@given(sales(), st.integers(min_value=1, max_value=3), st.sampled_from(FeeVat), st.booleans())
def test_accounts_end_where_they_end_without_the_rule(
    sold: list[Sold],
    count: int,
    mode: FeeVat,
    by_month: bool,  # noqa: FBT001
) -> None:
    parts = [part for start in range(count) if (part := sold[start::count])]
    waits = frozenset({PROVIDER})
    without = rules(clear_at_payout=waits, fee_vat={PROVIDER: mode}, fees_by_month=by_month)
    plain, none_taken = booked(parts, without)
    written, taken = booked(parts, replace(without, fee_write_off=waits))
    assert none_taken == 0
    assert taken == sum(one.takes and one.line.net.minor > 0 and one.line.net != one.line.amount for one in sold)
    # By month, 25 % is reckoned on groups of fees: a fee that is in another one moves half an öre of both rows.
    leeway = 3 * len(parts) if by_month else 0
    for account in plain.keys() | written.keys():
        differs = abs(plain.get(account, 0) - written.get(account, 0))
        assert differs <= (leeway if account in REVERSE else 0), account
    assert sum(written.get(account, 0) for account in REVERSE) == 0
    assert written.get(FEES[mode], 0) == sum(one.line.fee.minor for one in sold)
    assert written.get(1581, 0) == 0


@given(sales())
def test_payment_moves_what_the_bank_gets_and_pays_what_the_invoice_says(sold: list[Sold]) -> None:
    chosen = rules(clear_at_payout=frozenset({PROVIDER}), fee_write_off=frozenset({PROVIDER}))
    for one in sold:
        (money,) = one.order.transactions
        claim = fee_write_offs(one.line, money, PROVIDER, FIRST, chosen)
        plan = decide(with_payout_days(one.order, {money.id: FIRST}, {money.id: claim}), chosen)
        assert isinstance(plan, Plan)
        (payment,) = plan.payments
        assert payment.money == (one.line.net if claim else one.line.amount)
        assert payment.money + sum_of(payment.write_offs, "SEK") == payment.closes == one.order.total
