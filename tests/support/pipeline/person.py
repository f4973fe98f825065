"""A person at the program's own pages, over HTTP: what a remedy says is done here, and nowhere else."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from urllib.parse import parse_qs, urlsplit

import httpx2

from app.catalogue import lookup
from app.main import create_application
from app.tenants.people import add_person, join
from app.tenants.roles import Role
from app.web.services import Services
from sandbox.shopify.model import StoredOrder
from tests.support.pipeline.bench import CLIENT_ID, Bench
from tests.support.reading_pages import form_of, map_form_of, words_of
from tests.support.serving import served

PASSWORD = "rätt häst batteri"
EMAIL = "bo@example.se"


@dataclass
class Person:
    """The bookkeeper of the bench's tenant, signed in."""

    bench: Bench
    http: httpx2.Client
    base: str

    # --- the browser

    def get(self, path: str) -> str:
        answer = self.http.get(self.base + path)
        assert answer.status_code == 200, (path, answer.status_code, answer.text[:400])
        return answer.text

    def post(self, path: str, **form: str | list[str]) -> httpx2.Response:
        """Send a form with the token of its page. Names may have a colon, written as two underscores."""
        token = re.search(r'name="form_token" value="([^"]+)"', self.get("/"))
        assert token, "every signed-in page has a form"
        fields = {name.replace("__", ":"): value for name, value in form.items()}
        return self.http.post(self.base + path, data={**fields, "form_token": token[1]}, headers={"Origin": self.base})

    def done(self, path: str, **form: str) -> None:
        answer = self.post(path, **form)
        assert answer.status_code == 303, (path, answer.status_code, words_of(answer.text)[:600])

    # --- what people do

    def retry(self, order: StoredOrder) -> None:
        """Press "Try again" on the order's page."""
        self.done(f"/orders/{self.bench.order_id(order)}/retry")

    def retry_all(self, code: str, about: str = "") -> None:
        """Press the button of a finding: try all that wait for it again, or say that it is in Fortnox now."""
        self.done(f"/findings/{code}/retry", about=about)

    def answer(self, order: StoredOrder, code: str, answer: str, number: str = "") -> None:
        """Press one of the buttons beneath a finding on the order's page."""
        page = self.get(f"/orders/{self.bench.order_id(order)}")
        assert f'value="{answer}"' in page, f"the page does not offer {answer}"
        finding = self.bench.finding(code)
        assert f'value="{finding.id}"' in page
        self.done(
            f"/orders/{self.bench.order_id(order)}/answers", finding=str(finding.id), answer=answer, number=number
        )

    def close(self, order: StoredOrder, code: str, note: str) -> None:
        """Close a notice on the order's page."""
        finding = self.bench.finding(code)
        assert f"/findings/{finding.id}/close" in self.get(f"/orders/{self.bench.order_id(order)}")
        self.done(f"/findings/{finding.id}/close", note=note, order=str(self.bench.order_id(order)))

    def connect_shop(self) -> None:
        """Press "Connect Shopify" for the shop that is connected already, with its own app's credentials."""
        self.done("/connect/shopify", shop=self.bench.domain, client_id=CLIENT_ID, client_secret=self.bench.secret)

    def connect_fortnox(self) -> None:
        """Press "Connect Fortnox", with the areas that its page has ticked, and approve on Fortnox's page."""
        ticked = re.findall(r'name="areas" value="(\w+)"[^>]* checked', self.get("/connect/fortnox"))
        away = self.post("/connect/fortnox", account="service", areas=ticked)
        assert away.status_code == 303, words_of(away.text)[:600]
        asked = {name: values[0] for name, values in parse_qs(urlsplit(away.headers["location"]).query).items()}
        decision = asked | {"company": str(self.bench.company), "action": "approve"}
        decided = self.http.post(away.headers["location"].split("?")[0], data=decision)
        home = self.http.get(decided.headers["location"])
        assert home.status_code == 303, words_of(home.text)[:600]

    def connect_qliro(self, key: str, secret: str) -> None:
        """Press "Connect Qliro" and type key and secret."""
        self.done("/connect/qliro", environment="live", key=key, secret=secret)

    def settings(self, **changes: str) -> httpx2.Response:
        """Change fields on the page of settings and save."""
        form = form_of(self.get("/settings"))
        return self.post("/settings", **{**form, **changes})

    def set(self, **changes: str) -> None:
        answer = self.settings(**changes)
        assert answer.status_code == 303, words_of(answer.text)[:900]

    def accounts(self, **chosen: str) -> None:
        """Choose accounts on the page of missing ones; what it proposes is taken where nothing else is said."""
        page = self.get("/accounts")
        for name in chosen:
            asked = name.replace("__", ":")
            is_there = asked in ("role", "number", "anyway") or f'name="{asked}"' in page
            assert is_there, f"the page does not ask for {asked}"
        self.done("/accounts", **chosen)

    # --- settlement files and payouts

    def hands_in(self, content: bytes | str, name: str = "fil.csv") -> str:
        """Choose a file on the page Payouts; the address of the page that answers."""
        token = re.search(r'name="form_token" value="([^"]+)"', self.get("/payouts"))
        assert token
        sent = {"file": (name, content.encode() if isinstance(content, str) else content)}
        headers = {"Origin": self.base}
        answer = self.http.post(
            f"{self.base}/payouts/files", data={"form_token": token[1]}, files=sent, headers=headers
        )
        assert answer.status_code == 303, (answer.status_code, words_of(answer.text)[:400])
        return answer.headers["location"]

    def opens(self, page: str, place: int) -> str:
        """Press the button of a file in a zip (from 0); the address of that file's own page."""
        assert f'action="{page}/members/{place}"' in self.get(page), self.reads(page)[:900]
        answer = self.post(f"{page}/members/{place}")
        assert answer.status_code == 303
        return answer.headers["location"]

    def imports(self, page: str) -> None:
        """Press the button of a file's page that imports it."""
        assert f'action="{page}/import"' in self.get(page), self.reads(page)[:900]
        self.done(f"{page}/import")

    def brings(self, *contents: bytes | str) -> None:
        """Hand in files that are right, and import each."""
        for content in contents:
            self.imports(self.hands_in(content))

    def maps(self, page: str, columns: dict[str, str], words: dict[str, str] | None = None, **values: str) -> None:
        """Say on a file's page what columns and words are, try it, and save it."""
        form = map_form_of(self.get(page))
        for field, name in list(form.items()):
            kind, _, place = field.partition(":")
            if kind == "column" and name in columns:
                form[f"role:{place}"] = columns[name]
        form |= values
        tried = self.post(f"{page}/map", **form, action="try")
        assert tried.status_code == 200, words_of(tried.text)[:900]
        form = map_form_of(tried.text)
        for field, word in list(form.items()):
            kind, _, place = field.partition(":")
            if kind == "word" and word in (words or {}):
                form[f"meaning:{place}"] = (words or {})[word]
        self.done(f"{page}/map", **form, action="save")

    def payout(self, name: str = "shopify_payments:po_1") -> str:
        """The address of a payout's page."""
        return f"/payouts/{self.bench.payout_id(f'payout:{name}')}"

    def says(self, page: str, to: str, **form: str) -> None:
        """Answer what a payout's page asks: its lines, the bank's amount, hold or close it; the answer is taken."""
        assert f'action="{page}/{to}"' in self.get(page), f"{page} does not ask for {to}"
        answer = self.post(f"{page}/{to}", **form)
        assert (answer.status_code, answer.headers["location"]) == (303, page)

    def takes_back(self, page: str) -> None:
        """Take the newest answer on a payout's page back."""
        asked = re.findall(rf'action="({page}/answers/\d+/back)"', self.get(page))
        self.done(asked[-1])

    def closes(self, page: str, code: str, note: str) -> None:
        """Close a notice on the page that shows it: the payout's, or the list of findings."""
        finding = self.bench.finding(code)
        assert f"/findings/{finding.id}/close" in self.get(page), self.reads(page)[:900]
        self.done(f"/findings/{finding.id}/close", note=note)

    def reads(self, path: str) -> str:
        """The words of a page."""
        return words_of(self.get(path))


