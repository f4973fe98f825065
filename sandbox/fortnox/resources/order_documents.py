"""Making and showing an order, and the invoice that comes of it (fortnox-api.md 3.3)."""

from decimal import Decimal

from sandbox.fortnox.api import ApiCall
from sandbox.fortnox.company import Record
from sandbox.fortnox.errors import FortnoxError
from sandbox.fortnox.money import plain
from sandbox.fortnox.resources.document_draft import add_up, complete_head, defaults_from, find_customer
from sandbox.fortnox.resources.invoice_documents import hide_contribution, new_invoice
from sandbox.fortnox.resources.stock import take_out
from sandbox.fortnox.schemas.document import ORDER_SHAPE
from sandbox.fortnox.schemas.invoice import INVOICE, INVOICE_ROW
from sandbox.fortnox.schemas.order import ORDER
from sandbox.fortnox.wire import Document

# What an invoice does not take over from its order: its own dates, number and texts of its own kind.
_NOT_TAKEN = frozenset(
    ["DocumentNumber", "Comments", "Remarks", "EmailInformation", "PrintTemplate", "OutboundDate", "DeliveryState"]
)


def new_order(call: ApiCall, sent: Document, rows: list[Document]) -> Record:
    """Make an order of checked fields and rows; takes a number only when nothing is refused."""
    company = call.company
    orders = company.kind("orders")
    customer = find_customer(company, sent["CustomerNumber"])
    number = str(sent.get("DocumentNumber") or max((int(key) for key in orders), default=0) + 1)
    if number in orders:
        raise FortnoxError(2000861, f"Ordernummer {number} används redan.")
    state = {"DeliveryState": "registration"} if company.config.warehouse else {}
    own = defaults_from(company, customer, ORDER_SHAPE)
    order = ORDER.blank() | own | state | sent | {"DocumentNumber": number}
    complete_head(call, order, sent, ORDER_SHAPE)
    add_up(call, order, customer, rows, ORDER_SHAPE, {})
    order["WarehouseReady"] = not company.config.warehouse
    record = company.add("orders", number, order)
    take_out(company, record, order["OrderRows"])
    return record


def show_order(call: ApiCall, record: Record) -> Document:
    """Show an order in its envelope; quantities are texts."""
    taxes = f"{call.base_url}/3/taxreductions?filter=orders&referencenumber={record.key}"
    fields = dict(record.fields)
    fields["OrderRows"] = [
        row | {name: plain(Decimal(row[name])) for name in ORDER_SHAPE.quantities} for row in fields["OrderRows"]
    ]
    hide_contribution(call, fields, "OrderRows")
    return {"Order": {"@url": call.url("orders", record.key), "@urlTaxReductionList": taxes, **fields}}


def invoice_of(call: ApiCall, record: Record) -> Record:
    """Make the invoice of an order: its rows with what was delivered, not with what was ordered."""
    order = record.fields
    head = {
        name: order[name]
        for name, field in INVOICE.fields.items()
        if field.access == "write" and name not in _NOT_TAKEN and name in order
    }
    if order["CopyRemarks"]:
        head["Remarks"] = order["Remarks"]
    invoice = new_invoice(call, head, [_invoice_row(row) for row in order["OrderRows"]], record)
    invoice.fields["OrderReference"] = record.key
    return invoice


def _invoice_row(row: Document) -> Document:
    taken = {
        name: row[name]
        for name, field in INVOICE_ROW.fields.items()
        if name in row and field.access == "write" and name not in {"RowId", "VATCode"}
    }
    if not taken["AccountNumber"]:
        del taken["AccountNumber"]
    return taken
