"""What can be done to an invoice: bookkeep, cancel, credit, mark, send and print (fortnox-api.md 3.4)."""

from collections.abc import Callable
from decimal import Decimal

from sandbox.fortnox.api import ApiCall, no_such_path
from sandbox.fortnox.books.ledger import Posting
from sandbox.fortnox.books.postings import invoice_postings
from sandbox.fortnox.company import Record
from sandbox.fortnox.errors import FortnoxError, refused
from sandbox.fortnox.resources.currency_units import kronor_for_one
from sandbox.fortnox.resources.guards import check_accounts, mark, open_year
from sandbox.fortnox.resources.invoice_documents import new_invoice
from sandbox.fortnox.resources.sending import check_print_service, mark_sent, print_out, send_mail
from sandbox.fortnox.resources.stock import put_back
from sandbox.fortnox.schemas.invoice import INVOICE
from sandbox.fortnox.wire import Document, Reply

# Fields of the original that its credit invoice does not take over.
_NOT_COPIED = frozenset(["DocumentNumber", "InvoiceDate", "DueDate", "OutboundDate", "OCR", "InvoiceRows", "Freight"])
_REFERENCES = ("ExternalInvoiceReference1", "ExternalInvoiceReference2")


def act(call: ApiCall, record: Record, action: str) -> Record | Reply:
    """Do an action; gives the invoice to show, or another answer."""
    handler = _ACTIONS.get((call.method, action))
    if handler is None:
        raise no_such_path()
    return handler(call, record)


def bookkeep(call: ApiCall, record: Record) -> Record:
    """Book an invoice: a voucher in the invoices' series, and from now on it is fixed."""
    company, invoice = call.company, record.fields
    _check_bookable(call, record)
    year = open_year(company, invoice["InvoiceDate"])
    postings = _postings(call, record)
    check_accounts(company, year, {posting.account for posting in postings})
    entry = company.ledger.post(
        company.voucher_series_for("INVOICE"),
        year.id,
        invoice["InvoiceDate"],
        f"Kundfaktura {record.key} {invoice['CustomerName']}",
        postings,
        reference=("INVOICE", record.key),
    )
    invoice.update(Booked=True, VoucherSeries=entry.series, VoucherNumber=entry.number, VoucherYear=year.id)
    record.hidden["open_ore"] = postings[0].ore
    if not invoice["Balance"]:
        invoice["FinalPayDate"] = invoice["InvoiceDate"]
    call.company.touch(record)
    return record


def _check_bookable(call: ApiCall, record: Record) -> None:
    invoice = record.fields
    if call.company.config.cash_method:
        raise refused("Fakturan kan inte bokföras, företaget använder kontantmetoden.", 2003007)
    if invoice["Cancelled"]:
        raise refused(f"Kunde inte bokföra fakturanummer {record.key}. Fakturan är makulerad.")
    if invoice["Booked"]:
        raise refused(f"Kunde inte bokföra fakturanummer {record.key}. Fakturan är redan bokförd.")
    if not invoice["WarehouseReady"]:
        raise refused(f"Kunde inte bokföra fakturanummer {record.key}. Faktura som bokförs måste var klarmarkerad.")
    if invoice["NotCompleted"]:
        raise refused(f"Kunde inte bokföra fakturanummer {record.key}. Fakturan är inte färdigställd.")
    for row in invoice["InvoiceRows"]:
        if row["DeliveredQuantity"] > 0 and not row["Description"] and not row["ArticleNumber"]:
            raise FortnoxError(2003977, "En rad med antal saknar artikel och benämning.")


def _postings(call: ApiCall, record: Record) -> list[Posting]:
    measured = record.hidden["measured"]
    company, invoice = call.company, record.fields
    return invoice_postings(
        measured.lines,
        measured.totals,
        factor=kronor_for_one(invoice, call.switches),
        receivable=company.predefined_account("CUSTCLAIM"),
        round_off=company.predefined_account("ROUNDOFF"),
    )


