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
    WriteAuthorization,
)
from app.ledgers.booked_year import BookedYear
from app.ledgers.fortnox.call import Context
from app.ledgers.fortnox.client import FortnoxClient, ListFailedError
from app.ledgers.fortnox.listing import changed_documents, credited_by
from app.ledgers.fortnox.payments import unfit
from app.ledgers.fortnox.platform import FORTNOX
from app.ledgers.fortnox.pre_existing import find_pre_existing
from app.ledgers.fortnox.refusals import refusal
from app.ledgers.fortnox.register import read_entry, read_page, read_records
from app.ledgers.fortnox.replacement import recheck
from app.ledgers.fortnox.resources import resource_of
from app.ledgers.fortnox.rights import read_rights, read_stock
from app.ledgers.fortnox.sie import SieUnreadableError, read_sie
from app.model.finding import UNSTATED, Finding
from app.model.platforms import Platform
from app.posting.documents import CreateInvoice
from app.posting.steps import (
    PayInvoice,
    Step,
)


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
        return resource_of(step).find(self.client, company, step, context)

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

    def send(self, company: Company, step: Step, context: StepContext, authorization: WriteAuthorization) -> Sent:
        """Carry a step out once and compare what Fortnox made of it."""
        if isinstance(step, PayInvoice) and (held_back := unfit(step, context)):
            return Sent(Done(200, {}), None, (held_back,))
        render_context = Context(
            context.results, context.known_articles, context.file, context.late_payments, context.rules.stock_point
        )
        call = resource_of(step).build(step, render_context)
        try:
            outcome = self.client.call(company, call, observe=context.observe, authorization=authorization)
            return self._read(company, step, outcome, context)
        except (RateLimitedError, TokenUnavailableError) as error:
            # Only a second try after a 401 gets here: the first was refused, so nothing was done.
            return Sent(NotSent(str(error)))

    def _read(self, company: Company, step: Step, outcome: Outcome, context: StepContext) -> Sent:
        resource = resource_of(step)
        if isinstance(outcome, Refused):
            kept = resource.is_there(step, outcome)
            return Sent(outcome) if kept is None else Sent(Done(200, {}), kept)
        if not isinstance(outcome, Done):
            return Sent(outcome)
        try:
            sent = resource.read(step, outcome, context.results)
        except (ValidationError, KeyError, TypeError) as error:
            # Fortnox did it, but we cannot tell what: look before anything else happens.
            return Sent(Unknown(f"answer not understood: {type(error).__name__}", outcome.status))
        if resource.is_looked_for and isinstance(sent.outcome, Unknown):
            looked = resource.find(self.client, company, step, context)
            return Sent(outcome, looked.remote) if isinstance(looked, Found) else sent
        return sent

    def recheck(
        self, company: Company, step: Step, context: StepContext, authorization: WriteAuthorization | None
    ) -> Sent:
        """Read a document again and compare it, after a person repaired what differed."""
        return recheck(self.client, company, step, context, authorization)

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
