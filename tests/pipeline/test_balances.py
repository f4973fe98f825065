"""What is about to be sent is entered into balances first: a credit too much and money used twice are never sent."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from app.adjustments.creditable_lines import PostedDocuments
from app.execution import balances
from app.execution.balances import BalanceExceededError
from app.jobs import queue as jobs
from app.jobs.queue import Lease
from app.kit.db.engine import Store
from app.posting.steps import Step
from tests.support.builders import credit_ref, invoice, invoice_row, plan
from tests.support.pipeline.jobs import LEASE, new_tenant


def _leases(store: Store, count: int) -> list[Lease]:
    new_tenant(store, "a", count)
    found = [jobs.claim(store, LEASE) for new_job in range(count)]
    return [one for one in found if one is not None]


def _enter(store: Store, lease: Lease, steps: Sequence[Step]) -> None:
    with store.write() as session:
        balances.enter(session, lease, PostedDocuments(tuple(steps)))


def test_transaction_that_pays_one_order_cannot_pay_another(store: Store) -> None:
    first, second = _leases(store, 2)
    _enter(store, first, plan().steps)
    _enter(store, first, plan().steps)  # the same figures again change nothing
    with pytest.raises(BalanceExceededError, match="pays another order"):
        _enter(store, second, plan().steps)


def test_credit_beyond_what_was_invoiced_cannot_be_entered(store: Store) -> None:
    (lease,) = _leases(store, 1)
    sold = invoice(invoice_row("100.00"))
    back = invoice(invoice_row("-60.00"), ref=credit_ref("1"))
    more = invoice(invoice_row("-60.00"), ref=credit_ref("2"))
    _enter(store, lease, [sold, back])
    with pytest.raises(BalanceExceededError, match="credited_at_most_invoiced"):
        _enter(store, lease, [sold, back, more])
