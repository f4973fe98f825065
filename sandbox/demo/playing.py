"""Playing the scenario and waiting until every order, and then every payout, has come to rest."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time

import httpx2
from sqlalchemy import func, select

from app.schema import POLLS, Job, JobState
from sandbox.demo.playing_qliro import play_qliro
from sandbox.demo.stage import Stage

_QUIET_SECONDS = 1.5
"""Nothing due, nothing leased and no delivery under way for this long: the scenario has come to rest."""
_LONGEST = 600.0
_NOON = clock_time(12, tzinfo=UTC)


class DidNotRestError(Exception):
    """Orders were still under way when the time was up."""


Told = Callable[[int, int], None]
"""Hears how many orders are at rest, of how many."""


def play(stage: Stage, *, pace: float, told: Told, push_address: str = "") -> None:
    """Play the scenario at `pace` events a second and return when orders and payouts have come to rest.

    Raises DidNotRestError.
    """
    body = {"scenario": stage.scenario.key, "events_per_second": pace}
    httpx2.post(f"{stage.shopify.url}/_sandbox/play", json=body).raise_for_status()
    if stage.scenario.qliro:
        play_qliro(stage, stage.scenario.qliro, push_address)
    _wait(stage, told)
    _pay_out(stage)
    # Twice, as hours pass: an order that only its payout tells of is booked in between, and then explains its line.
    for _hour in range(2):
        _poll_payouts(stage)
        _wait(stage, told)


def _pay_out(stage: Stage) -> None:
    """Shopify Payments pays out on each of the scenario's days what moved before it."""
    for day in stage.scenario.payouts.days:
        body = {"date": day.isoformat(), "shop": stage.scenario.shop.domain, "before": _noon(day).isoformat()}
        httpx2.post(f"{stage.shopify.url}/_sandbox/payouts/close", json=body).raise_for_status()


def _poll_payouts(stage: Stage) -> None:
    """Ask for payouts as the clock of the service does each hour, the day after the scenario's last one.

    The scenario lies in its own month: asked by today's clock, its payouts would be out of sight some day.
    """
    last_days = [day for company in stage.companies for day in company.payouts.days]
    if not last_days:
        return
    now = _noon(max(last_days) + timedelta(days=1))
    for poll in (stage.program.qliro_poll, stage.program.payout_poll):
        replace(poll, now=lambda: now).run()


def _noon(day: date) -> datetime:
    return datetime.combine(day, _NOON)


def _wait(stage: Stage, told: Told) -> None:
    orders = sum(len(company.orders) for company in stage.companies)
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
    raise DidNotRestError(f"{_progress(stage)[1]} jobs still under way after {_LONGEST:.0f} s")


def _progress(stage: Stage) -> tuple[int, int]:
    """Orders at rest, and jobs that still want a worker or have one. A poll is always due at some time."""
    moving = ((Job.due_at.is_not(None)) | (Job.lease_until.is_not(None))) & Job.kind.not_in(POLLS)
    resting = (Job.subject.startswith("order:"), Job.state.not_in([JobState.NEW.value, JobState.WORKING.value]))
    with stage.program.store.read() as session:
        at_rest = session.scalar(select(func.count()).select_from(Job).where(*resting)) or 0
        under_way = session.scalar(select(func.count()).select_from(Job).where(moving)) or 0
    return at_rest, under_way


def _shop_is_busy(stage: Stage) -> bool:
    state = httpx2.get(f"{stage.shopify.url}/_sandbox/play").json()
    if state.get("state") == "playing":
        return True
    drained = httpx2.post(f"{stage.shopify.url}/_sandbox/deliveries/drain", json={"timeout_s": 0.05}).json()
    return not drained["empty"]
