"""The source of record: an order that both a shop and a provider report is booked once (decision 0021)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from enum import StrEnum

from sqlalchemy import Integer, cast, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.adjustments.creditable_lines import PostedDocuments
from app.jobs.queue import Lease, wake, wake_orders
from app.kit.db.engine import WriteSession
from app.model.order import Order
from app.model.platforms import PlatformKind
from app.posting.plan import Decision, Plan, Skipped
from app.schema import Connection, Job, JobKind, OrderClaim, SalesOrder
from app.tenants.rules import TenantRules

NOT_OURS = ("orders_from_shop", "orders_from_provider", "booked_by_other_channel")
"""Keys of why an order is skipped for another channel."""
_ROLE = "psp."
"""Before a provider's name: the role of its clearing account."""
_CLAIMS = 21
"""Class of the advisory lock for claims."""


class OrdersFrom(StrEnum):
    """Which channel reports the orders that are paid by a provider."""

    SHOP = "shop"
    PROVIDER = "provider"


def orders_from(session: Session, provider: Connection) -> OrdersFrom:
    """What a person chose for a provider's connection; otherwise the shop, where the company has one."""
    if provider.orders_from is not None:
        return OrdersFrom(provider.orders_from)
    of_shop = (Connection.tenant_id == provider.tenant_id, Connection.kind == PlatformKind.SHOP)
    shops = select(Connection.id).where(*of_shop, Connection.state != "disconnected")
    return OrdersFrom.PROVIDER if session.scalar(shops.limit(1)) is None else OrdersFrom.SHOP


def is_managed_elsewhere(session: Session, connection: Connection) -> bool:
    """Whether the orders of this connection are reported by another channel."""
    is_provider = connection.kind == PlatformKind.PROVIDER
    return is_provider and orders_from(session, connection) is not OrdersFrom.PROVIDER


def owned(
    session: WriteSession,
    lease: Lease,
    order: Order,
    rules: TenantRules,
    posted: PostedDocuments,
    decision: Decision,
    *,
    providers: Collection[str],
) -> Decision:
    """The decision, or that another channel has the order. A channel that has started to book it goes on.

    A plan claims the order by every reference that both channels know it by. Claims of a company are made
    one after the other: of two workers that decide at the same moment, the second finds the order taken.
    `providers`: platforms that may report an order beside the shop.
    """
    provider = _provider_of(order, rules, providers)
    if posted.documents or posted.ordered or not provider:
        return decision
    reason = _belongs_to(session, lease, order, provider)
    if reason:
        _give_up(session, lease)
        return Skipped(reason)
    if isinstance(decision, Plan) and not _claim(session, lease, order, _references(order, rules, provider)):
        return Skipped("booked_by_other_channel")
    return decision


def _provider_of(order: Order, rules: TenantRules, providers: Collection[str]) -> str:
    """The provider that may report the order, too, or does; empty: none."""
    if order.platform in providers:
        return order.platform
    stems = (rules.gateways.get(transaction.gateway.lower(), "") for transaction in order.transactions)
    paid_by = (stem.removeprefix(_ROLE) for stem in stems if stem.startswith(_ROLE))
    return next((provider for provider in paid_by if provider in providers), "")


def _belongs_to(session: WriteSession, lease: Lease, order: Order, provider: str) -> str:
    """Key of why the order is another channel's, or nothing."""
    if order.platform == provider:
        connection = session.get_one(Connection, lease.connection_id)
        return "orders_from_shop" if is_managed_elsewhere(session, connection) else ""
    conditions = (
        Connection.tenant_id == lease.tenant_id,
        Connection.platform == provider,
        Connection.state != "disconnected",
    )
    # Only a person's choice takes orders from a shop that we read.
    accounts = session.scalars(select(Connection).where(*conditions))
    chosen = any(account.orders_from == OrdersFrom.PROVIDER for account in accounts)
    return "orders_from_provider" if chosen else ""


def _references(order: Order, rules: TenantRules, provider: str) -> list[str]:
    """The provider's reference is the shop's payment id or the order's name, with or without sign and prefix (6)."""
    words = {order.name}
    if order.platform != provider:
        words |= {transaction.payment_id for transaction in order.transactions if transaction.payment_id}
    bare = {form for word in words for form in (word, word.removeprefix(rules.payment_reference_prefix))}
    return sorted({f"{provider}:{form.removeprefix('#')}" for form in bare if form.removeprefix("#")})


def _claim(session: WriteSession, lease: Lease, order: Order, keys: Sequence[str]) -> bool:
    """Take the order by these keys, all or none; False where another channel has one of them.

    Two orders of one channel are two orders, whatever their references: two shops may both have a #1001.
    """
    session.execute(select(func.pg_advisory_xact_lock(_CLAIMS, cast(lease.tenant_id, Integer))))
    others = select(SalesOrder.id).join(Connection, Connection.id == SalesOrder.connection_id)
    others = others.where(SalesOrder.tenant_id == lease.tenant_id, Connection.platform != order.platform)
    conditions = (OrderClaim.tenant_id == lease.tenant_id, OrderClaim.key.in_(keys), OrderClaim.order_id.in_(others))
    taken = session.execute(
        update(OrderClaim).where(*conditions).values(wanted_by=lease.of_order).returning(OrderClaim.key)
    )
    if taken.all():
        own = (OrderClaim.tenant_id == lease.tenant_id, OrderClaim.order_id == lease.of_order)
        session.execute(delete(OrderClaim).where(*own))
        return False
    rows = [{"tenant_id": lease.tenant_id, "key": key, "order_id": lease.of_order} for key in keys]
    session.execute(insert(OrderClaim).on_conflict_do_nothing(), rows)
    return True


def _give_up(session: WriteSession, lease: Lease) -> None:
    """What this order claimed and never booked is free, and who wanted it is looked at again."""
    released = delete(OrderClaim).where(OrderClaim.order_id == lease.of_order).returning(OrderClaim.wanted_by)
    wake_orders(session, {order for order in session.scalars(released) if order is not None})


def choose_orders_from(session: WriteSession, provider: Connection, owner: OrdersFrom) -> int:
    """Keep what a person chose for a provider's connection, and have the orders looked at that it may concern."""
    provider.orders_from = owner.value
    session.flush()
    return owner_changed(session, provider.tenant_id)


def owner_changed(session: WriteSession, tenant_id: int) -> int:
    """Have every order looked at again that may belong to another channel now; returns how many."""
    states = ("waiting", "stopped", "skipped")
    conditions = (Job.tenant_id == tenant_id, Job.kind == JobKind.ORDER, Job.state.in_(states))
    return wake(session, list(session.scalars(select(Job.id).where(*conditions))))
