"""Fortnox as the pipeline's `Ledger`: find, send, recheck, read a register."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from pydantic import ValidationError

from app.kit.http.call_budget import CallBudget, RateLimitedError, ReservedCall
from app.kit.http.outcome import Done, NotSent, Outcome, Refused, Unknown
from app.kit.http.token_keeper import TokenUnavailableError
from app.ledgers.base import (
    Company,
    Found,
    FoundPreExisting,
    ListedDocument,
    Looked,
    RecordPage,
    RecordsUnreadableError,
    Remote,
    Results,
    Sent,
    StepContext,
    invoice_day,
)
from app.ledgers.booked_year import BookedYear
from app.ledgers.fortnox.answers import (
    booked_otherwise,
    booked_payment_remote,
    compare,
    invoice_remote,
    order_remote,
    payment_remote,
    ready_remote,
    voucher_remote,
)
from app.ledgers.fortnox.client import FortnoxClient, ListFailedError
from app.ledgers.fortnox.listing import changed_documents, credited_by
from app.ledgers.fortnox.lookup.documents import find
from app.ledgers.fortnox.lookup.pre_existing import find_pre_existing
from app.ledgers.fortnox.platform import FORTNOX
from app.ledgers.fortnox.records import card_made
from app.ledgers.fortnox.refusals import refusal
from app.ledgers.fortnox.register import read_entry, read_page, read_records
from app.ledgers.fortnox.render import Context, open_after, render
from app.ledgers.fortnox.replacement import recheck
from app.ledgers.fortnox.rights import read_rights, read_stock
from app.ledgers.fortnox.sie import SieUnreadableError, read_sie
from app.ledgers.fortnox.wire import WireInvoice, WireOrder, WirePayment, WireVoucher
from app.model.finding import UNSTATED, Finding
from app.model.platforms import Platform
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

_CUSTOMER_NUMBER_USED = 2000637
_ARTICLE_NUMBER_USED = 2000013
_NOTHING_TO_BOOK = 2003007
"""Cash-method companies: the payment makes the voucher (fortnox-api.md 4, 6)."""
_READY_ALREADY = 2003125
"""What is marked ready cannot be changed: nor marked once more, perhaps (fortnox-api.md 3.16)."""


@dataclass(frozen=True, slots=True)
class FortnoxLedger:
    """Implements `app.ledgers.base.Ledger`."""

    client: FortnoxClient

    def platform_of(self, company: Company) -> Platform:  # noqa: ARG002 - all companies of Fortnox are alike
        """Fortnox."""
        return FORTNOX

    def refusal(
        self,
        company: Company,  # noqa: ARG002 - the words of a refusal are the same for every company
        outcome: Refused,
        step: Step | None = None,
        results: Results | None = None,
        scope: str = UNSTATED,
    ) -> Finding:
        """A refusal by its number and words."""
        return refusal(outcome, step, results, scope)

    def find(self, company: Company, step: Step, context: StepContext) -> Looked:
        """Look for an uncertain step's document."""
        return find(self.client, company, step, context)

    def find_pre_existing(
        self,
        company: Company,
        sale: CreateInvoice,
        names: Sequence[str],
        number: str,
        context: StepContext,
        *,
        but: str = "",
    ) -> FoundPreExisting | Looked:
        """Look for the invoice that others made of an order."""
        return find_pre_existing(self.client, company, sale, names, number, context, but=but)

    def budget(self, company: Company) -> CallBudget:
        """Make sure of a token; where the next call counts."""
        return self.client.budget(company)

    def ready(self, company: Company) -> ReservedCall:
        """Reserve a call of the budget and a token."""
        return self.client.ready(company)

    def send(self, company: Company, step: Step, context: StepContext, reserved_call: ReservedCall | None) -> Sent:
        """Carry a step out once and compare what Fortnox made of it."""
        if isinstance(step, PayInvoice) and (unfit := _unfit(step, context)):
            return Sent(Done(200, {}), None, (unfit,))
        render_context = Context(
            context.results, context.known_articles, context.file, context.late_payments, context.rules.stock_point
        )
        call = render(step, render_context)
        try:
            outcome = self.client.call(company, call, observe=context.observe, reserved_call=reserved_call)
            if isinstance(step, MakeCredit) and isinstance(outcome, Done):
                return self._credit_made(company, step, outcome, context)
        except (RateLimitedError, TokenUnavailableError) as error:
            # Only a second try after a 401 gets here: the first was refused, so nothing was done.
            return Sent(NotSent(str(error)))
        if isinstance(outcome, Refused):
            return self._already_done(step, outcome)
        if not isinstance(outcome, Done):
            return Sent(outcome)
        try:
            return _read(step, outcome, context.results)
        except (ValidationError, KeyError, TypeError) as error:
            # Fortnox did it, but we cannot tell what: look before anything else happens.
            return Sent(Unknown(f"answer not understood: {type(error).__name__}", outcome.status))

    def _credit_made(self, company: Company, step: MakeCredit, done: Done, context: StepContext) -> Sent:
        """The number of the credit note: the answer may show it or the invoice (unknown, fortnox-api.md 7.6)."""
        shown = WireInvoice.model_validate(done.data["Invoice"])
        if shown.credit or shown.credit_reference:
            return Sent(done, {"number": shown.document_number if shown.credit else shown.credit_reference})
        looked = find(self.client, company, step, context)
        return Sent(done, looked.remote) if isinstance(looked, Found) else Sent(Unknown("credit note not named", 200))

    def recheck(self, company: Company, step: Step, context: StepContext) -> Sent:
        """Read a document again and compare it, after a person repaired what differed."""
        return recheck(self.client, company, step, context)

    def read_page(self, company: Company, kind: str, page: int, since: datetime | None) -> RecordPage:
        """Read one page of a long register."""
        return read_page(self.client, company, kind, page, since)

    def read_entry(self, company: Company, kind: str, code: str, years: tuple[int, ...]) -> list[tuple[str, Remote]]:
        """Read one entry anew."""
        return read_entry(self.client, company, kind, code, years)

    def read_records(self, company: Company, kind: str, days: tuple[date, ...] = ()) -> list[tuple[str, Remote]]:
        """Read one register whole."""
        return read_records(self.client, company, kind, days)

    def read_rights(
        self, company: Company, scopes: frozenset[str], known_open: frozenset[str]
    ) -> list[tuple[str, Remote]]:
        """Every area and whether it is open."""
        return read_rights(self.client, company, scopes, known_open)

    def read_stock(self, company: Company, articles: Sequence[str]) -> dict[str, Decimal] | Outcome:
        """What the warehouse has available."""
        return read_stock(self.client, company, articles)

    def changed_documents(self, company: Company, since: datetime) -> list[ListedDocument]:
        """Documents that changed, and all that are open."""
        return changed_documents(self.client, company, since)

    def credited_by(self, company: Company, number: str) -> str:
        """The invoice that a credit note is linked to."""
        return credited_by(self.client, company, number)

    def read_ledger(self, company: Company, year_id: int) -> BookedYear:
        """A financial year, whole, in one call (SIE 4). Raises RecordsUnreadableError."""
        try:
            return read_sie(self.client.download(company, "/3/sie/4", {"financialyear": str(year_id)}))
        except ListFailedError as error:
            raise RecordsUnreadableError("ledger", error.outcome) from error
        except SieUnreadableError as error:
            raise RecordsUnreadableError("ledger", Unknown(str(error), 200)) from error

    def _already_done(self, step: Step, outcome: Refused) -> Sent:
        """Refusals that mean "it is there already"."""
        if isinstance(step, EnsureArticle) and outcome.number == _ARTICLE_NUMBER_USED:
            return Sent(Done(200, {}), {"number": step.number})
        is_number_taken = isinstance(step, EnsureCustomer) and outcome.number == _CUSTOMER_NUMBER_USED
        if is_number_taken and isinstance(step, EnsureCustomer) and "raderat" not in outcome.message.lower():
            return Sent(Done(200, {}), {"number": step.number})
        if isinstance(step, BookInvoice) and outcome.number == _NOTHING_TO_BOOK:
            return Sent(Done(200, {}), {"number": "", "booked": False})
        if isinstance(step, MarkReady) and outcome.number == _READY_ALREADY:
            return Sent(Done(200, {}), {"number": "", "ready": True})
        return Sent(outcome)


