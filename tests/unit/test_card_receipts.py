"""Which gift card paid, out of an undocumented receipt: nothing but what looks like a card is taken from it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.shops.shopify.orders.card_receipts import card_names

WHOLE = {"gift_card_id": 539685323008, "gift_card_last_characters": "1ZIA"}


def named(receipt: Any, gateway: str = "gift_card") -> tuple[str, ...]:
    return card_names({"id": "gid://shopify/OrderTransaction/1", "gateway": gateway, "receiptJson": receipt})


@pytest.mark.parametrize("receipt", [WHOLE, json.dumps(WHOLE), json.dumps(WHOLE | {"gift_card_id": "539685323008"})])
def test_id_and_last_characters(receipt: Any) -> None:
    assert named(receipt) == ("539685323008", "1zia")


def test_last_characters_alone() -> None:
    assert named({"gift_card_last_characters": "1zia"}) == ("1zia",)


@pytest.mark.parametrize(
    "receipt",
    [
        None, "", "{", "[]", "7", "null", [], {}, '{"gift_card_id": null}', '{"gift_card_id": true}',
        '{"gift_card_id": 5396.5}', '{"gift_card_id": {"id": 1}}', '{"gift_card_last_characters": "abcd-efgh-1zia"}',
        '{"gift_card_last_characters": "<b>x"}', "[" * 3000, '{"x": "' + "y" * 5000 + '"}',
    ],
)  # fmt: skip
def test_what_is_no_name_of_a_card_is_nothing(receipt: Any) -> None:
    assert named(receipt) == ()


def test_receipts_of_other_gateways_are_not_looked_into() -> None:
    assert named(WHOLE, "shopify_payments") == ()
