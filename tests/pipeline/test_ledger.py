"""The books are read whole once a day, and every voucher of ours is compared with what was expected, to the öre."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from app.kit.money import Money
from app.reconciliation.account_balance import account_reconciliations
from app.schema import Finding, LedgerReading
from sandbox.fortnox.books.ledger import Posting
from tests.support.pipeline.bench import VASE, Bench
from tests.support.pipeline.ledger import compare
from tests.support.pipeline.payouts import hear, line_of, payout


def sek(amount: str) -> Money:
    return Money.of(amount, "SEK")


CODE = "FORTNOX_LEDGER_DIFFERS"
ORE = VASE | {"price": "627.50"}


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


def test_invoice_whose_answer_was_lost_is_compared_like_any_other(bench: Bench) -> None:
    bench.emulators.kit.faults.order("close_after", "POST", "/3/invoices")
    bench.place()
    bench.rest()
    assert "adopted" in bench.history()
    reading = compare(bench)
    assert (reading.compared, reading.differing, reading.not_compared) == (2, 0, 0)


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
        moved = [
            Posting(1999 if posting.account == 1581 else posting.account, posting.ore)
            for posting in entries[-1].postings
        ]
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
            Posting(posting.account, posting.ore + {1510: 1, 3740: -1}.get(posting.account, 0))
            for posting in entries[0].postings
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
    (proof,) = [one for one in account_reconciliations(bench.program.store, bench.tenant_id) if one.account == 1581]
    assert (proof.ours, proof.others, proof.difference) == (sek("499"), sek("-499"), sek("0"))


def test_proof_shows_what_no_voucher_explains(bench: Bench) -> None:
    bench.place()
    bench.rest()
    alter(bench, lambda entries: entries.pop())
    compare(bench)
    found = {proof.account: proof.difference for proof in account_reconciliations(bench.program.store, bench.tenant_id)}
    assert (found[1581], found[1510], found[1930]) == (sek("-499"), sek("499"), sek("0"))


def test_books_are_compared_once_a_day(bench: Bench) -> None:
    bench.place()
    bench.rest()
    compare(bench)
    assert bench.program.scheduler.compare_ledgers() == 0


def test_company_that_we_booked_nothing_in_costs_no_call(bench: Bench) -> None:
    bench.emulators.kit.calls.clear()
    bench.program.scheduler.compare_ledgers()
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


class TestBookedTwice:
    """What we booked stands once more in the books, as after a journal that was lost."""

    def duplicates(self, bench: Bench) -> list[Any]:
        compare(bench)
        return [dict(finding.data) for finding in bench.all_findings("FORTNOX_BOOKED_TWICE")]

    def shown(self, bench: Bench, account: int) -> tuple[Money, Money, Money]:
        (proof,) = [
            one for one in account_reconciliations(bench.program.store, bench.tenant_id) if one.account == account
        ]
        return proof.doubled, proof.others, proof.difference

    def again(self, bench: Bench, entry: Any, **changes: Any) -> Any:
        """Somebody books what a voucher says once more."""
        rows = [
            {"Account": posting.account, "Debit": max(posting.ore, 0) / 100, "Credit": max(-posting.ore, 0) / 100}
            for posting in entry.postings
        ]
        voucher = {
            "Description": entry.description, "VoucherSeries": "A", "TransactionDate": entry.date,
            "VoucherRows": rows,
        } | changes  # fmt: skip
        return bench.api("POST", "vouchers", {"Voucher": voucher})["Voucher"]

    def test_payment_that_stands_twice_is_named_as_a_duplicate_and_not_as_of_others(self, bench: Bench) -> None:
        bench.place()
        bench.rest()
        (invoice,) = bench.invoices()
        day = bench.payments()[0]["PaymentDate"]
        paid = {"InvoiceNumber": int(invoice["DocumentNumber"]), "Amount": 499, "PaymentDate": day}
        sent = bench.api("POST", "invoicepayments", {"InvoicePayment": paid | {"ModeOfPaymentAccount": 1581}})
        bench.api("PUT", f"invoicepayments/{sent['InvoicePayment']['Number']}/bookkeep")
        (duplicate,) = self.duplicates(bench)
        assert (duplicate["voucher"], duplicate["again"], duplicate["amount"]) == ("C1", "C2", "499.00 SEK")
        assert self.shown(bench, 1581) == (sek("499"), sek("0"), sek("0"))

    def test_payout_that_stands_twice_is_known_by_its_reference_on_whatever_day(self, bench: Bench) -> None:
        order = bench.place()
        bench.rest()
        hear(bench, payout(line_of(order, fee="11.48")))
        entry = bench.vouchers()[-1]
        self.again(bench, entry, TransactionDate=(date.fromisoformat(entry.date) - timedelta(days=1)).isoformat())
        (duplicate,) = self.duplicates(bench)
        assert duplicate["text"] == entry.description
        assert self.shown(bench, 1930)[0] == sek("487.52")

    def test_reversed_duplicate_is_none_and_the_finding_closes(self, bench: Bench) -> None:
        order = bench.place()
        bench.rest()
        hear(bench, payout(line_of(order, fee="11.48")))
        entry = bench.vouchers()[-1]
        self.again(bench, entry)
        assert len(self.duplicates(bench)) == 1
        back = replace(entry, postings=[Posting(posting.account, -posting.ore) for posting in entry.postings])
        self.again(bench, back, Description="Rättelse")
        bench.program.scheduler.compare_ledgers(timedelta(0))
        bench.rest()
        assert bench.all_findings("FORTNOX_BOOKED_TWICE") == []
        assert self.shown(bench, 1930) == (sek("0"), sek("0"), sek("0"))

    def test_sale_of_the_same_amount_on_the_same_day_by_another_integration_is_no_duplicate(self, bench: Bench) -> None:
        bench.place()
        bench.rest()
        sale = bench.vouchers()[0]
        words = sale.description.replace("1", "77", 1)
        self.again(bench, sale, Description=words)
        assert self.duplicates(bench) == []
        assert self.shown(bench, 1510)[:2] == (sek("0"), sek("499"))
