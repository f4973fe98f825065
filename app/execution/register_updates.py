"""What the local copies of the ledger's registers take over of a step that is done."""

from __future__ import annotations

from app.invoicing.customers import customer_marks
from app.kit.db.engine import WriteSession
from app.ledgers.base import (
    Company,
    Remote,
)
from app.master_data.cache import ACCOUNT, WAY
from app.master_data.entries import changed, put, remember
from app.posting.steps import (
    ClearWayOfDelivery,
    EnsureArticle,
    EnsureCurrency,
    EnsureCustomer,
    EnsureWayOfDelivery,
    MoveArticle,
    Step,
)

CHANGING = (
    EnsureCustomer, EnsureArticle, EnsureCurrency, EnsureWayOfDelivery, ClearWayOfDelivery, MoveArticle,
)  # fmt: skip
"""Steps that change a record, and nothing else."""


def update_register(session: WriteSession, company: Company, step: Step, remote: Remote) -> None:
    """Enter the record that a step made or changed; nothing for a step that did neither."""
    if isinstance(step, EnsureCustomer):
        marks = {**customer_marks(step.organisation_number, step.email), WAY: ""}
        remember(session, company.connection_id, "customers", step.number, marks)
    if isinstance(step, ClearWayOfDelivery):
        put(session, company.connection_id, "customers", {step.customer: {WAY: remote["way"]}}, merged=True)
    if isinstance(step, EnsureArticle):
        remember(session, company.connection_id, "articles", step.number, {ACCOUNT: step.account})
    if isinstance(step, MoveArticle):
        put(session, company.connection_id, "articles", {step.number: {ACCOUNT: step.account}}, merged=True)
    if isinstance(step, EnsureCurrency | EnsureWayOfDelivery):
        kind = "currencies" if isinstance(step, EnsureCurrency) else "wayofdeliveries"
        put(session, company.connection_id, kind, {step.code: {"description": step.code, "active": True}})
        changed(session, company.connection_id, kind)
