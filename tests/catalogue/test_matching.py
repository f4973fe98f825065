"""Fortnox's own words, as the dossiers record them, lead to the right code; doubtful numbers alone lead nowhere."""

import pytest

from app.catalogue import match_refusal

TABLE = [
    (None, "Kunde inte hämta/hitta moms", 400, "FORTNOX_VAT_NOT_FOUND"),
    (2004344, "Kunde inte hämta/hitta valuta", 400, "FORTNOX_CURRENCY_NOT_FOUND"),
    (None, "Kunde inte hitta/hämta valuta", 400, "FORTNOX_CURRENCY_NOT_FOUND"),
    (None, "Could not retrieve/find currency", 400, "FORTNOX_CURRENCY_NOT_FOUND"),
    (2000427, "", 404, "FORTNOX_CURRENCY_NOT_FOUND"),
    (
        2000637,
        "Kundnummer 7 används redan. Kundnumret har redan använts men blivit raderat.",
        400,
        "FORTNOX_CUSTOMER_NUMBER_TAKEN",
    ),
    (2000637, "Customer name cannot be empty", 400, "FORTNOX_CUSTOMER_NAME_EMPTY"),
    (2000637, "", 400, None),
    (2000637, "Något helt annat", 400, None),
    (
        2000401,
        "Bokbro AB har låst perioden t.o.m. 2026-10-31. Lås upp perioden för att fortsätta.",
        400,
        "FORTNOX_PERIOD_LOCKED",
    ),
    (None, "Räkenskapsår saknas", 400, "FORTNOX_FISCAL_YEAR"),
    (2000550, 'Konto "3001" är inte aktivt', 400, "FORTNOX_ACCOUNT_INACTIVE"),
    (None, "The account is not active", 400, "FORTNOX_ACCOUNT_INACTIVE"),
    (2001304, "Kunde inte hitta konto", 400, "FORTNOX_ACCOUNT_NOT_FOUND"),
    (
        None,
        'Artikel: Inköpskonto inte uppdaterat. Kontot "4000" existerar inte. (PurchaseAccount)',
        400,
        "FORTNOX_ACCOUNT_NOT_FOUND",
    ),
    (2001412, "Kunde inte hämta/hitta leveranssätt", 400, "KUNDE_INTE_HAMTA_HITTA_LEVERANSSATT"),
    (2001412, "Kunde inte hämta/hitta leveransvillkor", 400, None),
    (2000359, "Värdet innehåller ej tillåtna tecken. (”<”)", 400, "FORTNOX_TEXT_CHARS"),
    (2000107, "", 400, "FORTNOX_TEXT_TOO_LONG"),
    (2001302, "Kunde inte hitta artikel", 400, "FORTNOX_ARTICLE_NOT_FOUND"),
    (2000428, "Kan inte hitta artikeln.", 404, "FORTNOX_ARTICLE_NOT_FOUND"),
    (2000166, "Prohibited characters in product number", 400, "SHOPIFY_PRODUCT_CHARS"),
    (2001089, "Betalningsdatum före fakturadatum", 400, "FORTNOX_PAYMENT_DATE"),
    (None, "The payment date cannot precede the invoice date", 400, "FORTNOX_PAYMENT_DATE"),
    (None, "Valuta EUR och valuta SEK stämmer inte överens", 400, "FORTNOX_CURRENCY_MISMATCH"),
    (
        None,
        "Kunde inte bokföra fakturanummer 12. Faktura som bokförs måste var klarmarkerad.",
        400,
        "FORTNOX_NOT_WAREHOUSE_READY",
    ),
    (2003275, "Saknar behörighet för kostnadsställen", 403, "FORTNOX_COST_CENTER_AUTH"),
    (2003275, "Saknar behörighet för leverantörsregister.", 403, "FORTNOX_RIGHT_MISSING"),
    (2000947, "", 400, "FORTNOX_COST_CENTER_NOT_FOUND"),
    (2000663, "Har inte behörighet för scope", 403, "FORTNOX_SCOPE_MISSING"),
    (2001101, "Det finns ingen aktiv licens för önskat scope", 400, "FORTNOX_LICENCE_MISSING"),
    (2001103, "Api-licens saknas.", 403, "FORTNOX_LICENCE_MISSING"),
    (None, "error_missing_license", 400, "FORTNOX_LICENCE_MISSING"),
    (None, "error_missing_app_license", 400, "FORTNOX_APP_LICENCE_MISSING"),
    (None, "error_missing_system_admin_right", None, "FORTNOX_NO_ADMIN_RIGHT"),
    (None, "Invalid refresh token", 400, "FORTNOX_CONSENT_LOST"),
    (None, "", 429, "FORTNOX_RATE_LIMITED"),
    (1000003, "System exception", 500, "FORTNOX_UNAVAILABLE"),
    (None, None, 503, "FORTNOX_UNAVAILABLE"),
    (2999999, "Ett fel ingen känner", 400, None),
    (None, None, None, None),
]


@pytest.mark.parametrize(("number", "message", "status", "code"), TABLE)
def test_answer_leads_to_code(number: int | None, message: str | None, status: int | None, code: str | None) -> None:
    found = match_refusal("fortnox", number, message, status)
    assert (found.code if found else None) == code


def test_words_outweigh_a_server_fault() -> None:
    found = match_refusal("fortnox", None, "Kunde inte hämta/hitta moms", 500)
    assert found is not None
    assert found.code == "FORTNOX_VAT_NOT_FOUND"
