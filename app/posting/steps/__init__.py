"""The steps of a plan, one file per resource: what is done, its key in the posting log, what it is about.

A step is data. What a ledger makes of it (calls, the look-up after a lost answer, what is read back) is in the ledger's
package; what must be done before it, in `app.execution.outstanding`.
"""

from __future__ import annotations

from typing import overload

from app.posting.documents import CreateInvoice
from app.posting.references import DocumentRef
from app.posting.steps.articles import EnsureArticle, MoveArticle
from app.posting.steps.credit_notes import MakeCredit
from app.posting.steps.customers import ClearWayOfDelivery, EnsureCustomer
from app.posting.steps.invoices import BookInvoice, CancelInvoice, ConfirmSettled, MailInvoice, MarkReady
from app.posting.steps.orders import CreateOrder, InvoiceOrder
from app.posting.steps.payments import BookPayment, PayInvoice
from app.posting.steps.registers import EnsureCurrency, EnsureWayOfDelivery
from app.posting.steps.reports import ConnectReport, UploadReport
from app.posting.vouchers import CreateVoucher

__all__ = [
    "BookInvoice", "BookPayment", "CancelInvoice", "ClearWayOfDelivery", "ConfirmSettled", "ConnectReport",
    "CreateOrder", "EnsureArticle", "EnsureCurrency", "EnsureCustomer", "EnsureWayOfDelivery", "InvoiceOrder",
    "MailInvoice", "MakeCredit", "MarkReady", "MoveArticle", "PayInvoice", "Step", "UploadReport", "content_of",
    "document_of",
]  # fmt: skip

Step = (
    EnsureCustomer
    | EnsureArticle
    | EnsureCurrency
    | EnsureWayOfDelivery
    | ClearWayOfDelivery
    | MoveArticle
    | CreateInvoice
    | CreateOrder
    | InvoiceOrder
    | MakeCredit
    | CancelInvoice
    | MarkReady
    | BookInvoice
    | PayInvoice
    | BookPayment
    | ConfirmSettled
    | CreateVoucher
    | MailInvoice
    | UploadReport
    | ConnectReport
)


@overload
def content_of(step: CreateInvoice | CreateOrder) -> CreateInvoice: ...
@overload
def content_of(step: Step) -> CreateInvoice | None: ...
def content_of(step: Step) -> CreateInvoice | None:
    """The document that a step writes, an order's being that of its invoice; None for steps that write none."""
    if isinstance(step, CreateOrder):
        return step.invoice
    return step if isinstance(step, CreateInvoice) else None


def document_of(step: Step) -> DocumentRef | None:
    """The document that a step is about, as an earlier step made it; None for records and what needs no document."""
    match step:
        case EnsureCustomer() | EnsureArticle() | EnsureCurrency() | EnsureWayOfDelivery():
            return None
        case ClearWayOfDelivery() | MoveArticle() | CreateOrder() | UploadReport() | ConnectReport():
            return None
        case InvoiceOrder():
            return step.document.order
        case CreateInvoice():
            return step.credits or (step.ref.draft if step.from_draft else None)
        case MakeCredit():
            return step.original
        case _:
            return step.document
