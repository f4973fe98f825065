"""Invoices and their rows (fortnox-api.md 3.4); defaults and order from the recordings of December 2024."""

from sandbox.fortnox.fields import parse_schema

INVOICE = parse_schema("""
AccountingMethod text ACCRUAL ro
Address1 text "" max=1024
Address2 text "" max=1024
AdministrationFee number 0
AdministrationFeeVAT number 0 ro
Balance number 0 ro
BasisTaxReduction number 0 ro
Booked bool false ro
Cancelled bool false ro
City text "" max=1024
Comments text "" max=1024
ContractReference text "0" ro
ContributionPercent number 0 ro
ContributionValue number 0 ro
CostCenter text ""
Country text "" max=1024
Credit text "false" ro
CreditInvoiceReference text "0" ro
Currency text SEK len=3
CurrencyRate number 1
CurrencyUnit int 1
CustomerName text "" max=1024
CustomerNumber text "" req
DeliveryAddress1 text "" max=1024
DeliveryAddress2 text "" max=1024
DeliveryCity text "" max=1024
DeliveryCountry text "" max=1024
DeliveryDate date null
DeliveryName text "" max=1024
DeliveryZipCode text "" max=1024
DocumentNumber int ""
DueDate date null
EDIInformation any null
EUQuarterlyReport bool false
EmailInformation any null
ExternalInvoiceReference1 text "" max=80
ExternalInvoiceReference2 text "" max=80
FinalPayDate date null ro
Freight number 0
FreightVAT number 0 ro
Gross number 0 ro
HouseWork bool false ro
InvoiceDate date null
InvoicePeriodEnd date "" ro
InvoicePeriodStart date "" ro
InvoiceReference text "0" ro
InvoiceRows any []
InvoiceType text INVOICE in=INVOICE|AGREEMENTINVOICE|INTRESTINVOICE|SUMMARYINVOICE|CASHINVOICE
Labels any []
Language text SV in=SV|EN
LastRemindDate date null ro
Net number 0 ro
NotCompleted bool false
NoxFinans bool false ro
OCR text ""
OfferReference text "0" ro
OrderReference text "0" ro
OrganisationNumber text "" ro
OurReference text "" max=50
OutboundDate date null
PaymentWay text "" in=CASH|CARD|AG
Phone1 text "" max=1024
Phone2 text "" max=1024
PriceList text A
PrintTemplate text st
Project text ""
Remarks text "" max=1024
Reminders int 0 ro
RoundOff number 0 ro
Sent bool false ro
TaxReduction number null ro
TaxReductionType text none in=none|rot|rut|green
TermsOfDelivery text ""
TermsOfPayment text ""
TimeBasisReference int null ro
Total number 0 ro
TotalToPay number 0 ro
TotalVAT number 0 ro
VATIncluded bool false
VoucherNumber int null ro
VoucherSeries text null ro
VoucherYear int null ro
WarehouseReady bool true ro
WayOfDelivery text ""
YourOrderNumber text "" max=75
YourReference text "" max=50
ZipCode text "" max=1024
""")

INVOICE_ROW = parse_schema("""
AccountNumber int null max=9999
ArticleNumber text ""
ContributionPercent text "0" ro
ContributionValue text "0" ro
Cost number 0 min=-9999999999 max=9999999999
CostCenter text ""
DeliveredQuantity quantity 0
Description text "" max=255
Discount number 0
DiscountType text PERCENT in=AMOUNT|PERCENT
HouseWork bool false
HouseWorkHoursToReport int null min=0 max=999
HouseWorkType text null
Price quantity 0
PriceExcludingVAT number 0 ro
Project text ""
RowId int null
StockPointCode text null
Total number 0 ro
TotalExcludingVAT number 0 ro
Unit text "" max=20
VAT number null min=0 max=100
VATCode text null
""")

EMAIL_INFORMATION = {
    "EmailAddressFrom": None,
    "EmailAddressTo": "",
    "EmailAddressCC": None,
    "EmailAddressBCC": None,
    "EmailSubject": "Faktura {no} bifogas",
    "EmailBody": " ",
}
EDI_INFORMATION = {
    "EDIGlobalLocationNumber": None,
    "EDIGlobalLocationNumberDelivery": None,
    "EDIInvoiceExtra1": None,
    "EDIInvoiceExtra2": None,
    "EDIOurElectronicReference": None,
    "EDIYourElectronicReference": None,
    "EDIStatus": "",
}
INVOICE_LIST = [
    "Balance",
    "Booked",
    "Cancelled",
    "CostCenter",
    "Currency",
    "CurrencyRate",
    "CurrencyUnit",
    "CustomerName",
    "CustomerNumber",
    "DocumentNumber",
    "DueDate",
    "ExternalInvoiceReference1",
    "ExternalInvoiceReference2",
    "InvoiceDate",
    "InvoiceType",
    "NoxFinans",
    "OCR",
    "VoucherNumber",
    "VoucherSeries",
    "VoucherYear",
    "WayOfDelivery",
    "TermsOfPayment",
    "Project",
    "Sent",
    "Total",
    "FinalPayDate",
]
INVOICE_SEARCH = [
    "costcenter",
    "customername",
    "customernumber",
    "documentnumber",
    "notcompleted",
    "ocr",
    "ourreference",
    "project",
    "sent",
    "externalinvoicereference1",
    "externalinvoicereference2",
    "yourreference",
    "invoicetype",
    "currency",
    "yourordernumber",
    "credit",
]
# Texts and references that a switch lets a client change after booking (fortnox-api.md 4 #5).
INVOICE_TEXTS = frozenset(
    [
        "Comments",
        "Remarks",
        "OurReference",
        "YourReference",
        "ExternalInvoiceReference1",
        "ExternalInvoiceReference2",
        "YourOrderNumber",
    ]
)
