"""The words that Bokbro itself writes on documents, in the buyer's language by the tenant's rule."""

from __future__ import annotations

from app.model.order import Order
from app.tenants.rules import TenantRules, TextLanguage

_OF_COUNTRY = {"SE": "sv", "AX": "sv", "DE": "de", "AT": "de", "DK": "da", "NO": "nb", "FI": "fi"}
_OTHERS = "en"
"""Everybody else."""

_WORDS: dict[str, dict[str, str]] = {
    "tip": {"sv": "Dricks", "en": "Tip", "de": "Trinkgeld", "da": "Drikkepenge", "nb": "Tips", "fi": "Juomaraha"},
    "duties": {"sv": "Tull", "en": "Duties", "de": "Zoll", "da": "Told", "nb": "Toll", "fi": "Tulli"},
    "vat_of": {
        "sv": "Moms {country} {rate} %", "en": "VAT {country} {rate} %", "de": "MwSt. {country} {rate} %",
        "da": "Moms {country} {rate} %", "nb": "Mva. {country} {rate} %", "fi": "ALV {country} {rate} %",
    },
    "discounted": {
        "sv": "{title} ({before} minus rabatt {discount})", "en": "{title} ({before} less discount {discount})",
        "de": "{title} ({before} abzüglich Rabatt {discount})", "da": "{title} ({before} minus rabat {discount})",
        "nb": "{title} ({before} minus rabatt {discount})", "fi": "{title} ({before}, alennus {discount})",
    },
    "share": {
        "sv": "{title}, andel {rate} %", "en": "{title}, share at {rate} %", "de": "{title}, Anteil {rate} %",
        "da": "{title}, andel {rate} %", "nb": "{title}, andel {rate} %", "fi": "{title}, osuus {rate} %",
    },
    "rounding": {
        "sv": "Öresavrundning", "en": "Rounding", "de": "Rundung", "da": "Afrunding", "nb": "Avrunding",
        "fi": "Pyöristys",
    },
    "difference": {
        "sv": "Skillnad mot butikens summa", "en": "Difference to the shop's total",
        "de": "Differenz zur Summe des Shops", "da": "Forskel til butikkens sum", "nb": "Forskjell fra butikkens sum",
        "fi": "Ero kaupan loppusummaan",
    },
    "return": {
        "sv": "Retur: {title}", "en": "Return: {title}", "de": "Rückgabe: {title}", "da": "Retur: {title}",
        "nb": "Retur: {title}", "fi": "Palautus: {title}",
    },
    "changed": {
        "sv": "Ändrad order: {title}", "en": "Changed order: {title}", "de": "Geänderte Bestellung: {title}",
        "da": "Ændret ordre: {title}", "nb": "Endret ordre: {title}", "fi": "Muutettu tilaus: {title}",
    },
    "reduction": {
        "sv": "Prisavdrag, andel {rate} %", "en": "Price reduction, share at {rate} %",
        "de": "Preisnachlass, Anteil {rate} %", "da": "Prisnedslag, andel {rate} %", "nb": "Prisavslag, andel {rate} %",
        "fi": "Hinnanalennus, osuus {rate} %",
    },
    "kept": {
        "sv": "Avdrag på återbetalningen, andel {rate} %", "en": "Deducted from the refund, share at {rate} %",
        "de": "Abzug von der Erstattung, Anteil {rate} %", "da": "Fradrag i refusionen, andel {rate} %",
        "nb": "Fradrag i refusjonen, andel {rate} %", "fi": "Vähennys palautuksesta, osuus {rate} %",
    },
    "fee_restocking": {
        "sv": "Returavgift", "en": "Restocking fee", "de": "Rücknahmegebühr", "da": "Returgebyr", "nb": "Returgebyr",
        "fi": "Palautusmaksu",
    },
    "fee_return_shipping": {
        "sv": "Returfrakt", "en": "Return shipping", "de": "Rückversand", "da": "Returfragt", "nb": "Returfrakt",
        "fi": "Palautuksen toimitusmaksu",
    },
    "credit": {
        "sv": "Kreditering av faktura för order {order}.", "en": "Credit of the invoice for order {order}.",
        "de": "Gutschrift zur Rechnung für Bestellung {order}.", "da": "Kreditering af faktura for ordre {order}.",
        "nb": "Kreditering av faktura for ordre {order}.", "fi": "Hyvitys tilauksen {order} laskusta.",
    },
    "concerns": {
        "sv": "Avser {day}.", "en": "Concerns {day}.", "de": "Betrifft {day}.", "da": "Vedrører {day}.",
        "nb": "Gjelder {day}.", "fi": "Koskee päivää {day}.",
    },
    "paid_on": {
        "sv": "Betalt {day}: {amount}.", "en": "Paid on {day}: {amount}.", "de": "Bezahlt am {day}: {amount}.",
        "da": "Betalt {day}: {amount}.", "nb": "Betalt {day}: {amount}.", "fi": "Maksettu {day}: {amount}.",
    },
    "given_card": {
        "sv": "Rabatt med presentkort som delats ut: {amount}.",
        "en": "Discount by a gift card that was given away: {amount}.",
        "de": "Rabatt durch einen geschenkten Gutschein: {amount}.",
        "da": "Rabat med gavekort uden køb: {amount}.", "nb": "Rabatt med gavekort uten kjøp: {amount}.",
        "fi": "Alennus lahjaksi annetulla lahjakortilla: {amount}.",
    },
    "delivery": {
        "sv": "Delleverans av order {order}.", "en": "Part delivery of order {order}.",
        "de": "Teillieferung der Bestellung {order}.", "da": "Delleverance af ordre {order}.",
        "nb": "Delleveranse av ordre {order}.", "fi": "Tilauksen {order} osatoimitus.",
    },
    "addition": {
        "sv": "Tillägg till order {order}.", "en": "Addition to order {order}.",
        "de": "Ergänzung zu Bestellung {order}.",
        "da": "Tillæg til ordre {order}.", "nb": "Tillegg til ordre {order}.", "fi": "Lisäys tilaukseen {order}.",
    },
    "part": {
        "sv": "Del {part} av faktureringen av order {order}.", "en": "Part {part} of the invoicing of order {order}.",
        "de": "Teil {part} der Rechnung zu Bestellung {order}.", "da": "Del {part} af faktureringen af ordre {order}.",
        "nb": "Del {part} av faktureringen av ordre {order}.", "fi": "Tilauksen {order} laskutuksen osa {part}.",
    },
    "credits_invoice": {
        "sv": "Krediterar faktura {number}.", "en": "Credits invoice {number}.",
        "de": "Gutschrift zu Rechnung {number}.",
        "da": "Krediterer faktura {number}.", "nb": "Krediterer faktura {number}.", "fi": "Hyvittää laskun {number}.",
    },
}  # fmt: skip

LANGUAGES = frozenset(_WORDS["tip"])


def say(key: str, language: str, **values: object) -> str:
    """The words in a language; Swedish for one that a document of an earlier version may carry."""
    words = _WORDS[key]
    return words.get(language or "sv", words["sv"]).format(**values)


def language_of(order: Order, rules: TenantRules) -> str:
    """In which language an order's documents speak: the tenant's, or that of the country where the buyer pays."""
    if rules.text_language is not TextLanguage.BUYER:
        return rules.text_language.value
    country = order.bill_to.country_code or order.ship_to.country_code or "SE"
    return _OF_COUNTRY.get(country, _OTHERS)