def _read(step: Step, done: Done, results: Results) -> Sent:
    match step:
        case (
            EnsureCustomer() | EnsureArticle() | EnsureCurrency() | EnsureWayOfDelivery()
            | ClearWayOfDelivery() | MoveArticle()
        ):  # fmt: skip
            return card_made(step, done)
        case MailInvoice() | UploadReport() | ConnectReport():
            return Sent(done, {"number": _file(step, done)})
        case CreateInvoice():
            invoice = WireInvoice.model_validate(done.data["Invoice"])
            return Sent(done, invoice_remote(invoice), tuple(compare(step, invoice)))
        case BookInvoice() | CancelInvoice():
            invoice = WireInvoice.model_validate(done.data["Invoice"])
            made = results.get(step.document, {}) if isinstance(step, BookInvoice) else {}
            return Sent(done, invoice_remote(invoice), booked_otherwise(invoice, made))
        case CreateVoucher():
            return Sent(done, voucher_remote(WireVoucher.model_validate(done.data["Voucher"])))
        case CreateOrder() | InvoiceOrder() | MarkReady():
            return _read_order(step, done)
        case MakeCredit():
            raise TypeError("read by _credit_made")
        case PayInvoice() | BookPayment():
            return _read_payment(step, done)
        case ConfirmSettled():
            return _settled(done, WireInvoice.model_validate(done.data["Invoice"]))


