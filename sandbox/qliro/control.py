"""Control routes: merchants, orders, captures and refunds, chargebacks, closing a day."""

from __future__ import annotations

import datetime as dt
from typing import Any

from fastapi import APIRouter, HTTPException
from pydantic import AwareDatetime, Field

from sandbox.kit.control import CONTROL_PREFIX
from sandbox.qliro.acting import ActBody, Body, SaleBody, act_on, place
from sandbox.qliro.pushing import deliver
from sandbox.qliro.settling import close
from sandbox.qliro.switches import Switches
from sandbox.qliro.world import Json, Merchant, Order, Transaction, TransactionType, World, real_time

UNPROCESSABLE = 422


class MerchantBody(Body):
    """A merchant to create or change."""

    key: str
    secret: str
    switches: Switches = Switches()


class OrderBody(Body):
    """An order that is reserved; amounts in öre."""

    amount: int = Field(gt=0)
    currency: str = "SEK"
    order_name: str = "#1001"
    payment_id: str = "rPaymentId0000000000001"


class AmountBody(Body):
    """How much, in öre; everything that is left when not given."""

    amount: int | None = Field(default=None, gt=0)


class PushBody(Body):
    """How far the clock of the pushes is moved on."""

    later: int = 0


class ClockBody(Body):
    """What time it is at Qliro from now on; the real time when nothing is given."""

    now: AwareDatetime | None = None


class CloseBody(Body):
    """The day to settle; it must be over, as Qliro settles afterwards."""

    date: dt.date


def control_router(world: World) -> APIRouter:
    """All control routes of the emulator's own."""
    router = APIRouter(prefix=CONTROL_PREFIX, tags=["sandbox"])

    @router.post("/merchants", status_code=201)
    def put_merchant(body: MerchantBody) -> Json:
        """Create a merchant account, or change its secret and switches."""
        merchant = world.merchants.setdefault(body.key, Merchant(body.key, body.secret))
        merchant.secret, merchant.switches = body.secret, body.switches
        return {"key": merchant.key}

    @router.post("/clock")
    def set_clock(body: ClockBody) -> Json:
        """Stop Qliro's clock at a moment, or let it go with the real one."""
        moment = body.now
        world.clock = (lambda: moment) if moment else real_time
        return {"now": world.clock().isoformat()}

    @router.post("/merchants/{key}/orders", status_code=201)
    def reserve(key: str, body: OrderBody) -> Json:
        """Place an order whose amount is reserved."""
        number = world.new_id()
        references = {
            "payment_id": body.payment_id,
            "order_name": body.order_name,
            "pis": f"PIS-{number}",
            "temporary": f"q1{number:x}",
        }
        order = Order(number, body.currency, references)
        _merchant(world, key).orders[number] = order
        return {"order_id": number, **_move(world, order, "Preauthorization", body.amount)}

    @router.post("/merchants/{key}/orders/{order_id}/{action}")
    def act(key: str, order_id: int, action: str, body: AmountBody | None = None) -> Json:
        """Capture, refund or charge back an order, in part or what is left."""
        merchant = _merchant(world, key)
        order = merchant.orders.get(order_id)
        if order is None:
            raise HTTPException(404, f"no order {order_id}")
        with world.lock:
            left, kind = _left(order, action)
            amount = (body.amount if body else None) or left
            if not 0 < amount <= left:
                raise HTTPException(UNPROCESSABLE, f"{left} öre are left to {action}")
            if action == "chargeback":
                merchant.chargebacks.append(Transaction(world.new_id(), order.id, kind, amount, world.clock()))
                return {"amount": amount}
            return _move(world, order, kind, amount)

    @router.post("/merchants/{key}/close")
    def close_day(key: str, body: CloseBody) -> Json:
        """Settle everything open: one batch per currency."""
        with world.lock:
            return {"batches": [one.id for one in close(world, _merchant(world, key), body.date)]}

    return router


def sales_router(world: World) -> APIRouter:
    """Control routes of orders with items, and of pushes."""
    router = APIRouter(prefix=CONTROL_PREFIX, tags=["sandbox"])

    @router.post("/merchants/{key}/sales", status_code=201)
    def sell(key: str, body: SaleBody) -> Json:
        """Place an order with its items; Qliro reserves the amount, or takes it at once."""
        with world.lock:
            return place(world, _merchant(world, key), body)

    @router.post("/merchants/{key}/sales/{order_id}/{action}")
    def act_on_items(key: str, order_id: int, action: str, body: ActBody | None = None) -> Json:
        """Ship, return, cancel, add or give back: items are named by reference; without any it is what is left."""
        merchant = _merchant(world, key)
        if order_id not in merchant.orders:
            raise HTTPException(404, f"no order {order_id}")
        with world.lock:
            try:
                return act_on(world, merchant, merchant.orders[order_id], action, body or ActBody())
            except ValueError as error:
                raise HTTPException(UNPROCESSABLE, str(error)) from error

    @router.post("/merchants/{key}/pushes")
    def push(key: str, body: PushBody | None = None) -> Json:
        """Send the pushes that are due so many seconds from now; shows all of them with every answer."""
        return deliver(world, _merchant(world, key), (body or PushBody()).later)

    return router


def _merchant(world: World, key: str) -> Merchant:
    if key not in world.merchants:
        raise HTTPException(404, f"no merchant {key}")
    return world.merchants[key]


def _left(order: Order, action: str) -> tuple[int, TransactionType]:
    captured = order.sum_of("Capture", "Debit")
    left: dict[str, tuple[int, TransactionType]] = {
        "capture": (order.sum_of("Preauthorization") - captured, "Capture"),
        "refund": (captured - order.sum_of("Refund"), "Refund"),
        "chargeback": (captured - order.sum_of("Refund"), "Reversal"),
    }
    if action not in left:
        raise HTTPException(404, f"no action {action}")
    return left[action]


def _move(world: World, order: Order, kind: TransactionType, amount: int) -> dict[str, Any]:
    captures = [transaction.id for transaction in order.transactions if transaction.type == "Capture"]
    original = captures[-1] if kind == "Refund" and captures else None
    made = Transaction(world.new_id(), order.id, kind, amount, world.clock(), original)
    order.transactions.append(made)
    return {"transaction_id": made.id, "amount": amount}
