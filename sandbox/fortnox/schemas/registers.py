"""The small registers (fortnox-api.md 3.6, 3.7, 3.9, 3.10, 3.12)."""

from sandbox.fortnox.fields import parse_schema

CURRENCY = parse_schema("""
BuyRate number 1
Code text "" len=3 req
Date date null
Description text "" max=100 req
IsAutomatic bool false
SellRate number 1
Unit number 1
""")
WAY_OF_DELIVERY = parse_schema("""
Code text "" min=1 max=50 req
Description text "" max=100
DescriptionEnglish text "" max=100
""")
TERMS_OF_DELIVERY = parse_schema("""
Code text "" min=1 max=20 req
Description text "" max=200 req
DescriptionEnglish text "" max=100
""")
TERMS_OF_PAYMENT = parse_schema("""
Code text "" min=1 max=25 req
Description text "" req
""")
MODE_OF_PAYMENT = parse_schema("""
AccountNumber text "" len=4 req
Code text "" min=1 max=25 req
Description text ""
""")
UNIT = parse_schema("""
Code text "" min=1 max=20 req
CodeEnglish text "" max=100
Description text "" min=1 max=100 req
""")
PRICE_LIST = parse_schema("""
Code text "" min=1 max=100 req
Comments text ""
Description text "" min=1 max=50 req
PreSelected bool false
""")
COST_CENTER = parse_schema("""
Active bool true
Code text "" min=1 max=6 req
Description text "" min=1 req
Note text ""
""")
PROJECT = parse_schema("""
Comments text null max=512
ContactPerson text null max=50
Description text "" min=1 max=50 req
EndDate date null
ProjectLeader text null max=50
ProjectNumber text "" max=20
Status text ONGOING in=NOTSTARTED|ONGOING|COMPLETED
StartDate date null
""")
PROJECT_ROW = ["Description", "EndDate", "ProjectLeader", "ProjectNumber", "Status", "StartDate"]
PREDEFINED_ACCOUNT = parse_schema("""
Account int null min=1000 max=9999 req
Name text ""
""")
PREDEFINED_VOUCHER_SERIES = parse_schema("""
Name text ""
VoucherSeries text "" req
""")
VOUCHER_SERIES = parse_schema("""
Approver any null ro
Code text "" min=1 max=10 req
Description text "" max=200
Manual bool true
NextVoucherNumber int 1
Year int null
""")
PRICE = parse_schema("""
ArticleNumber text "" req
Date any null
FromQuantity number 0 min=0
Percent number 0
Price quantity 0 min=0
PriceList text "" req
""")
LABEL = parse_schema("""
Description text "" min=1 max=25 req
Id int null
""")
TAX_REDUCTION = parse_schema("""
ApprovedAmount number 0
AskedAmount number null req
BilledAmount number 0
CustomerName text "" min=1 req
Id int null ro
PropertyDesignation text ""
ReferenceDocumentType text "" in=OFFER|ORDER|INVOICE req
ReferenceNumber text "" req
RequestSent bool false
ResidenceAssociationOrganisationNumber text ""
SocialSecurityNumber text "" min=10 max=13 req
TaxReductionAmounts any []
TypeOfReduction text "" ro
VoucherNumber int null
VoucherSeries text null
VoucherYear int null
WorkType text "" ro
""")
