"""Plan minus posting log: which steps are still to do."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence

from app.adjustments.creditable_lines import PostedDocuments
from app.master_data.facts import BooksFacts
from app.posting.documents import CreateInvoice
from app.posting.plan import Plan
from app.posting.references import StepRef
from app.posting.steps import (
    BookInvoice,
    BookPayment,
    ClearWayOfDelivery,
    ConfirmSettled,
    CreateOrder,
    EnsureArticle,
    EnsureCurrency,
    EnsureCustomer,
    EnsureWayOfDelivery,
    InvoiceOrder,
    MailInvoice,
    MarkReady,
    MoveArticle,
    PayInvoice,
    Step,
    content_of,
    document_of,
)
from app.posting.vouchers import CreateVoucher

_AT_HOME = "sales.se."


def content_hash(step: Step) -> str:
    """What a step stands for, as a hash: money and accounts only, so that a new address is no new intention."""
    match step:
        case CreateOrder():
            return content_hash(step.invoice)
        case CreateInvoice():
            rows = [
                [row.account, row.quantity, row.unit_price.minor, str(row.vat_percent.normalize())] for row in step.rows
            ]
            essence: list[object] = [step.currency, step.total.minor, rows]
            if not step.vat_included:
                essence.append("net")
        case PayInvoice():
            essence = [step.amount.minor, step.amount.currency, step.account]
            essence += [[write_off.account, write_off.amount.minor] for write_off in step.all_write_offs]
        case CreateVoucher():
            essence = [step.series, [[row.account, row.debit.minor, row.credit.minor] for row in step.rows]]
        case _:
            essence = [step.key]
    return hashlib.sha256(json.dumps(essence).encode()).hexdigest()


def outstanding(plan: Plan, done: Collection[StepRef], facts: BooksFacts) -> tuple[Step, ...]:
    """The steps to do, in order. What was done is in the plan as it was done: it cannot differ."""
    return tuple(step for step in plan.steps if step.ref not in done and not _already_there(step, facts))


def follow_ups(steps: Sequence[Step], posted: PostedDocuments) -> tuple[Step, ...]:
    """The steps that only go on with documents that stand in the books already: to book, pay or confirm them.

    A document whose payment takes a fee is not paid by them: it touches accounts that pre-flight must have passed.
    """
    with_fees = {step.document for step in steps if isinstance(step, PayInvoice) and step.all_write_offs}
    return tuple(
        step
        for step in steps
        if _goes_on(step, posted) and not (document_of(step) in with_fees and _follows_a_payment(step, posted))
    )


def mark_before(step: Step, results: Mapping[StepRef, Mapping[str, object]]) -> MarkReady | None:
    """The mark that a document needs before it is booked, or an order before it is invoiced; None: it needs none.

    `results` are the ledger's answers: "ready" is False on documents of a company with the warehouse module.
    """
    match step:
        case BookInvoice():
            document = step.document
        case InvoiceOrder():
            document = step.document.order
        case _:
            return None
    mark = MarkReady(document)
    needs_one = results.get(document, {}).get("ready") is False and mark.ref not in results
    return mark if needs_one else None


def customer_fix_before(
    step: Step, missing_ways: Mapping[str, str], results: Mapping[StepRef, Mapping[str, object]]
) -> ClearWayOfDelivery | None:
    """What must be taken off the customer's record before a document is made for it; None: nothing.

    `missing_ways`: customer number → the way of delivery on its record that Fortnox does not have.
    """
    document = _made_from_records(step)
    code = missing_ways.get(document.customer_number) if document and not document.way_of_delivery else None
    if document is None or not code:
        return None
    fix = ClearWayOfDelivery(document.customer_number, code)
    return None if fix.ref in results else fix


def _made_from_records(step: Step) -> CreateInvoice | None:
    """The document that a step makes, with what the records of customer and articles say; None for every other step."""
    is_replacement = isinstance(step, CreateInvoice) and step.from_draft
    return None if is_replacement else content_of(step)


def articles_moved_before(
    step: Step, accounts: Mapping[str, int], results: Mapping[StepRef, Mapping[str, object]]
) -> list[MoveArticle]:
    """Articles whose record has another account than the document's rows: sold in Sweden at another rate than before.

    `accounts`: article number → the account that we wrote on its record. Sales abroad move no article: they have
    accounts of their own for every country, and the next sale at home would move it back.
    """
    document = _made_from_records(step)
    if document is None or document.credits or not accounts:
        return []
    at_home = (row for row in document.rows if row.role.startswith(_AT_HOME) and row.article_number and row.amount)
    moved = {
        row.article_number: MoveArticle(row.article_number, row.account)
        for row in at_home
        if row.article_number and accounts.get(row.article_number, row.account) != row.account
    }
    return [move for move in moved.values() if move.ref not in results]


def _follows_a_payment(step: Step, posted: PostedDocuments) -> bool:
    """Whether a step is a payment that is not made, or needs one."""
    return isinstance(step, PayInvoice | ConfirmSettled) or (
        isinstance(step, BookPayment) and step.payment not in posted.refs
    )


def _goes_on(step: Step, posted: PostedDocuments) -> bool:
    existing = {document.ref for document in posted.documents}
    match step:
        case MarkReady() | BookInvoice() | PayInvoice() | BookPayment() | ConfirmSettled():
            return step.document in existing
        case CreateVoucher() | MailInvoice():
            return step.document in existing
        case _:
            return False


def _already_there(step: Step, facts: BooksFacts) -> bool:
    if isinstance(step, EnsureCustomer):
        return step.number in facts.customers
    if isinstance(step, EnsureCurrency):
        return step.code in facts.currencies
    if isinstance(step, EnsureWayOfDelivery):
        return step.code in facts.ways_of_delivery
    return isinstance(step, EnsureArticle) and step.number in facts.articles
