"""A shop and a Fortnox in this process, without HTTP and without a database: fast enough for thousands of stories.

The journal of a story is kept in memory, but by the product's own rules: look up what is uncertain, decide on what
is done, mark, send, record. Everything else (reading, deciding, rendering, finding, comparing) is the product's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal, cast

import pytest

from app.adjustments.creditable_lines import PostedDocuments
from app.kit.http.call_budget import CallBudget, ReservedCall
from app.kit.http.client import HttpKit
from app.kit.http.outcome import Done, NotSent, RawAnswer, Refused, Unknown
from app.ledgers.base import Company, Found, NotThere, Remote, StepContext, WriteAuthorization
from app.ledgers.fortnox.adapter import FortnoxLedger
from app.ledgers.fortnox.client import FortnoxClient
from app.model.finding import Finding
from app.model.order import Order
from app.orders.planning.planner import decide
from app.posting.plan import Plan, Stopped
from app.posting.references import StepRef
from app.posting.steps import ConfirmSettled, Step
from app.shops.base import Shop
from app.shops.shopify.answers import Answer, answer_of
from app.shops.shopify.client import ShopifyClient
from app.shops.shopify.orders.order import normalize
from app.shops.shopify.orders.pages import OrderPages
from app.tenants.rules import DocumentCurrency, TenantRules
from sandbox.fortnox.config import CompanyConfig, SandboxConfig
from sandbox.fortnox.gate import RawCall, answer
from sandbox.fortnox.oauth.tokens import Grant
from sandbox.fortnox.wire import encode
from sandbox.fortnox.world import World
from sandbox.shopify.emulator import Config, Emulator
from sandbox.shopify.model import Shop as SandboxShop
from sandbox.shopify.model import StoredOrder
from sandbox.shopify.spec import OrderSpec

COMPANY = 4711
DOMAIN = "berattelser.myshopify.com"
Fault = Literal["lost", "not_sent", "broken"]
"""What becomes of a write: done but the answer lost; never sent; refused with a 500 and not done."""


class Wire:
    """Calls straight into the emulator. A fault that is armed meets the next write."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.faults: list[tuple[int, Fault]] = []
        """(how many writes are let through first, what happens then)."""
        self.writes = 0

    def send(
        self, method: str, url: str, *, headers: Any, params: Any = None, content: bytes | None = None
    ) -> RawAnswer | NotSent | Unknown:
        """As `HttpKit.send`."""
        fault = self._fault() if method != "GET" else None
        if fault == "not_sent":
            return NotSent("ConnectError")
        if fault == "broken":
            return RawAnswer(500, {}, b"")
        path = url.removeprefix("http://fortnox")
        query = "&".join(f"{key}={value.replace('#', '%23')}" for key, value in (params or {}).items())
        raw = RawCall(
            method, path, query, headers["Authorization"], "application/json", headers.get("Content-Type", ""),
            content or b"", "http://fortnox",
        )  # fmt: skip
        reply = answer(self.world, raw)
        if fault == "lost":
            return Unknown("ReadTimeout")
        return RawAnswer(reply.status, dict(reply.headers), encode(reply.body).encode())

    def _fault(self) -> Fault | None:
        self.writes += 1
        if not self.faults:
            return None
        left, fault = self.faults[0]
        if left:
            self.faults[0] = (left - 1, fault)
            return None
        self.faults.pop(0)
        return fault


@dataclass
class _Open:
    """Access and permits without end."""

    token: str

    def access_token(self, _connection_id: int) -> str:
        return self.token

    def refused(self, _connection_id: int, _token: str) -> None: ...

    def budget(self, company: str) -> CallBudget:
        return CallBudget(company, 0.0)

    def take(self, _company: str, _max_wait: float) -> ReservedCall:
        return ReservedCall(0.0, 0.0)

    def answered(self, _company: str, _reserved_call: ReservedCall) -> None: ...

    def blocked(self, _company: str, _seconds: float) -> None: ...


@dataclass
class Entry:
    """One step in the journal of a story."""

    step: Step
    state: Literal["unknown", "done", "refused"]
    remote: Remote = field(default_factory=dict)


class House:
    """Both systems, made once; each story gets an empty company and an order of its own."""

    def __init__(self) -> None:
        self.world = World(SandboxConfig(rate_limit_calls=10**9))
        self.wire = Wire(self.world)
        self.shopify = Emulator(Config(workers=0, bucket_maximum=10**9))
        self.shop: SandboxShop = self.shopify.put_shop(DOMAIN, {"taxes_included": True})
        token = self.shopify.tokens.find(self.shopify.install(self.shop), DOMAIN)
        assert token is not None
        self.token = token

    def begin(self, spec: dict[str, Any], rules: TenantRules, **company: Any) -> Story:
        """An empty company and a new order."""
        self.world.put_company(CompanyConfig(database_number=COMPANY, **company))
        scopes = tuple(self.world.config.clients[0].scopes)
        grant = Grant("bokbro-demo", COMPANY, scopes, "1", service=True)
        access = _Open(str(self.world.tokens.issue(grant, with_refresh=False)["access_token"]))
        self.wire.faults.clear()
        self.shop.orders.clear()
        self.shop.taxes_included = bool(spec.get("taxes_included", True))
        order = self.shopify.merchant.create(self.shop, OrderSpec.model_validate(spec), silent=True)
        books = FortnoxLedger(FortnoxClient(cast("HttpKit", self.wire), "http://fortnox", access, access))
        return Story(self, order, rules, books)


