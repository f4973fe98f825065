"""Qliro's signature, and its settlement batches in our own words: a test per thing Qliro leaves open."""

from datetime import date
from typing import Any

import pytest

from app.kit.money import Money
from app.model.payout import MatchKey, Payout, PayoutLineKind
from app.shops.base import BodyNotUnderstoodError
from app.shops.qliro.calls import authorization
from app.shops.qliro.payouts.payout import payout


@pytest.mark.parametrize(
    ("body", "token"),
    [
        ("", "nK8Gu0Q2zb+iCvkSGmJrwQk8T1SzHA+pN5V4VhNTRbY="),
        ('{"MerchantApiKey":"DEMO","OrderId":12345}', "pDwVJczUxOw7Fr8ilOC5q6YMfLZnPTvFgtHRPY0aGgg="),
        ('{"MerchantApiKey":"DEMO","Description":"Fraktkostnad Åre"}', "1hQPhnNsAUB7Rr5bPv7US8fH/dZXbG9u3drBZsQ8UzQ="),
    ],
)
def test_the_signature_is_of_the_bytes_and_the_secret(body: str, token: str) -> None:
    assert authorization(body.encode(), "test-secret") == f"Qliro {token}"


def sek(amount: str) -> Money:
    return Money.of(amount, "SEK")


def row(kind: str, action: str, amount: str, **changes: Any) -> dict[str, Any]:
    return {
        "OrderId": 81,
        "PaymentTransactionId": 9007199254740993,
        "MerchantOrderReference": "rA1",
        "BatchId": "B-5",
        "AcquirerName": "Nordbank",
        "Type": kind,
        "Action": action,
        "CurrencyCode": "SEK",
        "Amount": amount,
        "PaymentMethodType": "INVOICE",
        "TransactionCompletedDate": "2026/10/30",
    } | changes


def batch(amount: str, *rows: dict[str, Any], today: date = date(2026, 11, 3), **changes: Any) -> Payout:
    head = {"Id": 5, "BatchId": "B-5", "BatchDate": "2026/11/02", "CurrencyCode": "SEK", "TotalAmount": amount}
    return payout(head | changes, rows, account="test-key", today=today)


SALE = row("Transaction", "Debit", "1000.00")
REFUND = row("Transaction", "Credit", "200.00")
NOTHING = sek("0.00")


def test_action_gives_the_sign() -> None:
    found = batch("750.00", SALE, REFUND, row("Chargeback", "Credit", "100.00"), row("Chargeback", "Debit", "50.00"))
    assert [(line.kind, line.amount) for line in found.lines] == [
        (PayoutLineKind.CHARGE, sek("1000.00")),
        (PayoutLineKind.REFUND, sek("-200.00")),
        (PayoutLineKind.CHARGEBACK, sek("-100.00")),
        (PayoutLineKind.CHARGEBACK_REVERSED, sek("50.00")),
    ]
    assert (found.unexplained, found.paid_on) == (NOTHING, date(2026, 11, 2))


def test_a_line_is_known_by_all_its_references_of_which_one_may_be_an_orders_name() -> None:
    assert batch("1000.00", SALE).lines[0].keys == {
        MatchKey.TRANSACTION_ID: "9007199254740993",
        MatchKey.PAYMENT_ID: "rA1",
        MatchKey.PROVIDER_ORDER_ID: "81",
        MatchKey.ORDER_NAME: "rA1",
    }


@pytest.mark.parametrize("action", ["Debit", "Credit"])
def test_fees_of_one_action_are_kept_whichever_it_is(action: str) -> None:
    found = batch("970.00", SALE, row("Fee", action, "30.00"))
    assert (found.lines[1].fee, found.unexplained) == (sek("30.00"), NOTHING)


@pytest.mark.parametrize(("kept", "back"), [("Debit", "Credit"), ("Credit", "Debit")])
def test_fees_of_both_actions_are_told_apart_by_the_sum(kept: str, back: str) -> None:
    found = batch("980.00", SALE, row("Fee", kept, "30.00"), row("Fee", back, "10.00"))
    assert [line.fee for line in found.lines[1:]] == [sek("30.00"), sek("-10.00")]
    assert found.unexplained == NOTHING


def test_a_fee_given_back_alone_is_told_by_the_sum() -> None:
    assert batch("1030.00", SALE, row("Fee", "Debit", "30.00")).lines[1].fee == sek("-30.00")


