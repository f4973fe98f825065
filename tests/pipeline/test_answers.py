"""What people answer on an order's page: kept with who and when, and the order's plan goes by it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.jobs.notifier import SilentNotifier
from app.model.order import books_day
from app.orders.given_answers import Answering
from app.reconciliation.reconciliation import clearing_accounts
from app.schema import GivenAnswer, MoneyUse, Operation
from app.web.reading import StoredReading
from sandbox.shopify.model import StoredOrder
from tests.support.pipeline.bench import VASE, Bench

PLATE: dict[str, Any] = VASE | {"title": "Tallrik", "sku": "GF-TAL", "price": "200.00"}
BO = "bo@example.se"


def _credits(bench: Bench) -> list[dict[str, Any]]:
    return [invoice for invoice in bench.invoices() if invoice["Credit"] == "true"]


def _answering(bench: Bench) -> Answering:
    return Answering(bench.program.store, SilentNotifier())


def _answer(bench: Bench, code: str, answer: str) -> None:
    finding = bench.finding(code)
    assert _answering(bench)(bench.tenant_id, bench.order_of(finding), finding.id, answer, BO)
    bench.rest()


def _asked_about_a_locked_period(bench: Bench) -> StoredOrder:
    bench.rules(locked_period="ask")
    order = bench.place()
    bench.rest()
    bench.company_is(locked_until=books_day(datetime.now(UTC)).isoformat())
    bench.warm()
    bench.act(order, "refund", lines=[{"line": 0}])
    bench.rest()
    assert (_credits(bench), bench.findings()) == ([], ["CREDIT_PERIOD_LOCKED"])
    return order


def _differing(bench: Bench, order: StoredOrder) -> None:
    """A person credits the invoice in Fortnox, and an event tells."""
    bench.rest()
    bench.api("PUT", "invoices/1/credit")
    with bench.program.store.write() as session:
        row = session.scalars(select(Operation).where(Operation.kind == "CreateInvoice")).one()
        row.remote = {**(row.remote or {}), "differs": ["invoice-updated"]}
    bench.hear(order)
    bench.rest()
    assert (bench.state(order), bench.findings()) == ("stopped", ["DIFFERS_IN_BOOKS"])


def test_credit_in_a_locked_period_moves_when_a_person_says_so(bench: Bench) -> None:
    _asked_about_a_locked_period(bench)
    _answer(bench, "CREDIT_PERIOD_LOCKED", "move")
    (credit,) = _credits(bench)
    assert credit["InvoiceDate"] == (books_day(datetime.now(UTC)) + timedelta(days=1)).isoformat()
    assert bench.findings() == ["CREDIT_MOVED_TO_OPEN_PERIOD"]
    assert bench.balance(1510) == 0


def test_credit_in_a_locked_period_waits_when_a_person_says_so_and_asks_anew_when_that_is_taken_back(
    bench: Bench,
) -> None:
    order = _asked_about_a_locked_period(bench)
    _answer(bench, "CREDIT_PERIOD_LOCKED", "wait")
    assert (_credits(bench), bench.findings()) == ([], ["FORTNOX_PERIOD_LOCKED"])
    with bench.program.store.read() as session:
        (given,) = session.scalars(select(GivenAnswer))
    assert _answering(bench).take_back(bench.tenant_id, bench.order_id(order), given.id, BO)
    bench.rest()
    assert bench.findings() == ["CREDIT_PERIOD_LOCKED"]


def test_what_stands_in_fortnox_is_accepted_and_nothing_is_sent(bench: Bench) -> None:
    order = bench.place()
    _differing(bench, order)
    bench.emulators.kit.calls.clear()
    _answer(bench, "DIFFERS_IN_BOOKS", "accept")
    assert (bench.state(order), bench.findings()) == ("booked", ["BOOKED_BY_OTHER_HANDS"])
    bench.hear(order)
    bench.rest()
    assert bench.sent() == []


def test_acceptance_holds_for_the_order_as_it_was_and_a_refund_asks_again(bench: Bench) -> None:
    order = bench.place(lines=[VASE, PLATE])
    _differing(bench, order)
    _answer(bench, "DIFFERS_IN_BOOKS", "accept")
    bench.act(order, "refund", lines=[{"line": 1}])
    bench.rest()
    assert (bench.state(order), bench.findings()) == ("stopped", ["DIFFERS_IN_BOOKS"])
    assert len(_credits(bench)) == 1, "only the one that the person made"


def test_acceptance_that_is_taken_back_compares_again(bench: Bench) -> None:
    order = bench.place()
    _differing(bench, order)
    _answer(bench, "DIFFERS_IN_BOOKS", "accept")
    with bench.program.store.read() as session:
        (given,) = session.scalars(select(GivenAnswer))
    assert _answering(bench).take_back(bench.tenant_id, bench.order_id(order), given.id, BO)
    bench.rest()
    assert bench.findings() == ["DIFFERS_IN_BOOKS"]


def test_page_shows_who_answered_what_and_what_still_holds(bench: Bench) -> None:
    order = bench.place()
    _differing(bench, order)
    shown = StoredReading(bench.program.store)
    order_id = bench.order_id(order)
    asked = shown.order(bench.tenant_id, order_id)
    assert asked is not None
    assert [finding.choices for finding in asked.findings] == [("accept",)]
    _answer(bench, "DIFFERS_IN_BOOKS", "accept")
    answered = shown.order(bench.tenant_id, order_id)
    assert answered is not None
    assert [(answer.answer, answer.by, answer.holds) for answer in answered.answers] == [("accept", BO, True)]
    assert (answered.booked, answered.row.difference) == (None, None), "what others booked is not compared"


@pytest.mark.parametrize("wrong", ["tenant", "answer", "order", "gone"])
def test_answer_that_does_not_fit_is_not_kept(bench: Bench, wrong: str) -> None:
    order = bench.place()
    _differing(bench, order)
    finding, order_id = bench.finding("DIFFERS_IN_BOOKS"), bench.order_id(order)
    asked = {
        "tenant": (bench.tenant_id + 1, order_id, finding.id, "accept"),
        "answer": (bench.tenant_id, order_id, finding.id, "move"),
        "order": (bench.tenant_id, order_id + 1, finding.id, "accept"),
        "gone": (bench.tenant_id, order_id, finding.id + 99, "accept"),
    }[wrong]
    assert not _answering(bench)(*asked, BO)
    with bench.program.store.read() as session:
        assert session.scalars(select(GivenAnswer)).all() == []


CARD: dict[str, Any] = {"title": "Presentkort", "sku": "GF-PK", "price": "500.00", "gift_card": True, "tax": None}


def _refunded_more_than_can_be_credited(bench: Bench) -> StoredOrder:
    """A reduction lowers sales, and a gift card is none: 201 kronor of 700 have nothing to lower."""
    order = bench.place(lines=[VASE, CARD])
    bench.rest()
    bench.act(order, "refund", amount="700.00")
    bench.rest()
    assert bench.findings() == ["REFUND_BEYOND_CREDIT", "REFUND_EXCEEDS_INVOICE"]
    return order


def test_money_beyond_all_credit_notes_is_not_booked_unasked(bench: Bench) -> None:
    _refunded_more_than_can_be_credited(bench)
    assert [credit["Total"] for credit in _credits(bench)] == [-499]
    assert bench.finding("REFUND_BEYOND_CREDIT").data["amount"] == "201.00 SEK"
    assert (bench.balance(1581), bench.balance(6991)) == (999 - 499, 0)


def test_money_beyond_all_credit_notes_becomes_one_voucher_on_a_persons_word(bench: Bench) -> None:
    order = _refunded_more_than_can_be_credited(bench)
    _answer(bench, "REFUND_BEYOND_CREDIT", "voucher")
    assert bench.findings() == ["REFUND_BOOKED_AS_VOUCHER", "REFUND_EXCEEDS_INVOICE"]
    assert (bench.balance(1581), bench.balance(6991), bench.balance(1510)) == (999 - 700, 201, 0)
    made = len(bench.vouchers())
    bench.hear(order)
    bench.rest()
    assert len(bench.vouchers()) == made
    assert bench.vouchers()[-1].description.endswith(f"({order.name} {_refund_transaction(order)} utöver)")


def test_money_booked_as_a_voucher_is_used_up_in_the_database_too(bench: Bench) -> None:
    order = _refunded_more_than_can_be_credited(bench)
    _answer(bench, "REFUND_BEYOND_CREDIT", "voucher")
    with bench.program.store.read() as session:
        use = session.scalars(select(MoneyUse).where(MoneyUse.transaction_id == _refund_transaction(order))).one()
    assert (use.moved, use.used) == (-70000, -70000)


def test_money_booked_as_a_voucher_is_a_part_of_what_explains_the_clearing_account(bench: Bench) -> None:
    _refunded_more_than_can_be_credited(bench)
    _answer(bench, "REFUND_BEYOND_CREDIT", "voucher")
    (clearing,) = clearing_accounts(bench.program.store, bench.tenant_id)
    assert clearing.balance.decimal == bench.balance(1581) == 999 - 700


def test_answer_taken_back_leaves_the_voucher_that_stands(bench: Bench) -> None:
    order = _refunded_more_than_can_be_credited(bench)
    _answer(bench, "REFUND_BEYOND_CREDIT", "voucher")
    with bench.program.store.read() as session:
        given = session.scalars(select(GivenAnswer)).one()
    assert given.order_id is not None
    assert _answering(bench).take_back(bench.tenant_id, given.order_id, given.id, BO)
    bench.rest()
    assert (bench.state(order), bench.balance(6991)) == ("booked", 201)
    assert "REFUND_BOOKED_AS_VOUCHER" in bench.findings()


def test_voucher_in_a_locked_period_goes_to_the_first_open_day(bench: Bench) -> None:
    _refunded_more_than_can_be_credited(bench)
    today = books_day(datetime.now(UTC))
    bench.company_is(locked_until=today.isoformat())
    bench.warm()
    _answer(bench, "REFUND_BEYOND_CREDIT", "voucher")
    assert "CREDIT_MOVED_TO_OPEN_PERIOD" in bench.findings()
    assert bench.vouchers()[-1].date == (today + timedelta(days=1)).isoformat()


def _refund_transaction(order: StoredOrder) -> str:
    return next(str(transaction["id"]) for transaction in order.transactions if transaction["kind"] == "refund")
