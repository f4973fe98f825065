"""Fortnox's answers, as far as we read them. Numbers come partly as strings (fortnox-api.md 0, defect 7)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


def _text(value: Any) -> Any:  # noqa: ANN401 - whatever Fortnox sent
    return "" if value is None else str(value)


def _true(value: Any) -> Any:  # noqa: ANN401 - whatever Fortnox sent
    return value == "true" if isinstance(value, str) else value


def _empty_is_none(value: Any) -> Any:  # noqa: ANN401 - whatever Fortnox sent
    return None if value in ("", "0") else value


Text = Annotated[str, BeforeValidator(_text)]
"""Null, a number or text, as text."""
Reference = Annotated[str, BeforeValidator(lambda value: "" if value in (None, "0", 0) else str(value))]
"""Number of another document; Fortnox writes "0" or 0 for none (fortnox-api.md 0, defect 7)."""
Flag = Annotated[bool, BeforeValidator(_true)]
"""A boolean, or the strings "true" and "false" (`Credit`)."""
OptionalDate = Annotated[date | None, BeforeValidator(_empty_is_none)]
"""A date, null or ""."""


class Wire(BaseModel):
    """Unknown fields are kept out, not refused: Fortnox adds fields without notice."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class WireInvoiceRow(Wire):
    """A row of an invoice as it stands in Fortnox."""

    delivered_quantity: Decimal = Field(Decimal(0), alias="DeliveredQuantity")
    price: Decimal = Field(Decimal(0), alias="Price")
    total: Decimal | None = Field(None, alias="Total")
    vat: Decimal | None = Field(None, alias="VAT")
    account_number: int | None = Field(None, alias="AccountNumber")


class WireInvoice(Wire):
    """An invoice as it stands in Fortnox. `total` is after whole-krona rounding; `round_off` says by how much."""

    document_number: Text = Field(alias="DocumentNumber")
    booked: bool = Field(False, alias="Booked")
    cancelled: bool = Field(False, alias="Cancelled")
    credit: Flag = Field(False, alias="Credit")
    credit_reference: Reference = Field("", alias="CreditInvoiceReference")
    """The number of its one credit invoice; empty without (fortnox-api.md 4 #2)."""
    credits: Reference = Field("", alias="InvoiceReference")
    """Of a credit invoice: the number of the invoice that it is linked to."""
    currency: Text = Field("SEK", alias="Currency")
    currency_rate: Decimal = Field(Decimal(1), alias="CurrencyRate")
    currency_unit: Decimal = Field(Decimal(1), alias="CurrencyUnit")
    total: Decimal = Field(alias="Total")
    total_vat: Decimal = Field(Decimal(0), alias="TotalVAT")
    round_off: Decimal = Field(Decimal(0), alias="RoundOff")
    balance: Decimal = Field(Decimal(0), alias="Balance")
    vat_included: bool = Field(False, alias="VATIncluded")
    customer_number: Text = Field("", alias="CustomerNumber")
    your_order_number: Text = Field("", alias="YourOrderNumber")
    invoice_date: OptionalDate = Field(None, alias="InvoiceDate")
    external1: Text = Field("", alias="ExternalInvoiceReference1")
    external2: Text = Field("", alias="ExternalInvoiceReference2")
    remarks: Text = Field("", alias="Remarks")
    voucher_series: Text = Field("", alias="VoucherSeries")
    voucher_number: int | None = Field(None, alias="VoucherNumber")
    voucher_year: int | None = Field(None, alias="VoucherYear")
    accounting_method: Text = Field("ACCRUAL", alias="AccountingMethod")
    sent: bool = Field(False, alias="Sent")
    warehouse_ready: bool = Field(True, alias="WarehouseReady")
    rows: list[WireInvoiceRow] = Field(default_factory=list, alias="InvoiceRows")


