"""What the pipeline asks of an accounting system: a small Protocol, so that a second one needs no new pipeline."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Protocol

from app.kit.http.call_budget import CallBudget, ReservedCall
from app.kit.http.outcome import Outcome, Refused
from app.ledgers.booked_year import BookedYear
from app.model.finding import UNSTATED, Finding
from app.model.platforms import Platform
from app.posting.documents import CreateInvoice
from app.posting.references import Action, ActionRef, DocumentRef, PaymentRef, StepRef
from app.posting.steps import Step
from app.tenants.rules import TenantRules

Remote = Mapping[str, Any]
"""What the posting log keeps of an answer: `number` always, and what later steps need."""
Results = Mapping[StepRef, Remote]
"""Steps that are done → what the ledger answered."""

CANCELLED = "cancelled"
"""In what `Ledger.recheck` keeps: somebody else cancelled a document that was not booked, so it may be made anew."""


class CurrencyUnitError(ValueError):
    """A document whose rate is for other than one unit of its currency: its value in kronor is unknown."""


def kronor_for_one(answer: Remote) -> Decimal:
    """Kronor for one unit of a document's currency, as Fortnox answered; 1 where it said nothing (kronor).

    Whether Fortnox multiplies or divides by `CurrencyUnit` was never seen (docs/fortnox-unknowns.md), so no document is
    booked that has another than 1 (`FORTNOX_CURRENCY_UNIT`). Raises CurrencyUnitError for one that has.
    """
    unit = Decimal(str(answer.get("currency_unit") or 1))
    if unit != 1:
        raise CurrencyUnitError(f"document {answer.get('number')} has the rate of {unit} units")
    return Decimal(str(answer.get("currency_rate") or 1))


AT_ONCE = "at_once"
"""In the answer to a document or payment: the call that made it has booked it, too."""


def booking_of(made: DocumentRef | PaymentRef, results: Results) -> Remote | None:
    """The answer that says how a document or payment was booked; None: it is not."""
    answer = results.get(made, {})
    return answer if answer.get(AT_ONCE) else results.get(ActionRef(Action.BOOK, made))


def invoice_day(document: DocumentRef, results: Results) -> date | None:
    """The day of a document as the ledger last showed it; None where it showed none."""
    booked = (booking_of(document, results) or {}).get("day")
    day = booked or results[document].get("day")
    return date.fromisoformat(day) if day else None


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and what became of it, for the posting log's history (bodies only, no credentials)."""

    method: str
    path: str
    request: Any
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Found:
    """A document of ours that stands in the books already."""

    remote: Remote
    findings: tuple[Finding, ...] = ()
    """Why it may not be booked as it stands: ours all the same, so that it is fixed and not made twice."""


@dataclass(frozen=True, slots=True)
class NotThere:
    """Looked for, and not in the books."""


@dataclass(frozen=True, slots=True)
class Disagrees:
    """Something stands there under our reference that is not what we would write."""

    finding: Finding


@dataclass(frozen=True, slots=True)
class LookFailed:
    """The look-up itself failed; nothing is known."""

    outcome: Outcome


@dataclass(frozen=True, slots=True)
class FoundPreExisting:
    """An invoice that others made of an order before us."""

    sale: CreateInvoice
    """As we would have made it, with the customer and the accounts that stand there."""
    remote: Remote


Looked = Found | NotThere | Disagrees | LookFailed


@dataclass(frozen=True, slots=True)
class Sent:
    """A step's answer: what the posting log keeps, or the failure; findings from comparing the answer to the öre."""

    outcome: Outcome
    remote: Remote | None = None
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Company:
    """The connected company a call is for."""

    connection_id: int
    account: str
    """Its name at the ledger."""
    ledger: str
    """Name of the platform that keeps its books."""


@dataclass(frozen=True, slots=True)
class WriteAuthorization:
    """That one change of a company's ledger may be sent: its step is marked, so the company is live.

    A ledger sends nothing but readings without one. Who makes one is law (`tests/architecture/test_writing.py`).
    """

    company: Company
    reserved_call: ReservedCall | None = None
    """The call of the budget that was taken with the mark; None: it is taken when the change is sent."""


class NotAuthorizedError(RuntimeError):
    """A change of a ledger without a authorization for that company: nothing was sent. A fault of ours."""


Observe = Callable[[Exchange], None]
"""Called after every exchange, so that the posting log has it even if the process dies next."""


@dataclass(frozen=True, slots=True)
class StepContext:
    """What a step may look at: answers to earlier steps, rules, articles that exist, numbers of payments of ours."""

    results: Results
    rules: TenantRules
    known_articles: frozenset[str] | None = None
    observe: Observe = field(default=lambda _exchange: None)
    late_payments: frozenset[str] = frozenset()
    """Transactions whose payments are dated on their invoice's day, should that be later."""
    file: bytes = b""
    """Content of the file that a step uploads: kept where it came from, not in the posting log."""


@dataclass(frozen=True, slots=True)
class ListedDocument:
    """An invoice or credit note as a list shows it: cheap to read, and enough to tell whether to look closer."""

    number: str
    cancelled: bool
    is_credit: bool
    balance: Decimal
    """What is open, in the invoice's currency."""
    changed: bool
    """Whether it is listed because it changed, and not only because it is open."""
    entry: Remote = field(default_factory=dict)
    """What the register of invoices keeps of it."""
    reference: str = ""
    """Its first external reference: on documents of ours, the shop's name of the order."""


