"""PayPal's settlement report of the SFTP server (STL). Invented files in its shape, written before the reader.

Sources: developer.paypal.com/reports/settlement.md (section rows, unsigned amounts in minor units, debit or credit in a
column of its own), developer.paypal.com/docs/transaction-search/transaction-event-codes (T-codes), magento/magento2
`Paypal/Model/Report/Payout.php` (kinds of rows: RH, FH, SH, CH, SB, SF, SC, RC, FF, RF).
"""

from __future__ import annotations

from datetime import date

import pytest

from app.kit.money import Money
from app.model.payout import MatchKey, PayoutLineKind
from tests.support.payout_files.files import only, payouts, read

COLUMNS = (
    '"CH","Transaction ID","Invoice ID","PayPal Reference ID","PayPal Reference ID Type","Transaction Event Code",'
    '"Transaction Initiation Date","Transaction Completion Date","Transaction  Debit or Credit",'
    '"Gross Transaction Amount","Gross Transaction Currency","Fee Debit or Credit","Fee Amount","Fee Currency",'
    '"Custom Field","Consumer ID","Payment Tracking ID","Store ID"\n'
)


def sek(amount: str) -> Money:
    return Money.of(amount, "SEK")


def begin(merchant: str = "MERCHANT") -> str:
    return f'"SH",2026/11/12 00:00:00 +0100,2026/11/12 23:59:59 +0100,"{merchant}",""\n{COLUMNS}'


def row(
    number: str,
    code: str,
    side: str,
    gross: int,
    *,
    fee: str = '"DR",0',
    invoice: str = "",
    to: str = "",
    at: int = 10,
    currency: str = "SEK",
) -> str:
    moment = f"2026/11/12 {at:02}:00:00 +0100"
    return (
        f'"SB","{number}","{invoice}","{to}","{"TXN" if to else ""}","{code}",{moment},{moment},"{side}",{gross},'
        f'"{currency}",{fee},"{currency}","","C","",""\n'
    )


def end(
    credited: int, debits: int, fee_debits: int, *, currency: str = "SEK", fee_credits: int = 0, left: int = 0
) -> str:
    return f'"SF","{currency}",{credited},{debits},{fee_credits},{fee_debits},"CR",0,"CR",{left}\n'


HEAD = '"RH",2026/11/13 00:00:00 +0100,"A","X",12\n"FH",01\n'
SALE = row("T1", "T0006", "CR", 134700, fee='"DR",4527', invoice="1009.1")
OUT = row("T2", "T0400", "DR", 130173, at=23)
TAIL = '"SC",2\n"RC",2\n"FF",2\n"RF",2\n'


def report(body: str, tail: str = "") -> bytes:
    return (HEAD + begin() + body + tail).encode()


def test_withdrawal_is_the_payout_of_the_rows_before_it() -> None:
    found = only(report(SALE + OUT + end(134700, 130173, 4527), TAIL))
    assert (found.provider, found.account, found.id, found.paid_on) == (
        "paypal", "MERCHANT", "T2", date(2026, 11, 12),
    )  # fmt: skip
    assert (found.paid_out, found.unexplained, found.is_captured) == (sek("1301.73"), sek("0"), True)
    (sale,) = found.lines
    assert (sale.id, sale.kind, sale.amount, sale.fee) == ("T1", PayoutLineKind.CHARGE, sek("1347.00"), sek("45.27"))
    assert sale.keys[MatchKey.ORDER_NAME] == "1009"
    assert sale.keys[MatchKey.PAYMENT_ID] == "1009.1"


@pytest.mark.parametrize(
    ("code", "side", "kind"),
    [
        ("T1107", "DR", PayoutLineKind.REFUND),
        ("T1106", "DR", PayoutLineKind.REFUND),
        ("T1201", "DR", PayoutLineKind.CHARGEBACK),
        ("T1202", "CR", PayoutLineKind.CHARGEBACK_REVERSED),
        ("T0106", "DR", PayoutLineKind.FEE),
        ("T2103", "DR", PayoutLineKind.RESERVE_HELD),
        ("T2104", "CR", PayoutLineKind.RESERVE_RELEASED),
        ("T0000", "DR", PayoutLineKind.OTHER),
        ("T9900", "CR", PayoutLineKind.OTHER),
    ],
)
def test_transaction_event_codes_say_what_a_row_is(code: str, side: str, kind: PayoutLineKind) -> None:
    sign = 1 if side == "CR" else -1
    credited, debits = (134700 + 1000, 0) if sign > 0 else (134700, 1000)
    paid = 130173 + sign * 1000
    other = row("T9", code, side, 1000, to="T1", at=11)
    found = only(report(SALE + other + row("T2", "T0400", "DR", paid, at=23) + end(credited, debits + paid, 4527)))
    assert (found.lines[1].kind, found.unexplained) == (kind, sek("0"))


def test_sections_of_two_accounts_and_two_currencies_are_payouts_of_their_own() -> None:
    euros = row("E1", "T0006", "CR", 5000, currency="EUR") + row("E2", "T0400", "DR", 5000, currency="EUR", at=23)
    other = begin("OTHER") + row("O1", "T0006", "CR", 700) + row("O2", "T0400", "DR", 700, at=22) + end(700, 700, 0)
    content = report(SALE + OUT + euros + end(134700, 130173, 4527) + end(5000, 5000, 0, currency="EUR") + other)
    assert {(payout.account, payout.id, payout.currency, payout.unexplained.minor) for payout in payouts(content)} == {
        ("MERCHANT", "T2", "SEK", 0), ("MERCHANT", "E2", "EUR", 0), ("OTHER", "O2", "SEK", 0),
    }  # fmt: skip


def test_balance_that_stays_is_carried() -> None:
    found = only(report(SALE + row("T2", "T0400", "DR", 100000, at=23) + end(134700, 100000, 4527, left=30173)))
    assert (found.paid_out, found.unexplained) == (sek("1000.00"), sek("0"))
    assert (found.lines[-1].kind, found.lines[-1].amount) == (PayoutLineKind.CARRIED_FORWARD, sek("-301.73"))


@pytest.mark.parametrize(
    "wrong",
    [
        end(134701, 130173, 4527),
        end(134700, 130172, 4527),
        end(134700, 130173, 4526),
        end(134700, 130173, 4527, fee_credits=1),
    ],
)
def test_control_sums_that_differ_refuse_the_file(wrong: str) -> None:
    assert [problem.fault.code for problem in read(report(SALE + OUT + wrong)).problems] == ["FILE_CONTROL_DIFFERS"]


def test_count_of_rows_that_differs_refuses_the_file() -> None:
    (problem,) = read(report(SALE + OUT + end(134700, 130173, 4527), '"SC",3\n')).problems
    assert problem.fault.values == {"what": "SC", "written": "3", "computed": "2"}


@pytest.mark.parametrize("body", [SALE + OUT, SALE + OUT + end(0, 0, 0, currency="EUR")])
def test_section_without_its_last_row_is_a_file_cut_off(body: str) -> None:
    (problem,) = read(report(body)).problems
    assert (problem.fault.code, problem.fault.values) == ("FILE_END_MISSING", {"row": "SF"})
