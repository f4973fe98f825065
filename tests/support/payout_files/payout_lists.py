"""What several test modules share of `test_payout_lists`."""

from __future__ import annotations

STRIPE = (
    "id,Amount,Created (UTC),Currency,Livemode,Arrival Date (UTC),Source Type,Destination,Status,Type,Method,"
    "Description,Balance Transaction,Failure Balance Transaction,Failure Message,Failure Code,Statement Descriptor\n"
)


def stripe(number: str, amount: str, status: str = "paid") -> str:
    return (
        f"{number},{amount},2026-11-13 21:00,sek,true,2026-11-14 00:00,card,ba_1,{status},bank_account,standard,"
        f"STRIPE PAYOUT,txn_{number},,,,\n"
    )


SHOPIFY = "Payout Date,Status,Charges,Refunds,Adjustments,Reserved Funds,Fees,Retried Amount,Total,Currency\n"


TWELVE = (
    "Transaction Date,Type,Order,Card Brand,Card Source,Payout Status,Payout Date,Available On,Amount,Fee,Net,"
    "Currency\n"
)


def twelve(kind: str, amounts: str, day: str = "2026-11-03", status: str = "paid", currency: str = "SEK") -> str:
    return f"2026-11-01 10:00:00 +0100,{kind},#1001,visa,online,{status},{day},{day},{amounts},{currency}\n"


EPAY = (
    '"transactionID";"status";"merchantnumber";"orderID";"authamount";"currency";"authdate";"CurrencyCodeA";'
    '"capturedamount";"creditedAmount";"capturedDate";"creditedDate";"fee"\n'
)
