"""Days of the payouts that pay an order, where a rule books its payments at the payout."""

from __future__ import annotations

from sqlalchemy import select

from app.execution.fee_owners import read_write_offs
from app.kit.db.engine import Store
from app.model.order import Order
from app.payments.payout_timing import with_payout_days
from app.schema import PayoutLineUse
from app.tenants.rules import TenantRules


def with_reported_payouts(store: Store, order_id: int, order: Order, rules: TenantRules) -> Order:
    """The order with the day that each of its transactions was paid out on, where a provider's money waits for it.

    And with the fee that its payment then takes.
    """
    if not rules.clear_at_payout:
        return order
    conditions = (PayoutLineUse.order_id == order_id, PayoutLineUse.transaction_id != "")
    waits = (PayoutLineUse.provider.in_(rules.clear_at_payout), PayoutLineUse.paid_on.is_not(None))
    with store.read() as session:
        uses = session.scalars(select(PayoutLineUse).where(*conditions, *waits)).all()
    days = {use.transaction_id: use.paid_on for use in uses if use.paid_on}
    return with_payout_days(order, days, {row.transaction_id: read_write_offs(row.write_offs) for row in uses})
