"""Questions about orders that were booked with a gift card as payment: was the card sold, or given away?

Where a card came from is not readable without `read_gift_cards`, which Shopify grants on request only. A question is
asked for a reason alone: the card is listed as given away now, or more was paid with cards than was ever sold.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import or_, select

from app.execution import operations as posting_log
from app.findings.repository import Place, jobs_with_code, open_finding, resolve_others
from app.kit.db.engine import WriteSession
from app.kit.money import Money
from app.model.finding import Finding
from app.orders.given_answers import answers_of
from app.orders.snapshots import read_order
from app.payments.given_cards import card_of, given_ids, is_listed
from app.posting.steps import PayInvoice
from app.schema import Job, Operation, OperationState, Snapshot
from app.tenants.rules import TenantRules

_CODE = "GIFT_CARD_MAYBE_GIVEN"
_MOST = 50
"""Orders that are asked about at once, the newest first: the account is read again the next day."""
_LOOKED_AT = 1000
"""Newest payments with gift cards that are looked at."""


def ask_about_cards(
    session: WriteSession, tenant_id: int, rules: TenantRules, platforms: Collection[str], *, is_overdrawn: bool
) -> None:
    """Open the questions that apply now, and close those that do not. `platforms` tell which card a payment used."""
    questions: dict[int, list[Finding]] = {}
    if is_overdrawn or rules.campaign_cards:
        for job_id, order_id in _paid_with_cards(session, tenant_id, platforms).items():
            asked = _asked_of(session, job_id, order_id, rules, is_overdrawn=is_overdrawn)
            if asked:
                questions[job_id] = asked
            if len(questions) == _MOST:
                break
    for job_id in {*questions, *jobs_with_code(session, tenant_id, _CODE)}:
        place = Place(tenant_id, job_id=job_id)
        resolve_others(session, place, _CODE, [finding.about for finding in questions.get(job_id, ())])
        for finding in questions.get(job_id, ()):
            open_finding(session, place, finding)


def _paid_with_cards(session: WriteSession, tenant_id: int, platforms: Collection[str]) -> dict[int, int]:
    """Jobs, and their orders, with a payment from the account of gift cards, the newest payment first."""
    paid = (Operation.kind == PayInvoice.__name__, Operation.state == OperationState.DONE.value)
    of_card = (
        Operation.payload["role"].astext == "gift_card",
        or_(*(Job.subject.startswith(f"order:{platform}:") for platform in platforms)),
    )
    statement = select(Job.id, Job.order_id).join(Operation, Operation.job_id == Job.id)
    statement = statement.where(Job.tenant_id == tenant_id, *paid, *of_card).order_by(Operation.id.desc())
    return {job: order for job, order in session.execute(statement.limit(_LOOKED_AT)) if order is not None}


def _asked_of(
    session: WriteSession, job_id: int, order_id: int, rules: TenantRules, *, is_overdrawn: bool
) -> list[Finding]:
    snapshot = session.get(Snapshot, order_id)
    if snapshot is None:
        return []
    order, answers = read_order(snapshot.order), answers_of(session, order_id)
    posted = posting_log.posted(posting_log.load(session, job_id))
    settled = given_ids(posted)
    transactions = {transaction.id: transaction for transaction in order.money_in}
    used: dict[str, Money] = {}
    for payment in posted.payments:
        if payment.role == "gift_card" and payment.transaction_id in transactions:
            so_far = used.get(payment.transaction_id, Money.zero(payment.amount.currency))
            used[payment.transaction_id] = so_far + payment.amount
    asked: list[Finding] = []
    for transaction_id, amount in used.items():
        has_reason = is_overdrawn or is_listed(transactions[transaction_id], rules)
        if has_reason and transaction_id not in settled and answers.was_given(transaction_id) is None:
            data = {"order": order.name, "amount": str(amount), "card": card_of(transactions[transaction_id])}
            asked.append(Finding("GIFT_CARD_MAYBE_GIVEN", transaction_id, data))
    return asked
