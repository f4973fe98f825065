"""The ledgers of an installation as one: each call goes to the ledger that keeps the company's books."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from app.kit.http.call_budget import CallBudget, ReservedCall
from app.kit.http.outcome import Outcome, Refused
from app.ledgers.base import (
    Company,
    FoundPreExisting,
    Ledger,
    ListedDocument,
    Looked,
    RecordPage,
    Remote,
    Results,
    Sent,
    StepContext,
    WriteAuthorization,
)
from app.ledgers.booked_year import BookedYear
from app.model.finding import UNSTATED, Finding
from app.model.platforms import Platform
from app.posting.documents import CreateInvoice
from app.posting.steps import Step


@dataclass(frozen=True, slots=True)
class Ledgers:
    """Implements `app.ledgers.base.Ledger` for every company of the installation."""

    by_name: Mapping[str, Ledger]

    def of(self, company: Company) -> Ledger:
        """The company's ledger. Raises KeyError for a ledger that this installation does not have."""
        return self.by_name[company.ledger]

    def platform_of(self, company: Company) -> Platform:
        """See `Ledger`."""
        return self.of(company).platform_of(company)

    def refusal(
        self,
        company: Company,
        outcome: Refused,
        step: Step | None = None,
        results: Results | None = None,
        scope: str = UNSTATED,
    ) -> Finding:
        """See `Ledger`."""
        return self.of(company).refusal(company, outcome, step, results, scope)

    def find(self, company: Company, step: Step, context: StepContext) -> Looked:
        """See `Ledger`."""
        return self.of(company).find(company, step, context)

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
        """See `Ledger`."""
        return self.of(company).find_pre_existing(company, sale, names, number, context, but=but)

    def budget(self, company: Company) -> CallBudget | None:
        """See `Ledger`."""
        return self.of(company).budget(company)

    def ready(self, company: Company) -> ReservedCall:
        """See `Ledger`."""
        return self.of(company).ready(company)

    def send(self, company: Company, step: Step, context: StepContext, authorization: WriteAuthorization) -> Sent:
        """See `Ledger`."""
        return self.of(company).send(company, step, context, authorization)

    def recheck(
        self, company: Company, step: Step, context: StepContext, authorization: WriteAuthorization | None
    ) -> Sent:
        """See `Ledger`."""
        return self.of(company).recheck(company, step, context, authorization)

    def read_page(self, company: Company, kind: str, page: int, since: datetime | None) -> RecordPage:
        """See `Ledger`."""
        return self.of(company).read_page(company, kind, page, since)

    def read_entry(self, company: Company, kind: str, code: str, years: tuple[int, ...]) -> list[tuple[str, Remote]]:
        """See `Ledger`."""
        return self.of(company).read_entry(company, kind, code, years)

    def changed_documents(self, company: Company, since: datetime) -> list[ListedDocument]:
        """See `Ledger`."""
        return self.of(company).changed_documents(company, since)

    def credited_by(self, company: Company, number: str) -> str:
        """See `Ledger`."""
        return self.of(company).credited_by(company, number)

    def read_ledger(self, company: Company, year_id: int) -> BookedYear:
        """See `Ledger`."""
        return self.of(company).read_ledger(company, year_id)

    def read_rights(
        self, company: Company, scopes: frozenset[str], known_open: frozenset[str]
    ) -> list[tuple[str, Remote]]:
        """See `Ledger`."""
        return self.of(company).read_rights(company, scopes, known_open)

    def read_stock(self, company: Company, articles: Sequence[str]) -> dict[str, Decimal] | Outcome:
        """See `Ledger`."""
        return self.of(company).read_stock(company, articles)

    def read_records(self, company: Company, kind: str, days: tuple[date, ...] = ()) -> list[tuple[str, Remote]]:
        """See `Ledger`."""
        return self.of(company).read_records(company, kind, days)
