"""Making and showing an invoice, for the resource and for its actions."""

from sandbox.fortnox.api import ApiCall
from sandbox.fortnox.company import Record
from sandbox.fortnox.errors import refused
from sandbox.fortnox.money import plain
from sandbox.fortnox.resources.document_draft import complete_head, complete_sums, defaults_from, find_customer
from sandbox.fortnox.resources.stock import hand_over, held_by, take_out
from sandbox.fortnox.schemas.document import INVOICE_SHAPE
from sandbox.fortnox.schemas.invoice import INVOICE
from sandbox.fortnox.wire import Document


def new_invoice(call: ApiCall, sent: Document, rows: list[Document], order: Record | None = None) -> Record:
    """Make an invoice of checked fields and rows (of an order); takes a number only when nothing is refused."""
    company = call.company
    invoices = company.kind("invoices")
    customer = find_customer(company, sent["CustomerNumber"])
    number = str(sent.get("DocumentNumber") or max((int(key) for key in invoices), default=0) + 1)
    if number in invoices:
        raise refused(f"Fakturanummer {number} används redan.")
    invoice = INVOICE.blank() | defaults_from(company, customer, INVOICE_SHAPE) | sent | {"DocumentNumber": number}
    complete_head(call, invoice, sent, INVOICE_SHAPE)
    measured = complete_sums(call, invoice, customer, rows, held_by(order) if order else {})
    invoice["WarehouseReady"] = _is_ready(call, invoice, order)
    record = company.add("invoices", number, invoice)
    record.hidden["measured"] = measured
    if order is not None:
        hand_over(order, record)
    take_out(company, record, invoice["InvoiceRows"])
    record.hidden["ready"] = order is not None and invoice["WarehouseReady"]
    return record


def _is_ready(call: ApiCall, invoice: Document, order: Record | None) -> bool:
    """Whether an invoice needs no mark: always without the warehouse module (R); else nobody knows of two kinds."""
    if not call.company.config.warehouse:
        return True
    if order is not None and order.fields["WarehouseReady"]:
        return call.switches.invoice_of_ready_order == "ready"
    return invoice["Credit"] == "true" and not call.switches.credit_needs_ready


def show_invoice(call: ApiCall, record: Record) -> Document:
    """Show an invoice in its envelope; quantities are texts (fortnox-api.md 0)."""
    taxes = f"{call.base_url}/3/taxreductions?filter=invoices&referencenumber={record.key}"
    fields = dict(record.fields)
    fields["InvoiceRows"] = [
        row | {"DeliveredQuantity": plain(row["DeliveredQuantity"])} for row in fields["InvoiceRows"]
    ]
    hide_contribution(call, fields, "InvoiceRows")
    return {"Invoice": {"@url": call.url("invoices", record.key), "@urlTaxReductionList": taxes, **fields}}


def hide_contribution(call: ApiCall, fields: Document, rows: str) -> None:
    """Put a marker in place of figures that the user may not see (fortnox-api.md 0, defect 8)."""
    if "contribution" in call.user.lacks:
        marker = dict.fromkeys(("ContributionValue", "ContributionPercent"), "API_NORIGHT")
        fields.update(marker)
        fields[rows] = [row | marker for row in fields[rows]]
