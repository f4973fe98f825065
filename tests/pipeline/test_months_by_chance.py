"""Whole months by chance, from the shop's events to the ledger: what the provider owes is what its account shows.

Orders, refunds, edits, disputes, reserves and payouts in any order; deliveries come twice; payouts are closed in the
middle, fail, and are polled as they are. The expectation is the emulator's own balance, which knows nothing of books.
"""

from __future__ import annotations

import itertools
import os
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from app.model.order import books_day
from app.reconciliation.reconciliation import clearing_accounts
from sandbox.fortnox.config import CompanyConfig
from sandbox.shopify.acting import ActionRefusedError
from sandbox.shopify.model import StoredOrder
from sandbox.shopify.payments import moving
from tests.support.pipeline.bench import VASE, Bench

MONTHS = int(os.environ.get("BOKBRO_MONTHS", "8"))
"""Months that every run plays; `BOKBRO_MONTHS=200` plays others, and more."""
SEED = 20261128
CLEARING, RECEIVABLE, BANK, RESERVE, DISPUTED = 1581, 1510, 1930, 1588, 1516
TODAY = books_day(datetime.now(UTC))

PRICES = st.sampled_from(["0.90", "149.00", "499.00", "1234.56"])
PLACES = st.tuples(
    st.just("place"),
    st.lists(st.tuples(PRICES, st.integers(1, 3), st.sampled_from(["25", "12", "6"])), min_size=1, max_size=3),
)
CHANGES = st.tuples(
    st.sampled_from(["return", "goodwill", "add", "take away", "cancel", "dispute", "hear twice"]), st.integers(0, 30)
)
MONEY = st.tuples(st.sampled_from(["hold", "release", "close", "close", "fail", "fail"]), st.integers(1, 400))
EVENTS = st.lists(st.one_of(PLACES, CHANGES, CHANGES, MONEY), min_size=3, max_size=14)


class Month:
    """One tenant's month."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.shop = bench.emulators.emulator.put_shop(bench.domain, {"payments": {}})
        self.world = bench.emulators.emulator.world
        self.orders: list[StoredOrder] = []
        self.disputed: set[int] = set()

    def play(self, event: tuple[str, Any]) -> None:
        what, how = event
        if what == "place":
            lines = [
                VASE | {"sku": f"GF-{number}", "price": price, "quantity": quantity, "tax": tax}
                for number, (price, quantity, tax) in enumerate(how)
            ]
            self.orders.append(self.bench.place(lines=lines))
        elif what in {"hold", "release", "close", "fail"}:
            self._move(what, how)
        elif self.orders:
            self._change(what, self.orders[how % len(self.orders)], how)

    def _change(self, what: str, order: StoredOrder, how: int) -> None:
        lines = order.body["line_items"]
        details: dict[str, tuple[str, dict[str, Any]]] = {
            "return": ("refund", {"lines": [{"line": how % len(lines), "quantity": 1}]}),
            "goodwill": ("refund", {"amount": "0.50"}),
            "add": ("edit", {"add": [VASE | {"sku": f"GF-T{how}", "price": "80.00"}]}),
            "take away": ("edit", {"remove": [{"line": how % len(lines), "quantity": 1}]}),
            "cancel": ("cancel", {"refund": True}),
        }
        if what == "hear twice":
            self.bench.hear(order)
        elif what == "dispute":
            self._dispute(order)
        else:
            self._act(order, *details[what])

    def _act(self, order: StoredOrder, action: str, details: dict[str, Any]) -> None:
        if action == "edit" and order.body.get("cancelled_at"):
            return  # no shop edits a cancelled order
        try:
            self.bench.act(order, action, **details)
        except ActionRefusedError:
            return

    def _dispute(self, order: StoredOrder) -> None:
        if order.id not in self.disputed:
            self.disputed.add(order.id)
            with self.world.lock:
                moving.open_dispute(self.world, self.shop, order, None)

    def _move(self, what: str, size: int) -> None:
        with self.world.lock:
            if what == "close":
                moving.close(self.world, self.shop, TODAY, "PAID")
            elif what == "fail":
                paid = [payout for payout in self.account.payouts.values() if payout.status == "PAID"]
                if paid:
                    moving.end_payout(self.world, self.shop, paid[-1].id, "FAILED")
            else:
                kind, sign = {"hold": ("RESERVED_FUNDS", -1), "release": ("RESERVED_FUNDS_REVERSAL", 1)}[what]
                moving.adjust(self.world, self.shop, kind, f"{sign * size}.00", "SEK", None)

    @property
    def account(self) -> Any:
        return moving.account_of(self.shop)

    def rest(self) -> None:
        self.bench.rest()
        self.bench.program.payout_poll.run()
        self.bench.rest()

    # --- what must hold

    def sum_of(self, *kinds: str, paid_out: bool = True) -> Decimal:
        """What movements of these kinds come to, of payouts that are over (also those that failed) or of none yet."""
        over = {key for key, one in self.account.payouts.items() if one.status in ("PAID", "FAILED")}
        moved = (
            movement.amount for movement in self.account.movements
            if movement.kind in kinds and (movement.payout_id in over) is paid_out
        )  # fmt: skip
        return Decimal(sum(moved)) / 100

    def all_is_booked(self) -> bool:
        """Nothing waits for money or for a person; what was cancelled before it was booked never is."""
        return all(self.bench.state(order) in ("booked", "skipped") for order in self.orders)


def _holds(month: Month) -> None:
    bench = month.bench
    owed = month.sum_of("CHARGE", "REFUND", "TRANSFER_FAILURE", paid_out=False)
    if month.all_is_booked():
        assert Decimal(bench.balance(CLEARING)) == owed, "the account shows what no payout has had yet"
        explained = sum(account.balance.decimal for account in clearing_accounts(bench.program.store, bench.tenant_id))
        assert explained == Decimal(bench.balance(CLEARING)), "and it is explained by name"
    assert -Decimal(bench.balance(RESERVE)) == month.sum_of("RESERVED_FUNDS", "RESERVED_FUNDS_REVERSAL")
    assert -Decimal(bench.balance(DISPUTED)) == month.sum_of("DISPUTE_WITHDRAWAL", "DISPUTE_REVERSAL")
    paid = sum(payout.net for payout in month.account.payouts.values() if payout.status == "PAID")
    assert Decimal(bench.balance(BANK)) == Decimal(paid) / 100
    assert all(not sum(posting.ore for posting in entry.postings) for entry in bench.vouchers())


def _of_another_company(bench: Bench, number: int) -> Bench:
    """A company and a shop of their own, on the same service."""
    bench.emulators.world.put_company(CompanyConfig(database_number=number))
    other = Bench(bench.program, bench.emulators, domain=f"m{number}.myshopify.com", company=number)
    other.connect(name=f"Company {number}")
    other.warm()
    return other


@pytest.mark.timeout(1200)
def test_provider_owes_what_its_account_shows_after_any_month(bench: Bench) -> None:
    numbers = itertools.count(2_000_001)

    @settings(
        max_examples=MONTHS, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True, database=None
    )
    @given(EVENTS)
    def plays(events: list[tuple[str, Any]]) -> None:
        month = Month(_of_another_company(bench, next(numbers)))
        for event in events:
            month.play(event)
            if event[0] in ("close", "hear twice"):
                month.rest()
        month.rest()
        _holds(month)
        month.play(("close", 1))
        month.rest()
        _holds(month)

    (plays if "BOKBRO_MONTHS" in os.environ else seed(SEED)(plays))()
