"""What a form must show before a byte of it is read: a session, a role, a size, in time."""

from __future__ import annotations

import asyncio
import re
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast

import httpx2
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from sqlalchemy import select

from app.schema import PayoutFile, Tenant
from app.tenants.roles import Role, may
from app.web.application import create_app
from app.web.form_bodies import SMALL, FormRoute, FormRule
from app.web.limits import REFUSALS_PER_MINUTE, UPLOADS_OF_A_COMPANY, UPLOADS_PER_MINUTE
from tests.web.conftest import Browser, Site

MEGABYTE = b"x" * 1_000_000


@dataclass
class Sender:
    """Sends a body piece by piece to an application, and counts what is asked for."""

    app: FastAPI
    pieces: int = 300
    read: int = 0
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)

    def post(self, path: str, *, cookie: str = "", length: int | None = None, origin: str | None = None) -> int:
        headers = {
            "host": "localhost", "origin": origin or self.app.state.services.settings.base_url, "cookie": cookie,
            "content-type": "multipart/form-data; boundary=b",
        }  # fmt: skip
        headers |= {"transfer-encoding": "chunked"} if length is None else {"content-length": str(length)}
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
            "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "",
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
            "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
        }  # fmt: skip
        asyncio.run(self.app(scope, self._receive, self._send))
        return self.status

    async def _receive(self) -> dict[str, Any]:
        self.pieces -= 1
        self.read += len(MEGABYTE)
        return {"type": "http.request", "body": MEGABYTE, "more_body": self.pieces > 0}

    async def _send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}


@pytest.fixture
def sender(site: Site) -> Sender:
    return Sender(create_app(site.services))


def cookie_of(site: Site, email: str) -> str:
    browser = site.browser()
    assert browser.sign_in(email).status_code == 303
    return "; ".join(f"{name}={value}" for name, value in browser.http.cookies.items())


def rules() -> Iterator[tuple[str, FormRule | None]]:
    """Every route that changes something, with what it asks of a form."""
    from app.web import application

    for page in application.all_pages():
        for route in getattr(getattr(page, "router", None), "routes", []):
            if isinstance(route, APIRoute) and not {"GET", "HEAD", "OPTIONS"} & set(route.methods or ()):
                yield route.path, route.form_rule if isinstance(route, FormRoute) else None


RULES = dict(rules())
CLOSED = {path: rule for path, rule in RULES.items() if rule and not rule.is_open}


def test_every_route_that_takes_a_form_says_who_may_send_it() -> None:
    assert [path for path, rule in RULES.items() if rule is None] == []
    assert {path for path, rule in RULES.items() if rule and rule.is_open} == {
        "/sign-in", "/language", "/invitation/{token}/sign-in", "/invitation/{token}/account",
    }  # fmt: skip
    assert len(CLOSED) > 30


def test_nothing_of_a_form_is_read_before_somebody_is_signed_in(sender: Sender) -> None:
    asked = {path: sender.post(re.sub(r"{(\w+)}", r"\1", path)) for path in CLOSED}
    assert set(asked.values()) == {303}
    assert sender.read == 0


def test_connection_of_a_body_that_was_not_read_is_closed(sender: Sender) -> None:
    sender.post("/payouts/files")
    assert (sender.headers["connection"], sender.headers["location"]) == ("close", "/sign-in")


def test_nothing_is_read_of_what_another_site_sends(site: Site, sender: Sender) -> None:
    assert sender.post("/payouts/files", cookie=cookie_of(site, "maja@example.se"), origin="https://evil") == 403
    assert sender.read == 0


@pytest.mark.parametrize(("email", "role"), [("bo@example.se", Role.BOOKKEEPER), ("olga@example.se", Role.OPERATOR)])
def test_nothing_is_read_of_a_form_that_the_role_may_not_send(
    site: Site, sender: Sender, email: str, role: Role
) -> None:
    cookie = cookie_of(site, email)
    forbidden = [path for path, rule in CLOSED.items() if rule.needs and not may(role, rule.needs) and "{" not in path]
    assert forbidden
    assert {sender.post(path, cookie=cookie) for path in forbidden} == {403}
    assert sender.read == 0


