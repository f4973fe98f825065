"""What several test modules share of `test_from_sources`."""

from __future__ import annotations


def under(header: str, *rows: str) -> bytes:
    return "\n".join([header, *rows, ""]).encode()


PAYPAL_41 = (
    '"Date","Time","TimeZone","Name","Type","Status","Currency","Gross","Fee","Net","From Email Address",'
    '"To Email Address","Transaction ID","Shipping Address","Address Status","Item Title","Item ID",'
    '"Shipping and Handling Amount","Insurance Amount","Sales Tax","Option 1 Name","Option 1 Value","Option 2 Name",'
    '"Option 2 Value","Reference Txn ID","Invoice Number","Custom Number","Quantity","Receipt ID","Balance",'
    '"Address Line 1","Address Line 2/District/Neighborhood",'
    '"Town/City","State/Province/Region/County/Territory/Prefecture/Republic","Zip/Postal Code","Country",'
    '"Contact Phone Number","Subject","Note","Country Code","Balance Impact"'
)


def paypal(day: str, kind: str, status: str, amounts: tuple[str, str, str], number: str, impact: str) -> str:
    gross, fee, net = amounts
    cells = [
        f"{day}/11/2026", "10:00:00", "CET", "Anna Lind", kind, status, "SEK", gross, fee, net, "a@x.example",
        "s@x.example", number, "", "", "", "", "0,00", "", "0,00", "", "", "", "", "", f"R{number}", "", "1", "",
        "", "", "", "", "", "", "", "", "", "", "SE", impact,
    ]  # fmt: skip
    return ",".join(f'"{cell}"' for cell in cells)


ADYEN_49 = (
    "Company Account,Merchant Account,Psp Reference,Merchant Reference,Payment Method,Creation Date,TimeZone,Type,"
    "Modification Reference,Gross Currency,Gross Debit (GC),Gross Credit (GC),Exchange Rate,Net Currency,"
    "Net Debit (NC),Net Credit (NC),Commission (NC),Markup (NC),Scheme Fees (NC),Interchange (NC),"
    "Payment Method Variant,Modification Merchant Reference,Batch Number,Reserved4,Reserved5,Reserved6,Reserved7,"
    "Reserved8,Reserved9,Reserved10,Booking Date,Booking Date TimeZone,Metadata,Balance Currency,Net Debit (BC),"
    "Net Credit (BC),Payment Fees (NC),DCC Markup (NC),Funds Destination,Balance Platform Debit,"
    "Balance Platform Credit,Shopper Country,Clearing Network,Merchant Order Reference,Dispute Reference,ARN,"
    "Settlement Flow,Authorisation Code,Gross Fees (NC)"
)


def adyen(number: str, kind: str, gross: str, net: str, fees: str = ",,,", total: str = "0.00") -> str:
    """`gross` is "debit,credit" in the buyer's currency, `net` the same in that of the payout."""
    currency = "SEK" if gross.strip(",") else ""
    return (
        f"Company,Shop_SE,PSP{number},r-{number},visa,2026-11-0{number} 00:06:43,CET,{kind},MOD{number},{currency},"
        f"{gross},{1 if currency else ''},SEK,{net},{fees},visastandarddebit,,1300,,,,,,,,"
        f"2026-11-06 10:59:59,CET,,SEK,,,{total},,BalancePlatform,,,SE,,,,0000,Adyen,000000,"
    )


def paid_out(amount: str) -> str:
    return (
        "Company,Shop_SE,,,,2026-11-09 15:15:46,CET,MerchantPayout,"
        f'"TX00XT batch 1300, Shop_SE",,,,,SEK,{amount},,,,,,,,1300,,,,,,,,2026-11-09 15:15:46,CET,,,,,0.00,,'
        "MarketPlace,,,,,,,,Adyen,,"
    )
