"""One request to Fortnox, and what building it may look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from app.ledgers.base import Results
from app.posting.references import DocumentRef, Form


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it is sent."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Call:
    """One request to Fortnox, below its base address."""

    method: str
    path: str
    body: Mapping[str, Any] | None = None
    file: Upload | None = None
    """Sent instead of a body."""


@dataclass(frozen=True, slots=True)
class Context:
    """What rendering may look at besides the step: answers to earlier steps, and articles that exist."""

    results: Results
    known_articles: frozenset[str] | None = None
    """None: every article number is sent. Otherwise only these."""
    file: bytes = b""
    late_payments: frozenset[str] = frozenset()
    stock_point: str = ""
    """Mandatory on rows of articles where a company has stock points (fortnox.se/developer, Warehouse fields)."""


def number_in_path(number: str) -> str:
    """A document, customer or article number as a path segment ("/" becomes %2F)."""
    return quote(number, safe="")


def invoice_path(document: DocumentRef, results: Results) -> str:
    """The path of an invoice or credit note that an earlier step made."""
    return f"/3/invoices/{number_in_path(str(results[document]['number']))}"


def document_path(document: DocumentRef, results: Results) -> str:
    """The path of a document that an earlier step made: an invoice, or an order."""
    if document.form is Form.ORDER:
        return f"/3/orders/{number_in_path(str(results[document]['number']))}"
    return invoice_path(document, results)
