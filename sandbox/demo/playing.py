"""Playing the scenario and waiting until every order has come to rest."""

from __future__ import annotations

import time
from collections.abc import Callable

import httpx2
from sqlalchemy import func, select

from app.store.tables import Lane, LaneState
from sandbox.demo.stage import DATABASE_NUMBER, EMAIL, PASSWORD, SHOP_CLIENT_ID, SHOP_SECRET, Stage
from sandbox.demo.visitor import Visitor

_QUIET_SECONDS = 1.5
"""Nothing due, nothing leased and no delivery under way for this long: the scenario has come to rest."""
_LONGEST = 600.0


class DidNotRestError(Exception):
    """Orders were still under way when the time was up."""


def connect(stage: Stage) -> None:
    """Connect the demo's company and shop as a merchant does: by clicking."""
    shop = stage.scenario.shop
    settings = {"client_id": SHOP_CLIENT_ID, "client_secret": SHOP_SECRET, **shop.settings()}
    answer = httpx2.post(
        f"{stage.shopify.url}/_sandbox/shops", json={"domain": shop.domain, "install": True, **settings}
    )
    answer.raise_for_status()
    visitor = Visitor(stage.service.url)
    try:
        visitor.sign_in(EMAIL, PASSWORD)
        visitor.connect_fortnox(DATABASE_NUMBER)
        visitor.connect_shop(shop.domain, SHOP_CLIENT_ID, SHOP_SECRET)
    finally:
        visitor.close()


def play(stage: Stage, *, pace: float, told: Callable[[int, int], None]) -> None:
    """Play the scenario at `pace` events a second and return when it has come to rest.

    `told` hears how many orders are at rest, of how many. Raises DidNotRestError.
    """
    body = {"scenario": stage.scenario.key, "events_per_second": pace}
    httpx2.post(f"{stage.shopify.url}/_sandbox/play", json=body).raise_for_status()
    orders = len(stage.scenario.orders)
    deadline, quiet_since = time.monotonic() + _LONGEST, None
    while time.monotonic() < deadline:
        at_rest, moving = _progress(stage)
        told(min(at_rest, orders), orders)
        if moving or _shop_is_busy(stage):
            quiet_since = None
        elif quiet_since is None:
            quiet_since = time.monotonic()
        elif time.monotonic() - quiet_since > _QUIET_SECONDS:
            return
        time.sleep(0.2)
    raise DidNotRestError(f"{_progress(stage)[1]} orders still under way after {_LONGEST:.0f} s")


def _progress(stage: Stage) -> tuple[int, int]:
    """Orders at rest, and lanes that still want a worker or have one."""
    moving = (Lane.due_at.is_not(None)) | (Lane.lease_until.is_not(None))
    resting = (Lane.subject.startswith("order:"), Lane.state.not_in([LaneState.NEW.value, LaneState.WORKING.value]))
    with stage.program.store.read() as session:
        at_rest = session.scalar(select(func.count()).select_from(Lane).where(*resting)) or 0
        under_way = session.scalar(select(func.count()).select_from(Lane).where(moving)) or 0
    return at_rest, under_way


def _shop_is_busy(stage: Stage) -> bool:
    state = httpx2.get(f"{stage.shopify.url}/_sandbox/play").json()
    if state.get("state") == "playing":
        return True
    drained = httpx2.post(f"{stage.shopify.url}/_sandbox/deliveries/drain", json={"timeout_s": 0.05}).json()
    return not drained["empty"]
