"""Invoices: create, show, list, update (fortnox-api.md 3.4); their actions are in `invoice_actions`."""

from sandbox.fortnox.api import ApiCall, Collection
from sandbox.fortnox.company import Record
from sandbox.fortnox.errors import not_found, refused
from sandbox.fortnox.fields import Schema
from sandbox.fortnox.lists import Listing, list_records
from sandbox.fortnox.resources import invoice_actions
from sandbox.fortnox.resources.document_draft import complete_head, complete_sums, find_customer
from sandbox.fortnox.resources.document_rows import merge_rows, read_rows
from sandbox.fortnox.resources.guards import check_unlocked
from sandbox.fortnox.resources.invoice_documents import new_invoice, show_invoice
from sandbox.fortnox.resources.labelling import has_label
from sandbox.fortnox.resources.stock import held_by, take_out
from sandbox.fortnox.schemas.document import INVOICE_SHAPE
from sandbox.fortnox.schemas.invoice import INVOICE, INVOICE_LIST, INVOICE_SEARCH, INVOICE_TEXTS
from sandbox.fortnox.wire import Document, Reply

# fortnox-api.md 4 #33; no number is known.
_LINKED_ROWS = "En eller flera rader har koppling till en order, det går därför inte att uppdatera raderna via API."


class Invoices(Collection):
    """Customer invoices. There is no idempotency key: two equal posts make two invoices (fortnox-api.md 2.7)."""

    def __init__(self) -> None:
        names = {name.lower(): name for name in INVOICE.fields}
        self.listing = Listing(
            "Invoices",
            _row,
            search={name: names[name] for name in INVOICE_SEARCH},
            filters={
                "cancelled": lambda _call, record: bool(record.fields["Cancelled"]),
                "unbooked": lambda _call, record: not record.fields["Booked"] and not record.fields["Cancelled"],
                "fullypaid": lambda _call, record: record.fields["Booked"] and not record.fields["Balance"],
                "unpaid": lambda _call, record: record.fields["Booked"] and bool(record.fields["Balance"]),
                "unpaidoverdue": _is_overdue,
            },
            sorts={
                n: names[n] for n in ["customername", "customernumber", "documentnumber", "invoicedate", "ocr", "total"]
            },
            tests={
                "label": has_label,
                "articlenumber": lambda _call, record, wanted: _any_row(record, "ArticleNumber", wanted),
                "articledescription": lambda _call, record, wanted: _any_row(record, "Description", wanted),
                "accountnumberfrom": lambda _call, record, wanted: _any_account(record, low=wanted),
                "accountnumberto": lambda _call, record, wanted: _any_account(record, high=wanted),
                "fromfinalpaydate": lambda _call, record, wanted: (record.fields["FinalPayDate"] or "") >= wanted,
                "tofinalpaydate": lambda _call, record, wanted: "" < (record.fields["FinalPayDate"] or "") <= wanted,
            },
            date_field="InvoiceDate",
        )

    def list(self, call: ApiCall) -> Reply:
        """List invoices in order of creation."""
        return list_records(call, call.company.kind("invoices").values(), self.listing)

    def create(self, call: ApiCall) -> Reply:
        """Create an invoice, unbooked."""
        sent = _check(INVOICE, call, call.sent("Invoice"), creating=True)
        rows = read_rows(call, INVOICE_SHAPE, sent.pop("InvoiceRows", []))
        record = new_invoice(call, sent, rows)
        return Reply(201, show_invoice(call, record), location="invoices")

    def get(self, call: ApiCall, key: str) -> Reply:
        """Show an invoice."""
        return Reply(200, show_invoice(call, _find(call, key)))

    def update(self, call: ApiCall, key: str) -> Reply:
        """Change an invoice that is neither booked nor cancelled."""
        record = _find(call, key)
        sent = _check(INVOICE, call, call.sent("Invoice"), creating=False)
        if record.fields["Cancelled"]:
            raise refused("Fakturan är makulerad och kan inte ändras.")
        if record.fields["Booked"]:
            return self._update_booked(call, record, sent)
        if record.hidden.get("paid"):
            # Only a cash-method company can have paid invoices that are not booked.
            raise refused("Fakturan har betalningar och kan inte ändras.")
        check_unlocked(call, record, {name for name, value in sent.items() if record.fields[name] != value})
        if str(sent.pop("DocumentNumber", key)) != key:
            raise refused("Fakturanumret kan inte ändras.")
        old_rows = record.fields["InvoiceRows"]
        rows = old_rows
        if "InvoiceRows" in sent:
            if record.fields["OrderReference"] != "0":
                raise refused(_LINKED_ROWS)
            rows = merge_rows(old_rows, read_rows(call, INVOICE_SHAPE, sent.pop("InvoiceRows")))
        # Work on a copy: a refused update leaves the invoice as it was.
        invoice = record.fields | sent
        customer = find_customer(call.company, invoice["CustomerNumber"])
        complete_head(call, invoice, sent, INVOICE_SHAPE)
        copied = [dict(row) for row in rows]
        record.hidden["measured"] = complete_sums(call, invoice, customer, copied, held_by(record))
        _keep_credit(record.fields, invoice)
        record.fields = invoice
        take_out(call.company, record, invoice["InvoiceRows"])
        call.company.touch(record)
        return Reply(200, show_invoice(call, record))

    def act(self, call: ApiCall, key: str, action: str) -> Reply:
        """Do an action, e.g. bookkeep."""
        record = _find(call, key)
        shown = invoice_actions.act(call, record, action)
        if isinstance(shown, Reply):
            return shown
        return Reply(200, show_invoice(call, shown))

    def _update_booked(self, call: ApiCall, record: Record, sent: Document) -> Reply:
        """Refuse, or with the switch let texts and references through; what really may change is not known."""
        if not call.switches.booked_texts_editable or not sent.keys() <= INVOICE_TEXTS:
            raise refused("Fakturan är bokförd och kan inte ändras.")
        record.fields.update(sent)
        call.company.touch(record)
        return Reply(200, show_invoice(call, record))


def _find(call: ApiCall, key: str) -> Record:
    record = call.company.kind("invoices").get(key)
    if record is None:
        raise not_found(2000434, "Kan inte hitta fakturan.")
    return record


def _check(schema: Schema, call: ApiCall, sent: Document, *, creating: bool) -> Document:
    if creating and not sent.get("CustomerNumber"):
        raise refused("Kunde inte hämta/hitta kund (kundnummer)", 2000204)
    return schema.check(sent, creating=creating, refuse_read_only=call.switches.refuse_read_only_fields)


def _keep_credit(before: Document, after: Document) -> None:
    """A credit invoice stays one, also while its rows come to nothing."""
    if before["Credit"] == "true":
        after["Credit"] = "true"


def _any_row(record: Record, name: str, wanted: str) -> bool:
    return any(wanted.lower() in str(row[name]).lower() for row in record.fields["InvoiceRows"])


def _any_account(record: Record, low: str = "1000", high: str = "9999") -> bool:
    return any(low <= str(row["AccountNumber"]) <= high for row in record.fields["InvoiceRows"])


def _is_overdue(call: ApiCall, record: Record) -> bool:
    fields = record.fields
    today = call.company.clock.today().isoformat()
    return bool(fields["Booked"] and fields["Balance"] and fields["DueDate"] < today)


def _row(call: ApiCall, record: Record) -> Document:
    fields = record.fields | {"CurrencyRate": str(record.fields["CurrencyRate"])}
    return {"@url": call.url("invoices", record.key), **{name: fields[name] for name in INVOICE_LIST}}
