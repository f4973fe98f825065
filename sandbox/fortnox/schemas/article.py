"""Articles (fortnox-api.md 3.2); defaults from the recording of a create."""

from sandbox.fortnox.fields import parse_schema

ARTICLE = parse_schema("""
ArticleNumber key "" max=200
Bulky bool false
ConstructionAccount int 0 min=1000 max=99999
Depth int 0 min=0 max=999999999
Description text "" min=1 max=200 req
DisposableQuantity number 0 ro
EAN text "" max=30
EUAccount int 3108 min=1000 max=99999
EUVATAccount int 3106 min=1000 max=99999
ExportAccount int 3105 min=1000 max=99999
Height int 0 min=0 max=999999999
Housework bool false
HouseworkType text null
Active bool true
Manufacturer text null max=50
ManufacturerArticleNumber text "" max=50
Note text "" max=10000
PurchaseAccount int 4000 min=1000 max=99999
PurchasePrice number 0
QuantityInStock quantity 0
ReservedQuantity number 0 ro
SalesAccount int 3001 min=1000 max=99999
StockGoods bool false
StockPlace text null max=100
StockValue number 0 ro
StockWarning number 0
SupplierName text null
SupplierNumber text null
Type text STOCK in=STOCK|SERVICE
Unit text null
VAT number 0
WebshopArticle bool false
Weight int 0 min=0 max=999999999
Width int 0 min=0 max=999999999
Expired bool false
SalesPrice number null ro
CostCalculationMethod text null
StockAccount int null
StockChangeAccount int null
DirectCost number null
FreightCost number null
OtherCost number null
DefaultStockPoint text null
DefaultStockLocation text null
""")

# A list row shows numbers as texts (recording articles/all).
ARTICLE_ROW = [
    "ArticleNumber",
    "Description",
    "DisposableQuantity",
    "EAN",
    "Housework",
    "PurchasePrice",
    "SalesPrice",
    "QuantityInStock",
    "ReservedQuantity",
    "StockPlace",
    "StockValue",
    "Unit",
    "VAT",
    "WebshopArticle",
]
ARTICLE_ROW_TEXTS = frozenset(
    ["DisposableQuantity", "PurchasePrice", "QuantityInStock", "ReservedQuantity", "StockValue"]
)
ARTICLE_SEARCH = [
    "articlenumber",
    "description",
    "ean",
    "suppliernumber",
    "manufacturer",
    "manufacturerarticlenumber",
    "webshop",
]
