"""Mollie's and Clearhaus' settlements, and Adyen's further columns. Invented rows, written before the readers.

Sources: Mollie, docs.mollie.com/docs/settlement-report and fjbender/settlement2csv (columns, fee rows "Withheld
transaction fees"). Clearhaus: bornhack/bornhack-website, `import_clearhaus_csv` (columns and signs). Adyen, settlement
details: navipartner/npcore (columns in order; "Payment Fees (NC)" is the total of commission, markup, scheme fees and
interchange) and docs.adyen.com.
"""

from __future__ import annotations

from datetime import date

import pytest

from app.kit.money import Money
from app.model.payout import MatchKey, PayoutLineKind
from tests.support.payout_files.files import only, payouts, read


def sek(amount: str) -> Money:
    return Money.of(amount, "SEK")


MOLLIE = (
    "Date,Payment method,Currency,Amount,Status,ID,Description,Consumer name,Consumer bank account,Consumer BIC,"
    "Settlement currency,Settlement amount,Settlement reference,Amount refunded\n"
)


def mollie(
    number: str, method: str, amount: str, text: str = "Order 1001", currency: str = "SEK", own: str = ""
) -> str:
    return (
        f"2026-10-01 10:12:00,{method},{own or currency},{amount},paidout,{number},{text},,,,{currency},{amount},"
        "1234567.2610.01,\n"
    )


def test_mollies_settlement_is_the_sum_of_its_rows_and_its_withheld_fees() -> None:
    rows = mollie("tr_a", "creditcard", "100.00") + mollie("re_b", "refund", "-20.00")
    rows += mollie("", "", "-1.50", "Withheld transaction fees 2026.10")
    found = only((MOLLIE + rows).encode())
    assert (found.provider, found.id, found.paid_out, found.is_captured) == (
        "mollie",
        "1234567.2610.01",
        sek("78.50"),
        False,
    )
    sale, refund, fee = found.lines
    assert (sale.kind, sale.id, sale.keys[MatchKey.TRANSACTION_ID]) == (PayoutLineKind.CHARGE, "tr_a", "tr_a")
    assert (refund.kind, fee.kind, fee.fee) == (PayoutLineKind.REFUND, PayoutLineKind.FEE, sek("1.50"))


@pytest.mark.parametrize(
    ("number", "method", "amount", "kind"),
    [
        ("chb_1", "chargeback", "-20.00", PayoutLineKind.CHARGEBACK),
        ("", "", "5.00", PayoutLineKind.OTHER),
        ("cpt_1", "klarna", "5.00", PayoutLineKind.CHARGE),
    ],
)
def test_mollies_kinds_are_known_or_wait_for_a_person(
    number: str, method: str, amount: str, kind: PayoutLineKind
) -> None:
    found = only((MOLLIE + mollie("tr_a", "ideal", "100.00") + mollie(number, method, amount, "Something")).encode())
    assert found.lines[1].kind is kind


CLEARHAUS = (
    '"merchant_id","merchant_name","id","settled","currency","period_start_date","period_end_date","payout_amount",'
    '"payout_date","summary_sales","summary_credits","summary_refunds","summary_chargebacks","summary_fees",'
    '"summary_other_postings","summary_net","reserve_amount","reserve_date","payout_reference_number"\n'
)


def clearhaus(number: str, paid: str, parts: str, net: str, reserve: str = "", *, settled: str = "true") -> str:
    """`parts` are sales, credits, refunds, chargebacks, fees and other postings, each signed."""
    return (
        f'"1234567","Granström Form AB","{number}","{settled}","SEK","2026-10-01","2026-10-07","{paid}",'
        f'"{"2026-10-10" if paid else ""}",{parts},"{net}","{reserve}","","1234567808"\n'
    )


SOLD = '"1000.00","0.00","-100.00","0.00","-14.50","0.00"'


