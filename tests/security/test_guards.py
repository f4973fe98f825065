"""CSRF, roles and headers: the pure guards."""

from __future__ import annotations

from typing import Any

import pytest

from app.settings import Settings
from app.tenants.roles import NotAllowedError, Permission, Role, may, require, visible_tenant
from app.web.application import connect_pages, form_targets
from app.web.edge import comes_from_us, form_token_fits, security_headers

OURS = "https://bokbro.example"


@pytest.mark.parametrize(
    ("method", "headers", "passes"),
    [
        ("GET", {}, True),
        ("HEAD", {"sec-fetch-site": "cross-site"}, True),
        ("POST", {"sec-fetch-site": "same-origin"}, True),
        ("POST", {"sec-fetch-site": "none"}, True),
        ("POST", {"sec-fetch-site": "same-site"}, False),
        ("POST", {"sec-fetch-site": "cross-site", "origin": OURS}, False),
        ("POST", {"origin": OURS}, True),
        ("POST", {"origin": "https://bokbro.example.evil.example"}, False),
        ("POST", {"origin": "http://bokbro.example"}, False),
        ("POST", {"origin": "null"}, False),
        ("POST", {}, False),
        ("DELETE", {}, False),
        ("post", {"origin": "https://evil.example"}, False),
    ],
)
def test_unsafe_method_must_come_from_us(method: str, headers: dict[str, str], passes: bool) -> None:  # noqa: FBT001
    assert comes_from_us(method, headers, OURS) is passes


@pytest.mark.parametrize(
    ("given", "fits"), [("abc", True), ("abd", False), ("", False), (None, False), ("åäö", False), (b"abc", False)]
)
def test_form_token(given: object, fits: bool) -> None:  # noqa: FBT001
    assert form_token_fits("abc", given) is fits


def test_merchant_and_bookkeeper_see_their_own_and_operator_all() -> None:
    assert visible_tenant(Role.MERCHANT, 7) == 7
    assert visible_tenant(Role.BOOKKEEPER, 7) == 7
    assert visible_tenant(Role.OPERATOR, None) is None


@pytest.mark.parametrize("role", [Role.MERCHANT, Role.BOOKKEEPER])
def test_person_without_tenant_sees_nothing_rather_than_all(role: Role) -> None:
    with pytest.raises(NotAllowedError):
        visible_tenant(role, None)


def test_operator_helps_but_never_consents() -> None:
    assert may(Role.OPERATOR, Permission.RETRY)
    for permission in (Permission.CONNECT_LEDGER, Permission.CONNECT_SHOP):
        with pytest.raises(NotAllowedError):
            require(Role.OPERATOR, permission)


def test_bookkeeper_connects_the_books_but_not_the_shop() -> None:
    require(Role.BOOKKEEPER, Permission.CONNECT_LEDGER)
    with pytest.raises(NotAllowedError):
        require(Role.BOOKKEEPER, Permission.CONNECT_SHOP)


def targets(consent: str, shop: str) -> list[str]:
    """Of all pages that connect a platform."""
    chosen: dict[str, Any] = {"_env_file": None, "fortnox_auth_url": consent, "shopify_url_template": shop}
    return form_targets(connect_pages(), Settings(**chosen))


def test_policy_allows_nothing_but_ourselves_and_the_consent_pages() -> None:
    hosts = targets("https://apps.fortnox.se/oauth-v1", "https://{shop}")
    policy = security_headers(hosts, secure=True)["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "form-action 'self' https://apps.fortnox.se https://*.fortnox.se https://*.myshopify.com" in policy
    assert policy.count("http") == 5


def test_sandbox_hosts_are_allowed_by_their_own_origin() -> None:
    hosts = targets("http://127.0.0.1:9001/oauth-v1", "http://127.0.0.1:9002/{shop}")
    assert hosts == ["http://127.0.0.1:9001", "http://127.0.0.1:9002"]


def test_hsts_only_where_tls_is() -> None:
    assert "Strict-Transport-Security" in security_headers([], secure=True)
    assert "Strict-Transport-Security" not in security_headers([], secure=False)


def test_address_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="not an http address"):
        targets("javascript:alert(1)", "https://{shop}")
