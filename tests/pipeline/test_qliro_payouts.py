"""Qliro's payouts as they come: asked for, matched, one voucher each, and the clearing account ends at nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from app.connections.flows.qliro import Environment
from app.kit.money import Money
from app.model.order import books_day
from app.payouts.views import payout_detail
from app.reconciliation.account_balance import account_reconciliations
from app.reconciliation.reconciliation import payouts
from app.schema import Connection
from app.web.reading import StoredReading
from sandbox.kit.calls import CallFilter
from sandbox.kit.serving import ServerThread
from sandbox.qliro.app import create_app
from tests.support.pipeline.bench import Bench
from tests.support.pipeline.qliro import CLEARING, DISPUTED, SECRET, TODAY, YESTERDAY, Qliro


def sek(amount: str) -> Money:
    return Money.of(amount, "SEK")


def test_payout_of_qliro_is_one_voucher_that_empties_the_clearing_account(bench: Bench, qliro: Qliro) -> None:
    orders = [qliro.sell()[0], qliro.sell("1290.00")[0]]
    bench.rest()
    assert bench.balance(CLEARING) == 1789
    qliro.close()
    bench.emulators.kit.calls.clear()
    assert qliro.poll() == 1
    # acc-29: the fee without its VAT, and the VAT that Qliro's row shows.
    assert qliro.balances() == (0, Decimal("1744.45"), Decimal("35.64"), Decimal("8.91"))
    assert (qliro.states(), bench.findings()) == (["booked"], [])
    assert bench.sent() == ["POST vouchers"]
    assert qliro.matched_by() == {"Transaction": "payment_id", "Fee": "payment_id"}
    assert {bench.state(order) for order in orders} == {"booked"}


def test_refund_in_a_later_batch_finds_its_credit_note_settled(bench: Bench, qliro: Qliro) -> None:
    order, number = qliro.sell()
    bench.rest()
    qliro.close(YESTERDAY - timedelta(days=1))
    qliro.poll()
    qliro.refund(order, number)
    bench.rest()
    documents = len(bench.invoices())
    qliro.sell("1290.00")
    bench.rest()
    qliro.close()
    qliro.poll()
    assert (qliro.states(), bench.findings()) == (["booked", "booked"], [])
    assert (bench.balance(CLEARING), bench.balance(1510)) == (0, 0)
    assert len(bench.invoices()) == documents + 1, "the second sale; no credit note is made of a payout"
    assert qliro.clearing().not_settled == ()


def test_chargeback_moves_the_claim_to_the_disputed_ones(bench: Bench, qliro: Qliro) -> None:
    _order, number = qliro.sell()
    qliro.sell("1290.00")
    bench.rest()
    qliro.act(number, "chargeback", amount=9900)
    qliro.close()
    bench.emulators.kit.calls.clear()
    qliro.poll()
    assert (bench.balance(DISPUTED), bench.balance(CLEARING), bench.findings()) == (99, 0, [])
    assert bench.balance(1930) == Decimal("1789.00") - 99 - Decimal("44.55")
    assert bench.sent() == ["POST vouchers", "POST vouchers"]


def test_same_batch_asked_for_again_changes_nothing(bench: Bench, qliro: Qliro) -> None:
    qliro.sell()
    bench.rest()
    qliro.close()
    assert qliro.poll() == 1
    booked = qliro.balances()
    bench.emulators.kit.calls.clear()
    assert (qliro.poll(), qliro.poll(later=timedelta(days=3))) == (0, 0)
    assert (qliro.balances(), bench.sent(), bench.findings()) == (booked, [], [])


@pytest.mark.parametrize("fault", ["close_before", "close_after", "status"])
def test_no_fault_of_fortnox_books_a_batch_twice(bench: Bench, qliro: Qliro, fault: Any) -> None:
    qliro.sell()
    bench.rest()
    qliro.close()
    bench.emulators.kit.faults.order(fault, "POST", "/3/vouchers")
    qliro.poll()
    assert qliro.balances() == (0, Decimal("486.57"), Decimal("9.94"), Decimal("2.49"))
    assert (qliro.states(), bench.findings()) == (["booked"], [])


# --- rows that come late (decision 0020)


def late_fee(qliro: Qliro) -> dict[str, Any]:
    """Qliro has closed yesterday, and the row of its fee is not there yet."""
    qliro.sell()
    qliro.bench.rest()
    qliro.close()
    return qliro.merchant.batches[0].accepted.pop()


def test_batch_whose_rows_do_not_explain_it_yet_waits_for_them(bench: Bench, qliro: Qliro) -> None:
    fee = late_fee(qliro)
    qliro.poll()
    assert (qliro.states(), bench.findings(), bench.balance(CLEARING)) == (["waiting"], [], 499)
    qliro.merchant.batches[0].accepted.append(fee)
    assert qliro.poll(later=timedelta(days=5)) == 1
    assert (qliro.states(), bench.findings(), bench.balance(CLEARING)) == (["booked"], [], 0)


def test_fees_that_are_claimed_apart_are_waited_for_too(bench: Bench, qliro: Qliro) -> None:
    qliro.switch(net_settled=False, fee_vat_rate="25")
    fee = late_fee(qliro)
    qliro.poll()
    assert (qliro.states(), bench.balance(CLEARING)) == (["waiting"], 499)
    qliro.merchant.batches[0].accepted.append(fee)
    qliro.poll()
    assert (qliro.states(), bench.findings()) == (["booked"], [])
    assert bench.balance(CLEARING) == Decimal("-12.43"), "what Qliro claims for its fees"
    assert qliro.clearing().balance.decimal == Decimal("-12.43")
    assert [one.amount.minor for one in qliro.clearing().providers_own] == [1243]


def test_batch_that_is_not_explained_after_two_weeks_is_told(bench: Bench, qliro: Qliro) -> None:
    late_fee(qliro)
    qliro.poll()
    qliro.poll(later=timedelta(days=12))
    assert (qliro.states(), bench.findings()) == (["waiting"], [])
    qliro.poll(later=timedelta(days=13))
    assert (qliro.states(), bench.findings()) == (["stopped"], ["PAYOUT_DOES_NOT_ADD_UP"])
    assert (bench.balance(CLEARING), bench.balance(1930)) == (499, 0)


def test_row_that_comes_after_the_voucher_is_told_and_never_booked(bench: Bench, qliro: Qliro) -> None:
    qliro.sell()
    bench.rest()
    qliro.close()
    qliro.poll()
    booked = qliro.balances()
    batch = qliro.merchant.batches[0]
    batch.accepted.append(batch.accepted[0] | {"PaymentTransactionId": 4711, "Amount": Decimal("10.00")})
    qliro.poll(later=timedelta(days=5))
    assert (qliro.balances(), bench.findings()) == (booked, ["PAYOUT_CHANGED_AFTER_BOOKING"])


# --- Qliro that does not answer, or not as it should


def mark(qliro: Qliro) -> str:
    """The day until which payouts are known, as the first page shows it."""
    shown = StoredReading(qliro.bench.program.store).connections(qliro.bench.tenant_id)
    return next(connection.settled_until for connection in shown if connection.platform == "qliro")


def test_refused_access_is_told_until_it_is_restored_and_nothing_is_lost(bench: Bench, qliro: Qliro) -> None:
    qliro.sell()
    bench.rest()
    qliro.close()
    qliro.switch(secret="another", fee_vat_rate="25")
    qliro.poll()
    finding = bench.finding("QLIRO_ACCESS_REFUSED")
    assert (finding.connection_id, finding.job_id, mark(qliro)) == (qliro.connection_id, None, "")
    qliro.poll()
    assert bench.finding("QLIRO_ACCESS_REFUSED").seen == 2
    qliro.switch(secret=SECRET, fee_vat_rate="25")
    qliro.poll(later=timedelta(days=40))
    assert (bench.findings(), qliro.states(), bench.balance(CLEARING)) == ([], ["booked"], 0)


def test_silence_of_qliro_passes_without_a_finding(bench: Bench, qliro: Qliro) -> None:
    qliro.sell()
    bench.rest()
    qliro.close()
    qliro.server.app.state.kit.faults.order("status", "GET", "*Batches", status=503)
    assert (qliro.poll(), mark(qliro), bench.findings()) == (0, "", [])
    assert (qliro.poll(), mark(qliro), bench.balance(CLEARING)) == (1, YESTERDAY.isoformat(), 0)


def test_long_absence_is_made_up_for_window_by_window(bench: Bench, qliro: Qliro) -> None:
    qliro.sell()
    bench.rest()
    qliro.poll()
    qliro.close()
    # Nobody asks for 200 days; Qliro gives at most 61 of them at a time.
    assert qliro.poll(later=timedelta(days=200)) == 1
    assert (qliro.states(), bench.balance(CLEARING)) == (["booked"], 0)
    # Not YESTERDAY and 200 days: late in the evening summer time is a day ahead.
    assert mark(qliro) == (books_day(datetime.now(UTC) + timedelta(days=200)) - timedelta(days=1)).isoformat()


def test_batch_that_cannot_be_read_is_told_and_asked_for_until_it_can(bench: Bench, qliro: Qliro) -> None:
    qliro.sell()
    bench.rest()
    qliro.close(YESTERDAY - timedelta(days=1))
    qliro.sell("1290.00")
    bench.rest()
    qliro.close()
    row = qliro.merchant.batches[0].accepted[0]
    row["Action"] = "Sideways"
    qliro.poll()
    assert bench.finding("QLIRO_BATCH_NOT_READ").data["payout"] == str(qliro.merchant.batches[0].id)
    assert (qliro.states(), bench.balance(CLEARING)) == (["booked"], 499)
    qliro.poll(later=timedelta(days=20))
    row["Action"] = "Debit"
    qliro.poll(later=timedelta(days=40))
    assert (bench.findings(), qliro.states(), bench.balance(CLEARING)) == ([], ["booked", "booked"], 0)


def test_batches_from_before_the_start_day_are_known_and_not_booked(bench: Bench, qliro: Qliro) -> None:
    bench.rules(cut_over=TODAY.isoformat())
    qliro.sell()
    bench.rest()
    qliro.close()
    qliro.poll()
    assert (qliro.states(), bench.balance(1930), bench.findings()) == (["skipped"], 0, [])


def test_disconnected_account_is_not_asked(bench: Bench, qliro: Qliro) -> None:
    with bench.program.store.write() as session:
        session.get_one(Connection, qliro.connection_id).state = "disconnected"
    qliro.server.app.state.kit.calls.clear()
    qliro.poll()
    assert qliro.server.app.state.kit.calls.select(CallFilter()) == []


def test_test_environment_is_asked_at_its_own_host(bench: Bench, qliro: Qliro) -> None:
    with ServerThread(create_app()) as other:
        trial = Qliro(bench, other, key="GRANSTROM-TRIAL")
        trial.connect(Environment.TEST)
        qliro.server.app.state.kit.calls.clear()
        trial.sell()
        bench.rest()
        trial.close()
        qliro.poll()
        asked = {one.tenant for one in qliro.server.app.state.kit.calls.select(CallFilter())}
        assert (asked, trial.states()) == ({qliro.key}, ["booked"])
        assert [one.connection_id for one in trial.stored()] == [trial.connection_id]


# --- the proof


def test_proof_of_the_clearing_account_leaves_nothing_unexplained(bench: Bench, qliro: Qliro) -> None:
    order, number = qliro.sell()
    open_order, _number = qliro.sell("1290.00")
    bench.rest()
    qliro.close(YESTERDAY - timedelta(days=1))
    qliro.refund(order, number)
    last, _number = qliro.sell("2000.00")
    bench.rest()
    qliro.close()
    unpaid, _number = qliro.sell("150.00")
    bench.rest()
    qliro.poll()
    bench.program.scheduler.compare_ledgers()
    bench.rest()
    (proof,) = [one for one in account_reconciliations(bench.program.store, bench.tenant_id) if one.account == CLEARING]
    assert (proof.roles, proof.closing, proof.ours) == (("psp.qliro.sek",), sek("150.00"), sek("150.00"))
    assert (proof.difference, proof.others_count) == (sek("0.00"), 0)
    assert [(one.what, one.amount) for one in qliro.clearing().not_settled] == [(unpaid.name, sek("150.00"))]
    assert {bench.state(one) for one in (order, open_order, last, unpaid)} == {"booked"}
    assert bench.findings() == []


def test_list_of_payouts_counts_the_rows_that_have_an_order_and_not_the_fees(bench: Bench, qliro: Qliro) -> None:
    qliro.sell()
    bench.rules(provider_not_matching="book")
    qliro.sell("1290.00", hear=False)
    bench.rest()
    qliro.close()
    qliro.poll()
    (row,) = payouts(bench.program.store, bench.tenant_id)
    assert (row.provider, row.matched, row.lines, row.voucher != "") == ("qliro", 1, 2, True)
    detail = payout_detail(bench.program.store, bench.tenant_id, row.id)
    assert detail is not None
    assert (detail.matched, detail.of_orders) == (1, 2), "its page counts as the list does"
