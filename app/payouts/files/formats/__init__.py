"""The formats we know, one module per provider or bank. Each names the page, schema or importer of its columns.

Swish has no provider's file but each bank's own layout: Handelsbanken's and both of Swedbank's are known well enough.
Whoever has another as a table describes it with a ColumnMap; docs/settlement-unknowns.md lists them.
"""

from __future__ import annotations

from app.payouts.files.description import Format
from app.payouts.files.formats import (
    adyen,
    amazon,
    clearhaus,
    klarna,
    lists,
    mollie,
    paypal,
    paypal_stl,
    shopify,
    shopify_rest,
    stripe,
    sumup,
    svea,
    swish,
    swish_handelsbanken,
    swish_workbook,
    vipps,
)

_PROVIDERS = (
    shopify, shopify_rest, stripe, adyen, paypal, paypal_stl, klarna, svea, swish, swish_handelsbanken, swish_workbook,
    vipps, sumup, amazon, mollie, clearhaus, lists,
)  # fmt: skip
KNOWN: tuple[Format, ...] = tuple(format_ for provider in _PROVIDERS for format_ in provider.FORMATS)