@contextmanager
def at_the_pages(bench: Bench) -> Iterator[Person]:
    """The program's own application, served, with a bookkeeper signed in."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    hosts = {"base_url": f"http://127.0.0.1:{port}", "qliro_live_url": bench.qliro_url}
    settings = bench.program.settings.model_copy(update=hosts)
    application = create_application(replace(bench.program, settings=settings))
    services: Services = application.state.services
    with bench.program.store.write() as session:
        user = add_person(session, email=EMAIL, name="Bo", password_hash=services.passwords.hash(PASSWORD))
        join(session, user, bench.tenant_id, Role.MERCHANT, by="test")
    with served(application, port) as server, httpx2.Client(timeout=30, trust_env=False) as http:
        person = Person(bench, http, server.url)
        form = {"email": EMAIL, "password": PASSWORD}
        answer = http.post(f"{server.url}/sign-in", data=form, headers={"Origin": server.url})
        assert answer.status_code == 303, answer.text[:300]
        yield person


@contextmanager
def remedied(bench: Bench, code: str, *left: str) -> Iterator[None]:
    """In the block a person does what the remedy of `code` says; then it is gone, but for what is `left` to be told.

    The finding must stand when the block begins, and every value of its text must be known.
    """
    assert code in bench.findings(), f"{code} was not raised; there are {bench.findings()}"
    finding = bench.all_findings(code)[0]
    for words in (lookup(code).text("sv", finding.data), lookup(code).remedy("sv", finding.data)):
        assert "…" not in words, words
    yield
    bench.rest()
    if bench.findings() != sorted(left):
        bench.pass_time()
        bench.program.scheduler.recheck_registers()  # the clock looks every ten minutes
        bench.rest()
    assert bench.findings() == sorted(left), f"after the remedy of {code}: {bench.findings()}"
