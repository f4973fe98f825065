"""Which payments of an order are captured."""

from __future__ import annotations

from app.model.order import Order, Transaction
from app.tenants.rules import TenantRules


def is_captured(transaction: Transaction, rules: TenantRules) -> bool:
    """An order marked as paid by hand is not captured, unless the merchant accepts that method."""
    return not transaction.manual or transaction.gateway.lower() in rules.manual_gateways_settled


def captured_payments(order: Order, rules: TenantRules) -> list[Transaction]:
    """The payments of an order that are money, oldest first."""
    return [payment for payment in order.money_in if is_captured(payment, rules)]