class Ledger(Protocol):
    """One accounting system. `find` only reads; `send` writes once and never repeats."""

    def platform_of(self, company: Company) -> Platform:
        """The ledger that keeps this company's books, as it declares itself: codes and capabilities."""

    def refusal(
        self,
        company: Company,
        outcome: Refused,
        step: Step | None = None,
        results: Results | None = None,
        scope: str = UNSTATED,
    ) -> Finding:
        """A refusal in the catalogue's words. `results`: answers to earlier steps; `scope`: of a reading."""

    def find(self, company: Company, step: Step, context: StepContext) -> Looked:
        """Look whether an uncertain step stands in the books already."""

    def find_pre_existing(
        self,
        company: Company,
        sale: CreateInvoice,
        names: Sequence[str],
        number: str,
        context: StepContext,
        *,
        but: str = "",
    ) -> FoundPreExisting | Looked:
        """Look for the invoice that others made of an order: by its names, the shop's own first, or by its number.

        `but`: invoices with just this first reference are left out. Reads only.
        """

    def budget(self, company: Company) -> CallBudget | None:
        """Make sure of a token; the budget that the next call counts in, or None where the ledger has none.

        A call of it that may go at once is taken together with the mark of the step; for one that must wait, see
        `ready`. Raises ConsentLostError, TokenUnavailableError.
        """

    def ready(self, company: Company) -> ReservedCall:
        """Reserve a call of the budget and a token, so that nothing waits between the posting log's mark and the wire.

        Raises RateLimitedError, ConsentLostError, TokenUnavailableError.
        """

    def send(self, company: Company, step: Step, context: StepContext, authorization: WriteAuthorization) -> Sent:
        """Carry a step out, once, on what the authorization reserved. Never raises for what the other side does.

        Raises NotAuthorizedError where the authorization is another company's.
        """

    def recheck(
        self, company: Company, step: Step, context: StepContext, authorization: WriteAuthorization | None
    ) -> Sent:
        """Read a written document again and compare it to the öre (after a person repaired it).

        With an authorization a ledger may write what is missing in a draft once more; without, it only reads.
        """

    def read_page(self, company: Company, kind: str, page: int, since: datetime | None) -> RecordPage:
        """Read one page of a long register; `since`: only what changed after. Raises RecordsUnreadableError."""

    def read_entry(self, company: Company, kind: str, code: str, years: tuple[int, ...]) -> list[tuple[str, Remote]]:
        """Read one entry anew, an account in each of `years`; empty when it is gone. Raises RecordsUnreadableError."""

    def changed_documents(self, company: Company, since: datetime) -> list[ListedDocument]:
        """Documents that changed after `since`, and all that are open. Raises RecordsUnreadableError."""

    def credited_by(self, company: Company, number: str) -> str:
        """Number of the invoice that a credit note is linked to; empty without. Raises RecordsUnreadableError."""

    def read_ledger(self, company: Company, year_id: int) -> BookedYear:
        """A financial year's vouchers and closing balances, in one call. Raises RecordsUnreadableError."""

    def read_rights(
        self, company: Company, scopes: frozenset[str], known_open: frozenset[str]
    ) -> list[tuple[str, Remote]]:
        """Every area (`app.ledgers.areas`) and whether it is open. Raises RecordsUnreadableError.

        `scopes` of the consent, empty where they are not known; `known_open` are areas that need not be tried.
        """

    def read_stock(self, company: Company, articles: Sequence[str]) -> dict[str, Decimal] | Outcome:
        """What the warehouse has available of articles, or why that could not be read."""

    def read_records(self, company: Company, kind: str, days: tuple[date, ...] = ()) -> list[tuple[str, Remote]]:
        """Read one register whole: (code, data) pairs. Raises RecordsUnreadableError."""


@dataclass(frozen=True, slots=True)
class RecordPage:
    """One page of a long register."""

    entries: list[tuple[str, Remote]]
    is_last: bool


@dataclass(frozen=True, slots=True)
class BookEvent:
    """A change in the ledger of a company, by us or others. It may come twice (fortnox-api.md 2.8)."""

    topic: str
    offset: str
    """Where to go on after a pause."""
    subject: str
    """The word before the verb: `invoice`, `invoicepayment`, `account` …"""
    verb: str
    """created, updated, deleted, cancelled, bookkeep; empty when the type is not understood."""
    account: str
    """The company, as `Company.account`."""
    entity: str
    at: datetime


@dataclass(frozen=True, slots=True)
class TokensAdded:
    """What became of the tokens of companies to listen to."""

    accounts: Mapping[str, str]
    """Token → the company's account."""
    invalid: tuple[str, ...]
    """Those that the ledger does not take."""


class TopicsLostError(Exception):
    """The stream of events ended or was refused: connect again after a pause."""


class RecordsUnreadableError(Exception):
    """A register could not be read; `outcome` says how."""

    def __init__(self, kind: str, outcome: Outcome) -> None:
        super().__init__(f"register {kind}: {outcome}")
        self.kind, self.outcome = kind, outcome
