"""What can be done to an order: invoice, cancel, mark, send and print (fortnox-api.md 3.3, life cycle)."""

from collections.abc import Callable

from sandbox.fortnox.api import ApiCall, no_such_path
from sandbox.fortnox.company import Record
from sandbox.fortnox.errors import FortnoxError, refused
from sandbox.fortnox.resources.guards import mark
from sandbox.fortnox.resources.order_documents import invoice_of
from sandbox.fortnox.resources.sending import mark_sent, print_out, send_mail
from sandbox.fortnox.resources.stock import put_back
from sandbox.fortnox.wire import Reply


def act(call: ApiCall, record: Record, action: str) -> Record | Reply:
    """Do an action; gives the order to show, or another answer."""
    handler = _ACTIONS.get((call.method, action))
    if handler is None:
        raise no_such_path()
    return handler(call, record)


def create_invoice(call: ApiCall, record: Record) -> Record:
    """Make the one invoice of an order; the answer is the order."""
    order = record.fields
    if order["InvoiceReference"] != "0":
        raise FortnoxError(2000496, f"Det finns redan en faktura för order {record.key}.")
    if order["Cancelled"]:
        raise refused("Ordern är makulerad.")
    order["InvoiceReference"] = invoice_of(call, record).key
    call.company.touch(record)
    return record


def cancel(call: ApiCall, record: Record) -> Record:
    """Cancel an order that has no invoice."""
    if record.fields["InvoiceReference"] != "0":
        raise FortnoxError(2000496, f"Det finns redan en faktura för order {record.key}.")
    if record.fields["Cancelled"]:
        raise refused("Ordern är redan makulerad.")
    record.fields["Cancelled"] = True
    put_back(call.company, record)
    call.company.touch(record)
    return record


def mark_ready(call: ApiCall, record: Record) -> Record:
    """Mark a delivered order as done in the warehouse module."""
    order = record.fields
    if order["Cancelled"]:
        raise FortnoxError(2003399, "Dokumentet är makulerat i lagermodulen")
    if order["DeliveryState"] != "delivery":
        raise FortnoxError(2003124, "Enbart ordrar som levererats ut kan klarmarkeras")
    if order["OutboundDate"] > call.company.clock.today().isoformat():
        raise FortnoxError(2003126, "Utleveransdatum kan inte vara senare än dagens datum")
    return mark(call, record)


def email(call: ApiCall, record: Record) -> Record:
    """Send an order by mail; every call sends once more."""
    send_mail(call, "order", record)
    return mark_sent(call, record)


_ACTIONS: dict[tuple[str, str], Callable[[ApiCall, Record], Record | Reply]] = {
    ("PUT", "createinvoice"): create_invoice,
    ("PUT", "cancel"): cancel,
    ("PUT", "externalprint"): mark_sent,
    ("PUT", "warehouseready"): mark_ready,
    ("GET", "email"): email,
    ("GET", "print"): print_out,
    ("GET", "preview"): print_out,
}