def _file(step: MailInvoice | UploadReport | ConnectReport, done: Done) -> str:
    """Fortnox's id of the file; a mail has none."""
    if isinstance(step, UploadReport):
        return str(done.data["File"]["Id"])
    return str(done.data["VoucherFileConnection"]["FileId"]) if isinstance(step, ConnectReport) else ""


def _read_order(step: CreateOrder | InvoiceOrder | MarkReady, done: Done) -> Sent:
    """The order's number, or that of the invoice that Fortnox made of it; the mark of either."""
    if isinstance(step, MarkReady):
        return Sent(done, ready_remote(done.data))
    order = WireOrder.model_validate(done.data["Order"])
    if isinstance(step, CreateOrder):
        return Sent(done, order_remote(order), tuple(compare(step.invoice, order)))
    number = order.invoice
    return Sent(done, {"number": number}) if number else Sent(Unknown("invoice of the order not named", done.status))


def _read_payment(step: PayInvoice | BookPayment, done: Done) -> Sent:
    payment = WirePayment.model_validate(done.data["InvoicePayment"])
    return Sent(done, payment_remote(payment, step) if isinstance(step, PayInvoice) else booked_payment_remote(payment))


def _settled(done: Done, invoice: WireInvoice) -> Sent:
    if invoice.balance == 0:
        return Sent(done, {"number": invoice.document_number, "balance": "0"})
    balance = f"{invoice.balance} {invoice.currency}"
    data = {"document": invoice.document_number, "books_amount": balance}
    return Sent(done, None, (Finding("FORTNOX_BALANCE_LEFT", invoice.document_number, data),))


def _unfit(step: PayInvoice, context: StepContext) -> Finding | None:
    """Why a payment is held back before it is sent: its invoice stands in Fortnox otherwise than it was planned."""
    shown = {**context.results[step.document], **context.results.get(BookInvoice(step.document).ref, {})}
    currency = str(shown.get("currency") or step.amount.currency)
    if currency != step.amount.currency:
        data = {"payment_currency": step.amount.currency, "currency": currency}
        return Finding("FORTNOX_CURRENCY_MISMATCH", step.transaction_id, data)
    day = invoice_day(step.document, context.results)
    if day and step.day < day and step.transaction_id not in context.late_payments:
        data = {"date": step.day.isoformat(), "invoice_date": day.isoformat()}
        return Finding("FORTNOX_PAYMENT_DATE", step.transaction_id, data)
    return _more_than_rounding(step, context)


def _more_than_rounding(step: PayInvoice, context: StepContext) -> Finding | None:
    """A settling payment may leave Fortnox's whole-unit rounding open and nothing else: more is no öre to write off."""
    still_open = open_after(step, Context(context.results))
    if not step.settles or abs(still_open) < 1:
        return None
    invoice = context.results[step.document]
    paid = Decimal(invoice["total"]) - still_open
    shown = {
        "document": str(invoice["number"]),
        "shop_amount": f"{paid} {step.amount.currency}",
        "books_amount": f"{invoice['total']} {step.amount.currency}",
    }
    return Finding("DIFFERS_IN_BOOKS", f"{invoice['number']} {step.key}", shown)
