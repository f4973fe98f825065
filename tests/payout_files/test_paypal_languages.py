"""PayPal's activity download in other languages than English. Invented rows, written before the reader.

Sources: German columns and words: OCA/bank-statement-import (PayPal mappings), angelus200/buchhaltung-upload-tool and
importers of German exports (`Typ`: Allgemeine Abbuchung, Von Nutzer eingeleitete Abbuchung; `Status`: Abgeschlossen,
Abgelehnt; `Auswirkung auf Guthaben`: Soll, Haben, Memo). Dutch: 41 columns with `Effect op saldo` Af, Bij, Memo and
`Algemene opname`. French: `Impact sur le solde` Crédit, Débit, `État` Terminé, `Virement standard`. In each the first
ten columns and the thirteenth stand in the same places.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from app.kit.money import Money
from app.model.payout import MatchKey, PayoutLineKind
from app.payouts.files import NotRecognised, recognise
from tests.support.payout_files.files import only, read
from tests.support.payout_files.paypal_languages import FILES, GERMAN


def sek(amount: str) -> Money:
    return Money.of(amount, "SEK")


@pytest.mark.parametrize("language", FILES)
def test_withdrawal_and_its_rows_are_read_in_each_language(language: str) -> None:
    found = read(FILES[language].encode("utf-8-sig"))
    assert found.problems == ()
    (payout,) = found.payouts
    assert (payout.provider, payout.id, payout.paid_on, payout.paid_out) == (
        "paypal", "T4", date(2026, 11, 14), sek("1204.73"),
    )  # fmt: skip
    assert (payout.unexplained, payout.is_captured, found.pending) == (sek("0"), True, 0)
    sale, refund = payout.lines
    assert (sale.kind, sale.amount, sale.fee) == (PayoutLineKind.CHARGE, sek("1347.00"), sek("45.27"))
    assert (refund.kind, refund.amount, refund.fee) == (PayoutLineKind.REFUND, sek("-100.00"), sek("-3.00"))
    assert sale.keys[MatchKey.ORDER_NAME] == "#1009"


@pytest.mark.parametrize("language", FILES)
def test_declined_row_is_shown_and_left_out(language: str) -> None:
    (row,) = read(FILES[language].encode()).left_out
    assert (row.amount, row.text) == (Decimal("99.00"), "Kund Två")


def test_days_of_a_language_that_writes_the_day_first_need_no_proof() -> None:
    content = FILES["French"].replace("12/11", "02/11").replace("13/11", "03/11").replace("14/11", "04/11")
    assert only(content.encode()).paid_on == date(2026, 11, 4)


def test_a_language_whose_words_are_not_known_is_left_to_a_map() -> None:
    content = FILES["Dutch"].replace("Algemene opname", "Nosto tilille").replace("Voltooid", "Valmis")
    assert isinstance(recognise(content.encode()), NotRecognised)


def test_unknown_kind_beside_a_known_withdrawal_waits_for_a_person() -> None:
    hold = FILES["German"].splitlines()[-1].replace("Allgemeine Abbuchung", "Einbehalt wegen Prüfung")
    hold = hold.replace('"T4"', '"T9"').replace("-1.204,73", "-10,00").replace('"14.11.2026"', '"15.11.2026"')
    found = read((FILES["German"] + hold + "\n").encode())
    assert ([payout.id for payout in found.payouts], found.pending) == (["T4"], 1)


def test_english_download_whose_withdrawal_nothing_explains_is_left_to_a_map() -> None:
    content = (
        f"{ENGLISH}12/11/2026,10:00:00,CET,A,Express Checkout Payment,Completed,SEK,10.00,0.00,10.00,T1,,#1009,10.00\n"
        "13/11/2026,10:00:00,CET,,Sent away,Completed,SEK,-10.00,0.00,-10.00,T3,,,0.00\n"
    )
    assert isinstance(recognise(content.encode()), NotRecognised)


def test_status_that_is_not_known_stops_the_file_instead_of_passing_over_the_row() -> None:
    (problem,) = read(FILES["German"].replace("Abgelehnt", "Zzz").replace('"Memo"', '"Haben"').encode()).problems
    assert (problem.line, problem.column, problem.fault.code) == (4, "Status", "FILE_WORD_NOT_KNOWN")


def test_transaction_event_codes_are_read_before_words() -> None:
    header = GERMAN.rstrip("\n") + ',"Transaktionsereigniscode"\n'
    body = FILES["German"].split("\n", 1)[1].replace("Allgemeine Abbuchung", "Irgendetwas").splitlines()
    codes = ("T0006", "T1107", "T0006", "T0400")
    content = header + "".join(f'{row},"{code}"\n' for row, code in zip(body, codes, strict=True))
    assert only(content.encode()).id == "T4"


ENGLISH = (
    "Date,Time,TimeZone,Name,Type,Status,Currency,Gross,Fee,Net,Transaction ID,Reference Txn ID,Invoice Number,"
    "Balance\n"
)


@pytest.mark.parametrize("word", ["PayPal Checkout Payment", "Express Checkout Payment", "Mobile Payment"])
@pytest.mark.parametrize("out", ["Payout", "General Withdrawal", "User Initiated Withdrawal", "Bank Transfer"])
def test_english_words_old_and_new_are_known(word: str, out: str) -> None:
    content = (
        f"{ENGLISH}12/11/2026,10:00:00,CET,A,{word},Completed,SEK,1 347.00,-45.27,1 301.73,T1,,#1009,1301.73\n"
        "13/11/2026,10:00:00,CET,A,Payment Reversal,Completed,SEK,-347.00,10.00,-337.00,T2,T1,#1009,964.73\n"
        f"14/11/2026,10:00:00,CET,,{out},Completed,SEK,-964.73,0.00,-964.73,T3,,,0.00\n"
    )
    found = only(content.encode())
    assert (found.id, found.paid_out, found.unexplained) == ("T3", sek("964.73"), sek("0"))
    assert [line.kind for line in found.lines] == [PayoutLineKind.CHARGE, PayoutLineKind.REFUND]
