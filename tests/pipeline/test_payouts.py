"""Payouts: matched by our own ledger, booked once, refunds never doubled; what matches nothing waits for a person."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from app.model.payout import MatchKey, PayoutLine, PayoutLineKind
from app.reconciliation.reconciliation import clearing_accounts, payouts
from app.schema import PayoutLineUse
from tests.support.pipeline.bench import Bench
from tests.support.pipeline.payouts import BANK, CLEARING, FEE, TODAY, hear, line_of, payout, sek, state
from tests.support.pipeline.person import Person, remedied


def test_payout_empties_the_clearing_account_into_the_bank_and_books_the_fee_with_its_vat(bench: Bench) -> None:
    order = bench.place()
    bench.rest()
    bench.emulators.kit.calls.clear()
    hear(bench, payout(line_of(order, fee="11.48")))
    assert (bench.balance(CLEARING), bench.balance(BANK), bench.balance(FEE)) == (
        0,
        Decimal("487.52"),
        Decimal("11.48"),
    )
    assert (bench.balance(2645), bench.balance(2614)) == (Decimal("2.87"), Decimal("-2.87"))
    assert (state(bench), bench.findings()) == ("booked", [])
    assert bench.sent() == ["POST vouchers"]


@pytest.mark.parametrize(
    ("accounts", "bank"),
    [
        ({}, 1930),
        ({"shopify_payments": 1940}, 1940),
        ({"shopify_payments": 1940, "Shopify_Payments@SHOP": 1920}, 1920),
        ({"shopify_payments@other": 1920, "shopify_payments eur": 1980, "klarna": 1940}, 1930),
    ],
)
def test_bank_account_is_the_rule_s_of_provider_and_account(bench: Bench, accounts: dict[str, int], bank: int) -> None:
    bench.rules(bank_accounts=accounts)
    order = bench.place()
    bench.rest()
    hear(bench, payout(line_of(order)))
    assert (state(bench), bench.balance(bank), bench.balance(CLEARING)) == ("booked", 499, 0)


def test_provider_s_accounts_are_kept_apart_by_shop_and_merchant_account(bench: Bench) -> None:
    bench.rules(clearing_accounts={f"shopify_payments@{bench.domain}": 1584, "shopify_payments@SHOP": 1584})
    order = bench.place()
    bench.rest()
    assert (bench.balance(1584), bench.balance(CLEARING)) == (499, 0)
    hear(bench, payout(line_of(order, fee="11.48")))
    assert (state(bench), bench.balance(1584), bench.balance(CLEARING), bench.balance(BANK)) == (
        "booked", 0, 0, Decimal("487.52"),
    )  # fmt: skip
    assert bench.findings() == []


@pytest.mark.parametrize("key", [one for one in MatchKey if one is not MatchKey.PROVIDER_ORDER_ID])
def test_every_key_finds_the_order(bench: Bench, key: MatchKey) -> None:
    order = bench.place()
    bench.rest()
    hear(bench, payout(line_of(order, key=key)))
    with bench.program.store.read() as session:
        (use,) = session.scalars(select(PayoutLineUse)).all()
    assert (use.matched_by, use.order_id, bench.findings()) == (key.value, bench.order_id(order), [])


def test_refund_that_was_booked_is_found_settled_by_its_payout_and_not_booked_again(bench: Bench) -> None:
    order = bench.place()
    bench.rest()
    bench.act(order, "refund", lines=[{"line": 0}])
    bench.rest()
    before = len(bench.invoices())
    hear(bench, payout(line_of(order, fee="11.48"), line_of(order, "refund")))
    assert (len(bench.invoices()), bench.balance(1510), bench.balance(CLEARING)) == (before, 0, 0)
    assert (bench.balance(BANK), bench.findings()) == (Decimal("-11.48"), [])


def test_same_payout_told_twice_is_booked_once(bench: Bench) -> None:
    order = bench.place()
    bench.rest()
    told = payout(line_of(order))
    assert (hear(bench, told), hear(bench, told)) == (1, 0)
    assert bench.balance(BANK) == 499
    assert len(bench.documents("vouchers")) <= 1


def test_line_that_turns_up_in_a_second_payout_stops_that_one(bench: Bench) -> None:
    order = bench.place()
    bench.rest()
    hear(bench, payout(line_of(order)), payout(line_of(order), name="po_2"))
    assert (bench.balance(BANK), state(bench), state(bench, "po_2")) == (499, "booked", "stopped")
    assert bench.findings() == ["REFUND_PAYOUT_DOUBLED"]


def test_line_of_no_order_of_ours_is_booked_and_told_and_settles_when_the_order_comes(bench: Bench) -> None:
    order = bench.place(hear=False)
    hear(bench, payout(line_of(order)))
    assert (state(bench), bench.findings()) == ("booked", ["PAYOUT_LINE_UNMATCHED"])
    assert (bench.balance(BANK), bench.balance(CLEARING)) == (499, -499)
    bench.hear(order)
    bench.rest()
    assert bench.balance(CLEARING) == 0
    bench.program.payout_poll._look_again()
    bench.rest()
    assert bench.findings() == []


def test_payout_with_an_unknown_line_waits_where_the_rule_says_hold(bench: Bench) -> None:
    bench.rules(unknown_lines="hold")
    order = bench.place(hear=False)
    hear(bench, payout(line_of(order)))
    assert (state(bench), bench.findings(), bench.balance(BANK)) == ("stopped", ["PAYOUT_LINE_UNMATCHED"], 0)


def test_payout_whose_lines_do_not_explain_it_is_not_booked(bench: Bench) -> None:
    order = bench.place()
    bench.rest()
    hear(bench, payout(line_of(order), paid_out=sek("498.99")))
    assert (state(bench), bench.findings()) == ("stopped", ["PAYOUT_DOES_NOT_ADD_UP"])


def test_what_the_provider_keeps_without_a_row_is_explained_once_for_the_provider(bench: Bench, person: Person) -> None:
    order = bench.place()
    bench.rest()
    hear(bench, payout(line_of(order), paid_out=sek("449.00")))
    with remedied(bench, "PAYOUT_DOES_NOT_ADD_UP", "PAYOUT_REMAINDER_BOOKED"):
        person.set(remainder_accounts="shopify_payments = 6991")
    assert (state(bench), bench.balance(BANK), bench.balance(6991), bench.balance(CLEARING)) == ("booked", 449, 50, 0)
    with remedied(bench, "PAYOUT_REMAINDER_BOOKED"):
        person.done(f"/findings/{bench.finding('PAYOUT_REMAINDER_BOOKED').id}/close", note="låneavi november")


def test_more_than_the_rows_give_is_never_explained_by_an_account(bench: Bench) -> None:
    bench.rules(remainder_accounts={"shopify_payments": 6991})
    order = bench.place()
    bench.rest()
    hear(bench, payout(line_of(order), paid_out=sek("600.00")))
    assert (bench.findings(), bench.balance(BANK)) == (["PAYOUT_DOES_NOT_ADD_UP"], 0)


def test_payout_that_is_not_final_waits_and_is_booked_when_it_is(bench: Bench) -> None:
    order = bench.place()
    bench.rest()
    told = payout(line_of(order))
    hear(bench, replace(told, is_final=False))
    assert (state(bench), bench.balance(BANK)) == ("waiting", 0)
    hear(bench, told)
    assert (state(bench), bench.balance(BANK)) == ("booked", 499)


def test_payout_that_bounced_books_its_fees_and_leaves_the_rest_to_the_one_that_brings_it(bench: Bench) -> None:
    order = bench.place()
    bench.rest()
    hear(bench, payout(line_of(order, fee="11.48"), bounced=True))
    assert (state(bench), bench.balance(BANK), bench.balance(FEE)) == ("booked", 0, Decimal("11.48"))
    (clearing,) = clearing_accounts(bench.program.store, bench.tenant_id)
    assert clearing.balance.decimal == bench.balance(CLEARING) == Decimal("487.52")
    assert [str(one.amount.decimal) for one in clearing.providers_own] == ["-487.52"]
    brought = PayoutLine("back", PayoutLineKind.PAYOUT_FAILED, TODAY, sek("487.52"), sek("0"))
    hear(bench, payout(brought, name="po_2"))
    assert (bench.balance(BANK), bench.balance(CLEARING), bench.findings()) == (
        Decimal("487.52"),
        0,
        ["PAYOUT_BOUNCED"],
    )
    (clearing,) = clearing_accounts(bench.program.store, bench.tenant_id)
    assert (clearing.balance.minor, clearing.providers_own) == (0, ())


def test_payout_without_fees_that_bounced_books_nothing_and_its_money_is_owed(bench: Bench) -> None:
    order = bench.place()
    bench.rest()
    bench.emulators.kit.calls.clear()
    hear(bench, payout(line_of(order), bounced=True))
    assert (state(bench), bench.sent(), bench.findings()) == ("booked", [], ["PAYOUT_BOUNCED"])
    (clearing,) = clearing_accounts(bench.program.store, bench.tenant_id)
    assert clearing.balance.decimal == bench.balance(CLEARING) == 499


def test_payout_that_changes_after_it_was_booked_is_told_and_never_booked_again(bench: Bench) -> None:
    first, second = bench.place(), bench.place()
    bench.rest()
    hear(bench, payout(line_of(first)))
    hear(bench, payout(line_of(first), line_of(second)))
    assert (bench.balance(BANK), bench.findings()) == (499, ["PAYOUT_CHANGED_AFTER_BOOKING"])


def test_payout_that_changes_after_it_was_booked_still_explains_the_clearing_account_as_it_was_booked(
    bench: Bench,
) -> None:
    first, second = bench.place(), bench.place()
    bench.rest()
    hear(bench, payout(line_of(first)))
    hear(bench, payout(line_of(second)))
    assert (state(bench), bench.findings()) == ("stopped", ["PAYOUT_CHANGED_AFTER_BOOKING"])
    (clearing,) = clearing_accounts(bench.program.store, bench.tenant_id)
    assert clearing.balance.decimal == bench.balance(CLEARING) == 499
    assert [one.what for one in clearing.not_settled] == [second.name]
    assert (clearing.unmatched, clearing.providers_own) == ((), ())


def test_payout_that_fortnox_refuses_explains_nothing_of_the_clearing_account(bench: Bench) -> None:
    order = bench.place()
    bench.rest()
    bench.rules(payout_series="Ö")
    hear(bench, payout(line_of(order)))
    assert state(bench) != "booked"
    (clearing,) = clearing_accounts(bench.program.store, bench.tenant_id)
    assert clearing.balance.decimal == bench.balance(CLEARING) == 499


@pytest.mark.parametrize("fault", ["close_before", "close_after", "status"])
def test_no_fault_books_a_payout_twice(bench: Bench, fault: Any) -> None:
    order = bench.place()
    bench.rest()
    bench.emulators.kit.faults.order(fault, "POST", "/3/vouchers")
    hear(bench, payout(line_of(order)))
    assert (bench.balance(BANK), bench.balance(CLEARING), state(bench), bench.findings()) == (499, 0, "booked", [])


def test_clearing_account_is_explained_by_name(bench: Bench) -> None:
    settled, open_finding, strange = bench.place(), bench.place(), bench.place(hear=False)
    bench.rest()
    hear(bench, payout(line_of(settled), line_of(strange)))
    (clearing,) = clearing_accounts(bench.program.store, bench.tenant_id)
    assert (clearing.role, clearing.balance) == ("psp.shopify_payments.sek", sek("0.00"))
    assert bench.balance(CLEARING) == clearing.balance.decimal
    assert [(one.what, one.amount) for one in clearing.not_settled] == [(open_finding.name, sek("499.00"))]
    assert [one.amount for one in clearing.unmatched] == [sek("499.00")]
    (row,) = payouts(bench.program.store, bench.tenant_id)
    assert (row.state, row.matched, row.lines) == ("booked", 1, 2)


# --- payouts that bounce after they were booked


def test_payout_that_bounces_after_it_was_booked_is_taken_off_the_bank_and_comes_back_with_a_later_one(
    bench: Bench,
) -> None:
    order = bench.place()
    bench.rest()
    sent = payout(line_of(order, fee="11.48"))
    hear(bench, sent)
    assert (bench.balance(BANK), bench.balance(CLEARING)) == (Decimal("487.52"), 0)
    hear(bench, replace(sent, bounced=True, updated_at=datetime.now(UTC)))
    assert (state(bench), bench.findings()) == ("booked", ["PAYOUT_BOUNCED"])
    assert (bench.balance(BANK), bench.balance(CLEARING), bench.balance(FEE)) == (
        0, Decimal("487.52"), Decimal("11.48"),
    )  # fmt: skip
    (shown,) = clearing_accounts(bench.program.store, bench.tenant_id)
    assert (shown.balance, [one.amount for one in shown.providers_own]) == (sek("487.52"), [sek("-487.52")])
    brought = PayoutLine("back", PayoutLineKind.PAYOUT_FAILED, TODAY, sek("487.52"), sek("0"))
    hear(bench, payout(brought, name="po_2"))
    assert (bench.balance(BANK), bench.balance(CLEARING)) == (Decimal("487.52"), 0)
    (shown,) = clearing_accounts(bench.program.store, bench.tenant_id)
    assert (shown.balance, shown.providers_own) == (sek("0"), ())


def test_bounce_that_is_told_again_books_nothing_more(bench: Bench) -> None:
    order = bench.place()
    bench.rest()
    sent = payout(line_of(order))
    hear(bench, sent)
    hear(bench, replace(sent, bounced=True))
    bench.emulators.kit.calls.clear()
    hear(bench, replace(sent, bounced=True, bank_reference="R-1"))
    assert (state(bench), bench.sent(), bench.balance(BANK)) == ("booked", [], 0)


def test_bounced_payout_leaves_the_account_on_which_it_was_booked_though_the_rules_name_another_now(
    bench: Bench,
) -> None:
    order = bench.place()
    bench.rest()
    sent = payout(line_of(order))
    hear(bench, sent)
    bench.rules(accounts={"bank.sek": 1940})
    hear(bench, replace(sent, bounced=True))
    assert (state(bench), bench.findings()) == ("booked", ["PAYOUT_BOUNCED"])
    assert (bench.balance(BANK), bench.balance(1940), bench.balance(CLEARING)) == (0, 0, 499)


@pytest.mark.parametrize("change", ["lines", "came through after all"])
def test_bounced_payout_of_which_more_changed_is_for_a_person(bench: Bench, change: str) -> None:
    first, second = bench.place(), bench.place()
    bench.rest()
    sent = payout(line_of(first))
    hear(bench, sent)
    if change == "lines":
        hear(bench, payout(line_of(first), line_of(second), bounced=True))
        assert bench.balance(BANK) == 499
    else:
        hear(bench, replace(sent, bounced=True))
        hear(bench, sent)
        assert bench.balance(BANK) == 0
    assert "PAYOUT_CHANGED_AFTER_BOOKING" in bench.findings()
    assert state(bench) == "stopped"
