"""PayPal's statement and Stripe's itemized balance. Invented rows, written before the readers.

Sources: PayPal, statement (monthly or custom) as OCA/bank-statement-import reads it (readme/USAGE.rst, "Statement
report") and as a public specification of the German file lists its columns: Datum, Uhrzeit, Zeitzone, Beschreibung,
Währung, Brutto, Entgelt, Netto, Guthaben, Transaktionscode, Absender E-Mail-Adresse, Name, Name der Bank, Bankkonto,
Versand- und Bearbeitungsgebühr, Umsatzsteuer, Rechnungsnummer, Zugehöriger Transaktionscode. Stripe: docs.stripe.com/
reports/balance ("It includes all transactions and payouts"), columns of balance_change_from_activity.itemized.
"""

from __future__ import annotations

from datetime import date

import pytest

from app.kit.money import Money
from app.model.payout import MatchKey, PayoutLineKind
from app.payouts.files import NotRecognised, recognise
from tests.support.payout_files.files import only, read


def sek(amount: str) -> Money:
    return Money.of(amount, "SEK")


GERMAN = (
    '"Datum","Uhrzeit","Zeitzone","Beschreibung","Währung","Brutto","Entgelt","Netto","Guthaben","Transaktionscode",'
    '"Absender E-Mail-Adresse","Name","Name der Bank","Bankkonto","Versand- und Bearbeitungsgebühr","Umsatzsteuer",'
    '"Rechnungsnummer","Zugehöriger Transaktionscode"\n'
)
ENGLISH = (
    '"Date","Time","Time Zone","Description","Currency","Gross","Fee","Net","Balance","Transaction ID",'
    '"From Email Address","Name","Bank Name","Bank Account","Shipping and Handling Amount","Sales Tax","Invoice ID",'
    '"Reference Txn ID"\n'
)
GERMAN_ROWS = (
    '"12.11.2026","10:00:00","CET","PayPal Express-Zahlung","SEK","1.347,00","-45,27","1.301,73","1.301,73","T1",'
    '"a@x.example","Kund Ett","","","0,00","0,00","#1009",""\n'
    '"13.11.2026","11:00:00","CET","{withdrawal}","SEK","-1.000,00","0,00","-1.000,00","301,73","T3","","","Bank",'
    '"1234","0,00","0,00","",""\n'
)
ENGLISH_ROWS = (
    '"11/12/2026","10:00:00","CET","Express Checkout Payment","SEK","1,347.00","-45.27","1,301.73","1,301.73","T1",'
    '"a@x.example","Kund Ett","","","0.00","0.00","#1009",""\n'
    '"11/13/2026","11:00:00","CET","General Withdrawal","SEK","-1,000.00","0.00","-1,000.00","301.73","T3","","",'
    '"Bank","1234","0.00","0.00","",""\n'
)


@pytest.mark.parametrize(
    "content",
    [
        GERMAN + GERMAN_ROWS.format(withdrawal="Allgemeine Abbuchung"),
        GERMAN + GERMAN_ROWS.format(withdrawal="Von Nutzer eingeleitete Abbuchung"),
        ENGLISH + ENGLISH_ROWS,
    ],
)
def test_paypals_statement_has_no_status_and_every_row_counts(content: str) -> None:
    found = only(content.encode("utf-8-sig"))
    assert (found.provider, found.id, found.paid_on, found.paid_out) == (
        "paypal", "T3", date(2026, 11, 13), sek("1000.00"),
    )  # fmt: skip
    assert found.unexplained == sek("0")
    sale, carried = found.lines
    assert (sale.kind, sale.amount, sale.fee) == (PayoutLineKind.CHARGE, sek("1347.00"), sek("45.27"))
    assert sale.keys[MatchKey.ORDER_NAME] == "#1009"
    assert (carried.kind, carried.amount) == (PayoutLineKind.CARRIED_FORWARD, sek("-301.73"))


def test_paypals_statement_whose_withdrawal_nothing_explains_is_left_to_a_map() -> None:
    content = GERMAN + GERMAN_ROWS.format(withdrawal="Irgendetwas")
    assert isinstance(recognise(content.encode()), NotRecognised)


STRIPE = "balance_transaction_id,created_utc,created,currency,gross,fee,net,reporting_category,source_id,description\n"


def stripe(number: str, at: str, kind: str, gross: str, fee: str, net: str) -> str:
    return f"{number},2026-11-{at} 10:00:00,2026-11-{at} 11:00:00,sek,{gross},{fee},{net},{kind},src_{number},\n"


def test_stripes_itemized_balance_ends_each_payout_with_its_own_row() -> None:
    rows = stripe("txn_1", "10", "charge", "100.00", "2.00", "98.00")
    rows += stripe("txn_2", "11", "payout", "-98.00", "0.00", "-98.00")
    rows += stripe("txn_3", "12", "charge", "50.00", "1.00", "49.00")
    found = read((STRIPE + rows).encode())
    (payout,) = found.payouts
    assert (payout.provider, payout.id, payout.paid_out, payout.unexplained, payout.is_captured) == (
        "stripe", "src_txn_2", sek("98.00"), sek("0"), True,
    )  # fmt: skip
    assert found.pending == 1
