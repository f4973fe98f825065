"""Any sales at any rates, paid out in any splits: vouchers balance, and nothing is left on the clearing account."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from app.kit.money import Money, total
from app.model.payout import MatchKey, Payout, PayoutLine, PayoutLineKind
from app.payouts.fx.exchange import BookedPayment, CarryingAmount, Exchange, carrying_amount_of
from app.payouts.planning.plan import Match, plan_payout
from app.posting.plan import Plan, Stopped
from app.tenants.fee_vat import FeeVat
from tests.support.builders import rules
from tests.support.property.months import Ledger

CLEARING, OTHER, BANK, IN_EURO, DIFFERENCES = 1582, 1599, 1930, 1980, (3960, 7960)
DAY = date(2026, 11, 20)
RATES = st.decimals(min_value="5", max_value="20", places=4)
CENTS = st.integers(min_value=1, max_value=500_000)
Sale = tuple[PayoutLine, BookedPayment]


def euro(minor: int) -> Money:
    return Money(minor, "EUR")


@st.composite
def sales(draw: st.DrawFn) -> list[Sale]:
    """Charges and refunds, each booked at a rate of its own; some on an account that was chosen before."""
    made = []
    for number in range(draw(st.integers(min_value=1, max_value=10))):
        amount = euro(draw(CENTS) * draw(st.sampled_from([1, 1, -1])))
        kind = PayoutLineKind.CHARGE if amount.minor > 0 else PayoutLineKind.REFUND
        fee = euro(draw(st.integers(min_value=0, max_value=abs(amount.minor) // 20)))
        day = DAY - timedelta(days=draw(st.integers(min_value=0, max_value=40)))
        keys = {MatchKey.TRANSACTION_ID: f"t{number}"}
        line = PayoutLine(f"l{number}", kind, day, amount, fee, keys=keys, text=f"#{number}")
        kronor = Money.rounded(amount.decimal * draw(RATES), "SEK")
        account = draw(st.sampled_from([CLEARING, CLEARING, OTHER]))
        role = "psp.shopify_payments.eur"
        made.append((line, BookedPayment(f"t{number}", account, role, amount, amount, kronor, amount)))
    return made


@given(sales(), st.data(), st.booleans(), st.sampled_from(FeeVat), st.booleans())
def test_when_all_is_paid_out_the_clearing_accounts_are_empty_and_only_the_bank_has_the_days_rate(
    made: list[Sale],
    data: st.DataObject,
    turned: bool,  # noqa: FBT001
    mode: FeeVat,
    by_month: bool,  # noqa: FBT001
) -> None:
    books, banked, left = Ledger(), 0, list(made)
    for _line, payment in made:
        books.add(payment.account, payment.kronor.minor if payment.kronor else 0)
    sold = sum(payment.kronor.minor for _line, payment in made if payment.kronor)
    while left:
        count = data.draw(st.integers(min_value=1, max_value=len(left)))
        part, left = left[:count], left[count:]
        out = total((line.net for line, _payment in part), "EUR")
        rate = data.draw(RATES)
        kronor = Money.rounded(out.decimal * rate, "SEK")
        lines = tuple(line for line, _payment in part)
        bank = kronor if turned and kronor else None
        told = Payout("shopify_payments", "s", f"P{len(left)}", DAY, "EUR", out, lines, bank_amount=bank)
        banked += kronor.minor
        plan = planned(told, [payment for _line, payment in part], rate, mode, by_month=by_month)
        assert isinstance(plan, Plan)
        books.book(plan)
    assert (books[CLEARING], books[OTHER]) == (0, 0)
    assert books[BANK] + books[IN_EURO] == banked
    fees = sum(books[account] for account in (6041, 6064, 6040))
    assert books[2645] == -books[2614]
    assert sum(books[account] for account in DIFFERENCES) == sold - banked - fees, "all else is an exchange difference"


def planned(
    told: Payout, payments: list[BookedPayment], rate: Decimal, mode: FeeVat, *, by_month: bool
) -> Plan | object:
    carrying_amounts: dict[str, CarryingAmount] = {}
    used: set[str] = set()
    for line in told.lines:
        carrying_amount = carrying_amount_of(line, payments, used, by_id=True)
        assert carrying_amount is not None
        carrying_amounts[line.id] = carrying_amount
    known = {line.id: Match(line.text, "transaction_id") for line in told.lines}
    exchange = Exchange(carrying_amounts, rates={"EUR": rate})
    return plan_payout(told, rules(fee_vat={"shopify_payments": mode}, fees_by_month=by_month), known, exchange)


@given(sales(), st.data())
def test_line_without_a_worth_stops_the_whole_payout(made: list[Sale], data: st.DataObject) -> None:
    lines = tuple(line for line, _payment in made)
    lost = data.draw(st.sampled_from(lines))
    told = Payout("shopify_payments", "s", "P", DAY, "EUR", total((line.net for line in lines), "EUR"), lines)
    payments = [payment for line, payment in made if line is not lost]
    carrying_amounts = {
        one.id: carrying_amount
        for one in lines
        if (carrying_amount := carrying_amount_of(one, payments, set(), by_id=True))
    }
    known = {line.id: Match(line.text, "transaction_id") for line in lines}
    decision = plan_payout(told, rules(), known, Exchange(carrying_amounts, rates={"EUR": Decimal(11)}))
    assert isinstance(decision, Stopped)
    assert [(finding.code, finding.data["shop_amount"]) for finding in decision.findings] == [
        ("PAYOUT_LINE_WORTH_UNKNOWN", str(lost.amount))
    ]


@given(CENTS, st.integers(min_value=1, max_value=5))
def test_each_transaction_is_taken_once_though_amounts_are_equal(cents: int, count: int) -> None:
    amount = euro(cents)
    payments = [
        BookedPayment(f"t{n}", CLEARING, "psp.stripe.eur", amount, amount, Money(n, "SEK"), amount)
        for n in range(1, count + 1)
    ]
    lines = [PayoutLine(f"l{n}", PayoutLineKind.CHARGE, DAY, amount, euro(0)) for n in range(count + 1)]
    used: set[str] = set()
    carrying_amounts = [carrying_amount_of(line, payments, used, by_id=False) for line in lines]
    assert carrying_amounts[-1] is None
    assert sum(carrying_amount.kronor.minor for carrying_amount in carrying_amounts[:-1] if carrying_amount) == sum(
        range(1, count + 1)
    )
