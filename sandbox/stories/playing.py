"""Plays a story: each state is what the shop shows next, and is looked at when all that followed from it is done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import or_, select, text

from app.catalogue import lookup
from app.catalogue.entries import Language
from app.jobs.inbox import make_due
from app.schema import Finding, Job, Snapshot
from sandbox.kit.calls import CallFilter
from sandbox.stories.observing import Document, Observation, ReadFinding, Row, Voucher
from sandbox.stories.reading import Story
from sandbox.stories.stage import TODAY, Stage, Tenancy

Json = dict[str, Any]

_WRITES = frozenset({"POST", "PUT", "DELETE"})
_MOST_HOURS = 12
AN_HOUR_PASSES = (
    "update job set due_at = least(due_at, clock_timestamp()) where due_at is not null",
    "update job set lease_until = least(lease_until, clock_timestamp()) where lease_until is not null",
    "update tenant set blocked_until = null",
    "update operation set sent_at = sent_at - interval '1 hour'",
)
"""Waits are over and what was sent has settled."""


class UnendedStoryError(Exception):
    """Something is under way after hours; the sentence says what."""


Then = Callable[[int, Tenancy], None]
"""What a person does when a state (counted from 1) has come to rest."""


def play(stage: Stage, story: Story, then: Then = lambda _number, _tenancy: None) -> list[Observation]:
    """What stands after each state."""
    tenancy = stage.found(story)
    observed = []
    for number, state in enumerate(story.states, 1):
        stage.clock.set(max(stage.clock.at, TODAY, _moment(state)))
        tenancy.shop.stated = {state["id"]: state}
        subject = f"order:shopify:{state['id'].rpartition('/')[2]}"
        with stage.program.store.write() as session:
            make_due(session, tenancy.tenant_id, tenancy.shop_id, subject)
        rest(stage, tenancy)
        then(number, tenancy)
        rest(stage, tenancy)
        observed.append(_observe(stage, tenancy, subject))
    return observed


def _moment(state: Json) -> datetime:
    """When the shop shows the state."""
    moment = datetime.fromisoformat(str(state.get("updatedAt") or state["createdAt"]))
    return moment.astimezone(UTC) + timedelta(minutes=1)


def rest(stage: Stage, tenancy: Tenancy) -> None:
    """Work until nothing of the tenant is due any more."""
    open_jobs: list[str] = []
    for _hour in range(_MOST_HOURS):
        stage.program.worker.run()
        due = select(Job.subject).where(Job.tenant_id == tenancy.tenant_id, Job.due_at.is_not(None))
        with stage.program.store.read() as session:
            open_jobs = list(session.scalars(due))
        if not open_jobs:
            return
        with stage.program.store.write() as session:
            for statement in AN_HOUR_PASSES:
                session.execute(text(statement))
    raise UnendedStoryError(f"still under way after {_MOST_HOURS} hours: {', '.join(open_jobs)}")


def _observe(stage: Stage, tenancy: Tenancy, subject: str) -> Observation:
    calls = [f"{one.method} {one.path}" for one in stage.kit.calls.select(CallFilter(tenant=str(tenancy.number)))]
    with stage.program.store.read() as session:
        job = session.scalars(select(Job).where(Job.tenant_id == tenancy.tenant_id, Job.subject == subject)).one()
        snapshot = session.get(Snapshot, job.order_id)
        of_tenant = (Finding.tenant_id == tenancy.tenant_id, Finding.resolved_at.is_(None))
        rows = session.scalars(
            select(Finding).where(*of_tenant, or_(Finding.job_id == job.id, Finding.job_id.is_(None)))
        )
        findings = tuple(read_finding(row.code, dict(row.data), of_order=row.job_id is not None) for row in rows)
        reason = str(((snapshot.plan if snapshot else None) or {}).get("reason") or "")
        state = job.state
    with stage.world.lock:
        company = stage.world.companies[tenancy.number]
        invoices = [dict(one.fields) for one in company.kind("invoices").values()]
        orders = [dict(one.fields) for one in company.kind("orders").values()]
        customers = {one.fields["CustomerNumber"]: dict(one.fields) for one in company.kind("customers").values()}
        vouchers = tuple(voucher_of(entry.as_json()) for entry in company.ledger.entries)
    documents = tuple(_documents(invoices, orders))
    named = sorted({str(invoice["CustomerNumber"]) for invoice in (*invoices, *orders) if not invoice["Cancelled"]})
    return Observation(
        state=state,
        reason=reason,
        findings=findings,
        documents=documents,
        vouchers=vouchers,
        cards=tuple(_card(customers[number]) for number in named),
        has_written=any(call.split()[0] in _WRITES and "/oauth" not in call for call in calls),
        calls=tuple(calls),
    )


def read_finding(code: str, values: Json, *, of_order: bool = True) -> ReadFinding:
    """A finding in the catalogue's words, in both languages."""
    entry = lookup(code)
    languages: tuple[Language, ...] = ("en", "sv")
    texts = tuple(
        part for language in languages for part in (entry.text(language, values), entry.remedy(language, values))
    )
    return ReadFinding(code, texts, values, of_order=of_order)


