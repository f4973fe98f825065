"""By what a row of Qliro's is known: every reference that it may carry, and what earlier rows taught."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.model.payout import MatchKey
from app.schema import PayoutLineUse
from tests.support.pipeline.bench import Bench
from tests.support.pipeline.person import Person, remedied
from tests.support.pipeline.qliro import CLEARING, YESTERDAY, Qliro


def pay_out(qliro: Qliro) -> None:
    qliro.bench.rest()
    qliro.close()
    qliro.poll()
    assert (qliro.states(), qliro.bench.balance(CLEARING)) == (["booked"], 0)


def refer(qliro: Qliro, number: int, reference: str) -> None:
    """What Qliro holds as the order's reference from now on."""
    references = qliro.merchant.orders[number].references
    references.update(dict.fromkeys(references, reference))


@pytest.mark.parametrize(
    ("reference", "by"), [("payment_id", "payment_id"), ("order_name", "order_name"), ("pis", ""), ("temporary", "")]
)
def test_row_is_matched_by_whichever_of_the_shops_references_it_carries(
    bench: Bench, qliro: Qliro, reference: str, by: str
) -> None:
    bench.rules(provider_not_matching="book")
    qliro.switch(reference=reference)
    qliro.sell()
    pay_out(qliro)
    assert qliro.matched_by()["Transaction"] == by
    assert bench.findings() == ([] if by else ["PAYOUT_LINE_UNMATCHED"])


@pytest.mark.parametrize(
    "form", ["{payment_id}", "QLIRO-{payment_id}", "{name}", "#{name}", "QLIRO-{name}", "SE-{name}"]
)
def test_prefixes_and_the_number_sign_do_not_matter(bench: Bench, qliro: Qliro, form: str) -> None:
    bench.rules(payment_reference_prefix="QLIRO-", reference_prefix="SE-")
    order, number = qliro.sell()
    refer(qliro, number, form.format(payment_id=order.transactions[0]["payment_id"], name=order.name.removeprefix("#")))
    pay_out(qliro)
    assert (bool(qliro.matched_by()["Transaction"]), bench.findings()) == (True, [])


def test_payment_id_that_only_the_authorisation_has_finds_the_order(bench: Bench, qliro: Qliro) -> None:
    order, _number = qliro.sell(kind="authorization")
    bench.act(order, "capture")
    # Shopify shows it for payments, and not for captures of them (qliro-api.md 6).
    (capture,) = [transaction for transaction in order.transactions if transaction["kind"] == "capture"]
    capture["payment_id"] = None
    bench.hear(order)
    pay_out(qliro)
    assert (qliro.matched_by()["Transaction"], bench.findings()) == ("payment_id", [])


def test_refund_whose_reference_was_replaced_is_known_by_qliros_number_of_the_order(bench: Bench, qliro: Qliro) -> None:
    order, number = qliro.sell()
    bench.rest()
    qliro.close(YESTERDAY - timedelta(days=1))
    qliro.poll()
    refer(qliro, number, "q1temporary")
    qliro.refund(order, number)
    qliro.sell("1290.00")
    bench.rest()
    qliro.close()
    qliro.poll()
    assert (qliro.states(), bench.findings(), bench.balance(CLEARING)) == (["booked", "booked"], [], 0)
    assert MatchKey.PROVIDER_ORDER_ID.value in uses(qliro)


def test_refund_in_the_very_batch_of_its_sale_is_known_by_it(bench: Bench, qliro: Qliro) -> None:
    order, number = qliro.sell()
    qliro.sell("1290.00")
    bench.rest()
    qliro.refund(order, number)
    bench.rest()
    qliro.close()
    for row in qliro.merchant.batches[0].accepted:
        if row["Action"] == "Credit" and row["Type"] == "Transaction":
            row["MerchantOrderReference"] = "replaced"
    qliro.poll()
    assert (qliro.states(), bench.findings(), bench.balance(CLEARING)) == (["booked"], [], 0)


