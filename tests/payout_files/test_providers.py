"""Each provider's file in our own words: one small invented file each.

Columns as qliro-api.md 7.3 lists them, which names its sources in section 9; files from those sources, written without
the readers, stand in test_from_sources.py and test_from_sources_nordic.py.
"""

from datetime import date

import pytest

from app.kit.money import Money
from app.model.payout import MatchKey, PayoutLineKind
from app.payouts.files import Fault
from tests.support.payout_files.files import ids, only, payouts, read, shopify, shopify_row
from tests.support.payout_files.providers import ITEMIZED, KLARNA_SALE, documented


def sek(amount: str) -> Money:
    return Money.of(amount, "SEK")


CHARGE = shopify_row("charge", "#1001", "499.00,12.50,486.50", vat="2.50")
REFUND = shopify_row("refund", "#1001", "-99.00,0.00,-99.00")
PENDING = shopify_row("charge", "#1002", "10.00,0.50,9.50", payout="", status="pending")


def test_shopify_groups_by_payout_and_leaves_out_what_waits() -> None:
    found = read(shopify(CHARGE, REFUND, PENDING))
    (payout,) = found.payouts
    assert found.pending == 1
    assert (payout.provider, payout.id, payout.paid_on) == ("shopify_payments", "7001", date(2026, 3, 5))
    assert (payout.paid_out, payout.unexplained, payout.is_final) == (sek("387.50"), sek("0"), True)
    charge, refund = payout.lines
    assert (charge.kind, charge.amount, charge.fee, charge.fee_vat) == (
        PayoutLineKind.CHARGE,
        sek("499.00"),
        sek("10.00"),
        sek("2.50"),
    )
    assert charge.keys == {MatchKey.ORDER_NAME: "#1001", MatchKey.PROVIDER_ORDER_ID: "#771001"}
    assert (refund.kind, refund.net, refund.occurred_on) == (PayoutLineKind.REFUND, sek("-99.00"), date(2026, 3, 2))


def test_shopifys_row_of_the_payout_itself_is_no_line_but_what_was_paid() -> None:
    payout = only(shopify(CHARGE, shopify_row("transfer", "", "-480.00,0.00,-480.00")))
    assert (payout.paid_out, len(payout.lines), payout.unexplained) == (sek("480.00"), 1, sek("-6.50"))


def test_a_converted_charge_keeps_what_the_buyer_paid() -> None:
    (line,) = only(shopify(shopify_row("charge", "#9", "110.00,3.00,107.00", shown="10.00,EUR"))).lines
    assert line.order_amount == Money.of("10.00", "EUR")


def test_a_payout_on_its_way_is_not_final_and_a_failed_one_bounced() -> None:
    on_its_way = only(shopify(shopify_row("charge", "#9", "1.00,0.00,1.00", status="in_transit")))
    failed = only(shopify(shopify_row("charge", "#9", "1.00,0.00,1.00", status="failed")))
    assert (on_its_way.is_final, failed.is_final, failed.bounced) == (False, True, True)


def test_an_unknown_type_waits_for_a_person_and_a_lone_fee_is_a_fee() -> None:
    rows = (
        shopify_row("lending_repayment", "", "-20.00,0.00,-20.00"),
        shopify_row("chargeback_fee", "#1", "-15.00,0.00,-15.00"),
    )
    other, fee = only(shopify(*rows)).lines
    assert (other.kind, other.raw_kind, other.net) == (PayoutLineKind.OTHER, "lending_repayment", sek("-20.00"))
    assert (fee.kind, fee.amount, fee.fee) == (PayoutLineKind.FEE, sek("0"), sek("15.00"))


def test_chargeback_of_an_export_is_one_taken_or_one_given_back() -> None:
    rows = (
        shopify_row("chargeback", "#1", "-90.00,15.00,-105.00"),
        shopify_row("chargeback", "#2", "90.00,0.00,90.00"),
    )
    taken, given = only(shopify(*rows)).lines
    assert (taken.kind, taken.net) == (PayoutLineKind.CHARGEBACK, sek("-105.00"))
    assert (given.kind, given.net) == (PayoutLineKind.CHARGEBACK_REVERSED, sek("90.00"))


