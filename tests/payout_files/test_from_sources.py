"""Shopify's, Stripe's, PayPal's and Adyen's files, from public sources alone, the readers not having been read.

Every value is invented; the columns, their order and the words come from these (looked up 2026-12-01):
Shopify, transactions of 19 columns: tests of a public checker of payouts ("Export transactions file, verbatim header",
`pickShopifyStore`). Payouts of 13 columns with `Bank Reference`, amounts left empty: tests of `parseShopifyPayoutCsv`.
REST: shopify.dev/docs/api/admin-rest/latest/resources/transactions.
Stripe: docs.stripe.com/reports/balance and /reports/payout-reconciliation (names of columns, "in the requested
timezone, or UTC"), docs.stripe.com/reports/reporting-categories; wikimedia/wikimedia-fundraising-SmashPig,
`PaymentProviders/Stripe/Tests/Data/settlement_report.csv` (metadata between the columns, one `payout` row). Lists of 22
columns (`Trace ID` …) and of payments without `Transfer`: the tests of `reconstructTekmetricPayouts`.
PayPal: gist Nullreff/409f7d6d8ca82ae004cbf31cff25df62 (41 columns), the tests of a public `parsePaypal` (decimal commas
in an English file, `Memo` rows), developer.paypal.com/reports/reference/changed-fields. STL without RH and FH, with RF:
SmashPig, `PaymentProviders/PayPal/Tests/Data/stl.csv`.
Adyen: SmashPig, `PaymentProviders/Adyen/Tests/Data/settlement_detail_report_payment_cost.csv` (49 columns); a public
reader (`AdyenSettlementDetailV1`) says that in Adyen's own sample `Settled` rows stand in `Gross Debit (GC)`
("Direction comes from the column"), where docs.adyen.com calls them credits.
"""

from __future__ import annotations

import json
from datetime import date

import pytest

from app.kit.money import Money
from app.model.payout import MatchKey, PayoutLineKind
from tests.support.payout_files.files import only, payouts, read
from tests.support.payout_files.from_sources import ADYEN_49, PAYPAL_41, adyen, paid_out, paypal, under


def sek(amount: str) -> Money:
    return Money.of(amount, "SEK")


SHOPIFY_19 = (
    "Transaction Date,Type,Order,Card Brand,Card Source,Payout Status,Payout Date,Payout ID,Available On,Amount,Fee,"
    "Net,Checkout,Payment Method Name,Presentment Amount,Presentment Currency,Currency,Business Entity Name,"
    "Business Entity ID"
)


def shopify_19(kind: str, order: str, amounts: str, shown: str, number: int) -> str:
    return (
        f"2026-11-0{number} 14:20:01 +0100,{kind},{order},visa,online,paid,2026-11-09,148000000001,2026-11-09,"
        f"{amounts},#4368000000{number},card,{shown},SEK,Granström Form AB,QlVTSU5FU1M="
    )


def test_shopifys_transactions_of_a_business_entity_are_the_payout() -> None:
    found = only(
        under(
            SHOPIFY_19,
            shopify_19("refund", "#2001", "-598.50,0.00,-598.50", "598.50,SEK", 1),
            shopify_19("charge", "#2002", "1130.00,31.20,1098.80", "100.00,EUR", 2),
        )
    )
    assert (found.provider, found.id, found.paid_on) == ("shopify_payments", "148000000001", date(2026, 11, 9))
    assert (found.paid_out, found.is_captured) == (sek("500.30"), False)
    refund, charge = found.lines
    assert (refund.kind, refund.amount, refund.fee) == (PayoutLineKind.REFUND, sek("-598.50"), sek("0"))
    assert (charge.amount, charge.fee, charge.order_amount) == (sek("1130.00"), sek("31.20"), Money.of("100.00", "EUR"))
    assert charge.keys[MatchKey.ORDER_NAME] == "#2002"


def test_shopifys_payouts_with_empty_amounts_and_a_bank_reference_state_their_sums() -> None:
    header = (
        "Payout Date,Status,Charges,Refunds,Adjustments,Marketplace Sales Tax,Advances,Reserved Funds,Fees,"
        "Retried Amount,Total,Currency,Bank Reference"
    )
    found = read(under(header, "2026-11-09,paid,500,,,,,,-13.5,,486.5,SEK,REF-1", "2026-11-10,paid,,,,,,,,,0,SEK,"))
    assert (found.provider, found.problems) == ("shopify_payments", ())
    assert [(sum_.paid_on, sum_.paid_out) for sum_ in found.sums] == [
        (date(2026, 11, 9), sek("486.50")), (date(2026, 11, 10), sek("0")),
    ]  # fmt: skip


