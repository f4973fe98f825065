"""Adoption of an order's sale that somebody else booked, so that what came back since can be credited."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

import structlog

from app.execution import operations as posting_log
from app.execution.context import JobContext
from app.execution.progress import trouble
from app.jobs import queue as jobs
from app.jobs.outcomes import Blocked, Retry
from app.kit.db.engine import Store
from app.ledgers.base import Company, Disagrees, Exchange, FoundPreExisting, Ledger, LookFailed, Remote, StepContext
from app.model.order import Order
from app.orders.planning.planner import decide
from app.orders.planning.readiness import BEFORE_CUT_OVER, skip_reason
from app.posting.documents import CreateInvoice
from app.posting.plan import Plan
from app.posting.pre_existing_sales import adopted_steps, refunded_since, sale_of
from app.posting.steps import PayInvoice, Step

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Adoption:
    """Looks up pre-existing sales and enters them into the posting log as done. Writes nothing to the ledger."""

    store: Store
    books: Ledger
    grace_period: timedelta
    lease_seconds: float

    def take(self, context: JobContext, company: Company, order: Order, named: str) -> bool | Retry | Blocked:
        """Adopt the sale of an order of which Bokbro has posted nothing; False: the order is not pre-existing.

        The sale must be one booked, paid and uncredited invoice whose rows are ours by account and amount: what is
        different is a question for a person. `named`: the invoice's number, where a person stated it.
        """
        asked = refunded_since(order, context.rules)
        if asked is None or skip_reason(order, context.rules) != BEFORE_CUT_OVER:
            return False
        plan = decide(replace(order, shop_since=None), replace(context.rules, cut_over=None))
        if not isinstance(plan, Plan) or (sale := sale_of(order, plan, context.rules)) is None:
            return Blocked((asked,))
        heard: list[Exchange] = []
        step_context = StepContext({}, context.rules, observe=heard.append)
        looked = self.books.find_pre_existing(company, sale, (order.name, order.id), named, step_context)
        match looked:
            case FoundPreExisting():
                self.enter(context, plan, looked, heard)
                return True
            case Disagrees(finding) if finding.code == "DUPLICATE_IN_BOOKS":
                several = {"documents": str(finding.data["documents"])}
                return Blocked((replace(asked, data={**asked.data, **several}),))
            case Disagrees(finding):
                return Blocked((finding,))
            case LookFailed():
                return trouble(self.books, company, looked.outcome, self.grace_period, looked=True)
            case _:
                return Blocked((asked,))

    def enter(self, context: JobContext, plan: Plan, pre_existing: FoundPreExisting, heard: list[Exchange]) -> None:
        """Enter a sale that others booked as done."""
        steps = [(step, _remote(step, pre_existing.remote)) for step in adopted_steps(plan, pre_existing.sale)]
        with self.store.write() as session:
            jobs.renew(session, context.lease, self.lease_seconds)
            ids = posting_log.take_over(session, context.lease.job_id, steps, plan.rules_version)
            posting_log.add_history(session, ids[0], context.lease.job_id, "adopted", heard)
        log.info("earlier_sale_taken_over", number=pre_existing.remote["number"])


def _remote(step: Step, invoice: Remote) -> Remote:
    """What the posting log would hold if Bokbro had booked it. Known is that all is paid, not by which payments."""
    if isinstance(step, CreateInvoice):
        return invoice
    if isinstance(step, PayInvoice):
        return {"number": "", "paid": str(step.amount.decimal), "account": step.account, "adopted": True}
    return {"number": "", "adopted": True}
