"""One company's numbers beside what the scenario promises of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import httpx2
from sqlalchemy import func, select

from app.reconciliation.account_balance import account_reconciliations, last_reading
from app.reconciliation.reconciliation import clearing_accounts
from app.schema import Finding, Job, JobState, Operation, OperationState, Snapshot
from app.tenants.repository import load_rules
from sandbox.demo.stage import Company, Stage
from sandbox.scenarios.scenario import BOOKED, QliroOrder, ScenarioOrder, Summary, expected_summary


@dataclass(frozen=True)
class Line:
    """One checked number."""

    what: str
    found: str
    expected: str

    @property
    def is_right(self) -> bool:
        """Whether it is what the scenario promises."""
        return self.found == self.expected


def lines_of(stage: Stage, company: Company) -> Sequence[Line]:
    """Orders, documents, ledger and payouts. The ledger must have been read by the service just before."""
    documents = _get(stage, company, "/_sandbox/documents")
    ledger = _get(stage, company, "/_sandbox/ledger")
    payouts = _payouts(stage, company)
    vouchers = _documents_expected(company, documents) + _payments_expected(stage, company) + payouts.vouchers
    return [
        *_of_orders(stage, company, expected_summary(company.orders, company.payouts)),
        *_of_documents(stage, company, documents),
        *_of_payouts(stage, company, payouts, ledger),
        Line("Vouchers in the ledger", str(len(ledger["vouchers"])), str(vouchers)),
        Line("Ledger balances", str(ledger["balanced"]), "True"),
        Line("  as expected, account by account", str(_as_expected(stage, company)), str(vouchers)),
    ]


def findings_of(stage: Stage, company: Company) -> Sequence[Line]:
    """Every code that is open or ought to be, with its count."""
    found = _open_findings(stage, company)
    promised = expected_summary(company.orders, company.payouts).findings
    return [Line(code, str(found.get(code, 0)), str(promised.get(code, 0))) for code in sorted({*found, *promised})]


def wrong_orders_of(stage: Stage, company: Company) -> Sequence[str]:
    """Orders that did not end as the scenario says, with what happened instead."""
    states = _states(stage, company)
    codes = _codes(stage, company)
    wrong = []
    for order in company.orders:
        found = states.get(order.name, "not there")
        expected_codes = {order.expect.code} if order.expect.code else set()
        if found != order.expect.outcome or codes.get(order.name, set()) != expected_codes:
            shown = f"{found} {sorted(codes.get(order.name, set()))}"
            wrong.append(f"{order.name}: {shown}, expected {order.expect.outcome} {sorted(expected_codes)}")
    return wrong


def calls_of(stage: Stage) -> int:
    """How many calls Fortnox has had."""
    return int(httpx2.get(f"{stage.fortnox.url}/_sandbox/calls/count").raise_for_status().json()["total"])


def limited_calls(stage: Stage) -> int:
    """How many of them it answered with 429."""
    calls = httpx2.get(f"{stage.fortnox.url}/_sandbox/calls").raise_for_status().json()["calls"]
    return sum(call["status"] == 429 for call in calls)


def _of_orders(stage: Stage, company: Company, promised: Summary) -> Iterator[Line]:
    states = Counter(_states(stage, company).values())
    yield Line("Orders", str(_orders_in(stage, company)), str(promised.orders))
    for name in sorted({*states, *promised.outcomes}):
        yield Line(f"  {name}", str(states[name]), str(promised.outcomes.get(name, 0)))


def _of_documents(stage: Stage, company: Company, documents: Any) -> Iterator[Line]:  # noqa: ANN401 - any JSON
    invoices = _standing(documents)
    notes = [invoice for invoice in invoices if invoice["Credit"] == "true"]
    expected = _documents_expected(company, documents)
    notes_expected = sum(one.expect.credit_notes for one in _booked(company))
    paid = sum(bool(document["Booked"]) for document in documents["invoicepayments"])
    yield Line("Invoices in Fortnox", str(len(invoices) - len(notes)), str(expected - notes_expected))
    yield Line("Credit notes in Fortnox", str(len(notes)), str(notes_expected))
    yield Line("  booked, both", str(sum(bool(one["Booked"]) for one in invoices)), str(expected))
    yield Line("Payments in Fortnox", str(paid), str(_payments_expected(stage, company)))
    yield Line("Difference orders − books, öre", str(_difference(company, invoices)), "0")
    yield Line("Receivable left on paid orders, öre", str(_receivable(company, invoices)), "0")


@dataclass(frozen=True)
class _BookedPayouts:
    payouts: int
    vouchers: int
    """Fees of an earlier month and disputes have their own."""


def _payouts(stage: Stage, company: Company) -> _BookedPayouts:
    of_payouts = (Job.tenant_id == company.tenant_id, Job.subject.startswith("payout:"))
    booked = select(func.count()).select_from(Job).where(*of_payouts, Job.state == JobState.BOOKED.value)
    done = (Operation.kind == "CreateVoucher", Operation.state == OperationState.DONE.value)
    vouchers = select(func.count()).select_from(Operation).join(Job, Job.id == Operation.job_id)
    with stage.program.store.read() as session:
        return _BookedPayouts(session.scalar(booked) or 0, session.scalar(vouchers.where(*of_payouts, *done)) or 0)


def _of_payouts(stage: Stage, company: Company, payouts: _BookedPayouts, ledger: Any) -> Iterator[Line]:  # noqa: ANN401
    """Payouts, and each clearing account twice: as orders explain it, and as its vouchers do."""
    yield Line("Payouts booked", str(payouts.payouts), str(len(company.payouts.days)))
    with stage.program.store.read() as session:
        rules = load_rules(session, company.tenant_id)
    proven = {one.account: one for one in account_reconciliations(stage.program.store, company.tenant_id)}
    for clearing in clearing_accounts(stage.program.store, company.tenant_id):
        account = rules.account(clearing.role)
        left = Decimal(ledger["balances"].get(str(account), 0)).scaleb(-2) - clearing.balance.decimal
        reconciled = proven.get(account or 0)
        difference = str(reconciled.difference.decimal) if reconciled else "not read"
        yield Line(f"  {account}: ledger − orders not paid out, SEK", str(left), "0.00")
        yield Line(f"  {account}: difference of the reconciliation, SEK", difference, "0.00")


def _get(stage: Stage, company: Company, path: str) -> Any:  # noqa: ANN401 - any JSON
    return httpx2.get(f"{stage.fortnox.url}{path}", params={"company": company.number}).raise_for_status().json()


def _booked(company: Company) -> Sequence[ScenarioOrder | QliroOrder]:
    return [order for order in company.orders if order.expect.outcome in BOOKED]


def _standing(documents: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - any JSON
    return [document for document in documents["invoices"] if not document["Cancelled"]]


def _documents_expected(company: Company, documents: Any) -> int:  # noqa: ANN401 - any JSON
    booked, invoices = _booked(company), _standing(documents)
    least = sum(one.expect.invoices for one in booked)
    most = sum(max(one.expect.invoices, one.expect.invoices_at_most) for one in booked)
    found: int = sum(invoice["Credit"] != "true" for invoice in invoices)
    return min(max(found, least), most) + sum(one.expect.credit_notes for one in booked)


def _orders_in(stage: Stage, company: Company) -> int:
    orders = (Job.tenant_id == company.tenant_id, Job.subject.startswith("order:"))
    with stage.program.store.read() as session:
        count: int = session.scalar(select(func.count()).select_from(Job).where(*orders)) or 0
    return count


def _states(stage: Stage, company: Company) -> Mapping[str, str]:
    """Order name → outcome in the scenario's words."""
    done = (Operation.kind == "BookPayment", Operation.state == OperationState.DONE.value)
    paid = select(func.count()).select_from(Operation).where(Operation.job_id == Job.id, *done).scalar_subquery()
    orders = select(Snapshot.name, Job.state, paid).join(Job, Job.order_id == Snapshot.order_id)
    with stage.program.store.read() as session:
        rows = session.execute(orders.where(Job.tenant_id == company.tenant_id)).all()
    return {name: _outcome(state, payments) for name, state, payments in rows}