def test_a_charge_shortly_before_midnight_in_utc_belongs_to_the_swedish_day() -> None:
    (line,) = only(shopify(shopify_row("charge", "#1", "1.00,0.00,1.00", at="2026-03-31 22:30:00 +0000"))).lines
    assert line.occurred_on == date(2026, 4, 1)


def test_overlapping_exports_share_ids_and_rows_alike_are_two() -> None:
    first = only(shopify(CHARGE, REFUND, REFUND))
    later = payouts(shopify(shopify_row("charge", "#8", "5.00,0.00,5.00", payout="7002"), REFUND, CHARGE, REFUND))
    again = next(payout for payout in later if payout.id == "7001")
    assert len(set(ids(first))) == 3
    assert set(ids(first)) == set(ids(again))


STRIPE = b"""id,Type,Source,Amount,Fee,Net,Currency,Created (UTC),Available On (UTC),Description
txn_d,stripe_fee,,-3.00,0.00,-3.00,sek,2026-03-06 09:00,2026-03-06 00:00,Radar
txn_c,payout,po_1,-180.00,0.00,-180.00,sek,2026-03-05 09:00,2026-03-05 00:00,STRIPE PAYOUT
txn_b,refund,re_1,-50.00,0.00,-50.00,sek,2026-03-02 23:30,2026-03-04 00:00,Back
txn_a,charge,ch_1,240.00,10.00,230.00,sek,2026-03-01 09:00,2026-03-03 00:00,Sold
"""


def test_stripes_rows_up_to_the_payout_are_its_lines_also_with_the_newest_first() -> None:
    found = read(STRIPE)
    (payout,) = found.payouts
    assert (payout.id, payout.paid_out, payout.unexplained, found.pending) == ("po_1", sek("180.00"), sek("0"), 1)
    assert ids(payout) == ["txn_a", "txn_b"]
    assert payout.lines[1].occurred_on == date(2026, 3, 3)
    assert payout.lines[0].keys == {MatchKey.TRANSACTION_ID: "ch_1"}


def test_stripes_itemized_report_names_its_payouts() -> None:
    found = read(ITEMIZED)
    assert [(one.id, one.paid_out) for one in found.payouts] == [("po_5", sek("43.00")), ("po_6", sek("7.00"))]
    assert found.pending == 1
    kinds = [line.kind for payout in found.payouts for line in payout.lines]
    assert kinds == [PayoutLineKind.CHARGE, PayoutLineKind.CHARGEBACK, PayoutLineKind.RESERVE_RELEASED]
    assert found.payouts[0].paid_on == date(2026, 3, 5)


ADYEN_HEADER = (
    "Company Account,Merchant Account,Psp Reference,Merchant Reference,Payment Method,Creation Date,TimeZone,Type,"
    "Modification Reference,Gross Currency,Gross Debit (GC),Gross Credit (GC),Exchange Rate,Net Currency,"
    "Net Debit (NC),Net Credit (NC),Commission (NC),Markup (NC),Scheme Fees (NC),Interchange (NC),Batch Number"
)
ADYEN_SALE = "Co,Shop,PSP1,r-1,visa,2026-03-01 12:00:00,CET,Settled,MOD1,SEK,,100.00,1,SEK,,98.50,,0.90,0.20,0.40,31"
ADYEN_ABROAD = "Co,Shop,PSP2,r-2,mc,2026-03-01 12:00:00,CET,Settled,MOD2,EUR,,10.00,11,SEK,,109.00,1.00,,,,31"
ADYEN_FEE = "Co,Shop,,,,2026-03-02 02:00:00,CET,Fee,Transaction Fees March,,,,,SEK,7.50,,,,,,31"
ADYEN_PAYOUT = "Co,Shop,,,,2026-03-03 02:00:00,CET,MerchantPayout,TX9 batch 31,,,,,SEK,200.00,,,,,,31"


def adyen(*rows: str) -> bytes:
    return "\n".join([ADYEN_HEADER, *rows]).encode()


def test_adyens_batch_adds_up_with_its_payout_row() -> None:
    batch = only(adyen(ADYEN_SALE, ADYEN_ABROAD, ADYEN_FEE, ADYEN_PAYOUT))
    assert (batch.id, batch.account, batch.paid_on) == ("31", "Shop", date(2026, 3, 3))
    assert (batch.paid_out, batch.unexplained) == (sek("200.00"), sek("0"))
    sale, abroad, fee = batch.lines
    assert (sale.amount, sale.fee, sale.order_amount) == (sek("100.00"), sek("1.50"), None)
    assert sale.keys[MatchKey.PAYMENT_ID] == "r-1"
    assert (abroad.amount, abroad.order_amount) == (sek("110.00"), Money.of("10.00", "EUR"))
    assert (fee.kind, fee.fee, fee.keys) == (PayoutLineKind.FEE, sek("7.50"), {})


