"""What a plan is made of, and the plan in the making: every function says what it adds, `Delta.plus` joins it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from app.adjustments.creditable_lines import NOTHING_POSTED, PostedDocuments
from app.model.answers import NO_ANSWERS, Answers
from app.model.finding import Finding
from app.model.order import Order
from app.posting.documents import CreateInvoice
from app.posting.references import StepRef
from app.posting.steps import CancelInvoice, Step
from app.tenants.rules import TenantRules


@dataclass(frozen=True, slots=True)
class PlanInput:
    """Everything that a plan is decided from."""

    order: Order
    rules: TenantRules
    posted: PostedDocuments = NOTHING_POSTED
    locked_through: date | None = None
    """Last day of the books' locked period."""
    answers: Answers = NO_ANSWERS
    """Those of people on this order."""
    now: datetime | None = None
    """For what depends on how long an order waits; None: nothing is said about that."""

    @property
    def edits(self) -> int:
        """How many edits have made documents."""
        return len({reason.edit for document in self.posted.documents if (reason := document.ref.reason).edit})


@dataclass(frozen=True, slots=True)
class Delta:
    """What one function adds to a plan."""

    steps: tuple[Step, ...] = ()
    documents: tuple[CreateInvoice, ...] = ()
    """Invoices and credit notes, oldest first; `finish` plans their steps, with those of their money."""
    findings: tuple[Finding, ...] = ()
    """They block the plan."""
    notices: tuple[Finding, ...] = ()

    def plus(self, *others: Delta) -> Delta:
        """All of them together, in this order."""
        deltas = (self, *others)
        return Delta(
            steps=tuple(step for delta in deltas for step in delta.steps),
            documents=tuple(document for delta in deltas for document in delta.documents),
            findings=tuple(finding for delta in deltas for finding in delta.findings),
            notices=tuple(notice for delta in deltas for notice in delta.notices),
        )


NOTHING = Delta()
"""Adds nothing."""


@dataclass(frozen=True, slots=True)
class PlanState:
    """A plan in the making: what is posted, and what was added to it so far."""

    posted: PostedDocuments
    added: Delta = NOTHING

    def plus(self, *deltas: Delta) -> PlanState:
        """The state with these added."""
        return PlanState(self.posted, self.added.plus(*deltas))

    @property
    def steps(self) -> tuple[Step, ...]:
        """Those that are done, and those to do."""
        return (*self.posted.steps, *self.added.steps)

    @property
    def documents(self) -> tuple[CreateInvoice, ...]:
        """Documents that stand or are to be made, oldest first, without those that a step cancels."""
        cancelled = {step.document for step in self.added.steps if isinstance(step, CancelInvoice)}
        every = (*self.posted.documents, *self.posted.ordered, *self.added.documents)
        return tuple(document for document in every if document.ref not in cancelled)

    @property
    def refs(self) -> frozenset[StepRef]:
        """All steps by name."""
        return frozenset(step.ref for step in self.steps)
