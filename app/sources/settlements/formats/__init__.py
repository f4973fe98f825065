"""The formats we know, one module per provider. Columns: qliro-api.md 7.3.

Swish has no provider's file but each bank's own layout: only Swedbank's is known well enough. Whoever has another as a
table describes it with a ColumnMap.
"""

from __future__ import annotations

from app.sources.settlements.description import Format
from app.sources.settlements.formats import adyen, klarna, paypal, shopify, shopify_rest, stripe, svea, swish

_PROVIDERS = (shopify, shopify_rest, stripe, adyen, paypal, klarna, svea, swish)
KNOWN: tuple[Format, ...] = tuple(one for provider in _PROVIDERS for one in provider.FORMATS)
