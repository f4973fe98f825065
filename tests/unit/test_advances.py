"""Money before its invoice: VAT in the month of the payment, taken back once, to the öre (decision 0029)."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.adjustments.creditable_lines import PostedDocuments
from app.kit.money import Money
from app.model.order import Address, Order, Transaction, TransactionKind
from app.orders.planning.planner import decide
from app.payments.advances import Advance
from app.posting.plan import Entry, Plan, Stopped, Waiting
from app.posting.vouchers import VoucherRow
from app.tenants.rules import Advances, EuBusinesses, TenantRules
from tests.support.builders import line, order, paid, planned, rules, sek, tax_line

OCTOBER = datetime(2026, 10, 5, 10, tzinfo=UTC)
DECEMBER = datetime(2026, 12, 5, 10, tzinfo=UTC)
DEPOSIT = paid("3000.00", at=OCTOBER, id="t1")
BALANCE = paid("7000.00", at=DECEMBER, id="t2")


def sofa(*transactions: Transaction, **changes: Any) -> Order:
    return order(line("10000.00", title="Soffa"), transactions=transactions, created_at=OCTOBER, **changes)


def entries(plan: Plan) -> dict[tuple[date, int], str]:
    """Day and account → what the whole plan books there, with its sign."""
    sums: dict[tuple[date, int], Money] = {}
    rows: list[tuple[date, Entry | VoucherRow]] = [(one.day, row) for one in plan.manual_entries for row in one.rows]
    rows += [(voucher.day, row) for voucher in plan.vouchers for row in voucher.entries]
    for day, row in rows:
        place = (day, row.account)
        sums[place] = sums.get(place, sek("0.00")) + row.debit - row.credit
    return {place: str(amount.decimal) for place, amount in sums.items() if amount}


def done(plan: Plan) -> PostedDocuments:
    return PostedDocuments(plan.steps)


def test_deposit_is_booked_on_its_day_and_the_order_goes_on_waiting() -> None:
    made = planned(decide(sofa(DEPOSIT), rules()))
    assert (made.waiting, made.documents) == ("not_paid", ())
    assert entries(made) == {
        (date(2026, 10, 5), 1581): "3000.00",
        (date(2026, 10, 5), 2420): "-2400.00",
        (date(2026, 10, 5), 2611): "-600.00",
    }


@pytest.mark.parametrize("seen_in_time", [True, False])
def test_invoice_takes_the_advance_and_its_vat_back(*, seen_in_time: bool) -> None:
    posted = done(planned(decide(sofa(DEPOSIT), rules()))) if seen_in_time else PostedDocuments()
    made = planned(decide(sofa(DEPOSIT, BALANCE), rules(), posted))
    assert made.invoice.total == sek("10000.00")
    assert entries(made) == {
        (date(2026, 10, 5), 1581): "3000.00",
        (date(2026, 10, 5), 2420): "-2400.00",
        (date(2026, 10, 5), 2611): "-600.00",
        (date(2026, 12, 5), 1581): "7000.00",
        (date(2026, 12, 5), 2420): "2400.00",
        (date(2026, 12, 5), 2611): "-1400.00",
        (date(2026, 12, 5), 3001): "-8000.00",
    }
    again = planned(decide(sofa(DEPOSIT, BALANCE), rules(), done(made)))
    assert {step.key for step in again.steps} == {step.key for step in made.steps}


def test_killed_between_any_two_steps_the_rest_follows_once() -> None:
    whole = planned(decide(sofa(DEPOSIT, BALANCE), rules()))
    for reached in range(len(whole.steps)):
        rest = planned(decide(sofa(DEPOSIT, BALANCE), rules(), PostedDocuments(whole.steps[:reached])))
        assert {step.key for step in rest.steps} == {step.key for step in whole.steps}, reached
        assert entries(rest) == entries(whole), reached


@pytest.mark.parametrize("seen_in_time", [True, False])
def test_deposit_of_a_cancelled_order_goes_back_as_it_came(*, seen_in_time: bool) -> None:
    posted = done(planned(decide(sofa(DEPOSIT), rules()))) if seen_in_time else PostedDocuments()
    back = paid("3000.00", at=datetime(2026, 11, 10, 10, tzinfo=UTC), id="t3", kind=TransactionKind.REFUND)
    cancelled = sofa(DEPOSIT, back, cancelled_at=datetime(2026, 11, 10, 10, tzinfo=UTC))
    made = planned(decide(cancelled, rules(), posted))
    assert (made.waiting, made.documents) == ("", ())
    assert entries(made)[date(2026, 11, 10), 2611] == "600.00"
    per_account: dict[int, Money] = {}
    for row in (row for one in made.manual_entries for row in one.rows):
        per_account[row.account] = per_account.get(row.account, sek("0.00")) + row.debit - row.credit
    assert not any(per_account.values())


def test_captures_of_two_months_have_their_vat_in_each() -> None:
    captures = (
        paid("400.00", at=datetime(2026, 10, 30, 10, tzinfo=UTC), id="t1", kind=TransactionKind.CAPTURE),
        paid("600.00", at=datetime(2026, 11, 2, 10, tzinfo=UTC), id="t2", kind=TransactionKind.CAPTURE),
    )
    made = planned(decide(order(line("500.00", quantity=2), transactions=captures), rules()))
    found = entries(made)
    assert (found[date(2026, 10, 30), 2611], found[date(2026, 11, 2), 2611]) == ("-80.00", "-120.00")
    assert (found[date(2026, 10, 30), 1581], found[date(2026, 11, 2), 1581]) == ("400.00", "600.00")


def test_captures_of_one_month_are_named_on_the_invoice() -> None:
    captures = (paid("400.00", at=datetime(2026, 11, 2, 10, tzinfo=UTC), id="t1"), paid("600.00", id="t2"))
    made = planned(decide(order(line("500.00", quantity=2), transactions=captures), rules()))
    assert made.manual_entries == ()
    assert "Betalt 2026-11-02: 400.00 SEK." in made.invoice.text


def test_rule_may_ask_instead() -> None:
    asked = decide(sofa(DEPOSIT), rules(advances=Advances.ASK))
    assert isinstance(asked, Waiting)
    (told,) = asked.notices
    assert told.code == "ADVANCE_TO_BOOK"
    assert told.data == {
        "order": "#1001", "amount": "3000.00 SEK", "date": "2026-10-05", "month": "2026-10", "tax_amount": "600.00 SEK",
    }  # fmt: skip


def test_sale_without_vat_brings_none_forward() -> None:
    germany = Address(name="Greta Gran", zip_code="10115", country_code="DE")
    free = line("10000.00", rate=None, tax_lines=(tax_line("0", "0.00"),))
    sold = order(free, transactions=(DEPOSIT,), bill_to=germany, ship_to=germany, vat_number="DE136695976")
    made = planned(decide(sold, rules(eu_businesses=EuBusinesses.REVERSE_CHARGE)))
    assert entries(made) == {(date(2026, 10, 5), 1581): "3000.00", (date(2026, 10, 5), 2420): "-3000.00"}


def test_nearly_paid_order_is_no_deposit() -> None:
    assert decide(order(transactions=(paid("498.50"),)), rules()) == Waiting("not_paid")


def test_gift_card_is_no_money_in_advance() -> None:
    assert decide(sofa(paid("3000.00", "gift_card")), rules()) == Waiting("not_paid")


def test_account_that_is_not_mapped_stops_before_anything_is_sent() -> None:
    decision = decide(sofa(DEPOSIT), rules(accounts={"deferred.advance": None}))
    assert isinstance(decision, Stopped)
    assert [finding.data for finding in decision.findings] == [{"role": "deferred.advance"}]


@given(st.lists(st.integers(1, 500_00), min_size=1, max_size=6), st.integers(0, 300_00))
def test_parts_of_an_advance_have_all_of_its_vat_and_no_more(parts: list[int], vat: int) -> None:
    whole = Money(sum(parts), "SEK")
    advance = Advance("t1", whole, ((2611, Money(vat, "SEK")),), 1581, Money(0, "SEK"))
    taken = 0
    for part in parts:
        taken += advance.vat_of(Money(part, "SEK"))[0][1].minor
        advance = advance.less(Money(part, "SEK"))
    assert taken == vat
    assert not advance.left


def test_refund_after_the_invoice_is_an_ordinary_credit() -> None:
    made = planned(decide(sofa(DEPOSIT, BALANCE), rules()))
    back = paid("10000.00", at=DECEMBER, id="t3", kind=TransactionKind.REFUND)
    refunded = replace(sofa(DEPOSIT, BALANCE, back), cancelled_at=DECEMBER)
    again = planned(decide(refunded, TenantRules(), done(made)))
    assert not [one for one in again.manual_entries if one.key not in {step.key for step in made.steps}]
