"""What several test modules share of `test_paypal_languages`."""

from __future__ import annotations

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
