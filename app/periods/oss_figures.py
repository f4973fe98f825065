"""What our posting log holds for the OSS return of a quarter, and the file of it that a bookkeeper opens."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

from sqlalchemy import cast, func, select
from sqlalchemy.dialects.postgresql import JSONPATH

from app.execution import operations as posting_log
from app.kit.db.engine import ReadSession
from app.kit.money import Money
from app.ledgers.base import booking_of, kronor_for_one
from app.periods.oss_return import OssDocument, OssFigure, Quarter
from app.schema import Job, Operation, OperationState
from app.vat.oss import rate_text

HEAD = (
    "country", "rate", "corrects", "currency", "base", "vat", "base_eur", "vat_eur", "vat_account", "booked_sek",
)  # fmt: skip


def oss_documents(session: ReadSession, tenant_id: int, quarter: Quarter) -> list[OssDocument]:
    """Every booked document of the quarter with OSS rows; a credit note knows the day of its sale."""
    is_oss = func.jsonb_path_exists(Operation.payload, cast('$.rows[*] ? (@.role starts with "oss_sales.")', JSONPATH))
    day = Operation.payload["day"].astext
    first = f"{quarter.year}-{3 * quarter.number - 2:02}-01"
    last = f"{quarter.year}-{3 * quarter.number:02}-31"
    conditions = (Job.tenant_id == tenant_id, Operation.kind == "CreateInvoice", is_oss)
    done = (Operation.state == OperationState.DONE.value, day >= first, day <= last)
    jobs = session.scalars(
        select(Operation.job_id).join(Job, Job.id == Operation.job_id).where(*conditions, *done).distinct()
    ).all()
    return [document for job in sorted(jobs) for document in _of_order(session, job)]


def _of_order(session: ReadSession, job_id: int) -> Iterator[OssDocument]:
    operations: dict[str, Operation] = posting_log.load(session, job_id)
    posted, results = posting_log.posted(operations), posting_log.results(operations)
    days = {document.ref: document.day for document in posted.documents}
    for document in posted.documents:
        if booking_of(document.ref, results) is not None:
            sold_on = days.get(document.credits or document.ref, document.day)
            yield OssDocument(document, kronor_for_one(results.get(document.ref, {})), sold_on)


def write_figures(figures: Sequence[OssFigure]) -> str:
    """The figures as a file for Swedish spreadsheets: semicolons, decimal commas."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";")
    writer.writerow(HEAD)
    for figure in figures:
        amounts = (figure.base, figure.vat, figure.base_eur, figure.vat_eur)
        writer.writerow(
            (
                figure.country, rate_text(figure.vat_percent).replace(".", ","), figure.corrects or "",
                figure.base.currency, *map(_shown, amounts), figure.vat_account or "", _shown(figure.booked),
            )
        )  # fmt: skip
    return out.getvalue()


def _shown(amount: Money | None) -> str:
    return "" if amount is None else f"{amount.decimal}".replace(".", ",")
