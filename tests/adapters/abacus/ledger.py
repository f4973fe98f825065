"""Abacus as the pipeline's `Ledger`: every step is one call, and none is a draft."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from app.kit.http.call_budget import CallBudget, ReservedCall
from app.kit.http.outcome import Done, Outcome, Refused, Unknown
from app.kit.money import Money
from app.ledgers.areas import SCOPES
from app.ledgers.base import (
    AT_ONCE,
    Company,
    Disagrees,
    Exchange,
    Found,
    FoundPreExisting,
    ListedDocument,
    Looked,
    LookFailed,
    NotThere,
    RecordPage,
    Remote,
    Results,
    Sent,
    StepContext,
    WriteAuthorization,
)
from app.ledgers.booked_year import BookedVoucher, BookedYear
from app.model.finding import UNSTATED, Finding
from app.model.platforms import Platform
from app.posting.documents import CreateInvoice
from app.posting.steps import EnsureArticle, EnsureCustomer, PayInvoice, Step
from app.posting.vouchers import BOOKS_CURRENCY, CreateVoucher
from tests.adapters.abacus.platform import ABACUS

Post = Callable[[str, bytes], tuple[int, bytes]]
"""Path and body → status and answer. Raises ConnectionError where no answer came."""


@dataclass(frozen=True, slots=True)
class AbacusLedger:
    """Implements `app.ledgers.base.Ledger`."""

    post: Post
    accounts: Sequence[int]
    """The chart, the same in every year."""
    years: Sequence[int]

    def platform_of(self, company: Company) -> Platform:
        return ABACUS

    def refusal(
        self,
        company: Company,
        outcome: Refused,
        step: Step | None = None,
        results: Results | None = None,
        scope: str = UNSTATED,
    ) -> Finding:
        document = step.key if step else scope
        return Finding("ABACUS_REFUSED", document, {"document": document, "message": outcome.message})

    def find(self, company: Company, step: Step, context: StepContext) -> Looked:
        """By the reference, which is the step's own."""
        if isinstance(step, EnsureCustomer | EnsureArticle):
            return NotThere()  # a record may be written twice
        outcome = self._call("search", {"ref": _reference(step, context)}, context)
        if not isinstance(outcome, Done):
            return LookFailed(outcome)
        documents = outcome.data["documents"]
        if not documents:
            return NotThere()
        (document, *doubles) = documents
        wanted = _body(step, context)
        differs = doubles or any(document[name] != wanted[name] for name in wanted.keys() - {"rows"})
        if differs:
            shown = {"document": document["number"], "shop_amount": step.key, "books_amount": str(len(documents))}
            return Disagrees(Finding("DIFFERS_IN_BOOKS", document["number"], shown))
        return Found(_remote(step, document))

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
        return NotThere()

    def budget(self, company: Company) -> CallBudget | None:
        return None  # as many calls as anybody wants

    def ready(self, company: Company) -> ReservedCall:
        now = time.monotonic()
        return ReservedCall(now, now)

    def send(self, company: Company, step: Step, context: StepContext, authorization: WriteAuthorization) -> Sent:
        path = "record" if isinstance(step, EnsureCustomer | EnsureArticle) else "post"
        outcome = self._call(path, _body(step, context), context)
        return Sent(outcome, _remote(step, outcome.data)) if isinstance(outcome, Done) else Sent(outcome)

    def recheck(
        self, company: Company, step: Step, context: StepContext, authorization: WriteAuthorization | None
    ) -> Sent:
        looked = self.find(company, step, context)
        match looked:
            case Found():
                return Sent(Done(200, {}), looked.remote)
            case LookFailed():
                return Sent(looked.outcome)
            case Disagrees():
                return Sent(Done(200, {}), None, (looked.finding,))
            case NotThere():
                return Sent(Unknown("it was there before"))

    def read_page(self, company: Company, kind: str, page: int, since: datetime | None) -> RecordPage:
        return RecordPage([], is_last=True)

    def read_entry(self, company: Company, kind: str, code: str, years: tuple[int, ...]) -> list[tuple[str, Remote]]:
        return []

    def changed_documents(self, company: Company, since: datetime) -> list[ListedDocument]:
        return []

    def credited_by(self, company: Company, number: str) -> str:
        return ""

    def read_ledger(self, company: Company, year_id: int) -> BookedYear:
        status, answer = self.post("journal", json.dumps({"year": year_id}).encode())
        assert status == 200
        vouchers = {
            document["number"]: BookedVoucher(
                document["number"], date.fromisoformat(document["day"]), document["ref"],
                {int(account): Money(ore, BOOKS_CURRENCY) for account, ore in document["voucher"].items()},
            )
            for document in json.loads(answer)["documents"]
        }  # fmt: skip
        closing: dict[int, Money] = {}
        for voucher in vouchers.values():
            for account, amount in voucher.amounts.items():
                closing[account] = closing.get(account, Money.zero(BOOKS_CURRENCY)) + amount
        return BookedYear(date(year_id, 1, 1), date(year_id, 12, 31), vouchers, {}, closing)

    def read_rights(
        self, company: Company, scopes: frozenset[str], known_open: frozenset[str]
    ) -> list[tuple[str, Remote]]:
        return [(area, {"ok": True}) for area in SCOPES]

    def read_stock(self, company: Company, articles: Sequence[str]) -> dict[str, Decimal] | Outcome:
        return {}

    def read_records(self, company: Company, kind: str, days: tuple[date, ...] = ()) -> list[tuple[str, Remote]]:
        match kind:
            case "financialyears":
                return [
                    (str(year), {"id": year, "from": f"{year}-01-01", "to": f"{year}-12-31"}) for year in self.years
                ]
            case "lockedperiod":
                return [("", {"end": None})]
            case "currencies":
                return [(BOOKS_CURRENCY, {"description": "", "active": True})]
            case "termsofpayments":
                return [("30", {"description": "", "active": True})]
            case "accounts":
                return [
                    (f"{year}:{number}", {"year": year, "number": number, "active": True, "vat_code": ""})
                    for year in self.years
                    for number in self.accounts
                ]
            case _:
                return []

    def _call(self, path: str, body: Mapping[str, Any], context: StepContext) -> Outcome:
        outcome = self._outcome(path, body)
        context.observe(Exchange("POST", path, body, outcome))
        return outcome

    def _outcome(self, path: str, body: Mapping[str, Any]) -> Outcome:
        try:
            status, answer = self.post(path, json.dumps(body).encode())
        except ConnectionError as error:
            return Unknown(str(error))
        data = json.loads(answer)
        return Done(status, data) if status < 300 else Refused(status, None, data["error"])


