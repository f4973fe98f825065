"""Discounts and references as shop modules write them to Qliro: asked about once, and booked by rule."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.support.pipeline.bench import Bench
from tests.support.pipeline.person import Person, remedied
from tests.support.pipeline.qliro_shop import VASE, QliroShop

CARD: dict[str, Any] = {"ref": "GIFT-7", "text": "Presentkort", "type": "Discount", "price": "-100.00", "vat": "0"}


def articles(bench: Bench) -> list[str]:
    world = bench.emulators.world
    with world.lock:
        return sorted(world.companies[bench.company].kind("articles"))


@pytest.mark.parametrize(("kind", "cards", "vat"), [("gift_card", -100, "-99.80"), ("reduction", 0, "-79.80")])
def test_discount_that_may_be_a_gift_card(
    bench: Bench, qliro_shop: QliroShop, person: Person, kind: str, cards: int, vat: str
) -> None:
    number = qliro_shop.sell(VASE, CARD)
    qliro_shop.told(number, "ship")
    assert qliro_shop.state(number) == "stopped"
    with remedied(bench, "QLIRO_DISCOUNT_UNCLEAR"):
        person.set(provider_discounts=f"gift- = {kind}")
    assert qliro_shop.state(number) == "booked"
    assert (bench.balance(2421), bench.balance(1510), bench.balance(1583)) == (-cards, 0, 399)
    assert bench.balance(2611) == Decimal(vat)


def test_reference_of_qliro_s_order_creates_an_article_only_by_rule(bench: Bench, qliro_shop: QliroShop) -> None:
    first = qliro_shop.sell(VASE | {"ref": "42:GF-VAS-01"})
    qliro_shop.told(first, "ship")
    assert (qliro_shop.state(first), articles(bench)) == ("booked", [])
    bench.rules(provider_article_policy="create", numbered_references=["*"])
    qliro_shop.told(qliro_shop.sell(VASE | {"ref": "43:GF-VAS-01"}), "ship")
    assert articles(bench) == ["GF-VAS-01"]
