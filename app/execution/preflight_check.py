"""Pre-flight against the local register: what seems to be missing is read anew once before a finding is raised."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from app.adjustments.creditable_lines import PostedDocuments
from app.catalogue import MasterDataKind, lookup
from app.execution.preflight import preflight
from app.kit.db.engine import ReadSession, WriteSession
from app.ledgers.base import Company
from app.master_data.cache import MasterData
from app.master_data.facts import BooksFacts
from app.model.finding import Finding
from app.model.order import Order
from app.posting.plan import Plan
from app.posting.steps import EnsureCustomer
from app.tenants.rules import CustomerPolicy, TenantRules, WarehouseStock

_FRESH_ENOUGH = 60.0
"""Seconds: a register read within the last minute is not read again for one more order that lacks something."""
_WHOLE = (
    MasterDataKind.FINANCIAL_YEARS,
    MasterDataKind.LOCKED_PERIOD,
    MasterDataKind.CURRENCIES,
    MasterDataKind.WAYS_OF_DELIVERY,
    MasterDataKind.COST_CENTERS,
    MasterDataKind.TERMS_OF_PAYMENT,
    MasterDataKind.MODES_OF_PAYMENT,
    MasterDataKind.ACCOUNTS,
    MasterDataKind.RIGHTS,
)


@dataclass(frozen=True, slots=True)
class Checker:
    """Checks plans of one company's orders."""

    register: MasterData
    now: Callable[[], datetime]

    def check(
        self,
        company: Company,
        order: Order | None,
        plan: Plan,
        rules: TenantRules,
        posted: PostedDocuments,
        facts: BooksFacts | None = None,
    ) -> tuple[list[Finding], BooksFacts]:
        """Findings against the local register, and the facts they were made with.

        `facts`: those of the plan, where they were read with it.
        """
        facts = self._with_customer_records(company, facts or self.facts(company, plan), plan, rules, posted)
        findings = preflight(order, plan, rules, facts, posted.refs)
        doubtful = {lookup(finding.code).register for finding in findings}
        doubtful |= {kind for kind in MasterDataKind if kind.value in facts.unread}
        if MasterDataKind.RIGHTS in doubtful:
            doubtful.add(MasterDataKind.COST_CENTERS)  # their right shows only in their list
        if MasterDataKind.LOCKED_PERIOD in doubtful or MasterDataKind.FINANCIAL_YEARS in doubtful:
            doubtful.add(MasterDataKind.ACCOUNTS)
        outdated = [kind.value for kind in _WHOLE if kind in doubtful and self._is_old(company, kind)]
        years = [year for day in plan.days if (year := facts.year_of(day)) is not None]
        if any(year.id not in facts.accounts for year in years) and MasterDataKind.ACCOUNTS.value not in outdated:
            outdated.append(MasterDataKind.ACCOUNTS.value)  # a year that was just opened: its chart was never read
        if outdated:
            self.register.refresh(company, outdated, plan.days)
            facts = self.facts(company, plan)
            findings = preflight(order, plan, rules, facts, posted.refs)
        if facts.has_warehouse and rules.warehouse_stock is WarehouseStock.CHECK and not findings:
            facts = replace(facts, stock=self._stock(company, plan, posted))
            findings = preflight(order, plan, rules, facts, posted.refs)
        return findings, facts

    def _with_customer_records(
        self, company: Company, facts: BooksFacts, plan: Plan, rules: TenantRules, posted: PostedDocuments
    ) -> BooksFacts:
        """The facts, with the records of customers from whom a new document takes its way of delivery.

        Records that we number were empty when we made them; others are read once, and again when they are in doubt.
        """
        new = (
            document for document in plan.documents if document.ref not in posted.refs and not document.is_linked_credit
        )
        takers = {document.customer_number for document in new if not document.way_of_delivery}
        doubtful = facts.customers if rules.customer_policy is CustomerPolicy.EXISTING else facts.doubtful_customers
        unseen = sorted((takers & doubtful) - facts.customer_ways.keys()) if "customers" not in facts.closed else ()
        for number in unseen:
            self.register.refresh_entry(company, "customers", number)
        return self.facts(company, plan) if unseen else facts

    def _stock(self, company: Company, plan: Plan, posted: PostedDocuments) -> Mapping[str, Decimal] | None:
        """What there is of the articles that new invoices deliver."""
        new = (document for document in plan.documents if document.ref not in posted.refs and not document.credits)
        articles = dict.fromkeys(row.article_number for document in new for row in document.rows if row.article_number)
        return self.register.stock(company, list(articles)) if articles else None

    def _is_old(self, company: Company, kind: MasterDataKind) -> bool:
        return self.register.age(company.connection_id, kind.value, self.now()) > _FRESH_ENOUGH

    def facts(self, company: Company, plan: Plan | None = None) -> BooksFacts:
        """What is known of the company without a call; of customer records only those that the plan names."""
        customers, articles = _named(plan)
        return self.register.facts(company.connection_id, customers=customers, articles=articles)

    def facts_of_plan(
        self, session: ReadSession | WriteSession, company: Company, known: BooksFacts, plan: Plan
    ) -> BooksFacts:
        """What is known, with the records of the plan's customers and articles."""
        return self.register.with_records(session, company.connection_id, known, *_named(plan))


def _named(plan: Plan | None) -> tuple[list[str], list[str]]:
    """Numbers of the customers and articles that a plan needs."""
    steps, documents = (plan.steps, plan.documents) if plan else ((), ())
    customers = [step.number for step in steps if isinstance(step, EnsureCustomer)]
    return customers, [row.article_number for document in documents for row in document.rows if row.article_number]
