"""Whose VAT a sale carries, at which rates, and what Fortnox needs for it (accounting.md 2)."""

from app.vat.oss import rate_text
from app.vat.place_of_supply import destination, place_of_supply
from app.vat.territories import EU_COUNTRIES
from app.vat.treatment import Scheme, Treatment, treat

__all__ = ["EU_COUNTRIES", "Scheme", "Treatment", "destination", "place_of_supply", "rate_text", "treat"]
