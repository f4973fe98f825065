"""When the money of an order was paid out, where a rule says that it pays its document then."""

from __future__ import annotations

from sqlalchemy import select

from app.execution.fee_owners import read_write_offs
from app.kit.db.engine import Store
from app.model.order import Order
from app.payments.payout_timing import with_payout_days
from app.schema import SettlementUse
from app.tenants.rules import TenantRules


def told_payouts(store: Store, lane_id: int, order: Order, rules: TenantRules) -> Order:
    """The order with the day that each of its transactions was paid out on, where a provider's money waits for it.

    And with the fee that its payment then takes.
    """
    if not rules.clear_at_payout:
        return order
    here = (SettlementUse.matched_lane_id == lane_id, SettlementUse.transaction_id != "")
    waits = (SettlementUse.provider.in_(rules.clear_at_payout), SettlementUse.paid_on.is_not(None))
    with store.read() as session:
        uses = session.scalars(select(SettlementUse).where(*here, *waits)).all()
    days = {one.transaction_id: one.paid_on for one in uses if one.paid_on}
    return with_payout_days(order, days, {one.transaction_id: read_write_offs(one.write_offs) for one in uses})
