"""Whatever is written into an address or a form, the answer is a page and no fault of the service."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from app.web import application
from app.web.access import local_path
from tests.web.conftest import Site

HOSTILE = (
    "\0", "%00", "%ed%a0%80", "9" * 400, "9" * 5_000, str(2**63), "-1", "1e99999999999999999999", "NaN", "Infinity",
    "0001-01-01", "9999-12-31T23:59:59+00:00", "' or 1=1 --", "x" * 20_000, "",
)  # fmt: skip


def routes() -> Iterator[APIRoute]:
    for page in application.all_pages():
        yield from (one for one in getattr(getattr(page, "router", None), "routes", []) if isinstance(one, APIRoute))


def names(dependant: Dependant) -> tuple[set[str], set[str]]:
    """What a route takes from the address and from a form."""
    asked = {param.alias for param in dependant.query_params}
    filled = {body_param.alias for body_param in dependant.body_params}
    for below in dependant.dependencies:
        more_asked, more_filled = names(below)
        asked, filled = asked | more_asked, filled | more_filled
    return asked, filled - {"form_token"}


ROUTES = {(route.path, *sorted(route.methods or ())): route for route in routes()}
LEFT_OUT = {"/sign-out": "ends the session that the others need", "/sign-in": "has a test of its own"}


def test_no_route_fails_at_what_stands_in_its_address_or_form(site: Site) -> None:
    merchant = site.merchant()
    token = merchant.token()
    failed = []
    for (path, *_), route in ROUTES.items():
        asked, filled = names(route.dependant)
        for hostile in HOSTILE if path not in LEFT_OUT else ():
            spoilt = hostile.replace("\0", "%00").replace("/", "")[:4_000] or "x"
            params = dict.fromkeys(asked, hostile[:4_000])
            form = dict.fromkeys(filled, hostile) | {"form_token": token}
            for segment in {"1", spoilt} if "{" in path else {""}:
                where = site.url + re.sub(r"{\w+}", segment.replace("\\", "%5c"), path)
                if "POST" in (route.methods or ()):
                    answer = merchant.http.post(where, params=params, data=form, headers={"Origin": site.url})
                else:
                    answer = merchant.http.get(where, params=params)
                if answer.status_code == 500:
                    failed.append(f"{path} {segment[:30]} {hostile[:30]!r}")
    assert failed == []


def test_whatever_is_given_as_name_and_password_is_refused(site: Site) -> None:
    statuses = {site.browser().sign_in(one, one or "x").status_code for one in HOSTILE}
    assert statuses <= {401, 429}


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example", "/..//evil.example", "/.//evil.example", "/a//evil.example", "/\\evil.example",
        "/%2e%2e//evil",        "https://evil.example", "/../x", "/a/../../b", "/.", "/..", "/..?x", "evil", "", "?x",
    ],
)  # fmt: skip
def test_path_that_could_lead_elsewhere_leads_home(path: str) -> None:
    assert local_path(path) == "/"


@pytest.mark.parametrize("path", ["/", "/orders", "/orders/7?retried=true", "/payouts/files/3", "/?next=/x", "/.a/b"])
def test_own_path_is_kept(path: str) -> None:
    assert local_path(path) == path


def test_no_redirect_goes_where_the_host_header_says(site: Site) -> None:
    answer = site.browser().http.get(f"{site.url}/orders/", headers={"Host": "evil.example"})
    assert (answer.status_code, "location" in answer.headers) == (404, False)
