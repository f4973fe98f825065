"""Payments, vouchers, accounts and years (fortnox-api.md 3.5, 3.7, 3.8)."""

from sandbox.fortnox.fields import parse_schema

PAYMENT = parse_schema("""
Amount number null
AmountCurrency number null
Booked bool false ro
Currency text "" len=3
CurrencyRate number null
CurrencyUnit number 1
ExternalInvoiceReference1 text "" max=80
ExternalInvoiceReference2 text "" max=80
InvoiceCustomerName text "" ro
InvoiceCustomerNumber text "" ro
InvoiceDueDate date null ro
InvoiceNumber int null req
InvoiceOCR text "" ro
InvoiceTotal text "" ro
ModeOfPayment text null
ModeOfPaymentAccount int null min=1000 max=9999
Number text "" ro
PaymentDate date null
Source text manual
VoucherNumber int null ro
VoucherSeries text null ro
VoucherYear int null ro
WriteOffs any []
""")

WRITE_OFF = parse_schema("""
Amount number null req
AccountNumber int null min=1000 max=9999 req
CostCenter text null
Currency text null len=3
Description text null
TransactionInformation text null max=100
Project text null
""")

VOUCHER = parse_schema("""
ApprovalState int 0
Comments text null max=1000
CostCenter text null
Description text "" min=1 max=200 req
Project text null
ReferenceNumber text null
ReferenceType text null in=INVOICE|SUPPLIERINVOICE|INVOICEPAYMENT|SUPPLIERPAYMENT|MANUAL|CASHINVOICE|ACCRUAL
TransactionDate date null req
VoucherNumber int null ro
VoucherRows any []
VoucherSeries text "" req
Year int null
""")

VOUCHER_ROW = parse_schema("""
Account int null min=1000 max=9999 req
CostCenter text null
Credit number 0
Debit number 0
Description text ""
Project text null
Quantity number null
Removed bool false ro
TransactionInformation text null max=100
""")

ACCOUNT = parse_schema("""
Active bool true
BalanceBroughtForward number 0
BalanceCarriedForward number 0 ro
CostCenter text null
CostCenterSettings text ALLOWED in=ALLOWED|MANDATORY|NOTALLOWED
Description text "" min=1 max=200 req
Number int null min=1000 max=9999 req
OpeningQuantities any []
Project text null
ProjectSettings text ALLOWED in=ALLOWED|MANDATORY|NOTALLOWED
QuantitySettings text ALLOWED ro
QuantityUnit text null ro
SRU int null
TransactionInformation text null
TransactionInformationSettings text ALLOWED in=ALLOWED|MANDATORY|NOTALLOWED
VATCode text ""
Year int null ro
""")

FINANCIAL_YEAR = parse_schema("""
AccountChartType text ""
AccountingMethod text ACCRUAL in=ACCRUAL|CASH
FromDate date null req
Id int null ro
ToDate date null req
""")
