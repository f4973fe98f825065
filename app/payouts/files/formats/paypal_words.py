"""PayPal's words for kinds and states of a transaction, in the languages of its reports, and its event codes. Pure.

English: PayPal, activity report. German and Dutch: public importers of exports in these languages (OCA
bank-statement-import, `account_statement_import_paypal`; angelus200/buchhaltung-upload-tool; importers for Exact and
CAMT). French: public converters. Swedish, Danish and Norwegian are plain translations that no export has proven: see
docs/settlement-unknowns.md. Codes: developer.paypal.com/docs/transaction-search/transaction-event-codes; the first two
digits of a code are the event's group, which PayPal calls sufficient for reconciliation.
"""

from __future__ import annotations

import re
from enum import StrEnum

from app.kit.money import Money
from app.model.payout import PayoutLineKind
from app.payouts.files.description import by_sign


class State(StrEnum):
    """What a status means for the balance."""

    MOVED = "moved"
    WAITING = "waiting"
    ENDED = "ended"
    """It came to nothing: declined, cancelled, expired."""


def _words(*texts: str) -> frozenset[str]:
    return frozenset(word.casefold() for text in texts for word in text.split("; "))


_STATES = {
    State.MOVED: _words(
        "Completed; Cleared; Partially Refunded; Refunded; Reversed; Paid",
        "Abgeschlossen; Teilweise zurückgezahlt; Teilrückzahlung; Zurückgezahlt; Rückerstattet",
        "Voltooid; Gedeeltelijk terugbetaald; Terugbetaald",
        "Terminé; Effectué; Remboursé; Remboursé partiellement; Partiellement remboursé",
        "Slutförd; Slutfört; Återbetald; Delvis återbetald",
        "Gennemført; Fuldført; Fullført; Refunderet; Refundert; Delvist refunderet; Delvis refundert",
    ),
    State.WAITING: _words(
        "Pending; Processing; Held; On Hold; Temporary Hold; Under Review; Uncleared; Unclaimed; Authorized; Open",
        "Created; Draft; Sent; Viewed; Updated; Active; Inactive; Suspended; Closed",
        "Ausstehend; Offen; In Bearbeitung; Einbehalten; Nicht eingefordert",
        "In behandeling; Wachtend; Niet geclaimd",
        "En attente; En cours",
        "Väntande; Pågående; Avvaktar; Under behandling",
        "Afventer; Venter",
    ),
    State.ENDED: _words(
        "Denied; Canceled; Cancelled; Failed; Expired; Removed; Returned; Voided; Blocked; Declined",
        "Abgelehnt; Storniert; Fehlgeschlagen; Abgelaufen; Entfernt; Zurückgegeben",
        "Geweigerd; Geannuleerd; Mislukt; Verlopen; Verwijderd",
        "Refusé; Annulé; Échoué; Expiré; Supprimé",
        "Nekad; Nekat; Avvisad; Avbruten; Makulerad; Misslyckades; Misslyckad; Utgången",
        "Afvist; Avvist; Annulleret; Annullert; Mislykket; Mislykkedes; Udløbet; Utløpt",
    ),
}
MEMO = _words("Memo; Mémo; Nota")
"""The balance impact of a row that only tells of something."""

