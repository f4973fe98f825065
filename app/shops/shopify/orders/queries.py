"""The GraphQL we send (validated against version 2026-10; shopify-api.md 6.1).

Every connection has its `pageInfo`: what does not fit a page is fetched by a query of its own (`order_pages`). Plain
lists (`refunds`, `transactions`, `fulfillments`) have none: one more than they may hold is asked for.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache

_BAG = "{ shopMoney { amount currencyCode } presentmentMoney { amount currencyCode } }"
_TAXES = f"taxLines {{ title rate ratePercentage channelLiable priceSet {_BAG} }}"
_ADDRESS = "{ name company address1 address2 zip city provinceCode countryCodeV2 }"
_LINE = f"""
  id title sku quantity currentQuantity unfulfilledQuantity isGiftCard taxable requiresShipping
  originalUnitPriceSet {_BAG}
  discountAllocations {{ allocatedAmountSet {_BAG} }}
  {_TAXES}
"""
_PAGE = "pageInfo { hasNextPage endCursor }"
FEW = 10
"""Entries of a plain list that the first query asks for; a list that is longer is asked for alone."""
LONGEST_LIST = 100
"""Entries of a plain list that we read; of one more than that it is not known how many there are."""


@dataclass(frozen=True, slots=True)
class PagedList:
    """A connection: what one of its nodes is asked for, how many are on the first page, and on each later one."""

    name: str
    node: str
    few: int
    size: int
    arguments: str = ""
    most_pages: int = 10
    """A list longer than this is not read: the order stops with a finding."""

    @property
    def first(self) -> str:
        """The selection of its first page."""
        return self._page(self.few, "")

    @property
    def further(self) -> str:
        """The selection of a later page."""
        return self._page(self.size, ", after: $after")

    def _page(self, size: int, after: str) -> str:
        more = f", {self.arguments}" if self.arguments else ""
        return f"{self.name}(first: {size}{after}{more}) {{ {_PAGE} nodes {{ {self.node} }} }}"


LINES = PagedList("lineItems", _LINE, 50, 250, most_pages=100)
SHIPPING = PagedList(
    "shippingLines", f"id title isRemoved discountedPriceSet {_BAG} {_TAXES}", 5, 50, "includeRemovals: false"
)
AGREEMENTS = PagedList("agreements", "happenedAt reason", 50, 250, "reverse: true")
FULFILLMENT_ORDERS = PagedList(
    "fulfillmentOrders", "status deliveryMethod { methodType } assignedLocation { countryCode }", 10, 100
)
RETURN_LINES = PagedList(
    "returnLineItems",
    f"... on ReturnLineItem {{ id quantity fulfillmentLineItem {{ lineItem {{ id }} }} "
    f"restockingFee {{ amountSet {_BAG} }} }}",
    10,
    100,
)
RETURNS = PagedList(
    "returns", f"id status createdAt returnShippingFees {{ id amountSet {_BAG} }} {RETURN_LINES.first}", 5, 25
)
REFUND_LINES = PagedList(
    "refundLineItems", f"quantity lineItem {{ id }} subtotalSet {_BAG} totalTaxSet {_BAG}", 50, 250
)
REFUND_SHIPPING = PagedList(
    "refundShippingLines", f"shippingLine {{ id }} subtotalAmountSet {_BAG} taxAmountSet {_BAG}", 5, 50
)
REFUND_ADJUSTMENTS = PagedList("orderAdjustments", f"reason amountSet {_BAG} taxAmountSet {_BAG}", 5, 100)
REFUND_TRANSACTIONS = PagedList("transactions", "id", 10, 100)

ORDER_LISTS = (LINES, SHIPPING, AGREEMENTS, FULFILLMENT_ORDERS, RETURNS)
REFUND_LISTS = (REFUND_LINES, REFUND_SHIPPING, REFUND_ADJUSTMENTS, REFUND_TRANSACTIONS)
RETURN_LISTS = (RETURN_LINES,)
PLAIN_LISTS: Mapping[str, str] = {
    "fulfillments": "createdAt status",
    "transactions": f"""
      id kind status gateway manualPaymentGateway paymentId processedAt test
      amountSet {_BAG} amountRoundingSet {_BAG} settlementCurrency settlementCurrencyRate
    """,
    "refunds": f"""
      id legacyResourceId createdAt note totalRefundedSet {_BAG}
      duties {{ amountSet {_BAG} }}
      {" ".join(refund_list.first for refund_list in REFUND_LISTS)}
    """,
}
"""Lists of an order that are no connections, and what their entries are asked for."""

_OPTIONAL: Mapping[str, str] = {
    "email": "email",
    "customer": "customer { id legacyResourceId displayName defaultEmailAddress { emailAddress } }",
    "billingAddress": f"billingAddress {_ADDRESS}",
    "shippingAddress": f"shippingAddress {_ADDRESS}",
    "purchasingEntity": """purchasingEntity {
      __typename ... on PurchasingCompany { company { name } location { taxSettings { taxRegistrationId } } }
    }""",
    "paymentTerms": "paymentTerms { paymentTermsName dueInDays }",
    "retailLocation": "retailLocation { address { countryCode } }",
    "fulfillmentOrders": FULFILLMENT_ORDERS.first,
    "returns": RETURNS.first,
}
"""What an order is asked for where the shop lets us (`app.shops.shopify.scopes`)."""


@lru_cache(maxsize=64)
def order_query(without: frozenset[str] = frozenset()) -> str:
    """An order with the first page of each of its lists; `without` some of the optional objects."""
    optional = "\n    ".join(text for name, text in _OPTIONAL.items() if name not in without)
    return f"""
