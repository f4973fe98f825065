"""What Fortnox makes of each kind of step: request, look after a lost answer, and what is kept of the answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from app.kit.http.outcome import Done, Refused
from app.ledgers.base import Company, Looked, Remote, Results, Sent, StepContext
from app.ledgers.fortnox import credit_notes, invoices, orders, payments, records, reports, vouchers
from app.ledgers.fortnox.call import Call, Context
from app.ledgers.fortnox.client import FortnoxClient
from app.posting.documents import CreateInvoice
from app.posting.steps import (
    BookInvoice,
    BookPayment,
    CancelInvoice,
    ClearWayOfDelivery,
    ConfirmSettled,
    ConnectReport,
    CreateOrder,
    EnsureArticle,
    EnsureCurrency,
    EnsureCustomer,
    EnsureWayOfDelivery,
    InvoiceOrder,
    MailInvoice,
    MakeCredit,
    MarkReady,
    MoveArticle,
    PayInvoice,
    Step,
    UploadReport,
)
from app.posting.vouchers import CreateVoucher

# A resource is only ever given steps of its own kind (`resource_of`), which mypy cannot say of a table.
_Step = Any


@dataclass(frozen=True, slots=True)
class Resource:
    """Fortnox's side of one kind of step."""

    build: Callable[[_Step, Context], Call]
    """The request that carries it out. Pure: the same step and answers always make the same bytes."""
    find: Callable[[FortnoxClient, Company, _Step, StepContext], Looked]
    """Whether what it makes is there already. Reads only."""
    read: Callable[[_Step, Done, Results], Sent]
    """What the posting log keeps of the answer, and what differs from what was asked for."""
    is_there: Callable[[_Step, Refused], Remote | None] = lambda _step, _refused: None
    """What is kept where a refusal means that it is done already; None: it means no such thing."""
    is_looked_for: bool = False
    """Whether what an answer does not name is looked for at once."""


_RECORD = Resource(records.build, records.find, records.read, records.is_there)
_INVOICE = Resource(invoices.build, invoices.find, invoices.read)
_CREDIT_NOTE = Resource(credit_notes.build, invoices.find, invoices.read)
_CREDIT_DRAFT = Resource(credit_notes.build_draft, credit_notes.find_draft, credit_notes.read_draft, is_looked_for=True)
_CANCELLATION = Resource(invoices.build_action, invoices.find_state, invoices.read_action)
_BOOKING = Resource(invoices.build_action, invoices.find_state, invoices.read_action, invoices.is_booked)
_MARK = Resource(invoices.build_action, invoices.find_state, invoices.read_mark, invoices.is_ready)
_MAIL = Resource(invoices.build_reading, invoices.find_state, invoices.read_mail)
_CHECK = Resource(invoices.build_reading, invoices.find_reading, invoices.read_settled)
_ORDER = Resource(orders.build, orders.find, orders.read)
_INVOICE_OF_ORDER = Resource(orders.build_invoice, orders.find_invoice, orders.read_invoice_number)
_PAYMENT = Resource(payments.build, payments.find, payments.read)
_PAYMENT_BOOKING = Resource(payments.build_booking, payments.find_booking, payments.read_booking)
_VOUCHER = Resource(vouchers.build, vouchers.find, vouchers.read)
_UPLOAD = Resource(reports.build_upload, reports.find_upload, reports.read_upload)
_CONNECTION = Resource(reports.build_connection, reports.find_connection, reports.read_connection)


_BY_KIND: Mapping[type[Step], Resource] = {
    EnsureCustomer: _RECORD, EnsureArticle: _RECORD, EnsureCurrency: _RECORD, EnsureWayOfDelivery: _RECORD,
    ClearWayOfDelivery: _RECORD, MoveArticle: _RECORD, CreateInvoice: _INVOICE, MakeCredit: _CREDIT_DRAFT,
    CancelInvoice: _CANCELLATION, MarkReady: _MARK, BookInvoice: _BOOKING, MailInvoice: _MAIL, ConfirmSettled: _CHECK,
    CreateOrder: _ORDER, InvoiceOrder: _INVOICE_OF_ORDER, PayInvoice: _PAYMENT, BookPayment: _PAYMENT_BOOKING,
    CreateVoucher: _VOUCHER, UploadReport: _UPLOAD, ConnectReport: _CONNECTION,
}  # fmt: skip


def resource_of(step: Step) -> Resource:
    """Fortnox's side of a step."""
    if isinstance(step, CreateInvoice) and step.credits:
        return _CREDIT_NOTE
    return _BY_KIND[type(step)]
