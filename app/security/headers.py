"""The response headers that tell browsers what our pages may do: nothing that they do not need."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

_YEAR = 365 * 24 * 3600


def form_targets(fortnox_auth_url: str, shopify_url_template: str) -> list[str]:
    """The hosts that a form post of ours may be redirected to: Fortnox's consent page and the shop's.

    Chromium applies `form-action` to every hop after a form post, so the sign-in hosts behind those pages count too.
    """
    fortnox = _origin(fortnox_auth_url)
    shop = _origin(shopify_url_template.replace("{shop}", "*.myshopify.com"))
    targets = [fortnox, shop]
    if fortnox.endswith(".fortnox.se"):
        targets.append("https://*.fortnox.se")
    if shop.endswith("*.myshopify.com"):
        targets += ["https://admin.shopify.com", "https://accounts.shopify.com"]
    return targets


def security_headers(form_hosts: Iterable[str], *, secure: bool) -> dict[str, str]:
    """All headers of a page. `secure` adds HSTS; it is off in development, where it would lock localhost to TLS."""
    headers = {
        "Content-Security-Policy": "; ".join(
            (
                "default-src 'none'",
                "style-src 'self'",
                "script-src 'self'",
                "img-src 'self' data:",
                f"form-action 'self' {' '.join(form_hosts)}".rstrip(),
                "frame-ancestors 'none'",
                "base-uri 'none'",
            )
        ),
        "X-Content-Type-Options": "nosniff",
        # Not `no-referrer`: with it browsers send `Origin: null` in our own forms, and the CSRF guard reads Origin.
        "Referrer-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cache-Control": "no-store",
    }
    if secure:
        headers["Strict-Transport-Security"] = f"max-age={_YEAR}; includeSubDomains"
    return headers


def _origin(url: str) -> str:
    parts = urlsplit(url)
    if not re.fullmatch(r"https?", parts.scheme) or not parts.netloc:
        raise ValueError(f"not an http address: {url!r}")
    return f"{parts.scheme}://{parts.netloc}"