def cancel(call: ApiCall, record: Record) -> Record:
    """Cancel an invoice that is not booked."""
    if record.fields["Booked"]:
        raise refused("Fakturan är bokförd och kan inte makuleras.")
    if record.fields["Cancelled"]:
        raise refused("Fakturan är redan makulerad.")
    if record.hidden.get("paid"):
        raise refused("Fakturan har betalningar och kan inte makuleras.")
    record.fields.update(Cancelled=True, Balance=Decimal(0))
    put_back(call.company, record)
    call.company.touch(record)
    return record


def credit(call: ApiCall, record: Record) -> Record:
    """Make THE credit invoice of an invoice: all rows with negative quantities. There is only ever one (4 #1)."""
    invoice, switches = record.fields, call.switches
    if invoice["CreditInvoiceReference"] != "0":
        if switches.second_credit_silent:
            return record
        raise refused("Fakturan är redan krediterad.")
    if invoice["Credit"] == "true":
        raise refused("En kreditfaktura kan inte krediteras.")
    if invoice["Cancelled"]:
        raise refused("Fakturan är makulerad och kan inte krediteras.")
    if switches.credit_needs_booked and not invoice["Booked"] and not call.company.config.cash_method:
        raise refused("Fakturan måste vara bokförd för att kunna krediteras.")
    made = new_invoice(call, _credit_head(call, invoice), [_credit_row(row) for row in invoice["InvoiceRows"]])
    made.fields.update(Credit="true", InvoiceReference=record.key)
    invoice["CreditInvoiceReference"] = made.key
    call.company.touch(record)
    return made if switches.credit_answer == "credit" else record


def _credit_head(call: ApiCall, invoice: Document) -> Document:
    """Copy what may be written, so that accounts, currency and rate mirror the sale."""
    head = {
        name: invoice[name]
        for name, field in INVOICE.fields.items()
        if field.access == "write" and name not in _NOT_COPIED and name in invoice
    }
    if not call.switches.credit_copies_references:
        head |= dict.fromkeys(_REFERENCES, "")
    head["Freight"], head["AdministrationFee"] = -Decimal(invoice["Freight"]), -Decimal(invoice["AdministrationFee"])
    return head


def _credit_row(row: Document) -> Document:
    kept = {name: row[name] for name in row if name not in {"RowId", "VATCode"}}
    if not kept["AccountNumber"]:
        del kept["AccountNumber"]
    return kept | {"DeliveredQuantity": -row["DeliveredQuantity"]}


def mark_ready(call: ApiCall, record: Record) -> Record:
    """Mark an invoice as delivered in the warehouse module."""
    today = call.company.clock.today().isoformat()
    if record.fields["Cancelled"]:
        raise FortnoxError(2003399, "Dokumentet är makulerat i lagermodulen")
    if record.fields["OutboundDate"] > today:
        raise FortnoxError(2003126, "Utleveransdatum kan inte vara senare än dagens datum")
    return mark(call, record)


def email(call: ApiCall, record: Record) -> Record:
    """Send an invoice by mail; every call sends once more."""
    send_mail(call, "invoice", record)
    return mark_sent(call, record)


def send_through_service(call: ApiCall, record: Record) -> Record:
    """Send an invoice through the print service, on paper or as an e-invoice."""
    check_print_service(call)
    return mark_sent(call, record)


_ACTIONS: dict[tuple[str, str], Callable[[ApiCall, Record], Record | Reply]] = {
    ("PUT", "bookkeep"): bookkeep,
    ("PUT", "cancel"): cancel,
    ("PUT", "credit"): credit,
    ("PUT", "externalprint"): mark_sent,
    ("PUT", "warehouseready"): mark_ready,
    ("GET", "email"): email,
    ("GET", "einvoice"): send_through_service,
    ("GET", "eprint"): send_through_service,
    ("GET", "print"): print_out,
    ("GET", "preview"): print_out,
    ("GET", "printreminder"): print_out,
}