def _outcome(state: str, payments: int) -> str:
    if state != JobState.BOOKED.value:
        return state
    return "booked_and_paid" if payments else "booked_unpaid"


def _codes(stage: Stage, company: Company) -> Mapping[str, set[str]]:
    found: dict[str, set[str]] = {}
    open_rows = (
        select(Snapshot.name, Finding.code)
        .join(Job, Job.order_id == Snapshot.order_id)
        .join(Finding, Finding.job_id == Job.id)
        .where(Finding.resolved_at.is_(None), Finding.tenant_id == company.tenant_id)
    )
    with stage.program.store.read() as session:
        for name, code in session.execute(open_rows):
            found.setdefault(name, set()).add(code)
    return found


def _open_findings(stage: Stage, company: Company) -> Mapping[str, int]:
    here = (Finding.resolved_at.is_(None), Finding.tenant_id == company.tenant_id)
    statement = select(Finding.code, func.count()).where(*here).group_by(Finding.code)
    with stage.program.store.read() as session:
        return {code: count for code, count in session.execute(statement)}  # noqa: C416 - a Row is no pair to dict


def _payments_expected(stage: Stage, company: Company) -> int:
    booked = (Job.tenant_id == company.tenant_id, Job.state == JobState.BOOKED.value)
    with stage.program.store.read() as session:
        plans = session.scalars(select(Snapshot.plan).join(Job, Job.order_id == Snapshot.order_id).where(*booked)).all()
    documents = (document for plan in plans for document in (plan or {}).get("documents", ()))
    return sum(len(document["payments"]) for document in documents)


def _as_expected(stage: Stage, company: Company) -> int:
    """How many vouchers Bokbro itself found as it expected them when it read the whole ledger."""
    with stage.program.store.read() as session:
        reading = last_reading(session, company.tenant_id)
    return reading.compared - reading.differing if reading else 0


def _ore(amount: object) -> int:
    return int(Decimal(str(amount)) * 100)


def _difference(company: Company, invoices: list[dict[str, Any]]) -> int:
    """Sum over orders of |shop − books|, the books being Fortnox's own totals without its whole-krona rounding."""
    standing: dict[str, int] = {}
    for invoice in invoices:
        name = str(invoice["ExternalInvoiceReference1"])
        standing[name] = standing.get(name, 0) + _ore(invoice["Total"]) - _ore(invoice["RoundOff"])
    expected = {order.name: order.expect.left for order in _booked(company)}
    return sum(abs(expected.get(name, 0) - standing.get(name, 0)) for name in {*expected, *standing})


def _receivable(company: Company, invoices: list[dict[str, Any]]) -> int:
    paid = {order.name for order in company.orders if order.expect.outcome == "booked_and_paid"}
    return sum(abs(_ore(invoice["Balance"])) for invoice in invoices if invoice["ExternalInvoiceReference1"] in paid)
