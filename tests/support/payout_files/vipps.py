"""What several test modules share of `test_vipps`."""

from __future__ import annotations

SETTLEMENTS = (
    "SettlementInfo,SalesUnitName,SaleUnitNumber,SettlementDate,SettlementID,SettlementAccount,Gross,Currency,Fee,"
    "Refund,Net,NumberOfTransactions\n"
)


TRANSACTIONS = (
    "TransactionInfo,SalesDate,SaleUnitName,SaleUnitNumber,TransactionId,SettlementId,OrderID,SettlementDate,Gross,"
    "Currency,Fee,Refund,Net\n"
)


def stated(number: str, net: str, *, unit: str = "513000", count: int = 1, currency: str = "SEK") -> str:
    return f"SettlementInfo,Butiken,{unit},12.11.2026,{number},15030000000,0.00,{currency},0.00,0.00,{net},{count}\n"


def moved(number: str, amounts: str, *, unit: str = "513000", order: str = "1001", payout: str = "2000001") -> str:
    """`amounts` is "gross,currency,fee,refund,net"."""
    return f"TransactionInfo,11.11.2026,Butiken,{unit},{number},{payout},{order},12.11.2026,{amounts}\n"


SALE = moved("5554000001", "349.00,SEK,-6.98,0.00,342.02")