def test_declared_length_beyond_the_route_is_413_unread(site: Site, sender: Sender) -> None:
    cookie = cookie_of(site, "maja@example.se")
    assert sender.post("/payouts/files", cookie=cookie, length=300_000_000) == 413
    assert sender.post("/reconciliation/compare", cookie=cookie, length=SMALL + 1) == 413
    assert sender.post("/sign-in", length=SMALL + 1) == 413
    assert sender.read == 0


def test_body_without_a_length_ends_at_the_routes_limit(site: Site, sender: Sender) -> None:
    assert sender.post("/reconciliation/compare", cookie=cookie_of(site, "maja@example.se")) == 413
    assert sender.read <= SMALL + len(MEGABYTE)
    assert sender.headers["connection"] == "close"


def _answer_to_half_a_body(site: Site, path: str, cookie: str = "") -> tuple[bytes, float]:
    """The first line of the answer to a body that is announced and does not come, and how long it took."""
    url = httpx2.URL(site.url)
    lines = f"Host: localhost\r\nOrigin: {site.url}\r\nCookie: {cookie}\r\nContent-Length: 60000\r\n"
    lines += "Content-Type: application/x-www-form-urlencoded\r\n"
    began = time.monotonic()
    with socket.create_connection((url.host, cast("int", url.port)), timeout=10) as line:
        line.sendall(f"POST {path} HTTP/1.1\r\n{lines}\r\nform_".encode())
        return line.recv(200).split(b"\r\n")[0], time.monotonic() - began


def test_over_a_real_connection_a_stranger_is_answered_before_his_body(site: Site) -> None:
    answer, took = _answer_to_half_a_body(site, "/payouts/files")
    assert b" 303 " in answer
    assert took < 5


def test_body_that_does_not_come_is_given_up(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    assert FormRule().seconds < 15
    monkeypatch.setattr("app.web.form_bodies._SECONDS", 0.1)
    answer, _took = _answer_to_half_a_body(site, "/reconciliation/compare", cookie_of(site, "maja@example.se"))
    assert b" 408 " in answer


def test_a_file_of_the_allowed_size_still_comes_in(site: Site) -> None:
    merchant: Browser = site.merchant()
    content = b"a;b\n" + b"1;2\n" * 700_000
    answer = merchant.http.post(
        f"{site.url}/payouts/files", data={"form_token": merchant.token()},
        files={"file": ("f.csv", content, "text/csv")}, headers={"Origin": site.url},
    )  # fmt: skip
    assert answer.status_code == 303
    with site.services.store.read() as session:
        tenant = session.scalars(select(Tenant.id)).one()
        assert session.execute(select(PayoutFile.tenant_id, PayoutFile.content)).one() == (tenant, content)


def test_strangers_who_send_without_end_are_limited_and_who_is_signed_in_is_not(site: Site, sender: Sender) -> None:
    statuses = [sender.post("/payouts/files") for _one in range(REFUSALS_PER_MINUTE + 5)]
    assert (statuses[0], statuses[-1], sender.read) == (303, 429, 0)
    assert sender.post("/reconciliation/compare", cookie=cookie_of(site, "maja@example.se")) == 413, "it is read"


def test_files_on_their_way_in_have_a_limit_of_room_and_of_number(site: Site, sender: Sender) -> None:
    cookie, limits = cookie_of(site, "maja@example.se"), sender.app.state.services.limits
    assert limits.room.take(str(site.tenant_id), UPLOADS_OF_A_COMPANY)
    assert (sender.post("/payouts/files", cookie=cookie, length=1_000), sender.read) == (503, 0)
    limits.room.give_back(str(site.tenant_id), UPLOADS_OF_A_COMPANY)
    for _one in range(UPLOADS_PER_MINUTE):
        limits.uploads.charge("127.0.0.1")
    assert (sender.post("/payouts/files", cookie=cookie, length=1_000), sender.read) == (429, 0)