def test_a_batch_paid_without_its_fees_leaves_them_as_a_debt() -> None:
    found = batch("1000.00", SALE, row("Fee", "Credit", "30.00"))
    assert [(line.kind, line.net) for line in found.lines[1:]] == [
        (PayoutLineKind.FEE, sek("-30.00")),
        (PayoutLineKind.CARRIED_FORWARD, sek("30.00")),
    ]
    assert found.unexplained == NOTHING


def test_vat_on_a_fee_is_what_the_row_says_and_unknown_where_it_says_nothing() -> None:
    said = batch("970.00", SALE, row("Fee", "Credit", "30.00", AmountExcludingVat="24.00")).lines[1]
    assert (said.fee, said.fee_vat) == (sek("24.00"), sek("6.00"))
    impossible = batch("970.00", SALE, row("Fee", "Credit", "30.00", AmountExcludingVat="279")).lines[1]
    assert (impossible.fee, impossible.fee_vat) == (sek("30.00"), None)


def test_a_batch_that_no_reading_explains_shows_its_difference() -> None:
    assert batch("900.00", SALE, row("Fee", "Credit", "30.00")).unexplained == sek("-70.00")


def test_a_batch_of_refunds_is_negative() -> None:
    assert batch("-200.00", REFUND).unexplained == NOTHING


def test_the_bank_gets_what_qliro_converted() -> None:
    found = batch("1000.00", SALE, FxCurrencyCode="EUR", FxTotalAmount="88.123456")
    assert found.bank_amount == Money.of("88.12", "EUR")
    assert batch("1000.00", SALE, FxCurrencyCode="SEK", FxTotalAmount="1000").bank_amount is None


def test_rows_have_the_same_ids_in_any_order_and_twins_are_two() -> None:
    rows = [SALE, dict(SALE), REFUND, row("Fee", "Credit", "30.00")]
    ids = {line.id for line in batch("1770.00", *rows).lines}
    assert len(ids) == 4
    assert {one.id for one in batch("1770.00", *reversed(rows)).lines} == ids


def test_an_id_does_not_depend_on_how_amount_and_day_are_written() -> None:
    otherwise = row("Transaction", "Debit", "1000.0", TransactionCompletedDate="2026-10-30T00:00:00")
    assert batch("1000.00", otherwise).lines[0].id == batch("1000.00", SALE).lines[0].id


def test_a_row_we_cannot_read_is_named() -> None:
    with pytest.raises(BodyNotUnderstoodError, match="Action"):
        batch("1.00", row("Transaction", "Sideways", "1.00"))
    with pytest.raises(BodyNotUnderstoodError, match="Amount"):
        batch("1.00", row("Transaction", "Debit", "x"))
    with pytest.raises(BodyNotUnderstoodError, match="rows in"):
        batch("1.00", row("Transaction", "Debit", "1.00", CurrencyCode="EUR"))


@pytest.mark.parametrize(
    ("amount", "rows", "changes", "final"),
    [
        ("970.00", (SALE, row("Fee", "Credit", "30.00")), {"TotalFeeAmount": "24.00"}, True),
        ("970.00", (SALE,), {}, False),
        ("1000.00", (SALE,), {"TotalFeeAmount": "30.00"}, False),
        ("1000.00", (SALE,), {"TotalFeeAmount": "0.00"}, True),
        ("1000.00", (SALE,), {}, True),
        ("1000.00", (SALE, row("Fee", "Credit", "30.00")), {"TotalFeeAmount": "-30.00"}, True),
        ("1000.00", (SALE, row("Fee", "Credit", "20.00")), {"TotalFeeAmount": "30.00"}, False),
        (
            "1000.00",
            (SALE, row("Fee", "Credit", "30.00", AmountExcludingVat="24.00")),
            {"TotalFeeAmount": "24.00"},
            True,
        ),
        ("0.00", (), {}, False),
    ],
)
def test_a_batch_is_final_once_no_row_seems_to_be_missing_or_after_two_weeks(
    amount: str, rows: tuple[dict[str, Any], ...], changes: dict[str, Any], *, final: bool
) -> None:
    assert batch(amount, *rows, **changes).is_final is final
    assert batch(amount, *rows, today=date(2026, 11, 15), **changes).is_final is final
    assert batch(amount, *rows, today=date(2026, 11, 16), **changes).is_final