def _reference(step: Step, context: StepContext) -> str:
    match step:
        case CreateInvoice():
            return f"{step.reference1} {step.key}"
        case PayInvoice():
            return f"{context.results[step.document]['number']} {step.key}"
        case CreateVoucher():
            return step.reference
        case _:
            raise TypeError(f"Abacus has no {type(step).__name__}")


def _body(step: Step, context: StepContext) -> dict[str, Any]:
    match step:
        case EnsureCustomer():
            return {"id": f"customer {step.number}", "name": step.name, "email": step.email}
        case EnsureArticle():
            return {"id": f"article {step.number}", "name": step.description}
        case CreateInvoice():
            credited = {"credits": context.results[step.credits]["number"]} if step.credits else {}
            rows = [
                {
                    "account": row.account,
                    "text": row.description,
                    "ore": row.amount.minor,
                    "vat": _rate(row.vat_percent),
                }
                for row in step.rows
            ]
            vat_accounts = {_rate(group.vat_percent): group.vat_account for group in step.vat if group.vat_account}
            return {
                "kind": "credit" if step.credits else "sale", "ref": _reference(step, context), "rows": rows,
                "day": step.day.isoformat(), "total": step.total.minor, "vat_accounts": vat_accounts, **credited,
            }  # fmt: skip
        case PayInvoice():
            kept = [{"account": kept.account, "ore": kept.amount.minor} for kept in step.all_write_offs]
            return {
                "kind": "receipt", "ref": _reference(step, context), "day": step.day.isoformat(),
                "pays": context.results[step.document]["number"], "account": step.account, "ore": step.closes.minor,
                "kept": kept,
            }  # fmt: skip
        case CreateVoucher():
            rows = [{"account": row.account, "ore": (row.debit - row.credit).minor} for row in step.rows]
            return {"kind": "journal", "ref": _reference(step, context), "day": step.day.isoformat(), "rows": rows}
        case _:
            raise TypeError(f"Abacus has no {type(step).__name__}")


def _rate(percent: Decimal) -> str:
    return f"{percent.normalize():f}"


def _remote(step: Step, document: Mapping[str, Any]) -> Remote:
    """What the posting log keeps: every document and payment is booked by the call that made it."""
    if isinstance(step, EnsureCustomer | EnsureArticle):
        return {"number": step.number}
    booked = {"number": document["number"], "voucher": document["number"], "day": document["day"], AT_ONCE: True}
    match step:
        case CreateInvoice():
            amounts = {"total": str(step.total.decimal), "total_vat": str(step.total_vat.decimal)}
            return {**booked, **amounts, "currency": step.currency, "booked": True}
        case PayInvoice():
            paid = str(step.amount.decimal)
            return {**booked, "paid": paid, "kronor": paid, "account": step.account}
        case _:
            return booked
