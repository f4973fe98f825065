"""Answers the pages' questions: each package is asked for what it shows of its own data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from app.connections.views import ConnectionView, connections_shown
from app.findings.incidents import open_groups
from app.findings.views import FindingGroup
from app.kit.db.engine import Store
from app.orders.views import OrderDetail, OrderFilter, OrderList, order_detail, order_figures, order_list
from app.reconciliation.views import count_unreconciled
from app.shops.base import GrantsScopes
from app.web.views import Home


@dataclass(frozen=True, slots=True)
class StoredReading:
    """Implements `Reading` on the database."""

    store: Store
    granting: Mapping[str, GrantsScopes] = field(default_factory=dict)
    """Platform → what it says of scopes, for those whose shops choose what an app may read."""
    titles: Mapping[str, str] = field(default_factory=dict)
    """Platform → as people know it."""

    def connections(self, tenant_id: int | None) -> Sequence[ConnectionView]:
        """All connections, the ledger first."""
        return connections_shown(self.store, tenant_id, self.granting, self.titles)

    def home(self, tenant_id: int | None, now: datetime) -> Home:
        """Today's numbers, all as of one moment."""
        with self.store.read() as session:
            return Home(order_figures(session, tenant_id, now), count_unreconciled(session, tenant_id))

    def orders(self, tenant_id: int | None, order_filter: OrderFilter) -> OrderList:
        """A page of orders, newest first."""
        return order_list(self.store, tenant_id, order_filter)

    def order(self, tenant_id: int | None, order_id: int) -> OrderDetail | None:
        """One order with everything that is known of it."""
        return order_detail(self.store, tenant_id, order_id)

    def findings(self, tenant_id: int | None) -> Sequence[FindingGroup]:
        """Open findings by code, the most frequent first."""
        return open_groups(self.store, tenant_id)
