"""Control routes of Shopify Payments: close a day, dispute, reserve, let a payout fail."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from fastapi import APIRouter, HTTPException

from sandbox.kit.control import CONTROL_PREFIX
from sandbox.shopify.acting import ActionRefusedError
from sandbox.shopify.emulator import Emulator
from sandbox.shopify.model import Json, Shop
from sandbox.shopify.money import rest_text
from sandbox.shopify.payments import moving
from sandbox.shopify.requests import Body
from sandbox.shopify.spec import Amount

UNPROCESSABLE = 422


class CloseBody(Body):
    """Close everything that is open, of one shop or of all."""

    date: dt.date
    shop: str | None = None
    status: Literal["SCHEDULED", "IN_TRANSIT", "PAID"] = "PAID"
    before: dt.datetime | None = None
    """What moved at this moment or later stays open, for a later payout."""


class DisputeBody(Body):
    """An order whose last sale is disputed; the whole when no amount is given."""

    order: str
    amount: Amount | None = None


class ReserveBody(Body):
    """An amount above zero to hold back or let go."""

    amount: Amount
    currency: str = "SEK"


class MovementBody(ReserveBody):
    """Any other movement, signed as it changes the balance; `type` is Shopify's name."""

    type: str
    reason: str | None = None


def payments_router(emulator: Emulator) -> APIRouter:
    """All control routes of Shopify Payments."""
    router = APIRouter(prefix=CONTROL_PREFIX, tags=["sandbox"])
    _payout_routes(router, emulator)
    _movement_routes(router, emulator)
    return router


@contextmanager
def _acting(emulator: Emulator, domain: str) -> Iterator[Shop]:
    shop = emulator.world.shops.get(domain)
    if shop is None:
        raise HTTPException(404, f"no shop {domain}")
    try:
        with emulator.world.lock:
            yield shop
    except ActionRefusedError as error:
        raise HTTPException(UNPROCESSABLE, str(error)) from error


def _payout_routes(router: APIRouter, emulator: Emulator) -> None:
    world = emulator.world

    @router.post("/payouts/close")
    def close(body: CloseBody) -> Json:
        """Make one payout per shop and currency of everything open."""
        having = [shop.domain for shop in list(world.shops.values()) if shop.payments is not None]
        made: list[Json] = []
        for domain in [body.shop] if body.shop else having:
            with _acting(emulator, domain) as shop:
                made += [_payout(domain, one) for one in moving.close(world, shop, body.date, body.status, body.before)]
        return {"payouts": made}

    @router.post("/shops/{domain}/payouts/{payout_id}/{ending}")
    def end(domain: str, payout_id: int, ending: Literal["paid", "fail", "cancel"]) -> Json:
        """End a payout: the bank takes it, or its money comes back to the balance."""
        status = {"paid": "PAID", "fail": "FAILED", "cancel": "CANCELED"}[ending]
        with _acting(emulator, domain) as shop:
            return _payout(domain, moving.end_payout(world, shop, payout_id, status))

    @router.get("/shops/{domain}/balance")
    def balance(domain: str) -> Json:
        """Show by currency what Shopify owes the shop; payouts that were made are gone from it."""
        with _acting(emulator, domain) as shop:
            account = moving.account_of(shop)
            return {currency: rest_text(account.balance(currency), currency) for currency in account.used_currencies()}


def _movement_routes(router: APIRouter, emulator: Emulator) -> None:
    world = emulator.world

    @router.post("/shops/{domain}/disputes", status_code=201)
    def dispute(domain: str, body: DisputeBody) -> Json:
        """Open a dispute."""
        with _acting(emulator, domain) as shop:
            order = shop.find(body.order)
            if order is None:
                raise HTTPException(404, f"no order {body.order} in {domain}")
            return vars(moving.open_dispute(world, shop, order, body.amount))

    @router.post("/shops/{domain}/disputes/{dispute_id}/{outcome}")
    def decide(domain: str, dispute_id: int, outcome: Literal["won", "lost"]) -> Json:
        """Decide a dispute."""
        with _acting(emulator, domain) as shop:
            return vars(moving.decide_dispute(world, shop, dispute_id, is_won=outcome == "won"))

    @router.post("/shops/{domain}/reserve/{direction}", status_code=201)
    def reserve(domain: str, direction: Literal["hold", "release"], body: ReserveBody) -> Json:
        """Hold back a reserve, or let it go."""
        kind, sign = {"hold": ("RESERVED_FUNDS", "-"), "release": ("RESERVED_FUNDS_REVERSAL", "")}[direction]
        with _acting(emulator, domain) as shop:
            return vars(moving.adjust(world, shop, kind, sign + body.amount.removeprefix("-"), body.currency, None))

    @router.post("/shops/{domain}/movements", status_code=201)
    def move(domain: str, body: MovementBody) -> Json:
        """Make any other movement."""
        with _acting(emulator, domain) as shop:
            return vars(moving.adjust(world, shop, body.type, body.amount, body.currency, body.reason))


def _payout(domain: str, payout: Any) -> Json:  # noqa: ANN401 -- a Payout
    return {"shop": domain, **vars(payout), "net": rest_text(payout.net, payout.currency)}
