"""The GraphQL we send (validated against version 2026-10; shopify-api.md 6.1)."""

from __future__ import annotations

_BAG = "{ shopMoney { amount currencyCode } presentmentMoney { amount currencyCode } }"
_TAXES = f"taxLines {{ title rate ratePercentage channelLiable priceSet {_BAG} }}"
_ADDRESS = "{ name company address1 address2 zip city provinceCode countryCodeV2 }"
_LINE = f"""
  id title sku quantity currentQuantity unfulfilledQuantity isGiftCard taxable requiresShipping product {{ id }}
  originalUnitPriceSet {_BAG}
  discountAllocations {{ allocatedAmountSet {_BAG} }}
  {_TAXES}
"""
LINES_PER_PAGE = 100
"""Lines in one answer: a page of 100 stays far under the 1,000 points that one query may cost."""

MAY_BE_DENIED = frozenset({"purchasingEntity", "paymentTerms"})
"""Fields of an order that need a scope of their own: without it they are empty, and the order is read all the same."""

ORDER = f"""
query OneOrder($id: ID!, $first: Int!, $after: String) {{
  order(id: $id) {{
    id legacyResourceId name createdAt processedAt updatedAt cancelledAt test sourceName poNumber email
    currencyCode presentmentCurrencyCode taxesIncluded
    totalPriceSet {_BAG} currentTotalPriceSet {_BAG} totalTaxSet {_BAG} totalTipReceivedSet {_BAG}
    currentTotalDutiesSet {_BAG} originalTotalDutiesSet {_BAG}
    {_TAXES}
    customAttributes {{ key value }}
    additionalFees {{ name price {_BAG} }}
    customer {{ id legacyResourceId displayName defaultEmailAddress {{ emailAddress }} }}
    billingAddress {_ADDRESS}
    shippingAddress {_ADDRESS}
    purchasingEntity {{
      __typename ... on PurchasingCompany {{ company {{ name }} location {{ taxSettings {{ taxRegistrationId }} }} }}
    }}
    paymentTerms {{ paymentTermsName dueInDays }}
    agreements(first: 50, reverse: true) {{ nodes {{ happenedAt reason }} }}
    fulfillments(first: 100) {{ createdAt status }}
    retailLocation {{ address {{ countryCode }} }}
    fulfillmentOrders(first: 10) {{
      nodes {{ status deliveryMethod {{ methodType }} assignedLocation {{ countryCode }} }}
    }}
    returns(first: 10) {{
      nodes {{
        id status createdAt
        returnShippingFees {{ id amountSet {_BAG} }}
        returnLineItems(first: 20) {{
          nodes {{
            ... on ReturnLineItem {{
              id quantity fulfillmentLineItem {{ lineItem {{ id }} }} restockingFee {{ amountSet {_BAG} }}
            }}
          }}
        }}
      }}
    }}
    lineItems(first: $first, after: $after) {{ pageInfo {{ hasNextPage endCursor }} nodes {{ {_LINE} }} }}
    shippingLines(first: 10, includeRemovals: false) {{
      nodes {{ id title isRemoved discountedPriceSet {_BAG} {_TAXES} }}
    }}
    transactions(first: 100) {{
      id kind status gateway manualPaymentGateway paymentId processedAt test
      amountSet {_BAG} amountRoundingSet {_BAG} settlementCurrency settlementCurrencyRate
    }}
    refunds(first: 100) {{
      id legacyResourceId createdAt note totalRefundedSet {_BAG}
      refundLineItems(first: 100) {{
        nodes {{ quantity lineItem {{ id }} subtotalSet {_BAG} totalTaxSet {_BAG} }}
      }}
      refundShippingLines(first: 5) {{
        nodes {{ shippingLine {{ id }} subtotalAmountSet {_BAG} taxAmountSet {_BAG} }}
      }}
      orderAdjustments(first: 10) {{ nodes {{ reason amountSet {_BAG} taxAmountSet {_BAG} }} }}
      duties {{ amountSet {_BAG} }}
      transactions(first: 10) {{ nodes {{ id }} }}
    }}
  }}
}}
"""

CHANGED_ORDERS = """
query OrdersWindow($q: String!, $after: String) {
  orders(first: 100, after: $after, query: $q, sortKey: UPDATED_AT) {
    pageInfo { hasNextPage endCursor }
    nodes { id legacyResourceId name updatedAt }
  }
}
"""
