"""What findings of payouts tell to do, done by a person; then they are gone and the payout is booked or closed."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from app.model.payout import LostDispute, MatchKey, PayoutLine, PayoutLineKind
from app.payouts.dispute_store import store_disputes
from sandbox.shopify.model import StoredOrder
from tests.support.pipeline import foreign_payouts as foreign
from tests.support.pipeline.bench import Bench
from tests.support.pipeline.clear_at_payout import CLAIM
from tests.support.pipeline.disputes import CLAIM as DISPUTED
from tests.support.pipeline.disputes import LOSS as DISPUTE_LOSS
from tests.support.pipeline.fee_write_offs import ON
from tests.support.pipeline.foreign_held_balance import RATES, other
from tests.support.pipeline.foreign_invoices import invoiced_by_others
from tests.support.pipeline.foreign_invoices import line as line_of_others
from tests.support.pipeline.payout_files import HEAD, KLARNA, row
from tests.support.pipeline.payouts import BANK, CLEARING, FEE, TODAY, hear, line_of, payout, sek, state
from tests.support.pipeline.person import Person, remedied
from tests.support.pipeline.reports import attached
from tests.support.pipeline.stops import REFUSAL

KLARNAS = "klarna:K-1"


def sold(bench: Bench, **spec: Any) -> StoredOrder:
    order = bench.place(**spec)
    bench.rest()
    assert (bench.state(order), bench.findings()) == ("booked", [])
    return order


def by_hand(bench: Bench, *rows: tuple[int, str, str]) -> None:
    """Book a voucher in Fortnox with other hands than ours: account, debit, credit."""
    made = [{"Account": account, "Debit": float(debit), "Credit": float(credit)} for account, debit, credit in rows]
    voucher = {"Description": "För hand", "VoucherSeries": "A", "TransactionDate": TODAY.isoformat()}
    bench.api("POST", "vouchers", {"Voucher": voucher | {"VoucherRows": made}})


def paid_in_fortnox(bench: Bench, invoice: Any, amount: int, account: int) -> None:
    """Register the payment of an invoice in Fortnox with other hands than ours."""
    payment = {
        "InvoiceNumber": int(invoice), "Amount": amount, "PaymentDate": TODAY.isoformat(),
        "ModeOfPaymentAccount": account,
    }  # fmt: skip
    made = bench.api("POST", "invoicepayments", {"InvoicePayment": payment})["InvoicePayment"]["Number"]
    bench.api("PUT", f"invoicepayments/{made}/bookkeep")


def clock(bench: Bench) -> None:
    """The hour comes at which payouts are asked for and looked at again."""
    bench.rest()
    bench.program.payout_poll.run()


# --- lines


@pytest.mark.parametrize("way", ["book the order", "say what it is"])
def test_line_that_belongs_to_no_booked_order(bench: Bench, person: Person, way: str) -> None:
    order = bench.place(hear=False)
    hear(bench, payout(line_of(order)))
    with remedied(bench, "PAYOUT_LINE_UNMATCHED"):
        if way == "book the order":
            bench.hear(order)
            clock(bench)
        else:
            line = line_of(order).id
            person.says(person.payout(), "lines", line=line, answer="account", account="3740")
    left = (bench.balance(CLEARING), bench.balance(3740))
    assert left == ((0, 0) if way == "book the order" else (0, -499))
    assert (state(bench), bench.balance(BANK)) == ("booked", 499)


def test_line_of_a_kind_that_no_rule_books_gets_its_account(bench: Bench, person: Person) -> None:
    order = sold(bench)
    odd = replace(line_of(order), id="odd", kind=PayoutLineKind.OTHER, amount=sek("-10.00"), raw_kind="loan", keys={})
    hear(bench, payout(line_of(order), odd))
    with remedied(bench, "PAYOUT_LINE_UNKNOWN"):
        person.says(person.payout(), "lines", line="odd", answer="account", account="8410")
    assert (bench.balance(8410), bench.balance(CLEARING), state(bench)) == (10, 0, "booked")


def test_line_that_is_no_payment_of_its_order_is_registered_on_the_invoice_by_hand(
    bench: Bench, person: Person
) -> None:
    bench.rules(clear_at_payout=["qliro"])
    order = sold(bench, payments=[{"gateway": "qliro"}])
    part = replace(line_of(order, key=MatchKey.ORDER_NAME), amount=sek("200.00"))
    hear(bench, payout(part, provider="qliro"))
    with remedied(bench, "PAYOUT_LINE_NOT_A_PAYMENT"):
        (invoice,) = bench.invoices()
        paid_in_fortnox(bench, invoice["DocumentNumber"], 200, 1583)
        person.closes(person.payout("qliro:po_1"), "PAYOUT_LINE_NOT_A_PAYMENT", "delbetalning")
    assert (bench.balance(CLAIM), bench.balance(1583), bench.state("payout:qliro:po_1")) == (299, 0, "booked")


def test_open_invoice_of_others_is_paid_from_the_clearing_account(bench: Bench, person: Person) -> None:
    bench.rules(payout_reference_field="external1")
    number = invoiced_by_others(bench, paid=False, ExternalInvoiceReference1="QL-77")
    hear(bench, payout(line_of_others()))
    with remedied(bench, "PAYOUT_OF_OPEN_INVOICE"):
        paid_in_fortnox(bench, number, 499, CLEARING)
        person.closes(person.payout(), "PAYOUT_OF_OPEN_INVOICE", number)
    assert (bench.balance(CLEARING), bench.balance(CLAIM), state(bench)) == (0, 0, "booked")


@pytest.mark.parametrize("way", ["book the order", "book the payout by hand"])
def test_line_whose_worth_nobody_knows(bench: Bench, person: Person, way: str) -> None:
    known = foreign.sell(bench)
    strange = bench.place(hear=False, **foreign.EURO)
    foreign.rate(bench, "11.20")
    hear(bench, foreign.payout(foreign.line_of(known), foreign.line_of(strange)))
    with remedied(bench, "PAYOUT_LINE_WORTH_UNKNOWN"):
        if way == "book the order":
            bench.hear(strange)
            clock(bench)
        else:
            by_hand(bench, (foreign.EURO_BANK, "1108.80", "0"), (foreign.EURO_CLEARING, "0", "1108.80"))
            person.says(person.payout(), "close", reference="A 17")
    assert bench.balance(foreign.EURO_BANK) == Decimal("1108.80")
    assert state(bench) == ("booked" if way == "book the order" else "skipped")


def test_rate_that_nobody_knows_is_written_in_the_settings(bench: Bench, person: Person) -> None:
    order = foreign.sell(bench)
    hear(bench, foreign.payout(foreign.line_of(order)))
    with remedied(bench, "PAYOUT_RATE_UNKNOWN"):
        person.set(exchange_rates=f"EUR {foreign.LATER} = 11.05")
        clock(bench)
    assert (state(bench), bench.balance(foreign.EURO_BANK)) == ("booked", Decimal("546.98"))


# --- the payout as a whole


def test_held_payout_is_booked_when_the_answer_is_taken_back(bench: Bench, person: Person) -> None:
    order = sold(bench)
    told = payout(line_of(order))
    hear(bench, replace(told, is_final=False))
    person.says(person.payout(), "hold")
    hear(bench, told)
    with remedied(bench, "PAYOUT_HELD"):
        person.takes_back(person.payout())
    assert (state(bench), bench.balance(BANK), bench.balance(CLEARING)) == ("booked", 499, 0)


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize("way", ["file with every row", "bank's amount anew"])
def test_rows_that_do_not_give_what_the_bank_got(bench: Bench, person: Person, way: str) -> None:
    first, second = sold(bench, **KLARNA), sold(bench, **KLARNA)
    part = HEAD + row(first.name, "499,00", "12,00")
    person.brings(part)
    bench.rest()
    wrong = "974,00" if way == "file with every row" else "478,00"
    person.says(person.payout(KLARNAS), "bank", amount=wrong)
    bench.rest()
    with remedied(bench, "PAYOUT_NOT_WHOLE"):
        if way == "file with every row":
            person.brings(part + row(second.name, "499,00", "12,00"))
        else:
            person.says(person.payout(KLARNAS), "bank", amount="487,00")
    whole = way == "file with every row"
    assert (bench.state(f"payout:{KLARNAS}"), bench.balance(BANK)) == ("booked", 974 if whole else 487)
    assert bench.balance(1586) == (0 if whole else 499)


def test_money_that_bounced_comes_with_a_later_payout(bench: Bench, person: Person) -> None:
    order = sold(bench)
    sent = payout(line_of(order, fee="11.48"))
    hear(bench, sent)
    hear(bench, replace(sent, bounced=True, updated_at=datetime.now(UTC)))
    with remedied(bench, "PAYOUT_BOUNCED"):
        brought = PayoutLine("back", PayoutLineKind.PAYOUT_FAILED, TODAY, sek("487.52"), sek("0"))
        hear(bench, payout(brought, name="po_2"))
        person.closes(person.payout(), "PAYOUT_BOUNCED", "po_2")
    assert (state(bench, "po_2"), bench.balance(BANK), bench.balance(CLEARING)) == ("booked", Decimal("487.52"), 0)


@pytest.mark.parametrize("way", ["mend the order", "without the rule"])
def test_fee_that_cannot_be_written_off(bench: Bench, person: Person, way: str) -> None:
    bench.rules(**ON, fees_by_month=False)
    order = sold(bench)
    key = replace(line_of(order, fee="9.00"), keys={**line_of(order).keys, MatchKey.SHOP_ORDER_ID: str(order.id)})
    refuse = bench.emulators.kit.faults.order("status", "POST", "/3/invoicepayments", status=400, body=REFUSAL, times=9)
    hear(bench, payout(key))
    left = () if way == "mend the order" else ("FORTNOX_REFUSED_UNKNOWN",)
    with remedied(bench, "PAYOUT_FEE_WRITEOFF_FAILED", *left):
        if way == "mend the order":
            bench.emulators.kit.faults.clear(refuse.id)
            person.retry(order)
        else:
            person.set(fee_write_off="")
        clock(bench)
    assert (state(bench), bench.balance(FEE), bench.balance(BANK)) == ("booked", 9, 490)


def test_refund_that_came_back_is_paid_otherwise_and_booked_from_the_clearing_account(
    bench: Bench, person: Person
) -> None:
    order = sold(bench)
    bench.act(order, "refund", lines=[{"line": 0}])
    bench.rest()
    hear(bench, payout(line_of(order), line_of(order, "refund")))
    back = PayoutLine(
        "back", PayoutLineKind.REFUND_FAILED, TODAY, sek("499.00"), sek("0"),
        keys={MatchKey.SHOP_ORDER_ID: str(order.id)},
    )  # fmt: skip
    hear(bench, payout(back, name="po_2"))
    with remedied(bench, "PAYOUT_REFUND_CAME_BACK"):
        by_hand(bench, (CLEARING, "499", "0"), (BANK, "0", "499"))
        person.closes(person.payout("shopify_payments:po_2"), "PAYOUT_REFUND_CAME_BACK", "Swish till köparen")
    assert (bench.balance(CLEARING), bench.balance(BANK), bench.balance(CLAIM)) == (0, 0, 0)


# --- disputes


def test_lost_dispute_whose_vat_is_lowered_by_hand(bench: Bench, person: Person) -> None:
    order = sold(bench)
    keys = {MatchKey.SHOP_ORDER_ID: str(order.id)}
    taken = PayoutLine("taken", PayoutLineKind.CHARGEBACK, TODAY, sek("-499.00"), sek("0"), keys=keys)
    hear(bench, payout(line_of(order), taken))
    lost = LostDispute("shopify_payments", "d1", str(order.id), order.name, sek("499.00"), TODAY)
    store_disputes(bench.program.store, bench.shop_id, [lost])
    bench.rest()
    with remedied(bench, "DISPUTE_LOST"):
        for page in re.findall(r'href="(/(?:orders|payouts)/\d+)"', person.get("/findings")):
            person.get(page)
        by_hand(bench, (2611, "99.80", "0"), (DISPUTE_LOSS, "0", "99.80"))
        person.closes("/findings", "DISPUTE_LOST", "konstaterad kundförlust")
    assert (bench.balance(DISPUTED), bench.balance(DISPUTE_LOSS)) == (0, Decimal("399.20"))
    store_disputes(bench.program.store, bench.shop_id, [lost])
    bench.rest()
    assert bench.findings() == [], "told once"


def test_dispute_that_may_be_either_of_two_claims_is_booked_by_hand(bench: Bench, person: Person) -> None:
    bench.rules(exchange_rates=RATES)
    order = foreign.sell(bench)
    parts = [other(PayoutLineKind.CHARGEBACK, amount, shop_order_id=str(order.id)) for amount in ("-20.00", "-10.00")]
    hear(bench, foreign.payout(foreign.line_of(order), *parts))
    lost = LostDispute("shopify_payments", "d1", str(order.id), order.name, sek("110.00"), TODAY)
    store_disputes(bench.program.store, bench.shop_id, [lost])
    bench.rest()
    with remedied(bench, "PAYOUT_CURRENCY_MISMATCH"):
        by_hand(bench, (DISPUTE_LOSS, "110.50", "0"), (DISPUTED, "0", "110.50"))
        person.closes("/findings", "PAYOUT_CURRENCY_MISMATCH", "A 18")
    store_disputes(bench.program.store, bench.shop_id, [lost])
    bench.rest()
    assert (bench.findings(), bench.balance(DISPUTE_LOSS)) == ([], Decimal("110.50"))
    assert bench.state("dispute:shopify_payments:d1") == "skipped"


# --- the provider's file


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize("way", ["connect again", "attach by hand"])
def test_report_that_fortnox_did_not_take(bench: Bench, person: Person, way: str) -> None:
    bench.rules(attach_report=True)
    order = sold(bench, **KLARNA)
    licensed = tuple(scope for scope in bench.emulators.world.config.clients[0].scopes if scope != "inbox")
    bench.company_is(licences=licensed)
    person.brings(HEAD + row(order.name, "499,00", "12,00"))
    bench.rest()
    person.says(person.payout(KLARNAS), "bank", amount="487,00")
    bench.rest()
    with remedied(bench, "PAYOUT_REPORT_NOT_ATTACHED"):
        if way == "connect again":
            bench.company_is(licences=None)
            person.connect_fortnox()
        else:
            person.closes("/findings", "PAYOUT_REPORT_NOT_ATTACHED", "bifogad för hand")
    assert len(attached(bench)) == (1 if way == "connect again" else 0)
    assert (bench.state(f"payout:{KLARNAS}"), bench.balance(BANK)) == ("booked", 487)
