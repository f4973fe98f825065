"""The customer record that the ledger holds of a buyer already: looked up in the local copy of the register."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select

from app.invoicing.customers import customer_marks, organisation_of
from app.jobs.outcomes import Retry
from app.kit.db.engine import ReadSession, Store
from app.ledgers.base import Company
from app.model.order import Order
from app.schema import MasterDataRefresh, MasterRecord
from app.tenants.rules import CustomerPolicy, TenantRules

_CUSTOMERS = "customers"
_UNTIL_READ = timedelta(seconds=30)
"""The register of customers is read page by page when a company connects; before its end nobody can say who is new."""


def with_matched_customer(store: Store, company: Company | None, order: Order, rules: TenantRules) -> Order | Retry:
    """The order with its buyer's record, where the tenant wants existing ones used and exactly one fits.

    Two records with the same e-mail are no answer: the buyer then gets the record that we number, as everybody else.
    """
    if rules.customer_policy is not CustomerPolicy.EXISTING or company is None:
        return order
    with store.read() as session:
        if session.get(MasterDataRefresh, (company.connection_id, _CUSTOMERS)) is None:
            return Retry(_UNTIL_READ)
        numbers = _customer_numbers(session, company.connection_id, order)
    return replace(order, buyer=replace(order.buyer, card=numbers[0])) if len(numbers) == 1 else order


def _customer_numbers(session: ReadSession, connection_id: int, order: Order) -> list[str]:
    """Numbers of records of the buyer's organisation; of a person, or a company without a number, by the e-mail."""
    marks = customer_marks(organisation_of(order), order.buyer.email)
    name, value = next((mark for mark in marks.items() if mark[1]), ("", ""))
    if not value:
        return []
    conditions = (MasterRecord.connection_id == connection_id, MasterRecord.kind == _CUSTOMERS)
    has_mark = MasterRecord.data[name].astext == value
    is_in_use = MasterRecord.data["active"].astext.is_distinct_from("false")
    return list(session.scalars(select(MasterRecord.code).where(*conditions, has_mark, is_in_use).limit(2)))