class WireInvoiceListRow(Wire):
    """A row of the invoice list: enough to tell whether it is ours."""

    document_number: Text = Field(alias="DocumentNumber")
    cancelled: bool = Field(False, alias="Cancelled")
    credit: Flag = Field(False, alias="Credit")
    external1: Text = Field("", alias="ExternalInvoiceReference1")
    external2: Text = Field("", alias="ExternalInvoiceReference2")
    ocr: Text = Field("", alias="OCR")
    total: Decimal = Field(Decimal(0), alias="Total")
    balance: Decimal = Field(Decimal(0), alias="Balance")
    currency: Text = Field("SEK", alias="Currency")
    customer_name: Text = Field("", alias="CustomerName")
    invoice_date: Text = Field("", alias="InvoiceDate")

    @property
    def is_credit(self) -> bool:
        """A credit note: lists may leave the flag out, but never the sign of the total."""
        return self.credit or self.total < 0


class WireOrder(Wire):
    """An order; in lists it has no rows."""

    document_number: Text = Field(alias="DocumentNumber")
    cancelled: bool = Field(False, alias="Cancelled")
    external1: Text = Field("", alias="ExternalInvoiceReference1")
    external2: Text = Field("", alias="ExternalInvoiceReference2")
    currency: Text = Field("SEK", alias="Currency")
    currency_unit: Decimal = Field(Decimal(1), alias="CurrencyUnit")
    total: Decimal = Field(Decimal(0), alias="Total")
    total_vat: Decimal = Field(Decimal(0), alias="TotalVAT")
    round_off: Decimal = Field(Decimal(0), alias="RoundOff")
    invoice: Reference = Field("", alias="InvoiceReference")
    """The number of its one invoice; empty before."""
    warehouse_ready: bool = Field(True, alias="WarehouseReady")
    rows: list[WireInvoiceRow] = Field(default_factory=list, alias="OrderRows")


class WirePayment(Wire):
    """An invoice payment."""

    number: Text = Field(alias="Number")
    amount: Decimal = Field(Decimal(0), alias="Amount")
    booked: bool = Field(False, alias="Booked")
    invoice_number: Text = Field("", alias="InvoiceNumber")
    payment_date: OptionalDate = Field(None, alias="PaymentDate")
    voucher_series: Text = Field("", alias="VoucherSeries")
    voucher_number: int | None = Field(None, alias="VoucherNumber")
    mode_account: Text = Field("", alias="ModeOfPaymentAccount")


class WireVoucherRow(Wire):
    """A row of a voucher; one that was struck stays visible and counts for nothing (fortnox-api.md 3.7)."""

    account: int = Field(alias="Account")
    debit: Decimal = Field(Decimal(0), alias="Debit")
    credit: Decimal = Field(Decimal(0), alias="Credit")
    removed: bool = Field(False, alias="Removed")


class WireVoucher(Wire):
    """A voucher; in lists it has no rows."""

    series: Text = Field(alias="VoucherSeries")
    number: int = Field(alias="VoucherNumber")
    year: int = Field(alias="Year")
    day: OptionalDate = Field(None, alias="TransactionDate")
    text: Text = Field("", alias="Description")
    rows: list[WireVoucherRow] = Field(default_factory=list, alias="VoucherRows")

    @property
    def by_account(self) -> dict[int, Decimal]:
        """Account → what it got in kronor, debit positive, without accounts that got nothing in all."""
        sums: dict[int, Decimal] = {}
        for row in self.rows:
            if not row.removed:
                sums[row.account] = sums.get(row.account, Decimal(0)) + row.debit - row.credit
        return {account: amount for account, amount in sums.items() if amount}


class WireError(Wire):
    """Fortnox's error: two spellings of its keys, and a number that may come as text (fortnox-api.md 2.4)."""

    number: int | None
    message: str

    @classmethod
    def read(cls, body: Any) -> WireError:  # noqa: ANN401 - whatever Fortnox sent
        """The error in a body, however it is spelled; without a number when it carries none."""
        if not isinstance(body, dict):
            return cls(number=None, message="")
        inner = body.get("ErrorInformation", body)
        if not isinstance(inner, dict):
            return cls(number=None, message=str(inner))
        lowered = {str(key).lower(): value for key, value in inner.items()}
        code = str(lowered.get("code", ""))
        message = lowered.get("message") or lowered.get("error_description") or lowered.get("error") or ""
        return cls(number=int(code) if code.isascii() and code.isdigit() else None, message=str(message))
