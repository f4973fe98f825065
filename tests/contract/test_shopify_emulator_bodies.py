"""The bodies of REST and of webhooks have the fields that Shopify's have, also those that Bokbro does not read.

A foreign body with a field that the emulator never sends is how a reader breaks on the first real order. The lists
are the keys of recorded bodies: an order's webhook of API 2026-07 (sample 07 of the dossier), a card's transaction
(sample 10), and the masked order of a company (sample 55).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.contract.shopify_stage import Stage, staged

REFERENCE = Path(os.environ.get("BOKBRO_REFERENCE") or Path(__file__).parents[3] / "shared" / "reference")
SAMPLES = REFERENCE / "shopify" / "samples"

CHANNEL = ("app_id", "location_id", "device_id", "user_id", "source_name", "token", "checkout_token", "customer_locale")
DUTIES = tuple(
    f"{which}_total_{what}_set" for which in ("original", "current") for what in ("duties", "additional_fees")
)


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with staged() as ready:
        yield ready


def _sample(start: str) -> dict[str, Any]:
    found = next(SAMPLES.glob(f"{start}-*.json"), None) if SAMPLES.is_dir() else None
    if found is None:
        pytest.skip(f"the dossier's samples are not here: {SAMPLES} (set BOKBRO_REFERENCE to its folder)")
    read: dict[str, Any] = json.loads(found.read_text())
    return read


def test_an_order_has_its_company_its_channel_and_its_duties(stage: Stage) -> None:
    body = stage.rest(stage.place())["rest"]
    assert [key for key in ("company", *CHANNEL, *DUTIES) if key not in body] == []
    assert body["company"] is None
    assert [body[key] for key in DUTIES] == [None] * 4
    assert (body["location_id"], body["device_id"], body["user_id"]) == (None, None, None)


def test_an_order_of_a_till_names_its_location_its_device_and_its_person(stage: Stage) -> None:
    body = stage.rest(stage.place(source_name="pos"))["rest"]
    assert body["app_id"] == 129785
    assert None not in (body["location_id"], body["device_id"], body["user_id"])


def test_no_field_of_a_recorded_order_is_missing(stage: Stage) -> None:
    recorded = _sample("07")
    body = stage.rest(stage.place(shipping=[{"title": "PostNord", "price": "49.00"}]))["rest"]
    assert sorted(set(recorded) - set(body)) == []
    for part in ("line_items", "shipping_lines"):
        assert sorted(set(recorded[part][0]) - set(body[part][0])) == [], part


def test_a_card_payment_shows_its_masked_card(stage: Stage) -> None:
    recorded = next(row for row in _sample("10")["transactions"] if row.get("payment_details"))
    order = stage.place(payments=[{"gateway": "shopify_payments"}])
    (paid,) = stage.rest(order)["transactions"]
    assert sorted(set(recorded["payment_details"]) - set(paid["payment_details"])) == []
    assert sorted(set(recorded) - set(paid)) == []


def test_a_payment_without_a_card_has_no_details(stage: Stage) -> None:
    (paid,) = stage.rest(stage.place(payments=[{"gateway": "Qliro"}]))["transactions"]
    assert paid["payment_details"] is None


def test_no_field_of_a_recorded_refund_is_missing(stage: Stage) -> None:
    recorded = _sample("10")
    order = stage.place(payments=[{"gateway": "shopify_payments"}])
    stage.act(order, "refund", lines=[{"line": 0}])
    (refund,) = stage.rest(order)["rest"]["refunds"]
    assert sorted(set(recorded) - set(refund)) == []