STRIPE_METADATA = (
    "balance_transaction_id,payment_metadata[order_id],source_id,payment_intent_id,charge_id,created,available_on,"
    "automatic_payout_effective_at,currency,gross,fee,net,reporting_category,payment_method_type,card_brand,description,"
    "trace_id_status,automatic_payout_id"
)


def stripe(number: str, amounts: str, kind: str, *, currency: str = "SEK", payout: str = "po_77") -> str:
    return (
        f"txn_{number},,src_{number},pi_{number},,2026-11-0{number} 10:11:12,2026-11-08 00:00:00,2026-11-09 00:00:00,"
        f"{currency},{amounts},{kind},card,visa,Text,supported,{payout}"
    )


STRIPE_ROWS = (
    stripe("1", "250,4.75,245.25", "charge"),
    stripe("2", "-50,0,-50", "refund", currency="sek"),
    stripe("3", "-1.5,0,-1.5", "fee"),
    stripe("4", "-80,150,-230", "dispute"),
    stripe("5", "80,0,80", "dispute_reversal"),
    stripe("6", "100,2,98", "charge"),
    stripe("7", "10,0,10", "refund_failure"),
)


def test_stripes_itemized_payout_in_the_accounts_time_zone_with_metadata_between_its_columns() -> None:
    found = only(under(STRIPE_METADATA, *STRIPE_ROWS))
    assert (found.provider, found.id, found.paid_on) == ("stripe", "po_77", date(2026, 11, 9))
    assert (found.paid_out, found.currency) == (sek("151.75"), "SEK")
    assert [line.kind for line in found.lines] == [
        PayoutLineKind.CHARGE, PayoutLineKind.REFUND, PayoutLineKind.FEE, PayoutLineKind.CHARGEBACK,
        PayoutLineKind.CHARGEBACK_REVERSED, PayoutLineKind.CHARGE, PayoutLineKind.REFUND_FAILED,
    ]  # fmt: skip
    assert (found.lines[0].id, found.lines[0].occurred_on, found.lines[0].fee) == (
        "txn_1", date(2026, 11, 1), sek("4.75"),
    )  # fmt: skip
    assert (found.lines[2].fee, found.lines[2].amount) == (sek("1.50"), sek("0"))
    assert found.lines[3].net == sek("-230.00")


def test_stripes_row_of_the_payout_itself_is_its_sum_and_no_line() -> None:
    found = only(under(STRIPE_METADATA, *STRIPE_ROWS, stripe("8", "-151.75,0,-151.75", "payout")))
    assert (found.paid_out, found.unexplained, len(found.lines)) == (sek("151.75"), sek("0"), 7)


@pytest.mark.parametrize("kind", ["other_adjustment", "transfer", "topup", "partial_capture_reversal", "advance"])
def test_stripes_further_categories_wait_for_a_person_or_are_known_and_never_lost(kind: str) -> None:
    found = only(under(STRIPE_METADATA, STRIPE_ROWS[0], stripe("9", "-20,0,-20", kind)))
    assert (found.paid_out, found.unexplained) == (sek("225.25"), sek("0"))
    assert found.lines[1].net == sek("-20")


@pytest.mark.parametrize("transfer", ["", "po_1"])
def test_stripes_balance_history_may_leave_its_column_of_transfers_empty(transfer: str) -> None:
    """A payout ordered by hand is named by none of its rows (docs.stripe.com/payouts/reconciliation)."""
    header = (
        "id,Type,Source,Amount,Fee,Net,Currency,Created (UTC),Available On (UTC),Description,Transfer,"
        "Transfer Date (UTC),Transfer Group,order_id (metadata)"
    )
    found = only(
        under(
            header,
            f"txn_1,charge,ch_1,100.30,0.30,100.00,sek,2026-11-01 10:00,2026-11-03 00:00,Order,{transfer},,,1001",
            "txn_2,payout,po_1,-100.00,0.00,-100.00,sek,2026-11-04 10:00,2026-11-05 00:00,STRIPE PAYOUT,,,,",
        )
    )
    assert (found.id, found.paid_out, found.unexplained) == ("po_1", sek("100.00"), sek("0"))


def test_stripes_payouts_of_twenty_two_columns_state_their_sums() -> None:
    header = (
        "id,Amount,Created (UTC),Currency,Livemode,Arrival Date (UTC),Source Type,Destination,Status,Type,Method,"
        "Description,Balance Transaction,Failure Balance Transaction,Failure Message,Failure Code,Statement Descriptor,"
        "Trace ID,Trace ID Status,Destination Name,Destination Country,Destination Last 4"
    )
    row = (
        "po_a,930.14,2026-11-10 00:18,sek,true,2026-11-10 00:00,card,ba_x,paid,bank_account,standard,STRIPE PAYOUT,"
        'txn_a,,,,Shop,0910,supported,"BANKEN, AB",SE,9680'
    )
    found = read(under(header, row))
    assert [(sum_.id, sum_.paid_on, sum_.paid_out) for sum_ in found.sums] == [
        ("po_a", date(2026, 11, 10), sek("930.14")),
    ]  # fmt: skip