def test_number_of_qliros_that_is_one_of_the_shops_by_chance_finds_nothing(bench: Bench, qliro: Qliro) -> None:
    other, _number = qliro.sell("1290.00")
    _order, number = qliro.sell()
    refer(qliro, number, "q1temporary")
    qliro.bench.rest()
    qliro.close()
    for row in qliro.merchant.batches[0].accepted:
        if row["OrderId"] == number:
            row["PaymentTransactionId"] = other.transactions[0]["id"]
    qliro.poll()
    assert bench.findings() == ["QLIRO_PAYOUT_NOT_MATCHING"]


def test_references_that_name_two_orders_find_none(bench: Bench, qliro: Qliro) -> None:
    first, _number = qliro.sell()
    bench.rules(provider_not_matching="book")
    # The second order's payment id happens to be the first one's name.
    qliro.sell("1290.00", payment_id=first.name)
    bench.rest()
    qliro.close()
    qliro.poll()
    assert (qliro.states(), bench.findings()) == (["booked"], ["PAYOUT_LINE_UNMATCHED"])


def uses(qliro: Qliro) -> set[str]:
    with qliro.bench.program.store.read() as session:
        return set(session.scalars(select(PayoutLineUse.matched_by)))


@pytest.mark.parametrize(
    ("reference", "setting", "cause"),
    [
        ("QLIRO-{name}", "payment_reference_prefix = QLIRO-", "prefix"), ("WRONGREFERENCE0001", "–", "unknown"),
        ("PIS-12345", "–", "invoice_number"), ("", "–", "no_reference"),
    ],
)  # fmt: skip
def test_row_of_no_order_stops_the_payout_and_names_cause_candidate_and_setting(
    bench: Bench, qliro: Qliro, reference: str, setting: str, cause: str
) -> None:
    order, number = qliro.sell("1867.00")
    refer(qliro, number, reference.format(name=order.name.lstrip("#")))
    bench.rest()
    qliro.close()
    qliro.poll()
    told = bench.finding("QLIRO_PAYOUT_NOT_MATCHING").data
    assert (qliro.states(), bench.balance(1930)) == (["stopped"], 0)
    assert (told["candidate"], told["setting"], told["shop_amount"]) == (order.name, setting, "1867.00 SEK")
    assert told["cause"] == cause
    if setting != "–":
        bench.rules(payment_reference_prefix="QLIRO-")
        bench.program.payout_poll._look_again()
        bench.rest()
        assert (qliro.states(), bench.findings(), bench.balance(CLEARING)) == (["booked"], [], 0)


def test_setting_that_a_row_proposes_is_one_click_and_books_the_payout(
    bench: Bench, qliro: Qliro, person: Person
) -> None:
    order, number = qliro.sell("1867.00")
    refer(qliro, number, f"QLIRO-{order.name.lstrip('#')}")
    bench.rest()
    qliro.close()
    qliro.poll()
    with remedied(bench, "QLIRO_PAYOUT_NOT_MATCHING"):
        finding = bench.finding("QLIRO_PAYOUT_NOT_MATCHING")
        assert "Prefix före betalreferensen: QLIRO-" in person.reads("/findings")
        person.done(f"/findings/{finding.id}/setting")
        bench.program.payout_poll._look_again()
    assert (qliro.states(), bench.balance(CLEARING)) == (["booked"], 0)
    assert person.post(f"/findings/{finding.id}/setting").status_code == 409, "once"


def test_rule_books_the_whole_payout_and_leaves_the_row_on_the_clearing_account(bench: Bench, qliro: Qliro) -> None:
    bench.rules(provider_not_matching="book")
    _order, number = qliro.sell("1867.00")
    refer(qliro, number, "WRONGREFERENCE0001")
    bench.rest()
    qliro.close()
    qliro.poll()
    assert (qliro.states(), bench.findings()) == (["booked"], ["PAYOUT_LINE_UNMATCHED"])
