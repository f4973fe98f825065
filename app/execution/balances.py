"""Writes the balances that the database checks before a step is sent: credited at most invoiced, money used once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.adjustments.creditable_lines import PostedDocuments
from app.jobs.queue import Lease
from app.kit.db.engine import WriteSession

_OF_THE_ORDER = ("line:", "shipping:")


class BalanceExceededError(Exception):
    """A document or payment would credit or use more than there is: never sent, and a fault of ours if it happens."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


@dataclass(frozen=True, slots=True)
class Balances:
    """What the steps of an order come to: whole figures, not additions."""

    invoiced: Mapping[str, int]
    """Line or shipping → öre of the order's currency; empty key: the whole order."""
    credited: Mapping[str, int]
    moved: Mapping[str, int]
    """Transaction of the provider → what it moved."""
    used: Mapping[str, int]
    """Transaction of the provider → what payments of the order use of it."""


def balances_of(posted: PostedDocuments) -> Balances:
    """Of the steps that are done, sent or about to be."""
    invoiced: dict[str, int] = {"": 0}
    credited: dict[str, int] = {"": 0}
    for document in posted.documents:
        (credited if document.credits else invoiced)[""] += abs(document.total.minor)
        for row in document.rows:
            if row.source.startswith(_OF_THE_ORDER):
                side, size = (credited, -row.amount.minor) if document.credits else (invoiced, row.amount.minor)
                side[row.source] = side.get(row.source, 0) + size
    moved: dict[str, int] = {}
    used: dict[str, int] = {}
    for payment in posted.payments:
        if not payment.source.is_netting:
            moved[payment.transaction_id] = (payment.whole or payment.amount).minor
            used[payment.transaction_id] = used.get(payment.transaction_id, 0) + payment.taken.minor
    for money in (voucher.money for voucher in posted.vouchers if voucher.money):
        moved.setdefault(money.transaction_id, money.whole.minor)
        used[money.transaction_id] = used.get(money.transaction_id, 0) + money.amount.minor
    return Balances(invoiced, credited, moved, used)


_CREDITS = text("""
    with gone as (
        delete from credit_balance where order_id = :order and source <> all (cast(:sources as text[]))
    )
    insert into credit_balance (order_id, source, invoiced, credited)
    select :order, entered.source, entered.invoiced, entered.credited
      from unnest(cast(:sources as text[]), cast(:invoiced as bigint[]), cast(:credited as bigint[]))
           as entered (source, invoiced, credited)
        on conflict (order_id, source) do update set invoiced = excluded.invoiced, credited = excluded.credited
""")
# A transaction that another order uses is no conflict to be updated: it is missing among the rows that come back.
_MONEY_USES = text("""
    with gone as (
        delete from money_use where order_id = :order and transaction_id <> all (cast(:transactions as text[]))
    )
    insert into money_use (connection_id, transaction_id, order_id, moved, used)
    select :connection, entered.transaction_id, :order, entered.moved, entered.used
      from unnest(cast(:transactions as text[]), cast(:moved as bigint[]), cast(:used as bigint[]))
           as entered (transaction_id, moved, used)
        on conflict (connection_id, transaction_id) do update set moved = excluded.moved, used = excluded.used
     where money_use.order_id = excluded.order_id
    returning transaction_id
""")


def enter(session: WriteSession, lease: Lease, posted: PostedDocuments, entered: Balances | None = None) -> Balances:
    """Write the balances of everything that may stand in the books. Raises BalanceExceededError.

    `posted` holds the steps that are done, sent or about to be. Entering the same twice changes nothing; `entered` is
    what this worker wrote last, under the same lease: what is unchanged since is not written again.
    Only orders have balances.
    """
    balances = balances_of(posted)
    if lease.order_id is None:
        return balances
    try:
        if entered is None or (balances.invoiced, balances.credited) != (entered.invoiced, entered.credited):
            sources = sorted(balances.invoiced.keys() | balances.credited.keys())
            values = {
                "order": lease.order_id, "sources": sources,
                "invoiced": [balances.invoiced.get(source, 0) for source in sources],
                "credited": [balances.credited.get(source, 0) for source in sources],
            }  # fmt: skip
            session.execute(_CREDITS, values)
        if entered is None or (balances.moved, balances.used) != (entered.moved, entered.used):
            _enter_money(session, lease, balances)
    except IntegrityError as error:
        raise BalanceExceededError(str(error.orig)) from error
    return balances


def _enter_money(session: WriteSession, lease: Lease, balances: Balances) -> None:
    transactions = sorted(balances.used)
    values = {
        "order": lease.order_id, "connection": lease.connection_id, "transactions": transactions,
        "moved": [balances.moved[transaction] for transaction in transactions],
        "used": [balances.used[transaction] for transaction in transactions],
    }  # fmt: skip
    entered = set(session.scalars(_MONEY_USES, values))
    elsewhere = [transaction for transaction in transactions if transaction not in entered]
    if elsewhere:
        raise BalanceExceededError(f"transaction {elsewhere[0]} pays another order")
