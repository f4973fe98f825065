"""What several test modules share of `test_payouts`."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from app.kit.money import Money
from app.model.order import books_day
from app.model.payout import MatchKey, Payout, PayoutLine, PayoutLineKind
from app.payouts.repository import store_payouts
from sandbox.shopify.model import StoredOrder
from tests.support.pipeline.bench import Bench

TODAY = books_day(datetime.now(UTC))


CLEARING, BANK, FEE = 1581, 1930, 6041


def sek(amount: str) -> Money:
    return Money.of(amount, "SEK")


def line_of(
    order: StoredOrder, kind: str = "sale", *, fee: str = "0", key: MatchKey = MatchKey.TRANSACTION_ID
) -> PayoutLine:
    """The provider's line of an order's newest transaction of a kind."""
    transaction = [one for one in order.transactions if one["kind"] == kind][-1]
    sign = "-" if kind == "refund" else ""
    value = {
        MatchKey.TRANSACTION_ID: str(transaction["id"]),
        MatchKey.PAYMENT_ID: str(transaction["payment_id"]),
        MatchKey.SHOP_ORDER_ID: str(order.id),
        MatchKey.ORDER_NAME: order.name,
    }[key]
    return PayoutLine(
        id=f"balance-{transaction['id']}",
        kind=PayoutLineKind.REFUND if kind == "refund" else PayoutLineKind.CHARGE,
        occurred_on=TODAY,
        amount=sek(f"{sign}{transaction['amount']}"),
        fee=sek(fee),
        keys={key: value},
    )


def payout(*lines: PayoutLine, name: str = "po_1", day: date = TODAY, **changes: Any) -> Payout:
    out = sum((line.net.minor for line in lines), 0)
    made = Payout("shopify_payments", "shop", name, day, "SEK", Money(out, "SEK"), lines)
    return replace(made, **changes)


def hear(bench: Bench, *payouts: Payout) -> int:
    changed = store_payouts(bench.program.store, bench.shop_id, payouts)
    bench.rest()
    return changed


def state(bench: Bench, name: str = "po_1") -> str:
    return bench.state(f"payout:shopify_payments:{name}")
