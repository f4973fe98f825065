"""What several test modules share of `test_clear_at_payout`."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from app.model.payout import MatchKey, PayoutLine
from app.reconciliation.reconciliation import clearing_accounts
from sandbox.shopify.model import StoredOrder
from tests.support.pipeline.bench import Bench
from tests.support.pipeline.payouts import CLEARING, TODAY
from tests.support.pipeline.payouts import line_of as line_with

CLAIM = 1510


LATER = TODAY + timedelta(days=2)


def line_of(order: StoredOrder, kind: str = "sale", *, fee: str = "0", key: MatchKey | None = None) -> PayoutLine:
    """A line as Shopify tells it: with its transaction and its order (shopify-api.md 4.3)."""
    if key is not None:
        return line_with(order, kind, fee=fee, key=key)
    line = line_with(order, kind, fee=fee)
    return replace(line, keys={**line.keys, MatchKey.SHOP_ORDER_ID: str(order.id)})


def sold(bench: Bench, **spec: Any) -> StoredOrder:
    order = bench.place(**spec)
    bench.rest()
    assert (bench.state(order), bench.findings()) == ("booked", [])
    return order


def paid_days(bench: Bench) -> list[str]:
    return sorted(str(payment["PaymentDate"]) for payment in bench.payments() if payment["Booked"])


def all_is_settled(bench: Bench, *told: str) -> None:
    assert (bench.balance(CLAIM), bench.balance(CLEARING), bench.findings()) == (0, 0, list(told))
    assert all(invoice["Balance"] == 0 for invoice in bench.invoices())
    for account in clearing_accounts(bench.program.store, bench.tenant_id):
        assert (account.balance.minor, account.not_settled, account.unmatched) == (0, (), ())
