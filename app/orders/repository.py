"""What the work on one order reads before it begins, in one transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import and_, bindparam, or_, select

from app.execution import operations as posting_log
from app.execution.context import JobContext
from app.jobs.queue import Lease
from app.kit.db.engine import Store
from app.ledgers.base import Ledger
from app.master_data.company import company_among
from app.model.platforms import PlatformKind, Platforms
from app.orders.given_answers import answers_of
from app.schema import Connection, Operation, Tenant, TenantRulesVersion
from app.tenants.repository import rules_of_version

_IN_FORCE = and_(TenantRulesVersion.tenant_id == Tenant.id, TenantRulesVersion.version == Tenant.rules_version)
_TENANT = select(Tenant, TenantRulesVersion).outerjoin(TenantRulesVersion, _IN_FORCE)
_TENANT = _TENANT.where(Tenant.id == bindparam("tenant"))
_CONNECTIONS = select(Connection).where(
    Connection.tenant_id == bindparam("tenant"),
    or_(Connection.id == bindparam("connection"), Connection.kind == PlatformKind.LEDGER.value),
)


@dataclass(frozen=True, slots=True)
class OrderRepository:
    """Reads what an order's job needs."""

    store: Store
    platforms: Platforms
    ledger: Ledger
    see: Callable[[Connection], object]
    """Told of every connection that was read, so that its tokens need not be read again."""

    def begin(self, lease: Lease) -> tuple[JobContext, dict[str, Operation]]:
        """Everything that is known before the shop is asked, and the job's posting log.

        Only the holder of the lease changes the log; an answer that a person gives from now on makes the job due again.
        """
        values = {"tenant": lease.tenant_id, "connection": lease.connection_id}
        with self.store.read() as session:
            tenant, stored_rules = session.execute(_TENANT, values).one()
            connections = session.scalars(_CONNECTIONS, values).all()
            answers = answers_of(session, lease.of_order)
            operations = posting_log.load(session, lease.job_id)
        for connection in connections:
            self.see(connection)
        [shop] = (connection for connection in connections if connection.id == lease.connection_id)
        rules = rules_of_version(stored_rules, tenant.rules_version)
        rules = rules.for_orders_of(self.platforms[shop.platform], shop.account)
        company = company_among(connections)
        if company is not None:
            rules = rules.for_ledger(self.ledger.platform_of(company).capabilities)
        return JobContext(lease, shop, tenant, rules, company, answers), operations
