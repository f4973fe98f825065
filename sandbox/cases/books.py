"""The books of one case: the product's own Fortnox client against the emulator, and what stands there afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx2

from app.adjustments.creditable_lines import PostedDocuments
from app.kit.http.call_budget import CallBudget, ReservedCall
from app.kit.http.client import HttpKit, new_client
from app.kit.http.outcome import Done
from app.ledgers.base import Company, Remote, StepContext, WriteAuthorization
from app.ledgers.fortnox.adapter import FortnoxLedger
from app.ledgers.fortnox.client import FortnoxClient
from app.master_data.cache import WARMED, facts_from
from app.master_data.facts import BooksFacts
from app.posting.plan import Plan
from app.posting.references import StepRef
from app.posting.steps import Step
from app.tenants.rules import TenantRules
from sandbox.fortnox.app import create_app
from sandbox.fortnox.config import CompanyConfig, SandboxConfig
from sandbox.fortnox.world import World
from sandbox.kit.serving import ServerThread

_NOW = datetime(2026, 12, 31, 11, tzinfo=UTC)
"""The emulator's today: the cases' year is open, and none of their days lies ahead."""


class CaseFailedError(Exception):
    """A step that Fortnox refused, or whose answer differed."""


@dataclass(frozen=True, slots=True)
class _Token:
    """Access without the dance, and no limit of calls: neither is what a case is about."""

    text: str

    def access_token(self, connection_id: int) -> str:
        """The token, whoever asks."""
        del connection_id
        return self.text

    def refused(self, connection_id: int, access_token: str) -> None:
        """Never renewed here."""
        del connection_id, access_token

    def budget(self, company: str) -> CallBudget:
        """One that is never spent."""
        return CallBudget(company, 0.0)

    def take(self, company: str, max_wait: float) -> ReservedCall:
        """Always at once."""
        del company, max_wait
        return ReservedCall(slot=0.0, since=0.0)

    def answered(self, company: str, reserved_call: ReservedCall) -> None:
        """Nothing is counted."""
        del company, reserved_call

    def blocked(self, company: str, seconds: float) -> None:
        """Never asked to wait."""
        del company, seconds


@dataclass(slots=True)
class CaseBooks:
    """A company in the emulator."""

    at: Emulator
    books: FortnoxLedger
    company: Company
    done: dict[StepRef, Step] = field(default_factory=dict)
    results: dict[StepRef, Remote] = field(default_factory=dict)
    earlier: tuple[int, int] = (0, 0)
    """How many invoices and vouchers stood there before the case began."""

    @property
    def posted(self) -> PostedDocuments:
        """What stands in the books of the order."""
        return PostedDocuments(tuple(self.done.values()))

    def begin(self) -> None:
        """From here on the case is told: what stands there already is not looked at."""
        self.earlier = (len(self.documents("invoices")), len(self.vouchers()))

    def facts(self, plan: Plan) -> BooksFacts:
        """What pre-flight may know: the registers, read as the service reads them."""
        rows = [
            (kind, code, data)
            for kind in WARMED
            for code, data in self.books.read_records(self.company, kind, plan.days)
        ]
        return facts_from(rows)

    def carry_out(self, plan: Plan, rules: TenantRules) -> None:
        """Every step of a plan, in order. Raises CaseFailedError."""
        for step in (one for one in plan.steps if one.ref not in self.done):
            authorization = WriteAuthorization(self.company, self.books.ready(self.company))
            sent = self.books.send(self.company, step, StepContext(self.results, rules), authorization)
            if not isinstance(sent.outcome, Done) or sent.findings or sent.remote is None:
                raise CaseFailedError(f"{step.key}: {sent.outcome} {sent.findings}")
            self.results[step.ref] = sent.remote
            self.done[step.ref] = step

    def documents(self, kind: str) -> list[dict[str, Any]]:
        """What stands in a register of the emulator."""
        with self.at.world.lock:
            held = self.at.world.companies[int(self.company.account)].kind(kind).values()
            return [dict(record.fields) for record in held]

    def vouchers(self) -> list[dict[str, Any]]:
        """The vouchers, rows in öre, in the order they were made."""
        ledger = self.at.http.get(f"{self.at.url}/_sandbox/ledger", params={"company": self.company.account}).json()
        return list(ledger["vouchers"])[self.earlier[1] :]

    def vat_codes(self) -> dict[int, str]:
        """VAT code of every account, as Fortnox holds it: it decides the box of the VAT return."""
        with self.at.world.lock:
            held = self.at.world.companies[int(self.company.account)]
            chart = held.accounts[held.preselected_year().id]
            return {number: record.fields["VATCode"] or "" for number, record in chart.items()}


@dataclass(frozen=True, slots=True)
class Emulator:
    """An emulator in this process, and the client that talks to it."""

    world: World
    url: str
    http: httpx2.Client

    def found(self, config: CompanyConfig) -> CaseBooks:
        """Found a company anew, connected and empty."""
        self.world.put_company(config)
        made = self.http.post(f"{self.url}/_sandbox/tokens", json={"company": config.database_number})
        access = _Token(made.json()["access_token"])
        client = FortnoxClient(HttpKit(self.http), self.url, access, access)
        return CaseBooks(self, FortnoxLedger(client), Company(1, str(config.database_number), "fortnox"))


@contextmanager
def emulator() -> Iterator[Emulator]:
    """Serve one on the loopback."""
    offset = (_NOW - datetime.now(UTC)).total_seconds()
    app = create_app(SandboxConfig(clock_offset_seconds=offset, rate_limit_calls=1_000_000))
    with ServerThread(app) as server, new_client() as http:
        yield Emulator(app.state.world, server.url, http)
