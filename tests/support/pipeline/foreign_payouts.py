"""What several test modules share of `test_foreign_payouts`."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from app.kit.money import Money
from app.model.payout import MatchKey, Payout, PayoutLine, PayoutLineKind
from app.reconciliation.reconciliation import clearing_accounts
from sandbox.shopify.model import StoredOrder
from tests.support.pipeline.bench import VASE, Bench
from tests.support.pipeline.payouts import TODAY

EURO: dict[str, Any] = {"lines": [VASE | {"price": "550.00"}], "presentment": {"currency": "EUR", "rate": "0.09"}}
"""49.50 EUR: 546.98 SEK at the rate of the sale, 11.05."""


EURO_CLEARING, EURO_BANK, GAIN, LOSS, QLIRO = 1582, 1980, 3960, 7960, 1583


LATER = TODAY + timedelta(days=2)


def eur(amount: str) -> Money:
    return Money.of(amount, "EUR")


def sell(bench: Bench, **changes: Any) -> StoredOrder:
    bench.company_is(currencies={"SEK": "1", "EUR": "11.05"})
    order = bench.place(**{**EURO, **changes})
    bench.rest()
    assert bench.state(order) == "booked", bench.findings()
    return order


def line_of(order: StoredOrder, amount: str = "49.50", kind: str = "sale", *, fee: str = "0") -> PayoutLine:
    (row,) = [transaction for transaction in order.transactions if transaction["kind"] == kind]
    kinds = {"sale": PayoutLineKind.CHARGE, "refund": PayoutLineKind.REFUND}
    keys = {MatchKey.TRANSACTION_ID: str(row["id"])}
    return PayoutLine(f"b{row['id']}", kinds[kind], TODAY, eur(amount), eur(fee), keys=keys)


def payout(*lines: PayoutLine, **changes: Any) -> Payout:
    out = Money(sum(line.net.minor for line in lines), "EUR")
    return replace(Payout("shopify_payments", "shop", "po_1", LATER, "EUR", out, lines), **changes)


def rate(bench: Bench, value: str) -> None:
    bench.rules(exchange_rates={f"EUR {LATER}": value})


def owes_nothing(bench: Bench, *accounts: int) -> None:
    assert [bench.balance(account) for account in accounts] == [0 for _account in accounts]
    for clearing_account in clearing_accounts(bench.program.store, bench.tenant_id):
        assert (
            clearing_account.balance.minor,
            clearing_account.not_settled,
            clearing_account.unmatched,
            clearing_account.providers_own,
        ) == (0, (), (), ()), clearing_account
    assert all(not sum(posting.ore for posting in entry.postings) for entry in bench.vouchers())