_WITHDRAWALS = _words(
    "General Withdrawal; User Initiated Withdrawal; Withdraw Funds to Bank Account; Auto-sweep; Payout; Bank Transfer",
    "Transfer to Bank; Withdrawal to Bank Account",
    "Allgemeine Abbuchung; Von Nutzer eingeleitete Abbuchung; Auszahlung",
    "Algemene opname; Door gebruiker gestarte opname; Overboeking naar bank",
    "Virement standard; Retrait général; Retrait initié par l'utilisateur; Virement sur compte bancaire",
    "Allmänt uttag; Uttag; Uttag till bankkonto; Användarinitierat uttag; Utbetalning; Banköverföring",
    "Generel hævning; Hævning; Overførsel til bank; Generelt uttak; Uttak; Overføring til bank",
)
_CONVERSIONS = _words(
    "General Currency Conversion; User Initiated Currency Conversion; Currency Conversion",
    "Allgemeine Währungsumrechnung; Währungsumrechnung durch Nutzer; Von Nutzer eingeleitete Währungsumrechnung",
    "Algemeen valutaomrekening; Algemene valutaomrekening; Valutaomrekening",
    "Conversion de devise standard; Conversion de devise; Conversion de devises",
    "Allmän valutaomvandling; Valutaomvandling; Generel valutaomregning; Generell valutaomregning; Valutaomregning",
)
_PAYMENTS = _words(
    "General Payment; Website Payment; Express Checkout Payment; PayPal Checkout Payment; Mobile Payment",
    "Subscription Payment; Payment; Preapproved Payment Bill User Payment; Pre-approved Payment Bill User Payment",
    "PayPal Express-Zahlung; PayPal Checkout-Zahlung; Website-Zahlung; Allgemeine Zahlung; Handyzahlung",
    "Abonnementzahlung",
    "Zahlung im Einzugsverfahren mit Zahlungsrechnung; eBay-Auktionszahlung; Zahlung",
    "Express Checkout betaling; Express Checkout-betaling; PayPal Checkout-betaling; Websitebetaling",
    "Algemene betaling; Mobiele betaling; Betaling",
    "Paiement Express Checkout; Paiement PayPal Express Checkout; Paiement PayPal Checkout; Paiement standard",
    "Paiement sur site marchand; Paiement mobile; Paiement",
    "Expressbetalning; PayPal Express-betalning; PayPal Checkout-betalning; Webbplatsbetalning; Allmän betalning",
    "Mobilbetalning; Betalning; Generel betaling; Generell betaling; Mobilbetaling",
)
_KINDS = {
    PayoutLineKind.REFUND: _words(
        # PayPal gives the money back to the buyer, as the merchant does with a refund.
        "Payment Refund; Refund; Payment Reversal",
        "Rückzahlung; Zahlungsrückerstattung; Rückbuchung einer Zahlung; Zahlungsrückbuchung",
        "Terugbetaling; Terugbetaling van betaling; Remboursement; Remboursement de paiement; Annulation de paiement",
        "Återbetalning; Betalningsåterbetalning; Tilbagebetaling; Refusjon; Refundering",
    ),
    PayoutLineKind.CHARGEBACK: _words("Chargeback; Rückbuchung; Rétrofacturation; Terugboeking"),
    PayoutLineKind.CHARGEBACK_REVERSED: _words("Chargeback Reversal"),
    PayoutLineKind.FEE: _words("Chargeback Fee; Rückbuchungsgebühr; Kosten terugboeking"),
}
_HOLDS = _words(
    "Payment Hold; Payment Release; Hold on Balance for Dispute Investigation; Reserve Hold; Reserve Release",
    "Cancellation of Hold for Dispute Resolution; Payment Review Hold; Payment Review Release; General Hold",
    "General Hold Release",
    "Einbehaltung für Konfliktlösung; Aufhebung der Einbehaltung für Konfliktlösung; Allgemeine Einbehaltung",
    "Rückbuchung allgemeiner Einbehaltung; Zahlungseinbehaltung; Freigabe der Zahlung",
)
_NAMED = _WITHDRAWALS | _CONVERSIONS | _PAYMENTS | _HOLDS | frozenset().union(*_KINDS.values())

_CODE = re.compile(r"T\d{4}")
_WITHDRAWAL_CODES = frozenset(("T0400", "T0401", "T0403"))
_REFUND_CODES = frozenset(("T1106", "T1107"))
_CHARGEBACK_CODES = frozenset(("T1201",))
_CHARGEBACK_REVERSED_CODES = frozenset(("T1202",))
_CONVERSION_GROUP, _FEE_GROUP, _PAYMENT_GROUP = "T02", "T01", "T00"
_HOLD_GROUPS = frozenset(("T15", "T21"))
_HOLD_CODES = frozenset(("T1110", "T1111"))
"""Held for a dispute, and released."""


def state_of(status: str) -> State | None:
    """What a status means; None where the word is not known."""
    return next((state for state, words in _STATES.items() if status.casefold() in words), None)


def is_code(text: str) -> bool:
    """Whether a cell is a transaction event code."""
    return bool(_CODE.fullmatch(text))


def is_known(word: str, code: str) -> bool:
    """Whether anything says what a row is."""
    return is_code(code) or word.casefold() in _NAMED


def is_withdrawal(word: str, code: str) -> bool:
    """Whether a row is the payout: money that goes to the merchant's bank."""
    return code in _WITHDRAWAL_CODES if is_code(code) else word.casefold() in _WITHDRAWALS


def is_conversion(word: str, code: str) -> bool:
    """Whether a row is one side of an exchange between two of the merchant's currencies."""
    return code.startswith(_CONVERSION_GROUP) if is_code(code) else word.casefold() in _CONVERSIONS


def kind_of(word: str, code: str, gross: Money) -> PayoutLineKind:
    """The payout line kind; what no word and no code decides is OTHER and waits for a person."""
    if is_code(code):
        return _kind_of_code(code, gross)
    name = word.casefold()
    if name in _HOLDS:
        return by_sign(gross, taken=PayoutLineKind.RESERVE_HELD, given=PayoutLineKind.RESERVE_RELEASED)
    if name in _PAYMENTS and gross.minor > 0:
        return PayoutLineKind.CHARGE
    # A payment that leaves is a purchase of the merchant's own, which no order explains.
    return next((kind for kind, words in _KINDS.items() if name in words), PayoutLineKind.OTHER)


def _kind_of_code(code: str, gross: Money) -> PayoutLineKind:
    if code[:3] in _HOLD_GROUPS or code in _HOLD_CODES:
        return by_sign(gross, taken=PayoutLineKind.RESERVE_HELD, given=PayoutLineKind.RESERVE_RELEASED)
    if code.startswith(_PAYMENT_GROUP) and gross.minor > 0:
        return PayoutLineKind.CHARGE
    if code.startswith(_FEE_GROUP):
        return PayoutLineKind.FEE
    for codes, kind in (
        (_REFUND_CODES, PayoutLineKind.REFUND),
        (_CHARGEBACK_CODES, PayoutLineKind.CHARGEBACK),
        (_CHARGEBACK_REVERSED_CODES, PayoutLineKind.CHARGEBACK_REVERSED),
    ):
        if code in codes:
            return kind
    return PayoutLineKind.OTHER