def test_one_batch_number_of_two_merchant_accounts_is_two_batches_of_adyen() -> None:
    rows = (ADYEN_SALE, ADYEN_ABROAD, ADYEN_FEE, ADYEN_PAYOUT)
    batches = payouts(adyen(*rows, *(row.replace("Co,Shop", "Co,Webb").replace("PSP", "PSW") for row in rows)))
    assert [(batch.key, batch.id, batch.paid_out) for batch in batches] == [
        ("Shop 31", "31", sek("200.00")), ("Webb 31", "31", sek("200.00")),
    ]  # fmt: skip


def test_each_currency_of_an_adyen_batch_has_the_payout_of_its_own_row() -> None:
    rows = (ADYEN_SALE, ADYEN_PAYOUT.replace("200.00", "98.50"))
    batches = payouts(adyen(*rows, *(row.replace("SEK", "NOK").replace("PSP", "PSN") for row in rows)))
    assert [(batch.id, batch.paid_out, batch.unexplained.minor) for batch in batches] == [
        ("31 SEK", sek("98.50"), 0), ("31 NOK", Money.of("98.50", "NOK"), 0),
    ]  # fmt: skip


def test_an_excerpt_of_adyens_batch_stays_unexplained() -> None:
    assert only(adyen(ADYEN_SALE)).unexplained == sek("-98.50")


PAYPAL_HEADER = (
    "Date,Time,TimeZone,Name,Type,Status,Currency,Gross,Fee,Net,Transaction ID,Reference Txn ID,Invoice Number,Balance"
)
PAYPAL = f"""{PAYPAL_HEADER}
13/03/2026,10:00:00,CET,Ann,Website Payment,Completed,SEK,"1,200.00",-30.00,"1,170.00",T1,,r-1,"1,170.00"
13/03/2026,11:00:00,CET,Bo,Website Payment,Pending,SEK,5.00,0.00,5.00,T2,,r-2,
14/03/2026,10:00:00,CET,,General Withdrawal,Completed,SEK,"-1,000.00",0.00,"-1,000.00",T3,,,170.00
15/03/2026,10:00:00,CET,,Payment Refund,Completed,SEK,-70.00,2.00,-68.00,T4,T1,r-1,102.00
16/03/2026,10:00:00,CET,,General Withdrawal,Pending,SEK,-102.00,0.00,-102.00,T5,,,0.00
17/03/2026,10:00:00,CET,Cy,Website Payment,Completed,SEK,9.00,0.00,9.00,T6,,,9.00
""".encode()


def test_paypals_withdrawals_carry_what_stays_behind() -> None:
    found = read(PAYPAL)
    first, second = found.payouts
    assert (first.id, first.paid_out, first.unexplained) == ("T3", sek("1000.00"), sek("0"))
    assert (second.id, second.paid_out, second.unexplained) == ("T5", sek("102.00"), sek("0"))
    assert [line.kind for line in second.lines] == [PayoutLineKind.CARRIED_FORWARD, PayoutLineKind.REFUND]
    assert (first.is_final, second.is_final) == (True, False)
    assert first.lines[0].fee == sek("30.00")
    assert found.pending == 2


def test_what_stood_at_paypal_before_the_file_begins_is_not_invented() -> None:
    rows = PAYPAL.decode().splitlines()
    assert only("\n".join([rows[0], *rows[4:6]]).encode()).unexplained == sek("170.00")


def test_a_paypal_withdrawal_through_a_conversion_is_of_the_currency_it_came_from() -> None:
    content = f"""{PAYPAL_HEADER}
13/03/2026,10:00:00,CET,Ann,Website Payment,Completed,EUR,100.00,-5.00,95.00,T1,,r-1,95.00
14/03/2026,10:00:00,CET,,General Withdrawal,Completed,SEK,-990.00,0.00,-990.00,T2,,,-990.00
14/03/2026,10:00:00,CET,,General Currency Conversion,Completed,EUR,-95.00,0.00,-95.00,T3,T2,,0.00
14/03/2026,10:00:00,CET,,General Currency Conversion,Completed,SEK,990.00,0.00,990.00,T4,T2,,0.00
"""
    payout = only(content.encode())
    assert (payout.id, payout.paid_out, payout.bank_amount) == ("T2", Money.of("95", "EUR"), sek("990"))
    assert (ids(payout), payout.unexplained.minor) == (["T1"], 0)


