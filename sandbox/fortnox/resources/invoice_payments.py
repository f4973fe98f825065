"""Invoice payments: create, show, list, update, delete, bookkeep (fortnox-api.md 3.5)."""

from decimal import Decimal
from typing import Any

from sandbox.fortnox.api import ApiCall, Collection, no_such_path
from sandbox.fortnox.company import Company, Record
from sandbox.fortnox.config import Switches
from sandbox.fortnox.errors import UNKNOWN_CODE, FortnoxError, no_account, not_found, refused, wrong_data
from sandbox.fortnox.fields import API_BLANK
from sandbox.fortnox.lists import Listing, list_records
from sandbox.fortnox.money import ZERO, half_up, plain
from sandbox.fortnox.resources.currency_units import kronor_for_one
from sandbox.fortnox.resources.payment_booking import book_payment, reduction
from sandbox.fortnox.schemas.accounting import PAYMENT, WRITE_OFF
from sandbox.fortnox.wire import Document, Reply


class InvoicePayments(Collection):
    """Payments of invoices. A payment counts only when it is booked; then it is fixed."""

    def __init__(self) -> None:
        self.listing = Listing(
            "InvoicePayments",
            _row,
            search={"invoicenumber": "InvoiceNumber"},
            sorts={"paymentdate": "PaymentDate"},
            exact=frozenset({"invoicenumber"}),
        )

    def list(self, call: ApiCall) -> Reply:
        """List payments in order of creation."""
        return list_records(call, call.company.kind("invoicepayments").values(), self.listing)

    def create(self, call: ApiCall) -> Reply:
        """Create a payment, unbooked."""
        payment = PAYMENT.blank() | _check(call, creating=True)
        payment = _complete(call, payment)
        number = str(next(call.company.payment_numbers))
        record = call.company.add("invoicepayments", number, payment | {"Number": number})
        return Reply(201, _show(call, record), location="invoicepayments")

    def get(self, call: ApiCall, key: str) -> Reply:
        """Show a payment."""
        return Reply(200, _show(call, _find(call, key)))

    def update(self, call: ApiCall, key: str) -> Reply:
        """Change a payment that is not booked."""
        record = _find_unbooked(call, key)
        sent = _check(call, creating=False)
        if str(sent.get("InvoiceNumber", record.fields["InvoiceNumber"])) != str(record.fields["InvoiceNumber"]):
            raise refused("Betalningens faktura kan inte ändras.")
        if "ModeOfPayment" in sent:
            sent.setdefault("ModeOfPaymentAccount", None)
        # An amount sent alone moves the other one along.
        if "Amount" in sent and "AmountCurrency" not in sent:
            sent["AmountCurrency"] = None
        if "AmountCurrency" in sent and "Amount" not in sent:
            sent["Amount"] = None
        record.fields = _complete(call, record.fields | sent)
        call.company.touch(record)
        return Reply(200, _show(call, record))

    def delete(self, call: ApiCall, key: str) -> Reply:
        """Delete a payment that is not booked."""
        _find_unbooked(call, key)
        del call.company.kind("invoicepayments")[key]
        return Reply(204, None)

    def act(self, call: ApiCall, key: str, action: str) -> Reply:
        """Book a payment."""
        if (call.method, action) != ("PUT", "bookkeep"):
            raise no_such_path()
        record = _find_unbooked(call, key)
        book_payment(call, record)
        return Reply(200, _show(call, record))


def _find(call: ApiCall, key: str) -> Record:
    record = call.company.kind("invoicepayments").get(key)
    if record is None:
        raise not_found(UNKNOWN_CODE, "Kan inte hitta inbetalningen.")
    return record


def _find_unbooked(call: ApiCall, key: str) -> Record:
    record = _find(call, key)
    if record.fields["Booked"]:
        raise refused("Betalningen är bokförd och kan inte ändras.")
    return record


def _check(call: ApiCall, *, creating: bool) -> Document:
    sent = call.sent("InvoicePayment")
    no_mode = sent.get("ModeOfPayment") == API_BLANK
    fields = PAYMENT.check(sent, creating=creating, refuse_read_only=call.switches.refuse_read_only_fields)
    if no_mode:
        # API_BLANK books against the account alone (fortnox-api.md 3.5).
        fields["ModeOfPayment"] = ""
    if "WriteOffs" in fields:
        fields["WriteOffs"] = _read_write_offs(fields["WriteOffs"])
    return fields


def _read_write_offs(sent: Any) -> "list[Document]":  # noqa: ANN401  any JSON
    if not isinstance(sent, list) or not all(isinstance(item, dict) for item in sent):
        raise wrong_data()
    return [WRITE_OFF.blank() | WRITE_OFF.check(item, creating=True) for item in sent]


