"""Whose VAT a sale carries, at which rates, and what Fortnox must be told so (accounting.md 2)."""

from app.domain.vat.oss import rate_text
from app.domain.vat.place_of_supply import destination, place_of_supply
from app.domain.vat.territories import EU_COUNTRIES
from app.domain.vat.treatment import Scheme, Treatment, treat

__all__ = ["EU_COUNTRIES", "Scheme", "Treatment", "destination", "place_of_supply", "rate_text", "treat"]
