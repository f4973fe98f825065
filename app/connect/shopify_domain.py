"""Which addresses are shops. Checked before any request is made: what a person types must not steer our requests."""

from __future__ import annotations

import re

from app.connect.errors import ConnectRefusedError

_SHOP = re.compile(r"[a-z0-9][a-z0-9-]{0,62}\.myshopify\.com", re.ASCII)
_MAX_SHOWN = 80


def shop_domain(typed: str) -> str:
    """Give the shop's domain, in lower case and without surrounding space.

    Raises ConnectRefusedError SHOPIFY_DOMAIN_INVALID for anything but a bare `name.myshopify.com`: no scheme, port,
    path, user or other host.
    """
    domain = typed.strip().lower()
    # Asked of what was typed: some letters of other alphabets become ASCII in lower case (the Kelvin sign).
    if not typed.isascii() or not _SHOP.fullmatch(domain):
        raise ConnectRefusedError("SHOPIFY_DOMAIN_INVALID", {"shop": typed.strip()[:_MAX_SHOWN]})
    return domain
