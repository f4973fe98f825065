"""Preview decides by the functions that book, from either shape, and never crashes on what was pasted."""

import json
from typing import Any

import pytest

from app.sync.preview import preview
from tests.builders import rules
from tests.unit.shopify_bodies import graphql_order, rest_order


def shown(body: Any) -> dict[str, Any]:
    return preview(json.dumps(body).encode(), rules())


@pytest.mark.parametrize(
    "body",
    [rest_order(), {"order": rest_order()}, graphql_order(), {"data": {"order": graphql_order()}}],
    ids=["webhook", "REST answer", "bare GraphQL", "GraphQL answer"],
)
def test_pasted_order_is_planned_in_any_shape(body: dict[str, Any]) -> None:
    seen = shown(body)
    assert (seen["outcome"], seen["order"], seen["total"]) == ("plan", "#1001", "533.00 SEK")
    assert seen["documents"][0]["total_vat"] == "106.60"
    assert [row["amount"] for row in seen["documents"][0]["rows"]] == ["484.00", "49.00"]


def test_webhook_body_shows_no_payment_because_it_carries_none() -> None:
    assert shown(rest_order())["documents"][0]["payments"] == []
    assert len(shown(graphql_order())["documents"][0]["payments"]) == 1


def test_rate_pasted_as_a_number_passes_through_no_float() -> None:
    text = json.dumps(rest_order()).replace('"0.25"', "0.25")
    assert preview(text.encode(), rules())["documents"][0]["rows"][0]["vat_percent"] == "25"


def test_amount_pasted_as_a_number_keeps_its_last_ore() -> None:
    text = json.dumps(graphql_order(test=True)).replace('"533.00"', "90071992547409.93")
    assert preview(text.encode(), rules())["total"] == "90071992547409.93 SEK"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>",
        b"[]",
        b"7",
        b"null",
        b"{}",
        b'{"order": [1]}',
        b'{"data": {"order": null}}',
        b"\xff\xfe",
        json.dumps(rest_order(line_items="x")).encode(),
        json.dumps(graphql_order(totalPriceSet={})).encode(),
    ],
)
def test_anything_else_is_a_finding_a_person_understands(content: bytes) -> None:
    seen = preview(content, rules())
    assert seen["outcome"] == "stopped"
    assert [one["code"] for one in seen["findings"]] == ["SHOPIFY_BODY_NOT_UNDERSTOOD"]
