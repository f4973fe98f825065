"""Orders and their rows (fortnox-api.md 3.3); defaults and order from the recordings of January 2023."""

from sandbox.fortnox.fields import parse_schema

ORDER = parse_schema("""
AdministrationFee number 0
AdministrationFeeVAT number 0 ro
Address1 text "" max=1024
Address2 text "" max=1024
BasisTaxReduction number 0 ro
Cancelled bool false ro
City text "" max=1024
Comments text "" max=1024
ContributionPercent number 0 ro
ContributionValue number 0 ro
CopyRemarks bool false
Country text "" max=1024
CostCenter text ""
Currency text SEK len=3
CurrencyRate number 1
CurrencyUnit number 1
CustomerName text "" max=1024
CustomerNumber text "" req
DeliveryState text delivery in=registration|reservation|delivery
DeliveryAddress1 text "" max=1024
DeliveryAddress2 text "" max=1024
DeliveryCity text "" max=1024
DeliveryCountry text "" max=1024
DeliveryDate date null
DeliveryName text "" max=1024
DeliveryZipCode text "" max=1024
DocumentNumber int ""
EmailInformation any null
ExternalInvoiceReference1 text "" max=80
ExternalInvoiceReference2 text "" max=80
Freight number 0
FreightVAT number 0 ro
Gross number 0 ro
HouseWork bool false ro
InvoiceReference text "0" ro
Labels any []
Language text SV in=SV|EN
Net number 0 ro
NotCompleted bool false
OfferReference text "0" ro
OrderDate date null
OrderRows any []
OrderType text Order ro
OrganisationNumber text "" max=30
OurReference text "" max=50
Phone1 text "" max=1024
Phone2 text "" max=1024
PriceList text A
PrintTemplate text oc
Project text ""
WarehouseReady bool true ro
OutboundDate date null
Remarks text "" max=1024
RoundOff number 0 ro
Sent bool false ro
TaxReduction number null ro
TermsOfDelivery text ""
TermsOfPayment text ""
TimeBasisReference int null ro
Total number 0 ro
TotalToPay number 0 ro
TotalVAT number 0 ro
VATIncluded bool false
WayOfDelivery text ""
YourReference text "" max=50
YourOrderNumber text "" max=75
ZipCode text "" max=1024
StockPointCode text null
StockPointId text null
TaxReductionType text none in=none|rot|rut|green
""")

ORDER_ROW = parse_schema("""
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
OrderedQuantity quantity 0
Price quantity 0
Project text ""
ReservedQuantity quantity 0 ro
RowId int null
StockPointCode text null
StockPointId text null
Total number 0 ro
Unit text "" max=20
VAT number null min=0 max=100
VATCode text null
""")

ORDER_LIST = [
    "Cancelled",
    "Currency",
    "CustomerName",
    "CustomerNumber",
    "DeliveryDate",
    "DocumentNumber",
    "ExternalInvoiceReference1",
    "ExternalInvoiceReference2",
    "OrderDate",
    "OrderType",
    "Project",
    "Sent",
    "Total",
]
ORDER_SEARCH = [
    "customername",
    "customernumber",
    "documentnumber",
    "externalinvoicereference1",
    "externalinvoicereference2",
    "costcenter",
    "project",
    "sent",
    "notcompleted",
    "ourreference",
    "yourreference",
    "ordertype",
]
# Texts that may change after the order has its invoice; which values are «låsta» is not documented (2001242).
ORDER_TEXTS = frozenset(
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
