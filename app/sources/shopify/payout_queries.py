"""The GraphQL we send about Shopify Payments (shopify-api.md 1.7, 4.1, 6.1).

Needs the scopes read_shopify_payments_accounts and read_shopify_payments_payouts, and read_orders for the fees' VAT.
"""

from __future__ import annotations

_MONEY = "{ amount currencyCode }"

PAYOUTS = f"""
query PayoutsWindow($q: String!, $after: String) {{
  shopifyPaymentsAccount {{
    payouts(first: 50, after: $after, query: $q, sortKey: ISSUED_AT) {{
      pageInfo {{ hasNextPage endCursor }}
      nodes {{ legacyResourceId status issuedAt externalTraceId net {_MONEY} }}
    }}
  }}
}}
"""

PAYOUT_LINES = f"""
query PayoutLines($q: String!, $after: String) {{
  shopifyPaymentsAccount {{
    balanceTransactions(first: 100, after: $after, query: $q, sortKey: PROCESSED_AT) {{
      pageInfo {{ hasNextPage endCursor }}
      nodes {{
        id type test transactionDate sourceOrderTransactionId adjustmentReason
        amount {_MONEY} fee {_MONEY} net {_MONEY}
        associatedPayout {{ id }}
        associatedOrder {{ id name }}
        adjustmentsOrders {{ orderTransactionId name }}
      }}
    }}
  }}
}}
"""

TRANSACTION_DETAILS = f"""
query TransactionDetails($ids: [ID!]!) {{
  nodes(ids: $ids) {{
    ... on OrderTransaction {{
      id
      amountSet {{ shopMoney {_MONEY} presentmentMoney {_MONEY} }}
      fees {{ amount {_MONEY} taxAmount {_MONEY} }}
    }}
  }}
}}
"""
"""The charges and refunds behind the lines: VAT on their fees, and their amount in the order's currency."""
