"""What several test modules share of `test_foreign_invoices`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from app.model.payout import MatchKey, PayoutLine, PayoutLineKind
from tests.support.pipeline.bench import Bench
from tests.support.pipeline.payouts import CLEARING, TODAY, sek


def invoiced_by_others(bench: Bench, *, paid: Any = True, **head: Any) -> str:
    """An invoice of another integration over 499 kr, booked and, as a rule, paid."""
    day = TODAY.isoformat()
    customer = bench.api("POST", "customers", {"Customer": {"Name": "Webbkund"}})["Customer"]["CustomerNumber"]
    rows = [{"Description": "Vas", "DeliveredQuantity": 1, "Price": 499, "VAT": 25, "AccountNumber": 3041}]
    body = {"CustomerNumber": customer, "InvoiceDate": day, "VATIncluded": True, "InvoiceRows": rows} | head
    number = str(bench.api("POST", "invoices", {"Invoice": body})["Invoice"]["DocumentNumber"])
    bench.api("PUT", f"invoices/{number}/bookkeep")
    if paid:
        payment = {"InvoiceNumber": int(number), "Amount": 499, "PaymentDate": day, "ModeOfPaymentAccount": CLEARING}
        made = bench.api("POST", "invoicepayments", {"InvoicePayment": payment})["InvoicePayment"]["Number"]
        bench.api("PUT", f"invoicepayments/{made}/bookkeep")
    return number


def line(reference: str = "QL-77", key: MatchKey = MatchKey.PAYMENT_ID, **changes: Any) -> PayoutLine:
    made = PayoutLine("line-1", PayoutLineKind.CHARGE, TODAY, sek("499.00"), sek("0"), keys={key: reference})
    return replace(made, **changes)
