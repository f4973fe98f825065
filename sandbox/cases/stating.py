"""What stands in the books after a case, and what the case expects, in the same plain form."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from app.kit.money import Money, vat_out_of_gross
from app.tenants.rules import TenantRules
from app.vat.oss import rate_text
from sandbox.cases.books import CaseBooks
from sandbox.cases.states import Story

Json = dict[str, Any]
Translate = Callable[[str], str]

_BOX_OF_CODE = {"MP1": "05", "MP2": "05", "MP3": "05", "VEU": "35", "VTEU": "36", "MF": "42", "ITEU": "21"}
_BOX_OF_VAT_ROLE = {
    "vat.se.25": "10", "vat.se.12": "11", "vat.se.6": "12", "vat.output_reverse": "30", "vat.input": "48",
    "vat.input_reverse": "48",
}  # fmt: skip
_OF_COSTS = frozenset({"21", "48"})
"""Boxes of what was bought: debit is positive there."""
NOT_THE_SHOPS = frozenset({"bank_receipt"})
"""Events that a case tells but no shop can know: the bank's own."""


def listed(expected: Json | list[Json] | None) -> list[Json]:
    """A case states no document, one, or several."""
    if expected is None:
        return []
    return expected if isinstance(expected, list) else [expected]


def invoices_found(books: CaseBooks) -> list[Json]:
    """The invoices and credit notes that the case made, as they stand in Fortnox."""
    made = books.documents("invoices")
    customers = {document["CustomerNumber"]: document for document in books.documents("customers")}
    numbers = {one["DocumentNumber"]: place for place, one in enumerate(made)}
    return [
        _found(one, customers[one["CustomerNumber"]], numbers.get(one["InvoiceReference"]))
        for one in made[books.earlier[0] :]
    ]


def _found(invoice: Json, customer: Json, linked_to: int | None) -> Json:
    return {
        "document": _kind(is_credit=invoice["Credit"] == "true", is_linked=linked_to is not None),
        "invoice_date": invoice["InvoiceDate"],
        "customer_vat_type": customer["VATType"],
        "customer": [customer["CountryCode"], customer["Type"].lower(), customer["VATNumber"]],
        "currency": invoice["Currency"],
        "currency_rate": _number(invoice["CurrencyRate"]),
        "vat_included": invoice["VATIncluded"],
        "rows": [
            [str(row["AccountNumber"])]
            + [_number(row[name]) for name in ("DeliveredQuantity", "Price", "VAT", "Total")]
            for row in invoice["InvoiceRows"]
        ],
        "net": _number(invoice["Net"]),
        "vat_total": _number(invoice["TotalVAT"]),
        "round_off": _number(invoice["RoundOff"]),
        "total": _number(invoice["Total"]),
        "balance": _number(invoice["Balance"]),
        "invoice_text": invoice["Remarks"] if customer["VATType"] == "EUREVERSEDVAT" else "",
    }


def _kind(*, is_credit: bool, is_linked: bool) -> str:
    if not is_credit:
        return "invoice"
    return "credit_invoice" if is_linked else "standalone_credit_invoice"


def invoices_expected(
    expected: Json | list[Json] | None, vouchers: Iterable[Json], account: Translate, told: Story
) -> list[Json]:
    """The same of the case. An invoice that nothing paid, or only the bank, stays open."""
    paid = any(voucher["event"] in {"payment_captured", "gift_card_redeemed", "refund_paid"} for voucher in vouchers)
    return [_expected(json, account, told, paid=paid) for json in listed(expected)]


def _expected(expected: Json, account: Translate, told: Story, *, paid: bool) -> Json:
    customer = expected.get("customer", {})
    return {
        "document": expected.get("document", "invoice"),
        "invoice_date": str(expected["invoice_date"]),
        "customer_vat_type": expected["customer_vat_type"],
        "customer": [
            customer.get("country", told.order.get("ship_to", {}).get("country", "")),
            customer.get("type", "private"),
            customer.get("vat_number", ""),
        ],
        "currency": expected["currency"],
        "currency_rate": _number(expected.get("currency_rate", "1")),
        "vat_included": expected["vat_included"],
        "rows": [
            [account(row["account"])]
            + [_number(row[name]) for name in ("quantity", "unit_price", "vat_percent", "row_total")]
            for row in expected["rows"]
        ],
        **{name: _number(expected[name]) for name in ("net", "vat_total", "round_off", "total")},
        "balance": "0" if paid else _number(expected["total"]),
        "invoice_text": expected.get("invoice_text", "") if expected["customer_vat_type"] == "EUREVERSEDVAT" else "",
    }


