"""The books are read whole once a day, and every voucher of ours is compared with what was expected, to the öre."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from app.domain.money import Money
from app.store.tables import Finding, LedgerReading
from app.sync.book_proof import proofs
from sandbox.fortnox.books.ledger import Posting
from tests.pipeline.bench import VASE, Bench


def sek(amount: str) -> Money:
    return Money.of(amount, "SEK")


CODE = "FORTNOX_LEDGER_DIFFERS"
ORE = VASE | {"price": "627.50"}


def compare(bench: Bench) -> LedgerReading:
    assert bench.program.clockwork.compare_ledgers() <= 1
    bench.rest()
    with bench.program.store.read() as session:
        return session.scalars(select(LedgerReading)).one()


def told(bench: Bench) -> list[Any]:
    with bench.program.store.read() as session:
        here = (Finding.code == CODE, Finding.resolved_at.is_(None))
        return [dict(row.data) for row in session.scalars(select(Finding).where(*here).order_by(Finding.about))]


def alter(bench: Bench, changed: Callable[[Any], None]) -> None:
    """Somebody changes the newest voucher in Fortnox."""
    world = bench.emulators.world
    with world.lock:
        changed(world.companies[bench.company].ledger.entries)


def test_vouchers_of_orders_refunds_and_payouts_are_as_expected_in_one_call(bench: Bench) -> None:
    whole, rounded = bench.place(), bench.place(lines=[ORE, VASE | {"title": "Fat", "sku": "FAT-1", "price": "99.90"}])
    euros = bench.place(presentment={"currency": "EUR", "rate": "0.0891"})
    bench.rest()
    for order in (whole, rounded, euros):
        bench.act(order, "refund", lines=[{"line": 0}])
        bench.rest()
    bench.emulators.kit.calls.clear()
    reading = compare(bench)
    assert [call for call in bench.sent() if "sie" not in call] == []
    assert len(bench.calls("GET", "/3/sie/4")) == 1
    assert (reading.compared, reading.differing, reading.not_compared) == (len(bench.vouchers()), 0, 0)
    assert told(bench) == []


def test_balance_of_an_explained_account_is_what_the_books_say(bench: Bench) -> None:
    bench.place()
    bench.rest()
    reading = compare(bench)
    shown = reading.accounts["1581"]
    assert (shown["opening"], shown["closing"], shown["ours"], shown["others"]) == (0, 499_00, 499_00, 0)


def test_amount_that_was_moved_by_hand_is_told_with_both_figures(bench: Bench) -> None:
    bench.place()
    bench.rest()

    def move(entries: Any) -> None:
        moved = [Posting(1999 if one.account == 1581 else one.account, one.ore) for one in entries[-1].postings]
        entries[-1] = replace(entries[-1], postings=moved)

    alter(bench, move)
    assert compare(bench).differing == 1
    (finding,) = told(bench)
    assert (finding["account"], finding["shop_amount"], finding["books_amount"]) == ("1581", "499.00 SEK", "0.00 SEK")


def test_voucher_that_is_gone_is_told_and_forgotten_when_it_is_back(bench: Bench) -> None:
    bench.place()
    bench.rest()
    gone: list[Any] = []
    alter(bench, lambda entries: gone.append(entries.pop()))
    assert compare(bench).differing == 1
    assert told(bench)[0]["books_amount"] == "–"
    alter(bench, lambda entries: entries.append(gone[0]))
    with bench.program.store.write() as session:
        session.scalars(select(LedgerReading)).one().read_at -= timedelta(days=1)
    assert compare(bench).differing == 0
    assert told(bench) == []


def test_an_ore_on_the_claim_is_a_difference(bench: Bench) -> None:
    bench.place(lines=[ORE])
    bench.rest()

    def nudge(entries: Any) -> None:
        nudged = [
            Posting(one.account, one.ore + {1510: 1, 3740: -1}.get(one.account, 0)) for one in entries[0].postings
        ]
        entries[0] = replace(entries[0], postings=nudged)

    alter(bench, nudge)
    assert [one["account"] for one in _only(bench)] == ["1510"]


def _only(bench: Bench) -> list[Any]:
    compare(bench)
    return told(bench)


def test_voucher_of_somebody_else_is_named_on_the_account_it_moved(bench: Bench) -> None:
    bench.place()
    bench.rest()
    rows = [{"Account": 1581, "Credit": 499}, {"Account": 1930, "Debit": 499}]
    day = bench.invoices()[0]["InvoiceDate"]
    voucher = {"Description": "Utbetalning för hand", "VoucherSeries": "A", "TransactionDate": day, "VoucherRows": rows}
    bench.api("POST", "vouchers", {"Voucher": voucher})
    reading = compare(bench)
    shown = reading.accounts["1581"]
    [[name, _day, words, ore]] = shown["newest"]
    assert (shown["closing"], name, words, ore) == (0, "A1", "Utbetalning för hand", -499_00)
    (proof,) = [one for one in proofs(bench.program.store, bench.tenant_id) if one.account == 1581]
    assert (proof.ours, proof.others, proof.difference) == (sek("499"), sek("-499"), sek("0"))


def test_proof_shows_what_no_voucher_explains(bench: Bench) -> None:
    bench.place()
    bench.rest()
    alter(bench, lambda entries: entries.pop())
    compare(bench)
    found = {one.account: one.difference for one in proofs(bench.program.store, bench.tenant_id)}
    assert (found[1581], found[1510], found[1930]) == (sek("-499"), sek("499"), sek("0"))


def test_books_are_compared_once_a_day(bench: Bench) -> None:
    bench.place()
    bench.rest()
    compare(bench)
    assert bench.program.clockwork.compare_ledgers() == 0


def test_company_that_we_booked_nothing_in_costs_no_call(bench: Bench) -> None:
    bench.emulators.kit.calls.clear()
    bench.program.clockwork.compare_ledgers()
    bench.rest()
    assert bench.calls("GET", "/3/sie/4") == []


def test_cash_method_company_is_counted_as_not_compared(bench: Bench) -> None:
    bench.company_is(cash_method=True)
    bench.place()
    bench.rest()
    reading = compare(bench)
    assert (reading.compared, reading.differing) == (0, 0)
    assert reading.not_compared >= 1
    assert bench.balance(1581) == Decimal(499)
