"""Guesses of what columns are, by the names that reports use: a person looks them over."""

from __future__ import annotations

import pytest

from app.payouts.files import NotRecognised, recognise, table_of
from app.payouts.imports.column_guesses import guessed
from app.payouts.imports.column_maps import MapForm, form_of, map_of


def guess(header: str, *rows: str) -> MapForm:
    found = recognise("\n".join((header, *rows, "")).encode())
    assert isinstance(found, NotRecognised)
    assert found.header is not None
    return guessed(table_of(found.header, found.rows))


def test_deposits_and_withdrawals_are_two_amounts() -> None:
    form = guess(
        "Datum;Typ;Insättningar;Uttag;Avgift;Utbetalning",
        "2026-11-11;Köp;349,00;;6,98;U1",
        "2026-11-11;Retur;;-49,00;0;U1",
    )
    assert form.roles == {
        "Datum": "day", "Typ": "kind", "Insättningar": "amount", "Uttag": "refund", "Avgift": "fee",
        "Utbetalning": "payout_id",
    }  # fmt: skip
    assert form.meanings == {"Typ": {"Köp": "charge", "Retur": "refund"}}


def test_withdrawals_without_a_minus_and_fees_with_one() -> None:
    roles = guess(
        "Date;Deposit;Withdrawal;Fee;Payout ID", "2026-11-11;349.00;;-6.98;U1", "2026-11-11;;49.00;0;U1"
    ).roles
    assert (roles["Withdrawal"], roles["Fee"]) == ("refund_turned", "fee_negative")


def test_second_column_of_amounts_is_left_for_a_person() -> None:
    roles = guess("Date;Amount;Total Amount;Payout date;Payout ID", "2026-11-11;1.00;2.00;2026-11-12;U1").roles
    assert roles == {"Date": "day", "Amount": "amount", "Payout date": "payout_day", "Payout ID": "payout_id"}


@pytest.mark.parametrize(
    ("name", "sample", "role"),
    [("Currency", "SEK", "currency"), ("Moms på avgift", "1,00", "fee_vat"), ("Netto", "1,00", "net"),
     ("Transaction ID", "T1", "line_id"), ("Ordernummer", "#1", "key_order_name"), ("Datum", "ingen", "")],
)  # fmt: skip
def test_columns_by_their_names(name: str, sample: str, role: str) -> None:
    assert guess(f"Konto;{name}", f"x;{sample}").roles.get(name, "") == role


def test_statuses_that_move_no_money_are_guessed_to_be_left_out() -> None:
    form = guess("Datum;Status", "2026-11-11;Paid out", "2026-11-11;Failed", "2026-11-12;Avbruten")
    assert form.meanings == {"Status": {"Paid out": "taken", "Failed": "left_out", "Avbruten": "left_out"}}


def test_map_comes_back_as_the_form_that_it_was_made_of() -> None:
    roles = {
        "D": "day", "In": "charge", "Ut": "refund_turned", "A": "fee_negative", "B": "fee", "M": "fee_vat", "N": "net",
        "S": "status", "T": "kind", "X": "section", "O": "key_order_name", "K": "account_column",
        "Q": "ignored", "U": "payout_id",
    }  # fmt: skip
    meanings = {"T": {"köp": "charge", "ut": "payout"}, "S": {"ok": "taken", "nej": "left_out"}, "X": {"T": "taken"}}
    values = {
        "name": "n", "provider": "p", "default_currency": "SEK", "decimals": ",", "day_order": "month first",
        "date_form": "DD.MM.YY", "zone": "UTC", "footer_words": "Slut", "is_minor": "yes", "fee_includes_vat": "yes",
    }  # fmt: skip
    columns = map_of(MapForm(values, roles, meanings))
    form = form_of(columns)
    assert (form.roles, form.meanings) == (roles, meanings)
    assert map_of(form) == columns