def test_stripes_payments_of_seventeen_columns_are_known_as_payments() -> None:
    header = (
        "id,Created date (UTC),Amount,Amount Refunded,Currency,Captured,Converted Amount,Converted Amount Refunded,"
        "Converted Currency,Fee,Is Link,Mode,Payment Source Type,Status,Taxes On Fee,Application Fee,Application ID"
    )
    row = (
        "py_1,2026-11-10 18:37:41,61.86,0.00,sek,true,61.86,0.00,sek,3.65,false,Live,stripe_account,Paid,0.00,3.65,ca_x"
    )
    found = read(under(header, row))
    assert (found.provider, [problem.fault.code for problem in found.problems]) == (
        "stripe", ["FILE_PAYMENTS_WITHOUT_PAYOUTS"],
    )  # fmt: skip


def test_paypals_file_of_41_columns_with_decimal_commas_and_memo_rows() -> None:
    found = read(
        under(
            PAYPAL_41,
            paypal("13", "Express Checkout Payment", "Completed", ("1.480,00", "-27,75", "1.452,25"), "T1", "Credit"),
            paypal("13", "General Authorization", "Pending", ("-9,00", "0,00", "-9,00"), "T2", "Memo"),
            paypal("14", "General Card Deposit", "Denied", ("50,00", "0,00", "50,00"), "T3", "Memo"),
            paypal("15", "Payment Refund", "Completed", ("-80,00", "1,50", "-78,50"), "T4", "Debit"),
            paypal("16", "General Withdrawal", "Completed", ("-1.373,75", "0,00", "-1.373,75"), "T5", "Debit"),
        )
    )
    assert found.problems == ()
    (payout,) = found.payouts
    assert (payout.provider, payout.id, payout.paid_on) == ("paypal", "T5", date(2026, 11, 16))
    assert (payout.paid_out, payout.unexplained) == (sek("1373.75"), sek("0"))
    charge, refund = payout.lines
    assert (charge.id, charge.amount, charge.fee) == ("T1", sek("1480.00"), sek("27.75"))
    assert (refund.kind, refund.amount, refund.fee) == (PayoutLineKind.REFUND, sek("-80.00"), sek("-1.50"))
    assert "RT1" in charge.keys.values()


STL = (
    '"SH","2026/11/06 00:00:00 -0800","2026/11/06 23:59:59 -0800","MERCHANT1"\n'
    '"CH","Transaction ID","Invoice ID","PayPal Reference ID","PayPal Reference ID Type","Transaction Event Code",'
    '"Transaction Initiation Date","Transaction Completion Date",Transaction Debit or Credit,'
    '"Gross Transaction Amount","Gross Transaction Currency","Fee Debit or Credit","Fee Amount","Fee Currency",'
    '"Custom Field","Consumer ID","Payment Tracking ID",Store ID,"Bank Reference ID","Credit Transactional Fee",'
    '"Credit Promotional Fee","Credit Term"\n'
    '"SB",T1,1001,4H844,"TXN","T0006",2026/11/06 00:00:30 -0800,2026/11/06 00:00:30 -0800,"CR",134700,"SEK","DR",4527,'
    '"SEK","",YM2C,"","","",,,\n'
    '"SB",T2,1001,99900,"TXN",T1107,2026/11/06 10:31:39 -0800,2026/11/06 10:31:39 -0800,DR,13400,"SEK",CR,450,"SEK","",'
    'AZVD,"","","",,,\n'
    '"SB",T3,,,"",T0400,2026/11/06 12:31:39 -0800,2026/11/06 12:31:39 -0800,DR,117223,"SEK",,,"","",,"","","",,,\n'
)
STL_SUMS = '"{kind}","SEK",134700,130623,{fees},"CR",0,"CR",0,"CR",0,"CR",0,"CR",0,"CR",0,1\n'


@pytest.mark.parametrize("fees", ["450,4527", "4527,450"])
def test_paypals_settlement_report_may_begin_with_its_section_and_tell_its_fees_in_either_order(fees: str) -> None:
    """SmashPig's file has the fees taken before those given back; a handed one has them the other way round."""
    found = only((STL + STL_SUMS.format(kind="SF", fees=fees) + STL_SUMS.format(kind="RF", fees=fees)).encode())
    assert (found.id, found.paid_out, found.unexplained) == ("T3", sek("1172.23"), sek("0"))
    charge, refund = found.lines
    assert (charge.amount, charge.fee) == (sek("1347.00"), sek("45.27"))
    assert (refund.kind, refund.amount, refund.fee) == (PayoutLineKind.REFUND, sek("-134.00"), sek("-4.50"))


