"""Qliro as a `Source` of orders: an order is read with the signed client, whatever a push said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.kit.http.client import HttpKit
from app.model.finding import Finding
from app.model.order import Order
from app.shops.base import BodyNotUnderstoodError, Shop, SourceError
from app.shops.qliro.calls import QliroAccount, ask
from app.shops.qliro.habits import habits_of
from app.shops.qliro.orders.discounts import DiscountUnclearError
from app.shops.qliro.orders.order import normalize
from app.tenants.rules import TenantRules


@dataclass(frozen=True, slots=True)
class QliroOrders:
    """Implements `app.shops.base.Source`."""

    kit: HttpKit
    account_of: Callable[[int], QliroAccount]
    """Opens the credentials of a connection."""

    def fetch_order(
        self,
        shop: Shop,
        order_id: str,
        rules: TenantRules,
        *,
        is_news: bool = True,  # noqa: ARG002 - an order comes whole in one answer
    ) -> Order | None:
        """The newest state of an order. Raises SourceError, BodyNotUnderstoodError."""
        body = ask(self.kit, self.account_of(shop.connection_id), f"/orders/{order_id}")
        if body is None:
            return None
        if not isinstance(body, dict):
            raise BodyNotUnderstoodError("an order that is no object")
        if str(body.get("OrderId")) != order_id:
            # A number is looked up as an order id, and, as far as public material tells, as a reference too (4).
            raise BodyNotUnderstoodError(f"asked for order {order_id}, and got {body.get('OrderId')!r}")
        order = normalize(body, shop=shop.domain, habits=habits_of(rules, shop.domain))
        if order is None:
            raise SourceError("QLIRO_ORDER_NOT_READY", "no payment is registered yet", passes=True)
        return order

    def not_read(self, order_id: str, error: Exception) -> Finding:
        """An order that we cannot read, or a discount that a person has to explain first."""
        if isinstance(error, DiscountUnclearError):
            asked = error.discount
            data = {"order": order_id, "reference": asked.reference, "amount": str(asked.gross)}
            return Finding("QLIRO_DISCOUNT_UNCLEAR", asked.reference, data)
        text = str(error) if isinstance(error, BodyNotUnderstoodError) else f"{type(error).__name__}: {error}"
        return Finding("QLIRO_ORDER_NOT_UNDERSTOOD", order_id, {"order": order_id, "text": text})
