"""Connecting the demo's companies as their merchants do: by clicking."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import httpx2

from sandbox.demo.stage import PASSWORD, QLIRO_SECRET, SHOP_CLIENT_ID, SHOP_SECRET, Company, Stage
from sandbox.demo.visitor import Visitor


def connect(stage: Stage) -> str:
    """Connect every company; returns the address for Qliro's pushes, empty where no company has its orders there."""
    _connect_shop(stage, stage.companies[0])
    return _connect_qliro(stage, stage.companies[1]) if stage.scenario.qliro else ""


def _connect_shop(stage: Stage, company: Company) -> None:
    shop = stage.scenario.shop
    settings = {"client_id": SHOP_CLIENT_ID, "client_secret": SHOP_SECRET, **shop.settings()}
    answer = httpx2.post(
        f"{stage.shopify.url}/_sandbox/shops", json={"domain": shop.domain, "install": True, **settings}
    )
    answer.raise_for_status()
    with _signed_in(stage, company) as visitor:
        visitor.connect_fortnox(company.number)
        visitor.connect_shop(shop.domain, SHOP_CLIENT_ID, SHOP_SECRET)


def _connect_qliro(stage: Stage, company: Company) -> str:
    key = stage.scenario.qliro.key if stage.scenario.qliro else ""
    merchant = {"key": key, "secret": QLIRO_SECRET}
    httpx2.post(f"{stage.qliro.url}/_sandbox/merchants", json=merchant).raise_for_status()
    with _signed_in(stage, company) as visitor:
        visitor.connect_fortnox(company.number)
        visitor.connect_qliro(key, QLIRO_SECRET)
        return visitor.push_address()


@contextmanager
def _signed_in(stage: Stage, company: Company) -> Iterator[Visitor]:
    visitor = Visitor(stage.service.url)
    try:
        visitor.sign_in(company.email, PASSWORD)
        yield visitor
    finally:
        visitor.close()
