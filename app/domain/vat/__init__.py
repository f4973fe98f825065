"""Whose VAT a sale carries, at which rates, and what Fortnox must be told so (accounting.md 2)."""

from app.domain.vat.oss import rate_text
from app.domain.vat.territories import EU_COUNTRIES, destination
from app.domain.vat.treatment import Scheme, Treatment, treat

__all__ = ["EU_COUNTRIES", "Scheme", "Treatment", "destination", "rate_text", "treat"]
