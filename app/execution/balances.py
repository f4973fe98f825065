"""Writes the balances that the database checks before a step is sent: credited at most invoiced, money used once."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from app.adjustments.creditable_lines import PostedDocuments
from app.jobs.queue import Lease
from app.kit.db.engine import WriteSession
from app.payments.allocation import NETTING
from app.posting.documents import CreateInvoice
from app.schema import CreditBalance, MoneyUse

_OF_THE_ORDER = ("line:", "shipping:")


class BalanceExceededError(Exception):
    """A document or payment would credit or use more than there is: never sent, and a fault of ours if it happens."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


def enter(session: WriteSession, lease: Lease, posted: PostedDocuments) -> None:
    """Write the balances of everything that may stand in the books. Raises BalanceExceededError.

    `posted` holds the steps that are done, sent or about to be. The figures are whole ones, not additions: entering
    the same twice changes nothing.
    """
    try:
        with session.begin_nested():
            _enter_credits(session, lease.job_id, posted.documents)
            _enter_money(session, lease, posted)
    except IntegrityError as error:
        raise BalanceExceededError(str(error.orig)) from error


def _enter_credits(session: WriteSession, job_id: int, documents: Iterable[CreateInvoice]) -> None:
    invoiced: dict[str, int] = {"": 0}
    credited: dict[str, int] = {"": 0}
    for document in documents:
        (credited if document.credits else invoiced)[""] += abs(document.total.minor)
        for row in document.rows:
            if row.source.startswith(_OF_THE_ORDER):
                side, size = (credited, -row.amount.minor) if document.credits else (invoiced, row.amount.minor)
                side[row.source] = side.get(row.source, 0) + size
    session.execute(delete(CreditBalance).where(CreditBalance.job_id == job_id))
    rows = [
        {"job_id": job_id, "source": source, "invoiced": invoiced.get(source, 0), "credited": credited.get(source, 0)}
        for source in invoiced.keys() | credited.keys()
    ]
    session.execute(insert(CreditBalance), rows)


def _enter_money(session: WriteSession, lease: Lease, posted: PostedDocuments) -> None:
    uses: dict[str, tuple[int, int]] = {}
    for payment in posted.payments:
        if not payment.transaction_id.startswith(NETTING):
            _moved, used = uses.get(payment.transaction_id, (0, 0))
            uses[payment.transaction_id] = ((payment.whole or payment.amount).minor, used + payment.taken.minor)
    for money in (voucher.money for voucher in posted.vouchers if voucher.money):
        moved, used = uses.get(money.transaction_id, (money.whole.minor, 0))
        uses[money.transaction_id] = (moved, used + money.amount.minor)
    conditions = (MoneyUse.connection_id == lease.connection_id, MoneyUse.transaction_id.in_(uses))
    used_elsewhere = session.scalar(
        select(MoneyUse.transaction_id).where(*conditions, MoneyUse.job_id != lease.job_id).limit(1)
    )
    if used_elsewhere is not None:
        raise BalanceExceededError(f"transaction {used_elsewhere} pays another order")
    session.execute(delete(MoneyUse).where(MoneyUse.job_id == lease.job_id))
    rows = [
        {
            "connection_id": lease.connection_id,
            "transaction_id": transaction_id,
            "job_id": lease.job_id,
            "moved": moved,
            "used": used,
        }
        for transaction_id, (moved, used) in uses.items()
    ]
    if rows:
        session.execute(insert(MoneyUse), rows)