def _complete(call: ApiCall, payment: Document) -> Document:
    """Fill a payment in from its invoice; refuses what does not fit."""
    company = call.company
    record = company.kind("invoices").get(str(payment["InvoiceNumber"]))
    if record is None:
        raise FortnoxError(2000434, "Kan inte hitta fakturan.")
    invoice = record.fields
    if invoice["Cancelled"]:
        raise refused("Fakturan är makulerad.")
    if not invoice["Booked"] and not company.config.cash_method:
        raise refused(f"Fakturan {record.key} är inte bokförd.")
    _check_currency(payment, invoice)
    day = payment["PaymentDate"] or company.clock.today().isoformat()
    if day < invoice["InvoiceDate"]:
        raise refused("Betalningsdatum före fakturadatum")
    full = payment | {
        "PaymentDate": day,
        "Currency": invoice["Currency"],
        "InvoiceCustomerName": invoice["CustomerName"],
        "InvoiceCustomerNumber": invoice["CustomerNumber"],
        "InvoiceDueDate": invoice["DueDate"],
        "InvoiceOCR": invoice["OCR"],
        "InvoiceTotal": plain(Decimal(invoice["Total"])),
    }
    full = _with_mode(company, full)
    full = _with_amounts(full, invoice, call.switches)
    if call.switches.overpayment_refused and _overpays(call, full, invoice):
        raise refused("Beloppet överstiger fakturans saldo.")
    return full


def _check_currency(payment: Document, invoice: Document) -> None:
    sent, own = payment["Currency"], invoice["Currency"]
    if sent and sent != own:
        raise refused(f"Valuta {sent} och valuta {own} stämmer inte överens")
    for write_off in payment["WriteOffs"]:
        if write_off["Currency"] and write_off["Currency"] != own:
            raise refused(f"Valuta {write_off['Currency']} och valuta {own} stämmer inte överens")


def _with_mode(company: Company, payment: Document) -> Document:
    """Set mode and account: an account sent wins over that of the mode."""
    mode = company.config.default_mode_of_payment if payment["ModeOfPayment"] is None else payment["ModeOfPayment"]
    account = payment["ModeOfPaymentAccount"]
    if mode:
        known = company.kind("modesofpayments").get(mode)
        if known is None:
            raise refused(f"Kunde inte hitta betalningssätt ({mode})")
        account = account or int(known.fields["AccountNumber"])
    if not account:
        raise no_account()
    return payment | {"ModeOfPayment": mode, "ModeOfPaymentAccount": account}


def _with_amounts(payment: Document, invoice: Document, switches: Switches) -> Document:
    """Set both amounts: Amount = AmountCurrency × what one is worth (fortnox-api.md 3.5)."""
    rate = Decimal(payment["CurrencyRate"] or invoice["CurrencyRate"])
    factor = kronor_for_one(payment | {"CurrencyRate": rate}, switches)
    shape = switches.foreign_payment
    amount, foreign = payment["Amount"], payment["AmountCurrency"]
    if foreign is None:
        if invoice["Currency"] != "SEK":
            raise FortnoxError(2001795, "Obligatoriskt fält saknas (AmountCurrency)")
        foreign = amount
    if foreign is None:
        raise FortnoxError(2001795, "Obligatoriskt fält saknas (Amount)")
    if amount is None and shape == "both":
        raise FortnoxError(2001795, "Obligatoriskt fält saknas (Amount)")
    computed = half_up(Decimal(foreign) * factor)
    amount = computed if amount is None else half_up(Decimal(amount))
    if shape == "agreeing" and amount != computed:
        raise refused("Belopp och belopp i valuta stämmer inte överens.")
    if invoice["Currency"] == "SEK" and amount != half_up(Decimal(foreign)):
        raise refused("Belopp och belopp i valuta stämmer inte överens.")
    return payment | {"CurrencyRate": rate, "Amount": amount, "AmountCurrency": half_up(Decimal(foreign))}


def _overpays(call: ApiCall, payment: Document, invoice: Document) -> bool:
    balance = Decimal(invoice["Balance"])
    settles = reduction(payment, call.switches)
    return settles > max(balance, ZERO) if settles > 0 else settles < min(balance, ZERO)


def _show(call: ApiCall, record: Record) -> Document:
    return {"InvoicePayment": {"@url": call.url("invoicepayments", record.key), **record.fields}}


def _row(call: ApiCall, record: Record) -> Document:
    fields = record.fields | {
        "InvoiceTotal": Decimal(record.fields["InvoiceTotal"]),
        "ModeOfPaymentAccount": str(record.fields["ModeOfPaymentAccount"]),
        "WriteOffExist": bool(record.fields["WriteOffs"]),
    }
    del fields["WriteOffs"]
    return {"@url": call.url("invoicepayments", record.key), **fields}
