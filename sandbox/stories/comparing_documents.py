"""Invoices, credit notes, Fortnox orders, their rows, and the customer on them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeVar

from sandbox.stories.observing import Document, Observation, Row

Json = Mapping[str, Any]
DOCUMENT_KEYS = frozenset({"kind", "date", "total", "balance", "currency", "rows"})
ROW_KEYS = frozenset({"account", "article", "quantity", "total", "vat_rate", "never_text"})
_BOOKS = "SEK"
Found = TypeVar("Found")


def documents(wanted: list[Json], observed: Sequence[Observation]) -> Iterator[str]:
    """All documents of the order, in any order; a Fortnox order counts only where one is named."""
    counts_orders = any(json.get("kind") == "order" for json in wanted)
    there = [document for document in observed[-1].documents if counts_orders or document.kind != "order"]
    if len(there) != len(wanted):
        yield f"found {_listed(there)}, expected {len(wanted)}"
    elif not _pairs(wanted, there, _fits_document):
        missed = [one for one in wanted if not any(_fits_document(one, other) for other in there)]
        yield f"found {_listed(there)}; {'; '.join(_nearest(one, there) for one in missed or wanted)}"


def totals(wanted: Mapping[str, Any], observed: Sequence[Observation]) -> Iterator[str]:
    """Sum per kind of document."""
    for kind, amount in wanted.items():
        found = sum((document.total for document in observed[-1].documents if document.kind == kind), Decimal(0))
        if found != _number(amount):
            yield f"{kind} found {found:.2f}, expected {_number(amount):.2f}"


def no_document_of(wanted: list[Any], observed: Sequence[Observation]) -> Iterator[str]:
    """Totals that no document may have."""
    for document in observed[-1].documents:
        if document.total in {_number(amount) for amount in wanted}:
            yield f"{document.kind} {document.number} has {document.total:.2f}"


def customer_name(wanted: str | list[str], observed: Sequence[Observation]) -> Iterator[str]:
    """On card and documents."""
    yield from _values(wanted, observed[-1], "name", on_documents=True)


def email(wanted: str | list[str], observed: Sequence[Observation]) -> Iterator[str]:
    """On card and documents."""
    yield from _values(wanted, observed[-1], "email", on_documents=True)


def customer_type(wanted: str | list[str], observed: Sequence[Observation]) -> Iterator[str]:
    """PRIVATE or COMPANY, on the card."""
    yield from _values(wanted, observed[-1], "type")


def vat_type(wanted: str | list[str], observed: Sequence[Observation]) -> Iterator[str]:
    """Fortnox's VATType, on the card."""
    yield from _values(wanted, observed[-1], "vat_type")


def vat_number(wanted: str | list[str], observed: Sequence[Observation]) -> Iterator[str]:
    """On the card."""
    yield from _values(wanted, observed[-1], "vat_number")


def delivery_country(wanted: str | list[str], observed: Sequence[Observation]) -> Iterator[str]:
    """On the documents alone."""
    found = [
        str(document.facts.get("delivery_country") or "")
        for document in observed[-1].documents
        if document.kind != "order"
    ]
    yield from _accepted(wanted, found)


def _values(wanted: str | list[str], observed: Observation, name: str, *, on_documents: bool = False) -> Iterator[str]:
    found = [str(card.get(name) or "") for card in observed.cards]
    if on_documents:
        found += [str(document.facts.get(name) or "") for document in observed.documents if document.kind != "order"]
    yield from _accepted(wanted, found)


def _accepted(wanted: str | list[str], found: Sequence[str]) -> Iterator[str]:
    accepted = [wanted] if isinstance(wanted, str) else wanted
    if not found:
        yield f"there is none, expected {accepted}"
    for value in sorted(set(found)):
        if not any(value == one or (one == "*" and value) for one in accepted):
            yield f"found {value!r}, expected {' or '.join(repr(one) for one in accepted)}"


def _pairs(wanted: Sequence[Json], found: Sequence[Found], fits: Callable[[Json, Found], bool]) -> bool:
    """Whether each of both has a partner of its own: what is told vaguely must not take what is told exactly."""
    if not wanted:
        return not found
    first, *rest = wanted
    return any(
        fits(first, one) and _pairs(rest, [*found[:place], *found[place + 1 :]], fits)
        for place, one in enumerate(found)
    )


def _fits_document(wanted: Json, found: Document) -> bool:
    return not any(_wrong_in_document(wanted, found))


def _wrong_in_document(wanted: Json, found: Document) -> Iterator[str]:
    if "kind" in wanted and found.kind != wanted["kind"]:
        yield f"kind {found.kind}"
    if "date" in wanted and found.date != wanted["date"]:
        yield f"date {found.date}"
    if found.currency != wanted.get("currency", _BOOKS):
        yield f"currency {found.currency}"
    for name, value in (("total", found.total), ("balance", found.balance)):
        if name in wanted and value != _number(wanted[name]):
            yield f"{name} {value:.2f}"
    if "rows" in wanted and not (
        len(wanted["rows"]) == len(found.rows) and _pairs(wanted["rows"], found.rows, _fits_row)
    ):
        yield f"rows {[_shown_row(row) for row in found.rows]}"


def _fits_row(wanted: Json, found: Row) -> bool:
    numbers = {"quantity": found.quantity, "total": found.total, "vat_rate": found.vat_rate}
    return (
        all(value == _number(wanted[name]) for name, value in numbers.items() if name in wanted)
        and str(wanted.get("account", found.account)) == found.account
        and str(wanted.get("article", found.article)) == found.article
        and found.text.strip() not in wanted.get("never_text", ())
    )


def _nearest(wanted: Json, there: Sequence[Document]) -> str:
    """Of an expected document the found one that it differs least from, and in what."""
    wrong = min(
        (list(_wrong_in_document(wanted, document)) for document in there), key=len, default=["nothing like it"]
    )
    expected = ", ".join(f"{key} {value}" for key, value in wanted.items())
    return f"expected {expected}: " + (f"nearest has {', '.join(wrong)}" if wrong else "there, but not once for each")


def _listed(there: Sequence[Document]) -> str:
    return (
        ", ".join(f"{document.kind} {document.date} {document.total:.2f} {document.currency}" for document in there)
        or "no documents"
    )


def _shown_row(row: Row) -> str:
    return f"{row.account} {row.article} {row.quantity} × = {row.total:.2f} at {row.vat_rate} % {row.text!r}"


def _number(value: Any) -> Decimal:  # noqa: ANN401 -- a JSON number
    return Decimal(str(value))
