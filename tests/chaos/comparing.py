"""What stands in the books of two companies with the same history: account by account, order by order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx2
from sqlalchemy import select, text

from app.kit.http.client import read_json
from app.schema import Connection, Finding, Inbox, Job, Operation, OperationEvent, Snapshot
from tests.chaos.fleet import Company, Fleet


@dataclass(frozen=True)
class Ledger:
    """One company's, without any number that only says when something was made."""

    orders: dict[str, tuple[Any, ...]]
    """Name → its state with us, its open findings, its documents and payments in Fortnox."""
    accounts: dict[str, int]
    """Öre."""
    vouchers: Counter[tuple[Any, ...]]
    payouts: Counter[str]
    """States of the payouts."""
    balanced: bool


def books_of(fleet: Fleet, company: Company) -> Ledger:
    """Read Fortnox's emulator and our own database."""
    documents = _fortnox(fleet, company, "documents")
    ledger = _fortnox(fleet, company, "ledger")
    vouchers = Counter(
        tuple(sorted((int(row["account"]), int(row["debit"]) - int(row["credit"])) for row in one["rows"]))
        for one in ledger["vouchers"]
    )
    return Ledger(
        dict(_orders(fleet, company, documents)), ledger["balances"], vouchers, Counter(_payouts(fleet, company)),
        ledger["balanced"],
    )  # fmt: skip


def differences(quiet: Ledger, storm: Ledger) -> list[str]:
    """Every account and order that is not the same; an order's line begins with its name."""
    told = [] if quiet.balanced and storm.balanced else ["a ledger does not balance"]
    for account in sorted(quiet.accounts.keys() | storm.accounts.keys()):
        left, right = quiet.accounts.get(account, 0), storm.accounts.get(account, 0)
        if left != right:
            told.append(f"account {account}: {left} öre, in the storm {right}")
    for name in sorted(quiet.orders.keys() | storm.orders.keys()):
        ours, theirs = quiet.orders.get(name), storm.orders.get(name)
        if ours != theirs:
            told.append(f"{name}: {ours}\n      in the storm {theirs}")
    if quiet.payouts != storm.payouts:
        told.append(f"payouts: {dict(quiet.payouts)}, in the storm {dict(storm.payouts)}")
    for voucher, times in ((quiet.vouchers - storm.vouchers) + (storm.vouchers - quiet.vouchers)).items():
        told.append(f"voucher {voucher}: {quiet.vouchers[voucher]}, in the storm {storm.vouchers[voucher]} ({times})")
    return told


def unheard_deliveries(fleet: Fleet, company: Company) -> list[str]:
    """Deliveries that were answered 200 and are not in the inbox: what must never be."""
    told = fleet.see("shopify", "/deliveries", shop=company.domain, state="delivered")["deliveries"]
    with fleet.program.store.read() as session:
        here = select(Inbox.delivery_id).join(Connection, Connection.id == Inbox.connection_id)
        kept = set(session.scalars(here.where(Connection.tenant_id == company.tenant_id)))
    used = (one for one in told if one["topic"].startswith(("orders/", "refunds/")))
    return [f"{one['topic']} {one['webhook_id']}" for one in used if one["webhook_id"] not in kept]


def story(fleet: Fleet, company: Company, name: str) -> list[str]:
    """All that we know of one order: steps, and every call with its outcome."""
    with fleet.program.store.read() as session:
        rows = session.execute(
            select(Operation.step_key, Operation.state, Operation.attempts, OperationEvent)
            .join(OperationEvent, OperationEvent.operation_id == Operation.id)
            .join(Job, Job.id == Operation.job_id)
            .join(Snapshot, Snapshot.order_id == Job.order_id)
            .where(Snapshot.tenant_id == company.tenant_id, Snapshot.name == name)
            .order_by(OperationEvent.id)
        )
        return [
            f"{row.OperationEvent.at:%H:%M:%S.%f} {row.step_key} ({row.state}, {row.attempts} tries) "
            f"{row.OperationEvent.kind} {row.OperationEvent.status} {row.OperationEvent.note}"
            for row in rows
        ]


def _fortnox(fleet: Fleet, company: Company, what: str) -> Any:
    url = f"{fleet.urls['fortnox']}/_sandbox/{what}"
    return read_json(httpx2.get(url, params={"company": company.number}, timeout=120).raise_for_status().content)


def _orders(fleet: Fleet, company: Company, documents: Any) -> Iterator[tuple[str, tuple[Any, ...]]]:
    names = {
        str(document["DocumentNumber"]): str(document["ExternalInvoiceReference1"])
        for document in documents["invoices"]
    }
    made: dict[str, list[Any]] = {}
    for one in documents["invoices"]:
        shown = ("invoice", str(one["Total"]), one["Booked"], one["Cancelled"], str(one["Balance"]))
        made.setdefault(names[str(one["DocumentNumber"])], []).append(shown)
    for one in documents["invoicepayments"]:
        paid = ("payment", str(one["Amount"]), one["Booked"])
        made.setdefault(names[str(one["InvoiceNumber"])], []).append(paid)
    states, findings = _known(fleet, company)
    for name in made.keys() | states.keys():
        yield name, (states.get(name), *sorted(findings.get(name, ())), *sorted(made.get(name, ()), key=str))


def _known(fleet: Fleet, company: Company) -> tuple[dict[str, str], dict[str, list[str]]]:
    with fleet.program.store.read() as session:
        here = select(Snapshot.name, Job.state).join(Job, Job.order_id == Snapshot.order_id)
        states = {row.name: row.state for row in session.execute(here.where(Job.tenant_id == company.tenant_id))}
        told = select(Snapshot.name, Finding.code).join(Job, Job.order_id == Snapshot.order_id)
        told = told.join(Finding, Finding.job_id == Job.id)
        findings: dict[str, list[str]] = {}
        open_ones = told.where(Finding.tenant_id == company.tenant_id, Finding.resolved_at.is_(None))
        for name, code in session.execute(open_ones):
            findings.setdefault(name, []).append(code)
    return states, findings


def _payouts(fleet: Fleet, company: Company) -> list[str]:
    statement = text(
        "select split_part(subject, ':', 2) || ' ' || state from job where tenant_id = :t and subject like 'payout:%'"
    )
    with fleet.program.store.read() as session:
        return list(session.scalars(statement, {"t": company.tenant_id}))
