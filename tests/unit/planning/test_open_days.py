"""Days of a locked period: the tenant's rule and people's answers say what becomes of them."""

from datetime import date

import pytest

from app.model.answers import Answer, Answers, LockedPeriod
from app.orders.planning.open_days import invoice_on_open_day, is_locked, open_day, vouchers_on_open_days
from app.orders.planning.state import NOTHING, PlanInput
from app.posting.references import Purpose, VoucherRef
from app.posting.vouchers import CreateVoucher, rows_of
from tests.support.builders import codes, invoice, plan_input, rules, sek

LAST_LOCKED, FIRST_OPEN = date(2026, 10, 31), date(2026, 11, 1)
OCTOBER = date(2026, 10, 20)


def locked(rule: LockedPeriod = LockedPeriod.ASK, answers: Answers | None = None) -> PlanInput:
    return plan_input(None, rules(locked_period=rule), locked_through=LAST_LOCKED, answers=answers or Answers())


def voucher(key: str, day: date) -> CreateVoucher:
    return CreateVoucher(
        VoucherRef(Purpose.ADVANCE_RECEIVED, key),
        day,
        "",
        "A",
        rows_of([(1930, sek("1.00")), (1581, sek("-1.00"))]),
        key,
    )


def test_period_is_locked_through_its_last_day() -> None:
    assert [is_locked(locked(), day) for day in (LAST_LOCKED, FIRST_OPEN)] == [True, False]
    assert not is_locked(plan_input(), date.min), "no day is, where nothing is locked"


def test_open_day_stays() -> None:
    assert open_day(locked(), FIRST_OPEN, "R1") == (FIRST_OPEN, NOTHING)
    assert open_day(plan_input(), OCTOBER, "R1") == (OCTOBER, NOTHING)


def test_locked_day_moves_to_the_first_open_one_where_the_rule_says_so() -> None:
    day, told = open_day(locked(LockedPeriod.MOVE), LAST_LOCKED, "R1")
    assert day == FIRST_OPEN
    (notice,) = told.notices
    assert (notice.code, notice.about) == ("CREDIT_MOVED_TO_OPEN_PERIOD", "R1")
    assert notice.data == {"date": "2026-10-31", "locked_until": "2026-10-31", "document": "R1"}
    assert told.findings == ()


@pytest.mark.parametrize(
    ("rule", "code"), [(LockedPeriod.WAIT, "FORTNOX_PERIOD_LOCKED"), (LockedPeriod.ASK, "CREDIT_PERIOD_LOCKED")]
)
def test_locked_day_stays_and_blocks_where_the_rule_says_wait_or_ask(rule: LockedPeriod, code: str) -> None:
    day, told = open_day(locked(rule), OCTOBER, "R1")
    assert (day, codes(told.findings), told.notices) == (OCTOBER, [code], ())


def test_answer_about_a_document_holds_for_that_one() -> None:
    answers = Answers({("CREDIT_PERIOD_LOCKED", "R1"): Answer.MOVE})
    assert open_day(locked(answers=answers), OCTOBER, "R1")[0] == FIRST_OPEN
    assert open_day(locked(answers=answers), OCTOBER, "R2")[0] == OCTOBER


def test_vouchers_move_each_by_itself_and_say_so() -> None:
    early, late = voucher("early", OCTOBER), voucher("late", date(2026, 11, 9))
    moved, told = vouchers_on_open_days(locked(LockedPeriod.MOVE), [early, late])
    assert [(each.ref.about, each.day) for each in moved] == [("early", FIRST_OPEN), ("late", late.day)]
    assert [notice.about for notice in told.notices] == ["early"]


def test_invoice_of_a_locked_day_stays_until_a_person_moves_it() -> None:
    of_october = invoice(day=OCTOBER)
    assert invoice_on_open_day(locked(LockedPeriod.MOVE), of_october) == (of_october, NOTHING), "the rule is of credits"
    answered = Answers({("FORTNOX_PERIOD_LOCKED", "2026-10-31"): Answer.MOVE})
    moved, told = invoice_on_open_day(locked(answers=answered), of_october)
    assert (moved.day, moved.text) == (FIRST_OPEN, "Avser 2026-10-20.")
    assert codes(told.notices) == ["INVOICE_MOVED_TO_OPEN_PERIOD"]
    assert invoice_on_open_day(locked(answers=answered), invoice(day=FIRST_OPEN)) == (invoice(day=FIRST_OPEN), NOTHING)
