"""The source of record: an order that both shop and Qliro report is booked once (decision 0021)."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from sqlalchemy import Integer, cast, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.adjustments.creditable_lines import PostedDocuments
from app.jobs.queue import Lease, wake
from app.kit.db.engine import WriteSession
from app.model.order import Order
from app.posting.plan import Decision, Plan, Skipped
from app.schema import Connection, Job, JobKind, OrderClaim
from app.tenants.rules import TenantRules

ORDERS_FROM = "orders_from"
"""Detail of a Qliro connection: an `OrdersFrom`, where a person has chosen."""
NOT_OURS = ("orders_from_shopify", "orders_from_qliro", "booked_by_other_channel")
"""Keys of why an order is skipped for another channel."""
_STEM = "psp.qliro"
_CLAIMS = 21
"""Class of the advisory lock for claims."""


class OrdersFrom(StrEnum):
    """Which channel reports the orders that are paid by Qliro. The values are the platforms' names."""

    SHOPIFY = "shopify"
    QLIRO = "qliro"


def orders_from(session: Session, qliro: Connection) -> OrdersFrom:
    """What a person chose for a Qliro connection; otherwise Shopify where the company has a shop there."""
    chosen = qliro.details.get(ORDERS_FROM)
    if chosen in set(OrdersFrom):
        return OrdersFrom(chosen)
    shops = select(Connection.id).where(Connection.tenant_id == qliro.tenant_id, Connection.platform == "shopify")
    has_shop = session.scalar(shops.where(Connection.state != "disconnected").limit(1)) is not None
    return OrdersFrom.SHOPIFY if has_shop else OrdersFrom.QLIRO


def is_managed_elsewhere(session: Session, connection: Connection) -> bool:
    """Whether the orders of this connection are reported by another channel."""
    return connection.platform == "qliro" and orders_from(session, connection) is not OrdersFrom.QLIRO


def owned(
    session: WriteSession, lease: Lease, order: Order, rules: TenantRules, posted: PostedDocuments, decision: Decision
) -> Decision:
    """The decision, or that another channel has the order. A channel that has started to book it goes on.

    A plan claims the order by every reference that both channels know it by. Claims of a company are made
    one after the other: of two workers that decide at the same moment, the second finds the order taken.
    """
    if posted.documents or posted.ordered or not _is_of_qliro(order, rules):
        return decision
    reason = _belongs_to(session, lease, order)
    if reason:
        _give_up(session, lease)
        return Skipped(reason)
    if isinstance(decision, Plan) and not _claim(session, lease, order, _references(order, rules)):
        return Skipped("booked_by_other_channel")
    return decision


def _is_of_qliro(order: Order, rules: TenantRules) -> bool:
    if order.platform == "qliro":
        return True
    return any(rules.gateways.get(transaction.gateway.lower()) == _STEM for transaction in order.transactions)


def _belongs_to(session: WriteSession, lease: Lease, order: Order) -> str:
    """Key of why the order is another channel's, or nothing."""
    conditions = (
        Connection.tenant_id == lease.tenant_id,
        Connection.platform == "qliro",
        Connection.state != "disconnected",
    )
    accounts = list(session.scalars(select(Connection).where(*conditions)))
    if order.platform == "qliro":
        connection = session.get_one(Connection, lease.connection_id)
        return "orders_from_shopify" if is_managed_elsewhere(session, connection) else ""
    # Only a person's choice takes orders from a shop that we read.
    chosen = any(account.details.get(ORDERS_FROM) == OrdersFrom.QLIRO for account in accounts)
    return "orders_from_qliro" if chosen else ""


def _references(order: Order, rules: TenantRules) -> list[str]:
    """Qliro's MerchantReference is Shopify's payment id or the order's name, with or without sign and prefix (6)."""
    words = {order.name}
    if order.platform != "qliro":
        words |= {transaction.payment_id for transaction in order.transactions if transaction.payment_id}
    bare = {form for word in words for form in (word, word.removeprefix(rules.payment_reference_prefix))}
    return sorted({f"qliro:{form.removeprefix('#')}" for form in bare if form.removeprefix("#")})


def _claim(session: WriteSession, lease: Lease, order: Order, keys: Sequence[str]) -> bool:
    """Take the order by these keys, all or none; False where another channel has one of them.

    Two orders of one channel are two orders, whatever their references: two shops may both have a #1001.
    """
    session.execute(select(func.pg_advisory_xact_lock(_CLAIMS, cast(lease.tenant_id, Integer))))
    of_channel = Job.subject.startswith(f"order:{order.platform}:")
    others = select(Job.id).where(Job.tenant_id == lease.tenant_id, ~of_channel)
    conditions = (OrderClaim.tenant_id == lease.tenant_id, OrderClaim.key.in_(keys), OrderClaim.job_id.in_(others))
    taken = session.execute(
        update(OrderClaim).where(*conditions).values(wanted_by=lease.job_id).returning(OrderClaim.key)
    )
    if taken.all():
        own = (OrderClaim.tenant_id == lease.tenant_id, OrderClaim.job_id == lease.job_id)
        session.execute(delete(OrderClaim).where(*own))
        return False
    rows = [{"tenant_id": lease.tenant_id, "key": key, "job_id": lease.job_id} for key in keys]
    session.execute(insert(OrderClaim).on_conflict_do_nothing(), rows)
    return True


def _give_up(session: WriteSession, lease: Lease) -> None:
    """What this job claimed and never booked is free, and who wanted it is looked at again."""
    released = delete(OrderClaim).where(OrderClaim.job_id == lease.job_id).returning(OrderClaim.wanted_by)
    waiting = [job for job in session.scalars(released) if job is not None]
    wake(session, waiting)


def owner_changed(session: WriteSession, tenant_id: int) -> int:
    """Have every order looked at again that may belong to another channel now; returns how many."""
    states = ("waiting", "stopped", "skipped")
    conditions = (Job.tenant_id == tenant_id, Job.kind == JobKind.ORDER, Job.state.in_(states))
    return wake(session, list(session.scalars(select(Job.id).where(*conditions))))
