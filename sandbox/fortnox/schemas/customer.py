"""Customers (fortnox-api.md 3.1); defaults from the recording of a create with only a name."""

from sandbox.fortnox.fields import parse_schema

CUSTOMER = parse_schema("""
Address1 text null min=1 max=1024
Address2 text null max=1024
City text null max=1024
Country text null refuse
Comments text null max=1024
Currency text SEK len=3
CostCenter text null
CountryCode text null len=2
Active bool true
CustomerNumber key "" max=1024
DefaultDeliveryTypes any null
DefaultTemplates any null
DeliveryAddress1 text null max=1024
DeliveryAddress2 text null max=1024
DeliveryCity text null max=1024
DeliveryCountry text null max=1024
DeliveryCountryCode text null len=2
DeliveryFax text null max=1024
DeliveryName text null max=1024
DeliveryPhone1 text null max=1024
DeliveryPhone2 text null max=1024
DeliveryZipCode text null max=10
Email email "" max=1024
EmailInvoice email "" max=1024
EmailInvoiceBCC email "" max=1024
EmailInvoiceCC email "" max=1024
EmailOffer email "" max=1024
EmailOfferBCC email "" max=1024
EmailOfferCC email "" max=1024
EmailOrder email "" max=1024
EmailOrderBCC email "" max=1024
EmailOrderCC email "" max=1024
ExternalReference text null max=1024
Fax text null max=1024
GLN text null len=13
GLNDelivery text null len=13
InvoiceAdministrationFee quantity null
InvoiceDiscount number null
InvoiceFreight quantity null
InvoiceRemark text "" max=1024
Name text "" min=1 max=1024 req
OrganisationNumber text "" max=30
OurReference text "" max=50
Phone1 text null max=1024
Phone2 text null max=1024
PriceList text A
Project text ""
SalesAccount text null len=4
ShowPriceVATIncluded bool false
TermsOfDelivery text ""
TermsOfPayment text ""
Type text COMPANY in=PRIVATE|COMPANY
VATNumber text "" max=30
VATType text SEVAT in=SEVAT|SEREVERSEDVAT|EUREVERSEDVAT|EUVAT|EXPORT
VisitingAddress text null max=128
VisitingCity text null max=128
VisitingCountry text null max=128
VisitingCountryCode text null len=2
VisitingZipCode text null max=10
WayOfDelivery text ""
WWW text "" max=128
YourReference text "" max=50
ZipCode text null max=10
""")

# Fields of a list row; unset ones are "" there although the object shows null (recording customers/all).
CUSTOMER_ROW = [
    "Address1",
    "Address2",
    "City",
    "CustomerNumber",
    "Email",
    "Name",
    "OrganisationNumber",
    "Phone",
    "ZipCode",
]
CUSTOMER_SEARCH = [
    "customernumber",
    "name",
    "zipcode",
    "city",
    "email",
    "phone",
    "organisationnumber",
    "gln",
    "glndelivery",
]