@pytest.mark.parametrize("fees", ["450,4526", "4526,450", "4527,4527", "450,450"])
def test_paypals_fees_that_fit_in_neither_order_stop_the_file(fees: str) -> None:
    found = read((STL + STL_SUMS.format(kind="SF", fees=fees)).encode())
    assert [problem.fault.code for problem in found.problems] == ["FILE_CONTROL_DIFFERS"]


def test_adyens_report_of_49_columns_adds_up_with_its_payout() -> None:
    found = only(
        under(
            ADYEN_49,
            adyen("1", "Settled", ",100.00", ",98.10", ",0.90,0.40,0.60", "1.90"),
            adyen("2", "Refunded", "40.00,", "40.00,"),
            adyen("3", "PaymentCost", ",", ",1.75"),
            adyen("4", "Chargeback", "10.00,", "35.00,", "25.00,,,", "25.00"),
            paid_out("24.85"),
        )
    )
    assert (found.id, found.account, found.paid_on) == ("1300", "Shop_SE", date(2026, 11, 9))
    assert (found.paid_out, found.unexplained) == (sek("24.85"), sek("0"))
    assert [(line.kind, line.amount, line.net) for line in found.lines] == [
        (PayoutLineKind.CHARGE, sek("100.00"), sek("98.10")),
        (PayoutLineKind.REFUND, sek("-40.00"), sek("-40.00")),
        (PayoutLineKind.FEE, sek("0"), sek("1.75")),
        (PayoutLineKind.CHARGEBACK, sek("-10.00"), sek("-35.00")),
    ]


@pytest.mark.parametrize("fees", [",0.90,0.40,0.60", ",,,"])
def test_adyens_sale_whose_gross_stands_as_a_debit_is_a_sale_by_its_net(fees: str) -> None:
    found = only(under(ADYEN_49, adyen("1", "Settled", "100.00,", ",98.10", fees, "1.90"), paid_out("98.10")))
    (sale,) = found.lines
    assert (sale.kind, sale.amount, sale.fee, found.unexplained) == (
        PayoutLineKind.CHARGE, sek("100.00"), sek("1.90"), sek("0"),
    )  # fmt: skip


def test_adyens_gross_that_net_and_fees_do_not_come_to_on_either_side_is_refused() -> None:
    found = read(
        under(ADYEN_49, adyen("1", "Settled", "101.00,", ",98.10", ",0.90,0.40,0.60", "1.90"), paid_out("98.10"))
    )
    assert [problem.fault.code for problem in found.problems] == ["FILE_ROW_DOES_NOT_ADD_UP"]


@pytest.mark.parametrize("kind", ["BankInstructionReturned", "InternalTransfer", "SomethingNew", "DepositCorrection"])
def test_adyens_unknown_rows_stay_in_the_sum_and_wait_for_a_person(kind: str) -> None:
    found = only(
        under(ADYEN_49, adyen("1", "Settled", ",100.00", ",100.00"), adyen("2", kind, ",", "20.00,"), paid_out("80.00"))
    )
    assert (found.unexplained, found.lines[1].net) == (sek("0"), sek("-20.00"))
    if kind == "SomethingNew":
        assert found.lines[1].kind is PayoutLineKind.OTHER


def test_shopifys_rest_answer_with_every_property_of_the_reference() -> None:
    def one(number: int, kind: str, amount: str, fee: str, net: str, source: str) -> dict[str, object]:
        return {
            "id": number, "type": kind, "test": False, "payout_id": 623721858, "payout_status": "paid",
            "payoutable_type": "ShopifyPaymentsPayout", "currency": "SEK", "amount": amount, "fee": fee, "net": net,
            "source_id": 460709370, "source_type": source, "source_order_transaction_id": 900 + number,
            "source_order_id": 217130470, "processed_at": "2026-11-04T00:00:00+01:00", "adjustment_order_transactions":
            None, "adjustment_reason": None,
        }  # fmt: skip

    rows = [
        one(1, "charge", "43.00", "2.00", "41.00", "charge"),
        one(2, "refund", "-3.50", "0.00", "-3.50", "Payments::Refund"),
        one(3, "dispute", "-5.00", "15.00", "-20.00", "dispute") | {"source_order_id": None},
        one(4, "payout", "-17.50", "0.00", "-17.50", "payout") | {"source_order_id": None},
    ]
    (payout,) = payouts(json.dumps({"transactions": rows}).encode())
    assert (payout.id, payout.paid_out, payout.unexplained) == ("623721858", sek("17.50"), sek("0"))
    assert [line.kind for line in payout.lines] == [
        PayoutLineKind.CHARGE, PayoutLineKind.REFUND, PayoutLineKind.CHARGEBACK,
    ]  # fmt: skip