KLARNA_TOTALS = "total_sale_amount;total_fee_amount;total_return_amount;total_settlement_amount;payout_date\n"
KLARNA_HEADER = (
    "type;capture_id;refund_id;order_id;merchant_reference1;amount;currency_code;sale_date;payment_reference;"
    "vat_amount;vat_rate;payout_date\n"
)
KLARNA_ROWS = """SALE;cap-1;;ord-1;r-1;500.00;SEK;2026-03-01T10:00:00Z;PAYREF1;;;2026-03-05
RETURN;;ref-1;ord-1;r-1;-100.00;SEK;2026-03-02T10:00:00Z;PAYREF1;;;2026-03-05
FEE;;;ord-1;r-1;-12.50;SEK;2026-03-01T10:00:00Z;PAYREF1;-2.50;25.00;2026-03-05
"""


def klarna(rows: str = KLARNA_ROWS, total: str = "387.50") -> bytes:
    return f"{KLARNA_TOTALS}500.00;12.50;100.00;{total};2026-03-05\n{KLARNA_HEADER}{rows}".encode()


def test_klarnas_totals_stand_before_the_header_and_say_what_was_paid() -> None:
    payout = only(klarna())
    assert (payout.id, payout.paid_out, payout.unexplained) == ("PAYREF1", sek("387.50"), sek("0"))
    sale, refund, fee = payout.lines
    assert sale.keys[MatchKey.TRANSACTION_ID] == "cap-1"
    assert (refund.kind, refund.amount) == (PayoutLineKind.REFUND, sek("-100.00"))
    assert (fee.fee, fee.fee_vat, fee.amount) == (sek("10.00"), sek("2.50"), sek("0"))
    assert only(klarna(total="380.00")).unexplained == sek("-5.00"), "neither on top nor inside: not booked"


KLARNA_FEE = "FEE;2026-11-20T10:00:00Z;2026-11-19T10:00:00Z;c-1;;#1007;;33.72;SEK;{tax};PURCHASE_FEE\n"


@pytest.mark.parametrize(
    ("totals", "tax", "fee", "vat"),
    [
        ("1128.00;33.72;8.43;0;0;1085.85", "25.00;8.43", "33.72", "8.43"),
        ("1128.00;33.72;6.74;0;0;1094.28", "25.00;6.74", "26.98", "6.74"),
        ("1128.00;33.72;8.43;0;0;1085.85", ";", "33.72", "8.43"),
    ],
)
def test_klarnas_total_says_whether_vat_lies_on_top_of_the_fee(totals: str, tax: str, fee: str, vat: str) -> None:
    payout = only(documented(totals, KLARNA_SALE, KLARNA_FEE.format(tax=tax)))
    assert (payout.id, payout.paid_on, payout.unexplained) == ("9001", date(2026, 11, 24), sek("0"))
    assert sum(line.fee.minor for line in payout.lines) == sek(fee).minor
    assert sum(line.fee_vat.minor for line in payout.lines if line.fee_vat) == sek(vat).minor


@pytest.mark.parametrize(
    ("totals", "carried"),
    [("1128.00;0;0;200.00;0;928.00", "-200.00"), ("1128.00;0;0;0;150.00;1278.00", "150.00")],
)
def test_klarnas_debt_that_no_row_tells_is_a_line_of_its_own(totals: str, carried: str) -> None:
    payout = only(documented(totals, KLARNA_SALE))
    assert [line.amount for line in payout.lines if line.kind is PayoutLineKind.CARRIED_FORWARD] == [sek(carried)]
    assert payout.unexplained == sek("0")


