"""Plan minus journal: which steps are still to do, or which conflict a person must see."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from app.domain.findings import Finding
from app.domain.plan import CreateInvoice, EnsureArticle, EnsureCustomer, PayInvoice, Plan, Step
from app.domain.preflight import BooksFacts


@dataclass(frozen=True, slots=True)
class Journaled:
    """What the journal says of one step key."""

    content_hash: str
    is_done: bool
    was_sent: bool
    """True from the moment it was marked for sending: from then on its content may stand in the books."""
    amount: str = ""
    """What was sent, for people ("499.00 SEK")."""


@dataclass(frozen=True, slots=True)
class Remainder:
    """The steps to do, in order; none where there are conflicts."""

    steps: tuple[Step, ...]
    conflicts: tuple[Finding, ...]


def content_hash(step: Step) -> str:
    """What a step stands for, as a hash: money and accounts only, so that a new address is no new intention."""
    match step:
        case CreateInvoice():
            rows = [
                [row.account, row.quantity, row.unit_price.minor, str(row.vat_percent.normalize())] for row in step.rows
            ]
            essence: list[object] = [step.currency, step.total.minor, rows]
            if not step.vat_included:
                essence.append("net")  # only then: the hashes of what is booked already must not change
        case PayInvoice():
            essence = [step.amount.minor, step.amount.currency, step.account]
        case _:
            essence = [step.key]
    return hashlib.sha256(json.dumps(essence).encode()).hexdigest()


def outstanding(plan: Plan, journal: Mapping[str, Journaled], facts: BooksFacts) -> Remainder:
    """Subtract what is done. Content that differs from what was sent is a conflict, never an overwrite.

    With a conflict nothing of the newest plan is to be done: its payments belong to another total, and what they
    leave open would be written off as rounding. The chain that the journal began is finished as it was begun.
    """
    steps: list[Step] = []
    conflicts: list[Finding] = []
    for step in plan.steps:
        known = journal.get(step.key)
        if known and known.was_sent and known.content_hash != content_hash(step):
            data = {"shop_amount": str(plan.invoice.total), "books_amount": known.amount}
            conflicts.append(Finding("SHOPIFY_ORDER_CHANGED_AFTER_BOOKING", step.key, data))
        if known and known.is_done:
            continue
        if known is None and _already_there(step, facts):
            continue
        steps.append(step)
    return Remainder(() if conflicts else tuple(steps), tuple(conflicts))


def _already_there(step: Step, facts: BooksFacts) -> bool:
    if isinstance(step, EnsureCustomer):
        return step.number in facts.customers
    return isinstance(step, EnsureArticle) and step.number in facts.articles