def _documents(invoices: list[Json], orders: list[Json]) -> Iterator[Document]:
    for one in invoices:
        if not one["Cancelled"]:
            yield _document(one, "credit" if one["Credit"] == "true" else "invoice", one["InvoiceDate"], "InvoiceRows")
    for one in orders:
        if not one["Cancelled"]:
            yield _document(one, "order", one["OrderDate"], "OrderRows")


def _document(json: Json, kind: str, day: str, rows: str) -> Document:
    information = json.get("EmailInformation") or {}
    return Document(
        kind=kind,
        number=str(json["DocumentNumber"]),
        date=str(day),
        total=_number(json["Total"]),
        balance=_number(json.get("Balance")),
        currency=str(json["Currency"]),
        rows=tuple(
            _row(row, has_vat=bool(json["VATIncluded"]), kind=kind) for row in json[rows] if _quantity(row, kind)
        ),
        is_booked=json.get("Booked") is True,
        facts={
            "name": json.get("CustomerName"),
            "email": information.get("EmailAddressTo"),
            "delivery_country": json.get("DeliveryCountry"),
            "country": json.get("Country"),
            "remarks": json.get("Remarks"),
            "references": [json.get("ExternalInvoiceReference1"), json.get("ExternalInvoiceReference2")],
        },
    )


def _quantity(row: Json, kind: str) -> Decimal:
    return _number(row.get("OrderedQuantity" if kind == "order" else "DeliveredQuantity"))


def _row(row: Json, *, has_vat: bool, kind: str) -> Row:
    rate, amount = _number(row.get("VAT")), _number(row.get("Total"))
    return Row(
        account=str(row.get("AccountNumber") or ""),
        article=str(row.get("ArticleNumber") or ""),
        quantity=_quantity(row, kind),
        total=amount if has_vat else round(amount * (100 + rate) / 100, 2),
        vat_rate=rate,
        text=str(row.get("Description") or ""),
    )


def voucher_of(entry: Json) -> Voucher:
    """An entry of the emulator's ledger."""
    amounts: dict[str, Decimal] = {}
    for row in entry["rows"]:
        account = str(row["account"])
        amounts[account] = amounts.get(account, Decimal(0)) + Decimal(row["debit"] - row["credit"]) / 100
    return Voucher(f"{entry['series']}{entry['number']}", entry["date"], entry["description"], amounts)


def _card(customer: Json) -> Json:
    return {
        "number": customer["CustomerNumber"],
        "name": customer["Name"],
        "type": customer["Type"],
        "vat_type": customer["VATType"],
        "vat_number": customer["VATNumber"],
        "email": customer["Email"],
    }


def _number(value: Any) -> Decimal:  # noqa: ANN401 -- a number, its text, or nothing
    return Decimal(str(value)) if value not in (None, "") else Decimal(0)