def test_clearhaus_settlement_is_its_parts_which_its_payout_proves() -> None:
    found = only((CLEARHAUS + clearhaus("s-1", "885.50", SOLD, "885.50")).encode())
    assert (found.provider, found.account, found.id, found.paid_on) == (
        "clearhaus",
        "1234567",
        "s-1",
        date(2026, 10, 10),
    )
    assert (found.paid_out, found.unexplained, found.is_captured) == (sek("885.50"), sek("0"), True)
    assert [(line.kind, line.amount, line.fee) for line in found.lines] == [
        (PayoutLineKind.CHARGE, sek("1000.00"), sek("0")),
        (PayoutLineKind.REFUND, sek("-100.00"), sek("0")),
        (PayoutLineKind.FEE, sek("0"), sek("14.50")),
    ]


def test_clearhaus_reserve_is_held_back() -> None:
    found = only((CLEARHAUS + clearhaus("s-1", "785.50", SOLD, "885.50", "100.00")).encode())
    assert (found.unexplained, found.lines[-1].kind, found.lines[-1].amount) == (
        sek("0"), PayoutLineKind.RESERVE_HELD, sek("-100.00"),
    )  # fmt: skip


def test_clearhaus_period_that_is_not_settled_waits() -> None:
    found = read((CLEARHAUS + clearhaus("s-2", "", SOLD, "885.50", settled="false")).encode())
    assert (found.payouts, found.pending) == ((), 1)


def test_clearhaus_parts_that_are_not_its_net_are_refused() -> None:
    (problem,) = read((CLEARHAUS + clearhaus("s-1", "885.50", SOLD, "886.50")).encode()).problems
    assert (problem.column, problem.fault.code) == ("summary_net", "FILE_ROW_DOES_NOT_ADD_UP")


def test_one_number_of_two_accounts_of_clearhaus_is_no_payout_that_the_other_replaces() -> None:
    row = clearhaus("s-1", "885.50", SOLD, "885.50")
    (problem,) = read((CLEARHAUS + row + row.replace("1234567", "7654321")).encode()).problems
    assert (problem.fault.code, problem.fault.values["payout"]) == ("FILE_PAYOUT_TWICE", "s-1")


ADYEN = (
    "Company Account,Merchant Account,Psp Reference,Merchant Reference,Payment Method,Creation Date,TimeZone,Type,"
    "Modification Reference,Gross Currency,Gross Debit (GC),Gross Credit (GC),Exchange Rate,Net Currency,"
    "Net Debit (NC),Net Credit (NC),Commission (NC),Markup (NC),Scheme Fees (NC),Interchange (NC),Batch Number,"
    "Payment Fees (NC),DCC Markup (NC)\n"
)


def adyen(kind: str, gross: str, net: str, fees: str, *, side: str = "credit") -> str:
    """`fees` are commission, markup, scheme fees, interchange, batch, payment fees and DCC markup."""
    debit, credit = ("", net) if side == "credit" else (net, "")
    return f"Acme,AcmeSE,P{kind},#1,visa,2026-11-12 09:00:00,CET,{kind},,SEK,,{gross},1,SEK,{debit},{credit},{fees}\n"


OUT = "Acme,AcmeSE,,,visa,2026-11-12 09:00:00,CET,MerchantPayout,,,,,,SEK,{0},,,,,,77,,\n"


@pytest.mark.parametrize(
    ("fees", "net", "fee"),
    [
        (",0.60,0.40,1.00,77,2.00,", "98.00", "2.00"),
        (",0.60,0.40,1.00,77,0.00,", "98.00", "2.00"),
        (",,,,77,2.00,", "98.00", "2.00"),
        (",0.60,0.40,1.00,77,,0.50", "97.50", "2.50"),
    ],
)
def test_adyens_fee_is_what_gross_and_net_prove_of_its_fee_columns(fees: str, net: str, fee: str) -> None:
    found = payouts((ADYEN + adyen("Settled", "100.00", net, fees) + OUT.format(net)).encode())[0]
    assert (found.lines[0].amount, found.lines[0].fee, found.unexplained) == (sek("100.00"), sek(fee), sek("0"))


def test_adyens_fee_columns_that_do_not_make_its_net_are_refused() -> None:
    (problem,) = read(
        (ADYEN + adyen("Settled", "100.00", "97.00", ",0.60,0.40,1.00,77,2.00,") + OUT.format("97.00")).encode()
    ).problems
    assert problem.fault.code == "FILE_ROW_DOES_NOT_ADD_UP"
