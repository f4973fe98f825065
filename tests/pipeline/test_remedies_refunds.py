"""Remedies of findings about refunds, edits and payments, performed as a person would; then the order is booked."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sandbox.fortnox.books.ledger import Posting
from sandbox.shopify.model import StoredOrder
from tests.support.pipeline.bench import VASE, Bench
from tests.support.pipeline.earlier_orders import booked_by_others, our_documents, refunded, sold_before
from tests.support.pipeline.person import Person, remedied
from tests.support.pipeline.remedies_money import compare
from tests.support.pipeline.remedies_vat import GERMAN, OSS, RATES

PLATE: dict[str, Any] = VASE | {"title": "Tallrik", "sku": "GF-TAL", "price": "200.00"}
GIFT_CARD: dict[str, Any] = {"title": "Presentkort", "price": "500.00", "gift_card": True, "tax": None}


def is_settled(bench: Bench, order: StoredOrder, *, left: int) -> None:
    """The order is booked, nobody owes anything, and the money of the shop is what the buyer paid for."""
    assert (bench.state(order), bench.balance(1510), bench.balance(1581)) == ("booked", 0, left)


class TestMoney:
    """Too much came, too little went back, or the bank has not answered."""

    def test_paid_twice(self, bench: Bench) -> None:
        order = bench.place()
        bench.rest()
        bench.act(order, "pay", gateway="shopify_payments", amount="499.00")
        bench.rest()
        with remedied(bench, "PAYMENT_EXCEEDS_TOTAL"):
            bench.act(order, "refund", amount="499.00")
        is_settled(bench, order, left=499)

    def test_goods_that_an_edit_took_away_are_paid_back(self, bench: Bench) -> None:
        order = bench.place(lines=[VASE, PLATE])
        bench.rest()
        bench.act(order, "edit", remove=[{"line": 1}])
        bench.rest()
        with remedied(bench, "REFUND_MONEY_MISSING"):
            bench.act(order, "refund", amount="200.00")
        is_settled(bench, order, left=499)

    def test_cancelled_order_is_paid_back(self, bench: Bench) -> None:
        order = bench.place()
        bench.rest()
        bench.act(order, "cancel", refund=False)
        bench.rest()
        with remedied(bench, "CANCELLED_NOT_REFUNDED"):
            bench.act(order, "refund", lines=[{"line": 0}])
        is_settled(bench, order, left=0)

    def test_money_that_the_bank_sends_later(self, bench: Bench) -> None:
        order = bench.place()
        bench.rest()
        bench.act(order, "refund", lines=[{"line": 0}], status="pending")
        bench.rest()
        with remedied(bench, "REFUND_MONEY_PENDING"):
            bench.act(order, "settle", status="success")
        is_settled(bench, order, left=0)


class TestBeyondCredit:
    """More went back than can be credited."""

    def test_it_becomes_a_voucher(self, bench: Bench, person: Person) -> None:
        order = self._refunded_too_much(bench)
        with remedied(bench, "REFUND_BEYOND_CREDIT", "REFUND_BOOKED_AS_VOUCHER", "REFUND_EXCEEDS_INVOICE"):
            person.answer(order, "REFUND_BEYOND_CREDIT", "voucher")
        with remedied(bench, "REFUND_EXCEEDS_INVOICE", "REFUND_BOOKED_AS_VOUCHER"):
            person.close(order, "REFUND_EXCEEDS_INVOICE", "resten är en kostnad")
        is_settled(bench, order, left=999 - 700)
        bench.hear(order)
        bench.rest()
        assert bench.findings() == ["REFUND_BOOKED_AS_VOUCHER"], "what is closed is not told again"

    def test_foreign_money_is_booked_by_hand(self, bench: Bench, person: Person) -> None:
        order = self._refunded_too_much(bench, presentment={"currency": "EUR", "rate": "0.1"})
        with remedied(bench, "REFUND_BEYOND_CREDIT_FOREIGN", "REFUND_EXCEEDS_INVOICE"):
            person.close(order, "REFUND_BEYOND_CREDIT_FOREIGN", "Verifikation A 7")
        assert bench.state(order) == "booked"

    def _refunded_too_much(self, bench: Bench, **spec: Any) -> StoredOrder:
        """A reduction lowers sales, and a gift card is none: 201 kronor of 700 have nothing to lower."""
        order = bench.place(lines=[VASE, GIFT_CARD], **spec)
        bench.rest()
        bench.act(order, "refund", amount="700.00")
        bench.rest()
        return order


def test_goods_taken_away_after_a_price_reduction(bench: Bench, person: Person) -> None:
    order = bench.place(lines=[VASE, PLATE])
    bench.rest()
    bench.act(order, "refund", amount="500.00")
    bench.rest()
    bench.act(order, "edit", remove=[{"line": 0}])
    bench.rest()
    with remedied(bench, "EDIT_AFTER_REDUCTION", "HANDLED_BY_HAND"):
        person.answer(order, "EDIT_AFTER_REDUCTION", "by_hand", number="Kreditfaktura 7")
    assert bench.state(order) == "booked"


class TestEarlierOrders:
    """Orders from before the start: a person names the invoice, or credits by hand."""

    def test_invoice_is_named(self, bench: Bench, person: Person) -> None:
        order = sold_before(bench)
        number = booked_by_others(bench, order, YourOrderNumber="")
        refunded(bench, order)
        with remedied(bench, "REFUND_OF_EARLIER_ORDER"):
            person.answer(order, "REFUND_OF_EARLIER_ORDER", "invoice", number)
        assert [our["Total"] for our in our_documents(bench, number)] == [-200]
        bench.act(order, "refund", lines=[{"line": 0}])
        bench.rest()
        assert [one["Total"] for one in our_documents(bench, number)] == [-200, -499]
        assert (bench.state(order), bench.balance(1510)) == ("booked", 0)

    def test_it_is_credited_by_hand(self, bench: Bench, person: Person) -> None:
        order = sold_before(bench)
        refunded(bench, order)
        with remedied(bench, "REFUND_OF_EARLIER_ORDER", "BOOKED_BY_OTHER_HANDS"):
            person.answer(order, "REFUND_OF_EARLIER_ORDER", "accept")
        assert bench.state(order) == "booked"

    def test_invoice_that_was_credited_before(self, bench: Bench, person: Person) -> None:
        order = sold_before(bench)
        number = booked_by_others(bench, order)
        bench.api("PUT", f"invoices/{number}/credit")
        refunded(bench, order)
        with remedied(bench, "REFUND_OF_EARLIER_INVOICE", "BOOKED_BY_OTHER_HANDS"):
            person.answer(order, "REFUND_OF_EARLIER_INVOICE", "accept")
        assert bench.state(order) == "booked"

    def test_invoice_that_was_not_booked_yet(self, bench: Bench, person: Person) -> None:
        order = sold_before(bench)
        customer = bench.api("POST", "customers", {"Customer": {"Name": "Webbkund"}})["Customer"]["CustomerNumber"]
        rows = [
            {"Description": title, "DeliveredQuantity": 1, "Price": price, "VAT": 25, "AccountNumber": 3041}
            for title, price in (("Vas", 499), ("Tallrik", 200))
        ]
        day = str(order.body["processed_at"])[:10]
        body = {"CustomerNumber": customer, "InvoiceDate": day, "VATIncluded": True, "InvoiceRows": rows}
        named = body | {"YourOrderNumber": order.name}
        number = str(bench.api("POST", "invoices", {"Invoice": named})["Invoice"]["DocumentNumber"])
        refunded(bench, order)
        with remedied(bench, "REFUND_OF_EARLIER_INVOICE"):
            bench.api("PUT", f"invoices/{number}/bookkeep")
            paid = {"InvoiceNumber": int(number), "Amount": 699, "PaymentDate": day, "ModeOfPaymentAccount": 1930}
            payment = bench.api("POST", "invoicepayments", {"InvoicePayment": paid})["InvoicePayment"]["Number"]
            bench.api("PUT", f"invoicepayments/{payment}/bookkeep")
            person.retry(order)
        assert [our["Total"] for our in our_documents(bench, number)] == [-200]
        assert (bench.state(order), bench.balance(1510)) == ("booked", 0)


class TestBooks:
    """What was changed in Fortnox is put right there."""

    @pytest.mark.parametrize("account", [1999])
    def test_voucher_that_somebody_changed(self, bench: Bench, account: int) -> None:
        order = bench.place()
        bench.rest()
        entries = bench.vouchers
        whole = entries()[-1]
        moved = [
            Posting(account if posting.account == 1581 else posting.account, posting.ore) for posting in whole.postings
        ]
        self._put(bench, replace(whole, postings=moved))
        compare(bench)
        with remedied(bench, "FORTNOX_LEDGER_DIFFERS"):
            self._put(bench, whole)
            compare(bench)
        is_settled(bench, order, left=499)

    def test_payment_that_stands_twice(self, bench: Bench) -> None:
        order = bench.place()
        bench.rest()
        (invoice,) = bench.invoices()
        paid = {
            "InvoiceNumber": int(invoice["DocumentNumber"]), "Amount": 499, "ModeOfPaymentAccount": 1581,
            "PaymentDate": bench.payments()[0]["PaymentDate"],
        }  # fmt: skip
        sent = bench.api("POST", "invoicepayments", {"InvoicePayment": paid})["InvoicePayment"]["Number"]
        bench.api("PUT", f"invoicepayments/{sent}/bookkeep")
        compare(bench)
        with remedied(bench, "FORTNOX_BOOKED_TWICE"):
            booked = bench.vouchers()[-1]
            rows = [
                {"Account": row.account, "Debit": max(-row.ore, 0) / 100, "Credit": max(row.ore, 0) / 100}
                for row in booked.postings
            ]
            voucher = {"Description": "Rättelse", "VoucherSeries": "A", "TransactionDate": booked.date}
            bench.api("POST", "vouchers", {"Voucher": voucher | {"VoucherRows": rows}})
            compare(bench)
        is_settled(bench, order, left=499)

    @staticmethod
    def _put(bench: Bench, entry: Any) -> None:
        world = bench.emulators.world
        with world.lock:
            world.companies[bench.company].ledger.entries[-1] = entry

    @pytest.mark.parametrize("way", ["in_fortnox", "in_settings"])
    def test_oss_account_with_a_swedish_vat_code(self, bench: Bench, person: Person, way: str) -> None:
        accounts = [{"number": 3117, "description": "OSS DE"}]
        accounts += [{"number": 2677, "description": "OSS moms DE"}, {"number": 3118, "description": "OSS DE"}]
        bench.company_is(vat_rates=RATES, extra_accounts=accounts, vat_accounts={"19": 2677})
        bench.rules(**OSS | {"accounts": {"oss_sales.DE.19": 3117, "oss_vat.DE": 2677}})
        for year in (1, 2):
            bench.api("PUT", f"accounts/3117?financialyear={year}", {"Account": {"VATCode": "MP1"}})
        bench.warm()
        order = bench.place(buyer=GERMAN, lines=[VASE | {"tax": "19"}])
        bench.rest()
        with remedied(bench, "OSS_ACCOUNT_IN_SWEDISH_RETURN"):
            if way == "in_fortnox":
                for year in (1, 2):
                    bench.api("PUT", f"accounts/3117?financialyear={year}", {"Account": {"VATCode": None}})
                bench.program.scheduler.recheck_registers()
                person.retry(order)
            else:
                person.set(**{"account:oss_sales.DE.19": "3118", "anyway": "yes"})
        is_settled(bench, order, left=499)


def test_products_that_would_be_one_article(bench: Bench, person: Person) -> None:
    bench.rules(article_table={"GF-VAS-01": "VAS", "GF-TAL": "VAS"})
    order = bench.place(lines=[VASE, PLATE])
    bench.rest()
    with remedied(bench, "ARTICLE_NUMBERS_COLLIDE"):
        person.set(article_table="GF-VAS-01 = VAS\nGF-TAL = TAL")
    is_settled(bench, order, left=699)


def test_vat_that_is_not_the_rates(bench: Bench, person: Person) -> None:
    order = bench.place(hear=False)
    wrong = {side: {"amount": "90.00", "currency_code": "SEK"} for side in ("shop_money", "presentment_money")}
    order.body["line_items"][0]["tax_lines"][0] |= {"price": "90.00", "price_set": wrong}
    bench.hear(order)
    bench.rest()
    with remedied(bench, "VAT_AMOUNT_UNEXPECTED", "HANDLED_BY_HAND"):
        person.answer(order, "VAT_AMOUNT_UNEXPECTED", "by_hand", number="A 8")
    assert bench.state(order) == "booked"
