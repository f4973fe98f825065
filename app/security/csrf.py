"""Keeps other sites from acting in a signed-in person's name.

Two independent guards: the browser's own word about where the request began, and a token of the session in every form.
"""

from __future__ import annotations

from collections.abc import Mapping

from app.security.tokens import same

FORM_FIELD = "form_token"
"""The name of the hidden field that carries the session's token."""
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN_SITES = frozenset({"same-origin", "none"})


def comes_from_us(method: str, headers: Mapping[str, str], own_origin: str) -> bool:
    """Tell whether a request may change something.

    Safe methods may always pass. Others need `Sec-Fetch-Site: same-origin` (or `none`: typed by the person), or, from
    browsers and networks without that header, an `Origin` equal to ours. A request with neither is refused.
    `headers` must be looked up without regard to case.
    """
    if method.upper() in _SAFE_METHODS:
        return True
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in _OWN_SITES
    return headers.get("origin") == own_origin


def form_token_fits(session_token: str, given: object) -> bool:
    """Compare a form's token with the session's, in constant time."""
    return isinstance(given, str) and same(session_token, given)