query OneOrder($id: ID!) {{
  order(id: $id) {{
    id legacyResourceId name createdAt processedAt updatedAt cancelledAt test sourceName poNumber returnStatus
    currencyCode presentmentCurrencyCode taxesIncluded
    totalPriceSet {_BAG} currentTotalPriceSet {_BAG} totalTaxSet {_BAG} totalTipReceivedSet {_BAG}
    currentTotalDutiesSet {_BAG} originalTotalDutiesSet {_BAG}
    {_TAXES}
    customAttributes {{ key value }} tags
    additionalFees {{ name price {_BAG} }}
    {optional}
    {AGREEMENTS.first}
    {LINES.first}
    {SHIPPING.first}
    {" ".join(f"{name}(first: {FEW + 1}) {{ {entry} }}" for name, entry in PLAIN_LISTS.items())}
  }}
}}
"""


@lru_cache(maxsize=8)
def plain_list_query(name: str) -> str:
    """One of an order's plain lists, as long as we read one."""
    return f"""
query OrderList($id: ID!) {{
  order(id: $id) {{ updatedAt {name}(first: {LONGEST_LIST + 1}) {{ {PLAIN_LISTS[name]} }} }}
}}
"""


@lru_cache(maxsize=32)
def order_page_query(wanted: PagedList) -> str:
    """A later page of one of an order's lists."""
    return f"""
query OrderPage($id: ID!, $after: String) {{ order(id: $id) {{ updatedAt {wanted.further} }} }}
"""


@lru_cache(maxsize=32)
def part_page_query(root: str, wanted: PagedList) -> str:
    """A later page of a list of a `refund` or a `return`."""
    return f"""
query PartPage($id: ID!, $after: String) {{ {root}(id: $id) {{ order {{ updatedAt }} {wanted.further} }} }}
"""


ORDER_AGE = """
query OrderAge($id: ID!) { order(id: $id) { updatedAt } }
"""
"""Whether an order is still what it was: one point."""

TIPS = f"""
query Tips($id: ID!, $after: String) {{
  order(id: $id) {{
    updatedAt
    agreements(first: 10, after: $after) {{
      {_PAGE} nodes {{ sales(first: 250) {{ {_PAGE} nodes {{ __typename ... on TipSale {{ lineItem {{ id }} }} }} }} }}
    }}
  }}
}}
"""
"""Which lines are tips: asked for only where the amount of the tips alone does not tell."""

RECEIPTS = f"""
query Receipts($id: ID!) {{
  order(id: $id) {{ transactions(first: {LONGEST_LIST + 1}) {{ id gateway receiptJson }} }}
}}
"""
"""Which gift cards paid: asked for only of orders that one paid."""

GRANTED = """
query Granted { currentAppInstallation { accessScopes { handle } } }
"""

CHANGED_ORDERS = """
query OrdersWindow($q: String!, $after: String) {
  orders(first: 100, after: $after, query: $q, sortKey: UPDATED_AT) {
    pageInfo { hasNextPage endCursor }
    nodes { id legacyResourceId name updatedAt }
  }
}
"""


def optional_names() -> Collection[str]:
    """The optional objects of `order_query`."""
    return _OPTIONAL.keys()
