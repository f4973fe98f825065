"""What several test modules share of `test_sumup_and_amazon`."""

from __future__ import annotations

SUMUP = (
    "Date,Transaction ID,Transaction Type,Status,Card Type,Last 4 digits,Process as,Payment Method,Entry mode,"
    "Auth code,Description,Total,Net Amount,Tax amount,Tip Amount,Fee,Payout,Payout date,Payout ID,Reference,Email\n"
)


def sumup(number: str, kind: str, status: str, amounts: tuple[str, str, str], paid: str, method: str = "POS") -> str:
    """`amounts` are total, fee and what is paid out; `paid` the payout's day and id."""
    total, fee, out = amounts
    return (
        f"2026-11-11 10:00:00,{number},{kind},{status},VISA,1234,Debit,{method},Chip,1,Kaffe,{total},80.0,20.0,0.0,"
        f"{fee},{out},{paid},1001,a@x.example\n"
    )


PAID = sumup("TX1", "Sale", "Paid out", ("100.0", "1.95", "98.05"), "2026-11-12,MSP1")
