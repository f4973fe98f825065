"""The formats we know, one module per provider. Columns: qliro-api.md 7.3.

Svea and Swish are absent: Svea's report is JSON from its API, and Swish has no provider's file but each bank's own
layout, without header or fees. Whoever has one as a table describes it with a ColumnMap.
"""

from __future__ import annotations

from app.sources.settlements.description import Format
from app.sources.settlements.formats import adyen, klarna, paypal, shopify, stripe

KNOWN: tuple[Format, ...] = (*shopify.FORMATS, *stripe.FORMATS, *adyen.FORMATS, *paypal.FORMATS, *klarna.FORMATS)