def vouchers_found(books: CaseBooks) -> list[Any]:
    """Date, and account → amount in kronor (debit positive), of every voucher."""
    return [
        [
            voucher["date"],
            _by_account((row["account"], Decimal(row["debit"] - row["credit"]) / 100) for row in voucher["rows"]),
        ]
        for voucher in books.vouchers()
    ]


def vouchers_expected(vouchers: Iterable[Json], account: Translate) -> list[Any]:
    """The same of the case; two rows on one account count together."""
    return [
        [
            str(voucher["date"]),
            _by_account(
                (account(row["account"]), Decimal(row["debit"]) - Decimal(row["credit"])) for row in voucher["entries"]
            ),
        ]
        for voucher in vouchers
        if voucher["event"] not in NOT_THE_SHOPS
    ]


def boxes_found(books: CaseBooks, rules: TenantRules) -> Json:
    """The Swedish VAT return: sales by the VAT code of their account, VAT by its account; credit positive."""
    codes = books.vat_codes()
    of_vat = {rules.account(role): box for role, box in _BOX_OF_VAT_ROLE.items()}
    boxes: dict[str, Decimal] = {}
    for voucher in books.vouchers():
        for row in voucher["rows"]:
            box = of_vat.get(row["account"]) or _BOX_OF_CODE.get(codes.get(row["account"], ""))
            if box:
                sold = Decimal(row["credit"] - row["debit"]) / 100
                boxes[box] = boxes.get(box, Decimal(0)) + (-sold if box in _OF_COSTS else sold)
    return {box: _number(amount) for box, amount in sorted(boxes.items()) if amount}


def boxes_expected(stated: Mapping[str, str]) -> Json:
    """The same of the case."""
    return {box: _number(amount) for box, amount in sorted(stated.items())}


def oss_found(books: CaseBooks, rules: TenantRules) -> list[list[str]]:
    """The OSS return: country, rate, currency, base and VAT, read off the invoices' rows on OSS accounts."""
    countries = {number: role.split(".")[1] for role, number in rules.accounts.items() if role.startswith("oss_sales.")}
    gross: dict[tuple[str, Decimal, str], Decimal] = {}
    for invoice in books.documents("invoices"):
        for row in invoice["InvoiceRows"]:
            country = countries.get(row["AccountNumber"])
            if country:
                key = (country, Decimal(row["VAT"]), invoice["Currency"])
                gross[key] = gross.get(key, Decimal(0)) + row["Total"]
    return sorted(_oss_row(*key, amount) for key, amount in gross.items())


def _oss_row(country: str, rate: Decimal, currency: str, gross: Decimal) -> list[str]:
    whole = Money.of(gross, currency)
    vat = vat_out_of_gross(whole, rate)
    return [country, rate_text(rate), currency, _number((whole - vat).decimal), _number(vat.decimal)]


def oss_expected(stated: Iterable[Json]) -> list[list[str]]:
    """The same of the case."""
    return sorted(
        [json["country"], json["vat_percent"], json["currency"], _number(json["base"]), _number(json["vat"])]
        for json in stated
    )


def _by_account(rows: Iterable[tuple[Any, Decimal]]) -> dict[str, str]:
    sums: dict[str, Decimal] = {}
    for account, amount in rows:
        sums[str(account)] = sums.get(str(account), Decimal(0)) + amount
    return {account: _number(amount) for account, amount in sorted(sums.items()) if amount}


def _number(value: Any) -> str:  # noqa: ANN401 - a number or its text
    """A number as text without needless zeros, so that 1.00 and "1" compare equal."""
    return f"{Decimal(str(value)).normalize():f}"