@pytest.mark.parametrize(
    ("totals", "row", "reserve"),
    [
        ("0;100.00;1228.00", "", "100.00"),
        ("100.00;0;1028.00", "", "-100.00"),
        ("100.00;0;1028.00", "HOLDBACK;;2026-11-19T10:00:00Z;;;;;100.00;SEK;;;\n", "-100.00"),
    ],
)
def test_klarnas_reserve_is_one_line_whether_a_row_or_only_the_totals_tell_it(
    totals: str, row: str, reserve: str
) -> None:
    held, release, settled = totals.split(";")
    report = documented(f"1128.00;0;0;0;0;{settled};{held};{release}", KLARNA_SALE, row).decode()
    columns = "total_settlement_amount;total_holdback_amount;total_release_amount"
    payout = only(report.replace("total_settlement_amount", columns).encode())
    reserves = [line.amount for line in payout.lines if line.kind is not PayoutLineKind.CHARGE]
    assert (reserves, payout.unexplained) == ([sek(reserve)], sek("0"))


def test_klarnas_fees_that_are_invoiced_apart_are_no_part_of_the_payout() -> None:
    payout = only(
        documented("1128.00;33.72;8.43;0;0;1128.00", KLARNA_SALE, KLARNA_FEE.format(tax="25.00;8.43"), kind="GROSS")
    )
    assert ([line.kind for line in payout.lines], payout.unexplained) == ([PayoutLineKind.CHARGE], sek("0"))


def test_klarnas_file_of_several_settlements_is_read_block_by_block() -> None:
    one = documented("1128.00;0;0;0;0;1128.00", KLARNA_SALE).decode()
    two = one.replace(";9001;", ";9002;").replace("1128.00", "49.00")
    assert [(p.id, p.paid_out) for p in payouts((one + "\n" + two).encode())] == [
        ("9001", sek("1128.00")),
        ("9002", sek("49.00")),
    ]
    assert [problem.fault.code for problem in read((one + one).encode()).problems] == ["FILE_PAYOUT_TWICE"]


def test_klarnas_references_lose_shopifys_prefix() -> None:
    sale = KLARNA_SALE.replace("#1007;;", "gid://shopify/PaymentSession/rAB1;rAB1;")
    (line,) = only(documented("1128.00;0;0;0;0;1128.00", sale)).lines
    assert (line.keys[MatchKey.PAYMENT_ID], line.keys[MatchKey.ORDER_NAME]) == ("rAB1", "rAB1")


def test_klarnas_unsigned_rows_take_their_sign_from_the_type() -> None:
    unsigned = only(klarna(KLARNA_ROWS.replace(";-", ";")))
    assert [line.net for line in unsigned.lines] == [line.net for line in only(klarna()).lines]


@pytest.mark.parametrize(("rate", "fee"), [("2500", "12.50"), ("25", "1250")])
def test_klarnas_units_are_read_off_the_rate_where_no_amount_has_decimals(rate: str, fee: str) -> None:
    rows = f"FEE;;;o;r;1250;SEK;2026-03-01T10:00:00Z;P;;{rate};2026-03-05\n"
    payout = only((KLARNA_HEADER + rows).encode())
    assert payout.lines[0].fee == sek(fee)


def test_klarnas_whole_numbers_without_any_evidence_are_refused() -> None:
    rows = "SALE;c;;o;r;500;SEK;2026-03-01T10:00:00Z;P;;;2026-03-05\n"
    (problem,) = read((KLARNA_HEADER + rows).encode()).problems
    assert (problem.line, problem.column) == (2, "amount")


@pytest.mark.parametrize(
    "content", [shopify(CHARGE, REFUND, REFUND), STRIPE, ITEMIZED, adyen(ADYEN_SALE), PAYPAL, klarna()]
)
def test_the_same_file_read_twice_says_the_same(content: bytes) -> None:
    first = payouts(content)
    assert first == payouts(content)
    every = [identity for payout in first for identity in ids(payout)]
    assert len(every) == len(set(every))


def test_a_providers_own_id_that_stands_twice_is_refused() -> None:
    (problem,) = read(STRIPE.replace(b"txn_a", b"txn_b")).problems
    assert (problem.line, problem.fault) == (5, Fault("FILE_ROW_TWICE", {"reference": "txn_b", "line": "4"}))


def test_a_net_that_does_not_add_up_is_refused_with_its_place() -> None:
    found = read(shopify(CHARGE, shopify_row("charge", "#2", "10.00,1.00,8.00")))
    assert found.payouts == ()
    assert [(problem.line, problem.column) for problem in found.problems] == [(3, "Net")]
