"""The steps of a plan, one file per resource: what is done, its key in the posting log, what it is about.

A step is data. What a ledger makes of it (calls, the look-up after a lost answer, what is read back) is in the ledger's
package; what must be done before it, in `app.execution.outstanding`.
"""

from __future__ import annotations

from typing import overload

from app.posting.documents import CreateInvoice
from app.posting.steps.articles import EnsureArticle, MoveArticle
from app.posting.steps.credit_notes import MakeCredit
from app.posting.steps.customers import ClearWayOfDelivery, EnsureCustomer
from app.posting.steps.invoices import BookInvoice, CancelInvoice, ConfirmSettled, MailInvoice, MarkReady
from app.posting.steps.orders import CreateOrder, InvoiceOrder, order_key
from app.posting.steps.payments import BookPayment, PayInvoice
from app.posting.steps.registers import EnsureCurrency, EnsureWayOfDelivery
from app.posting.steps.reports import ConnectReport, UploadReport
from app.posting.vouchers import CreateVoucher

__all__ = [
    "BookInvoice", "BookPayment", "CancelInvoice", "ClearWayOfDelivery", "ConfirmSettled", "ConnectReport",
    "CreateOrder", "EnsureArticle", "EnsureCurrency", "EnsureCustomer", "EnsureWayOfDelivery", "InvoiceOrder",
    "MailInvoice", "MakeCredit", "MarkReady", "MoveArticle", "PayInvoice", "Step", "UploadReport", "content_of",
    "document_of", "order_key",
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


def document_of(step: Step) -> str:
    """Key of the document that a step is about; empty for customer and article records."""
    match step:
        case EnsureCustomer() | EnsureArticle() | EnsureCurrency() | EnsureWayOfDelivery():
            return ""
        case ClearWayOfDelivery() | MoveArticle() | CreateOrder():
            return ""
        case InvoiceOrder():
            return order_key(step.document)
        case CreateInvoice():
            return step.credits or step.draft_step
        case MakeCredit():
            return step.original
        case _:
            return step.document