@dataclass(frozen=True)
class Asked:
    """Puts the product's queries to the sandbox's shop, in place of its HTTP client."""

    house: House

    def ask(self, shop: Shop, text: str, variables: Mapping[str, Any]) -> Answer:
        asked = {"query": text, "variables": dict(variables)}
        return answer_of(self.house.shopify.endpoint.answer(self.house.shop, self.house.token, asked), shop)

    def query(self, shop: Shop, text: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        return dict(self.ask(shop, text, variables).data)


@dataclass
class Story:
    """One order's life."""

    house: House
    order: StoredOrder
    rules: TenantRules
    books: FortnoxLedger
    posting_log: dict[StepRef, Entry] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()

    company = Company(1, str(COMPANY), "fortnox")

    # --- what the shop says

    def act(self, action: str, **details: Any) -> None:
        """A merchant's action."""
        self.house.shopify.merchant.act(self.house.shop, self.order, action, details)

    def read(self) -> Order:
        """The order, as the product reads it."""
        pages = OrderPages(cast("ShopifyClient", Asked(self.house)))
        found = pages.read(Shop(2, DOMAIN), str(self.order.id))
        assert found, "the shop has the order"
        return normalize(found.node, shop=DOMAIN, currency=DocumentCurrency.PRESENTMENT, refused=found.refused)

    # --- what the product does

    @property
    def posted(self) -> PostedDocuments:
        return PostedDocuments(tuple(one.step for one in self.posting_log.values() if one.state == "done"))

    @property
    def results(self) -> dict[StepRef, Remote]:
        return {key: one.remote for key, one in self.posting_log.items() if one.state == "done"}

    def look(self) -> bool:
        """One look of the job at the order; whether it came to an end without trouble."""
        self._resolve()
        decision = decide(self.read(), self.rules, self.posted)
        self.findings = decision.notices if isinstance(decision, Plan) else ()
        if isinstance(decision, Stopped):
            self.findings = decision.findings
        if not isinstance(decision, Plan):
            return True
        return all(self._execute(step) or self.is_told for step in decision.steps if step.ref not in self.posted.refs)

    @property
    def is_told(self) -> bool:
        """Whether the order stands still with something for a person: öre that Fortnox's rounding left open."""
        return any(finding.code == "FORTNOX_BALANCE_LEFT" for finding in self.findings)

    def rest(self) -> None:
        """Look until there is nothing left to do."""
        for _time in range(12):
            if self.look():
                return
        raise AssertionError(f"no rest: {self.posting_log}")

    def _resolve(self) -> None:
        for key, entry in list(self.posting_log.items()):
            if entry.state != "unknown":
                continue
            looked = self.books.find(self.company, entry.step, StepContext(self.results, self.rules))
            if isinstance(looked, Found):
                self.posting_log[key] = Entry(entry.step, "done", looked.remote)
            elif isinstance(looked, NotThere):
                del self.posting_log[key]
            else:
                pytest.fail(f"{key}: {looked}")

    def _execute(self, step: Step) -> bool:
        authorization = WriteAuthorization(self.company, self.books.ready(self.company))
        sent = self.books.send(self.company, step, StepContext(self.results, self.rules), authorization)
        match sent.outcome:
            case Done() if sent.remote is not None and not sent.findings:
                self.posting_log[step.ref] = Entry(step, "done", sent.remote)
                return True
            case Done() if isinstance(step, ConfirmSettled) and sent.findings:
                self.findings = (*self.findings, *sent.findings)
                return False
            case Refused() | Done():
                pytest.fail(f"{step}: {sent}")
            case NotSent():
                return False
            case _:
                self.posting_log[step.ref] = Entry(step, "unknown")
                return False

    # --- what stands in the books

    @property
    def documents(self) -> list[dict[str, Any]]:
        """Invoices and credit notes that are not cancelled."""
        held = self.house.world.companies[COMPANY].kind("invoices").values()
        return [dict(record.fields) for record in held if not record.fields["Cancelled"]]

    @property
    def net(self) -> Decimal:
        """Invoices less credit notes, without Fortnox's whole-krona rounding."""
        return sum((document["Total"] - document["RoundOff"] for document in self.documents), Decimal(0))

    def balance(self, account: int) -> Decimal:
        """Debit less credit, in kronor."""
        return Decimal(self.house.world.companies[COMPANY].ledger.balances(None).get(account, 0)) / 100
