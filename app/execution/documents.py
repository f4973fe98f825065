"""Documents of ours in a ledger: entered with the answers that name them, and looked up by their numbers."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Select, select, text

from app.jobs.queue import Lease
from app.kit.db.engine import ReadSession, WriteSession
from app.kit.money import Money
from app.ledgers.base import Remote
from app.posting.references import DocumentRef
from app.schema import Document, DocumentKind, Job, Operation

_REF = TypeAdapter(DocumentRef)
CUSTOMER_DOCUMENTS = (DocumentKind.CUSTOMER_INVOICE, DocumentKind.CREDIT_NOTE)
"""What customers get: the ledger numbers both in one series."""


def stated(operation: Operation, remote: Remote) -> dict[str, Any] | None:
    """What an answer to a step says of the document that it made or changed; None where it is about none.

    `made_by`: key of an earlier step that made the document, which this one gave its content.
    """
    number = str(remote.get("number") or "")
    describe = _KINDS.get(operation.kind)
    if not number or describe is None:
        return None
    return {"number": number, **describe(operation.payload, remote)}


def _invoice(payload: Mapping[str, Any], remote: Remote) -> dict[str, Any]:
    ref = _REF.validate_python(payload["ref"])
    kind = DocumentKind.CREDIT_NOTE if ref.credits else DocumentKind.CUSTOMER_INVOICE
    day = remote.get("day") or payload.get("day")
    made_by = ref.draft.key if payload.get("from_draft") else None
    return {"kind": kind, "day": day, "made_by": made_by, **_amount(remote.get("total"), remote.get("currency"))}


def _payment(payload: Mapping[str, Any], remote: Remote) -> dict[str, Any]:
    currency = payload["amount"]["currency"]
    return {"kind": DocumentKind.PAYMENT, "day": payload.get("day"), **_amount(remote.get("paid"), currency)}


def _voucher(payload: Mapping[str, Any], remote: Remote) -> dict[str, Any]:
    series = str(payload.get("series") or "")
    number = str(remote["number"]).removeprefix(series)
    year = remote.get("voucher_year")
    return {
        "kind": DocumentKind.VOUCHER, "number": number, "series": series, "financial_year": year,
        "day": payload.get("day"),
    }  # fmt: skip


def _amount(total: object, currency: object) -> dict[str, Any]:
    if total is None or not currency:
        return {}
    return {"currency": str(currency), "total": Money.of(str(total), str(currency)).minor}


_KINDS = {
    "CreateInvoice": _invoice,
    "InvoiceOrder": lambda _payload, _remote: {"kind": DocumentKind.CUSTOMER_INVOICE},
    "MakeCredit": lambda _payload, _remote: {"kind": DocumentKind.CREDIT_NOTE},
    "CreateOrder": lambda payload, _remote: {"kind": DocumentKind.ORDER, "day": payload["invoice"].get("day")},
    "PayInvoice": _payment,
    "CreateVoucher": _voucher,
}
"""Kind of step → what its answer says of the document. All other steps make none, or are about one that is there."""

STATED = """stated (operation_id bigint, made_by text, kind text, number text, series text, financial_year int,
                    day date, currency text, total bigint)"""
"""The columns of what answers state, for `jsonb_to_record`."""
COLUMNS = """document (tenant_id, operation_id, order_id, payout_id, kind, number, series, financial_year, day,
                       currency, total)"""
VALUES = """coalesce((select maker.id from operation as maker
                         where maker.job_id = operation.job_id and maker.step_key = stated.made_by), operation.id),
           job.order_id, job.payout_id, stated.kind, stated.number, coalesce(stated.series, ''),
           stated.financial_year, stated.day, stated.currency, stated.total"""
"""From `stated`, `operation` and `job`: a draft that was made for a document is the document."""
KEEP = """on conflict (operation_id) do update
       set kind = excluded.kind, number = excluded.number, series = excluded.series,
           financial_year = coalesce(excluded.financial_year, document.financial_year),
           day = coalesce(excluded.day, document.day), currency = coalesce(excluded.currency, document.currency),
           total = coalesce(excluded.total, document.total)"""
_ENTER = text(f"""
    insert into {COLUMNS}
    select job.tenant_id, {VALUES}
      from jsonb_to_recordset(cast(:documents as jsonb)) as {STATED}
      join operation on operation.id = stated.operation_id
      join job on job.id = operation.job_id
        {KEEP}
""")  # noqa: S608 - its parts are written above


def enter(session: WriteSession, answered: Sequence[tuple[Operation, Remote]]) -> None:
    """Enter or correct the documents that these answers name; those that name none change nothing."""
    documents = [
        {"operation_id": operation.id, **document}
        for operation, remote in answered
        if (document := stated(operation, remote)) is not None
    ]
    if documents:
        session.execute(_ENTER, {"documents": json.dumps(documents)})


def own_invoices(session: ReadSession | WriteSession, tenant_id: int, numbers: Collection[str]) -> set[str]:
    """Those of the numbers that are invoices or credit notes of ours."""
    if not numbers:
        return set()
    return set(session.scalars(select(Document.number).where(*_numbered(tenant_id, CUSTOMER_DOCUMENTS, numbers))))


def belongs_to_another(session: ReadSession | WriteSession, lease: Lease, number: str) -> bool:
    """Whether another job of this tenant made that invoice: two shops may give their orders the same names."""
    made = jobs_of(lease.tenant_id, CUSTOMER_DOCUMENTS, [number]).where(Job.id != lease.job_id)
    return session.scalar(made.limit(1)) is not None


def jobs_of(tenant_id: int, kinds: Collection[DocumentKind], numbers: Collection[str]) -> Select[int]:
    """The jobs that made documents with these numbers."""
    made = select(Job.id).join(Operation, Operation.job_id == Job.id)
    return made.join(Document, Document.operation_id == Operation.id).where(*_numbered(tenant_id, kinds, numbers))


def _numbered(
    tenant_id: int, kinds: Collection[DocumentKind], numbers: Collection[str]
) -> tuple[ColumnElement[bool], ...]:
    return Document.tenant_id == tenant_id, Document.number.in_(numbers), Document.kind.in_(kinds)
