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
from tests.payout_files.files import only, read


def sek(amount: str) -> Money:
    return Money.of(amount, "SEK")


GERMAN = (
    '"Datum","Uhrzeit","Zeitzone","Name","Typ","Status","Währung","Brutto","Gebühr","Netto","Absender E-Mail-Adresse",'
    '"Empfänger E-Mail-Adresse","Transaktionscode","Lieferadresse","Zugehöriger Transaktionscode","Rechnungsnummer",'
    '"Guthaben","Auswirkung auf Guthaben"\n'
)
DUTCH = (
    '"Datum","Tijd","Tijdzone","Naam","Type","Status","Valuta","Bruto","Kosten","Net","Van e-mailadres",'
    '"Naar e-mailadres","Transactiereferentie","Verzendadres","Reference Txn ID","Factuurnummer","Saldo",'
    '"Effect op saldo"\n'
)
FRENCH = (
    '"Date","Heure","Fuseau horaire","Nom","Type","État","Devise","Avant commission","Commission","Net",'
    '"De l\'adresse email","À l\'adresse email","Numéro de transaction","Adresse de livraison",'
    '"Numéro de la transaction de référence","Numéro de facture","Solde","Impact sur le solde"\n'
)
SWEDISH = (
    '"Datum","Tid","Tidszon","Namn","Typ","Status","Valuta","Brutto","Avgift","Netto","Från e-postadress",'
    '"Till e-postadress","Transaktions-id","Leveransadress","Referenstransaktions-id","Fakturanummer","Saldo",'
    '"Saldopåverkan"\n'
)


def rows(day: str, sale: str, refund: str, withdrawal: str, done: str, declined: str, into: str, out: str) -> str:
    """A sale, a refund of it, a declined sale and the withdrawal of what is left. `day` has the day's number as {}."""
    anna, bo = ("Kund Ett", "a@x.example"), ("Kund Två", "c@x.example")
    told = (
        (12, anna, sale, done, "1.347,00", "-45,27", "1.301,73", "T1", "", "#1009", "1.301,73", into),
        (13, anna, refund, done, "-100,00", "3,00", "-97,00", "T2", "T1", "#1009", "1.204,73", out),
        (13, bo, sale, declined, "99,00", "0,00", "99,00", "T3", "", "#1010", "1.204,73", "Memo"),
        (14, ("", ""), withdrawal, done, "-1.204,73", "0,00", "-1.204,73", "T4", "", "", "0,00", out),
    )  # fmt: skip
    lines = []
    for number, (name, mail), kind, status, gross, fee, net, own, to, invoice, balance, impact in told:
        cells = (day.format(number), "10:00:00", "CET", name, kind, status, "SEK", gross, fee, net, mail, "b@x.example",
                 own, "", to, invoice, balance, impact)  # fmt: skip
        lines.append(",".join(f'"{cell}"' for cell in cells) + "\n")
    return "".join(lines)


WORDS = {
    "German": "PayPal Express-Zahlung; Rückzahlung; Allgemeine Abbuchung; Abgeschlossen; Abgelehnt; Haben; Soll",
    "German, by the user": "Website-Zahlung; Rückzahlung; Von Nutzer eingeleitete Abbuchung; Abgeschlossen; Abgelehnt; "
    "Haben; Soll",
    "Dutch": "Express Checkout betaling; Terugbetaling; Algemene opname; Voltooid; Geweigerd; Bij; Af",
    "French": "Paiement Express Checkout; Remboursement; Virement standard; Terminé; Refusé; Crédit; Débit",
    "Swedish": "Expressbetalning; Återbetalning; Allmänt uttag; Slutförd; Nekad; Kredit; Debet",
}
HEADERS = {"German": GERMAN, "German, by the user": GERMAN, "Dutch": DUTCH, "French": FRENCH, "Swedish": SWEDISH}
DAYS = {"Dutch": "{}-11-2026", "French": "{}/11/2026"}
FILES = {
    language: HEADERS[language] + rows(DAYS.get(language, "{}.11.2026"), *words.split("; "))
    for language, words in WORDS.items()
}


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
