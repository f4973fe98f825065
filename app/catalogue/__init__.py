"""The one catalogue of findings: stable codes, who acts, texts in Swedish and English, remedies.

`findings/*.yaml` is the data, `entries` its types, `loading` the look-up and the checks that refuse a broken file at
import, `matching` the way from Fortnox's answers to a code, `page` the written `docs/error-catalogue.md`.
"""

from app.catalogue.entries import Actor, Entry, MasterDataKind, RefusalRule, Repair, Severity, UnknownCodeError
from app.catalogue.loading import CATALOGUE, BrokenCatalogueError, declare, lookup
from app.catalogue.matching import match_refusal

__all__ = [
    "CATALOGUE",
    "Actor",
    "BrokenCatalogueError",
    "Entry",
    "MasterDataKind",
    "RefusalRule",
    "Repair",
    "Severity",
    "UnknownCodeError",
    "declare",
    "lookup",
    "match_refusal",
]
