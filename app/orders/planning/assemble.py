"""The finished plan: the steps of documents and money in the order in which they are executed, or what blocks them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from app.invoicing.gift_cards import gift_card_entries
from app.model.finding import Finding
from app.orders.planning.notices import notices_of, notices_with
from app.orders.planning.readiness import skip_reason, wait_reason
from app.orders.planning.state import PlanInput, PlanState
from app.payments.advances import is_received, vat_ref
from app.payments.allocation import Allocation, leaves_write_off
from app.payments.over_refund import over_refund_findings
from app.posting.documents import CreateInvoice
from app.posting.expected_vouchers import expected_vouchers
from app.posting.ledger_amounts import unheld
from app.posting.origins import made_of
from app.posting.plan import Decision, Plan, Skipped, Stopped, Waiting, stopped
from app.posting.references import StepRef
from app.posting.steps import BookInvoice, BookPayment, ConfirmSettled, MailInvoice, PayInvoice, Step
from app.posting.vouchers import CreateVoucher


def without_documents(inputs: PlanInput, state: PlanState) -> Decision:
    """What becomes of an order that has no document and gets none now."""
    if state.added.findings:
        return stopped(state.added.findings)
    if state.added.steps:  # what was started is cancelled
        return Plan(inputs.order.name, inputs.rules.version, state.steps)
    skipped = skip_reason(inputs.order, inputs.rules)
    return Skipped(skipped) if skipped else Waiting(wait_reason(inputs.order, inputs.rules))


def finish(inputs: PlanInput, state: PlanState, allocation: Allocation, *, is_part_open: bool) -> Plan | Stopped:
    """The plan of an order's documents and money, unless something forbids it.

    `is_part_open`: an addition is invoiced once it is paid.
    """
    documents, payments = state.documents, (*inputs.posted.payments, *allocation.payments)
    receivable = inputs.rules.account("receivable")
    gift_cards = list(gift_card_entries(documents, payments, inputs.rules))
    findings = [*state.added.findings, *_unheld(inputs, documents, allocation)]
    findings += [entry for entry in gift_cards if isinstance(entry, Finding)]
    findings += [] if receivable else [Finding("ROLE_UNMAPPED", "receivable", {"role": "receivable"})]
    if findings or receivable is None:
        return stopped(findings)
    deferrals = [entry for entry in gift_cards if isinstance(entry, CreateVoucher)]
    beyond = over_refund_findings(inputs.order, (*inputs.posted.vouchers, *allocation.vouchers))
    return Plan(
        order_name=inputs.order.name,
        rules_version=inputs.rules.version,
        steps=(*state.steps, *_as_the_ledger_books(inputs, _steps(inputs, state, allocation, deferrals))),
        vouchers=expected_vouchers(documents, payments, receivable),
        notices=notices_with(
            (*allocation.notices, *beyond, *state.added.notices),
            notices_of(inputs.order, inputs.rules, documents),
            is_part_open=is_part_open,
        ),
    )


def _unheld(inputs: PlanInput, documents: Iterable[CreateInvoice], allocation: Allocation) -> Iterator[Finding]:
    """Amounts of what is new that Fortnox cannot hold."""
    return unheld([document for document in documents if document.ref not in inputs.posted.refs], allocation.payments)


def _steps(
    inputs: PlanInput, state: PlanState, allocation: Allocation, deferrals: Sequence[CreateVoucher]
) -> Iterator[Step]:
    """Advances received; each document with its payments; netting; vouchers beside the documents; mails; checks."""
    documents, vouchers = state.documents, allocation.vouchers
    first = [voucher for voucher in vouchers if is_received(voucher)]
    with_money = list(_document_steps(inputs, documents, allocation))
    netting = [step for payment in allocation.payments if _is_netting(payment) for step in _booked(payment)]
    planned = state.refs | {step.ref for step in (*first, *with_money, *netting)}
    yield from first
    yield from with_money
    yield from netting
    yield from (voucher for voucher in (*deferrals, *vouchers) if voucher.ref not in planned)
    yield from _mails_and_checks(inputs, documents, (*inputs.posted.payments, *allocation.payments))


def _as_the_ledger_books(inputs: PlanInput, steps: Iterable[Step]) -> Iterator[Step]:
    """Without the booking of documents and payments where the ledger books what it is given at once."""
    is_separate = inputs.rules.ledger.separate_booking
    yield from (step for step in steps if is_separate or not isinstance(step, BookInvoice | BookPayment))


def _document_steps(inputs: PlanInput, documents: Iterable[CreateInvoice], allocation: Allocation) -> Iterator[Step]:
    """Each document as it is made and booked, then its payments."""
    done = inputs.posted.refs
    by_ref: dict[StepRef, CreateVoucher] = {voucher.ref: voucher for voucher in allocation.vouchers}
    payments = (*inputs.posted.payments, *(each for each in allocation.payments if not _is_netting(each)))
    for document in documents:
        steps: list[Step] = [*made_of(document), document, BookInvoice(document.ref)]
        for payment in payments:
            if payment.document == document.ref:
                steps += _paid(payment, by_ref)
        yield from (step for step in steps if step.ref not in done)


def _paid(payment: PayInvoice, vouchers: Mapping[StepRef, CreateVoucher]) -> list[Step]:
    """A payment and its booking; before one out of an advance, the voucher that takes the advance's VAT back."""
    back = vouchers.get(vat_ref(payment))
    return [*([back] if back else []), *_booked(payment)]


def _booked(payment: PayInvoice) -> tuple[Step, Step]:
    return payment, BookPayment(payment.ref)


def _is_netting(payment: PayInvoice) -> bool:
    return payment.source.is_netting


def _mails_and_checks(
    inputs: PlanInput, documents: Sequence[CreateInvoice], payments: Sequence[PayInvoice]
) -> Iterator[Step]:
    mails: list[Step] = [MailInvoice(document.ref) for document in documents if document.email]
    checks = [
        ConfirmSettled(document.ref) for document in documents if leaves_write_off(document, payments, inputs.rules)
    ]
    yield from (step for step in (*mails, *checks) if step.ref not in inputs.posted.refs)
