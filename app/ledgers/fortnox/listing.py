"""Invoices as lists show them: what changed, what is open, and what somebody else's credit note is linked to."""

from __future__ import annotations

from datetime import datetime

from app.kit.http.outcome import Done
from app.ledgers.base import Company, ListedDocument, RecordsUnreadableError
from app.ledgers.fortnox.call import Call, number_in_path
from app.ledgers.fortnox.client import FortnoxClient, ListFailedError
from app.ledgers.fortnox.register import changed_since, invoice_entry
from app.ledgers.fortnox.wire import WireInvoice, WireInvoiceListRow


def changed_documents(client: FortnoxClient, company: Company, since: datetime) -> list[ListedDocument]:
    """What changed after a moment, and what is open: nobody knows whether a payment that goes changes its invoice."""
    changed = _listed(client, company, changed_since(since))
    numbers = {row.document_number for row in changed}
    still_open = [row for row in _listed(client, company, {"filter": "unpaid"}) if row.document_number not in numbers]
    return [
        ListedDocument(
            row.document_number,
            row.cancelled,
            row.is_credit,
            row.balance,
            row.document_number in numbers,
            entry=invoice_entry(row),
            reference=row.external1.strip(),
        )
        for row in (*changed, *still_open)
    ]


def _listed(client: FortnoxClient, company: Company, params: dict[str, str]) -> list[WireInvoiceListRow]:
    try:
        rows = list(client.pages(company, "/3/invoices", "Invoices", params))
    except ListFailedError as error:
        raise RecordsUnreadableError("invoices", error.outcome) from error
    return [WireInvoiceListRow.model_validate(row) for row in rows]


def credited_by(client: FortnoxClient, company: Company, number: str) -> str:
    """The invoice that a credit note is linked to; lists do not show it."""
    outcome = client.call(company, Call("GET", f"/3/invoices/{number_in_path(number)}"))
    if not isinstance(outcome, Done):
        raise RecordsUnreadableError("invoices", outcome)
    return WireInvoice.model_validate(outcome.data["Invoice"]).credits
