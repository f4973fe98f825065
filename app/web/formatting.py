"""Amounts, times and JSON as people read them. Times are shown in Europe/Stockholm, the books' own day."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal

from app.catalogue.entries import Language
from app.kit.money import Money, MoneyError, exponent, round_half_up
from app.model.order import BOOKS_ZONE

_LOCALES = {"sv": "sv_SE", "en": "en_GB"}
_AMOUNT = re.compile(r"(-?[0-9]{1,15}(?:\.[0-9]{1,3})?) ([A-Z]{3})")
_AMOUNTS = re.compile(rf"{_AMOUNT.pattern}(?:, {_AMOUNT.pattern})+(?: \(\+[0-9]+\))?")
"""Several amounts, as findings of several orders are reported together."""
_PROVIDERS = {"paypal": "PayPal", "sumup": "SumUp", "epay": "ePay", "vipps": "Vipps MobilePay"}
"""Names that are not written as their words are."""
_MAX_JSON = 20_000
"""Characters of one request or answer on a page; the whole stays in the database."""


def money(amount: Money, language: Language) -> str:
    """An amount with its currency: `1 234,50 SEK`."""
    return f"{decimal(amount.decimal, language, exponent(amount.currency))} {amount.currency}"


def decimal(amount: Decimal | str, language: Language, places: int = 2) -> str:
    """A number with the language's separators and that many decimals."""
    pattern = "#,##0" + ("." + "0" * places if places else "")
    # Rounded here: babel would round half to even, and nobody else in this house does.
    return format_decimal(round_half_up(Decimal(amount), places), format=pattern, locale=_LOCALES[language])


def readable(values: Mapping[str, object], language: Language) -> dict[str, object]:
    """The values of a finding; amounts among them (`120.50 SEK`, as `Money` writes itself) in the language's form."""
    return {name: _amount(value, language) for name, value in values.items()}


def _amount(value: object, language: Language) -> object:
    if not isinstance(value, str):
        return value
    if _AMOUNTS.fullmatch(value):
        return _AMOUNT.sub(lambda match: str(_amount(match[0], language)), value)
    match = _AMOUNT.fullmatch(value)
    if match is None:
        return value
    try:
        return money(Money.of(match[1], match[2]), language)
    except MoneyError:
        # Something else that looks like an amount (a SKU, a name): it is shown as it came.
        return value


def moment(when: datetime, language: Language) -> str:
    """A time in Stockholm, to the second: `22 nov. 2026 10:00:00`."""
    pattern = "d MMM y HH:mm:ss"
    return format_datetime(when, pattern, tzinfo=BOOKS_ZONE, locale=_LOCALES[language])


def minute(when: datetime, language: Language) -> str:
    """A time in Stockholm, to the minute."""
    return format_datetime(when, "d MMM y HH:mm", tzinfo=BOOKS_ZONE, locale=_LOCALES[language])


def day(when: date | str, language: Language) -> str:
    """A day of the books; a plan carries it as an ISO date."""
    value = date.fromisoformat(when) if isinstance(when, str) else when
    return format_date(value, "d MMM y", locale=_LOCALES[language])


def provider(name: str) -> str:
    """A payment provider as it writes itself: `paypal` → PayPal, `shopify_payments` → Shopify Payments."""
    return _PROVIDERS.get(name) or name.replace("_", " ").title()


def clearing_account(role: str) -> str:
    """Whose clearing account a role names, and its currency: `psp.klarna.sek` → Klarna SEK."""
    _psp, name, currency = role.split(".", 2)
    return f"{provider(name)} {currency.upper()}"


def pretty_json(value: object) -> str:
    """JSON on several lines, cut where a page would become too long."""
    text = json.dumps(value, ensure_ascii=False, indent=2, default=str)
    return text if len(text) <= _MAX_JSON else text[:_MAX_JSON] + "\n…"
