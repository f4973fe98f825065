"""Supplementary invoices: what edits, exchanges, deliveries and return fees add to an order that is invoiced."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from app.adjustments.adjustments import AdjustmentPlan
from app.invoicing.captured import captured_payments
from app.invoicing.invoice import Invoicing, prepare, trigger_of
from app.invoicing.return_fees import FEE_SOURCE, fees_of
from app.invoicing.texts import say
from app.kit.money import total
from app.model.order import books_day
from app.orders.planning.invoices import on_documents, with_records
from app.orders.planning.readiness import NOT_PAID, wait_reason
from app.orders.planning.state import Delta, PlanInput, PlanState
from app.posting.documents import CreateInvoice
from app.posting.references import DocumentRef, Reason
from app.tenants.rules import InvoiceDay, Trigger


def is_due(inputs: PlanInput, documents: Sequence[CreateInvoice] = ()) -> bool:
    """Whether what was added is invoiced now: as the order was, when it is there or when it is paid.

    `documents`: with the credit notes of what came back. Goods that are given in exchange are paid by it: they are
    invoiced at once, and what they cost more stays open.
    """
    awaited = wait_reason(inputs.order, inputs.rules)
    return not awaited or (awaited == NOT_PAID and _buyer_has_credit(inputs, documents))


def supplement(inputs: PlanInput, state: PlanState, adjustments: AdjustmentPlan) -> Delta:
    """The invoice of what was added."""
    order = inputs.order
    charged = replace(order, total=order.total + fees_of(order))
    invoicing = prepare(charged, inputs.rules, inputs.answers.totals)
    if not isinstance(invoicing, Invoicing):
        return Delta(findings=tuple(invoicing))
    ref = DocumentRef(Reason(edit=inputs.edits + 1))
    rows = [*invoicing.rows_of(adjustments.added), *([adjustments.difference] if adjustments.difference else [])]
    day = supplement_day(inputs, state.documents[0].day, adjustments.added)
    invoice = invoicing.supplement(ref, day, rows, prepaid=bool(order.money_in))
    is_delivery = trigger_of(order, inputs.rules) is Trigger.FULFILLED
    word = say("delivery" if is_delivery else "addition", invoice.language, order=invoice.reference1)
    invoice = replace(invoice, text=f"{invoice.text} {word}".strip())
    return with_records(inputs, state, invoicing, on_documents(inputs, invoice))


def supplement_day(inputs: PlanInput, first: date, added: Iterable[str]) -> date:
    """The day of the money that came for it, or of the edit or return that added it; none before the `first` invoice.

    `added`: the sources that were added.
    """
    order, posted = inputs.order, inputs.posted
    if inputs.rules.invoice_day is InvoiceDay.DELIVERY and order.delivered_at:
        return max(first, books_day(order.delivered_at))
    used = {payment.transaction_id for payment in posted.payments}
    used |= {voucher.money.transaction_id for voucher in posted.vouchers if voucher.money}
    new = [payment for payment in captured_payments(order, inputs.rules) if payment.id not in used]
    paid_at = [payment.processed_at for payment in new] if posted.payments else []
    fees = {f"{FEE_SOURCE}{fee.id}": fee.created_at for fee in order.return_fees}
    agreed_at = [fees.get(source, order.changed_at) for source in added]
    return max(first, books_day(max(paid_at or agreed_at, default=order.changed_at)))


def _buyer_has_credit(inputs: PlanInput, documents: Sequence[CreateInvoice]) -> bool:
    """Whether the buyer has money with us for goods that were taken back and not paid out."""
    if not any(document.credits for document in documents):
        return False
    return inputs.order.kept > total((document.total for document in documents), inputs.order.currency)
