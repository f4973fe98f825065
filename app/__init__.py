"""Bokbro: carries Shopify orders, refunds and payouts, and Qliro payouts, into Fortnox."""
