"""Reads one GraphQL order in one of its two currencies: money bags, taxes, connections."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from app.kit.money import Money
from app.model.order import TaxLine
from app.shops.base import BodyNotUnderstoodError
from app.shops.shopify.orders.tips import tip_lines
from app.shops.shopify.reading import Json, exact, listing, mapping, money, percent, required, text
from app.tenants.rules import DocumentCurrency

_SIDE = {DocumentCurrency.PRESENTMENT: "presentmentMoney", DocumentCurrency.SHOP: "shopMoney"}


class OrderReader:
    """Reads one order in one of its two currencies."""

    def __init__(self, node: Json, currency: DocumentCurrency) -> None:
        self.node = node
        self.side = _SIDE[currency]
        name = "presentmentCurrencyCode" if currency is DocumentCurrency.PRESENTMENT else "currencyCode"
        self.currency = text(required(node, name))
        self.tips = tip_lines(node)
        """Ids of the lines that are tips, as the node writes them."""

    def moved(self, value: Any, name: str) -> Money:  # noqa: ANN401 - any JSON
        """One side of a MoneyBag, in whatever currency the money moved."""
        side = mapping(required(mapping(value, name), self.side), name)
        return money(required(side, "amount"), required(side, "currencyCode"), name)

    def bag(self, value: Any, name: str) -> Money:  # noqa: ANN401 - any JSON
        """One side of a MoneyBag, which must be in the order's currency."""
        money = self.moved(value, name)
        if money.currency != self.currency:
            raise BodyNotUnderstoodError(f"{name} is in {money.currency}, the order in {self.currency}")
        return money

    def exact(self, value: Any, name: str) -> Decimal:  # noqa: ANN401 - any JSON
        """The number of a bag's side in the order's currency, whatever its decimals: a price, not yet an amount."""
        side = mapping(required(mapping(value, name), self.side), name)
        if text(required(side, "currencyCode")) != self.currency:
            raise BodyNotUnderstoodError(f"{name} is in {side['currencyCode']}, the order in {self.currency}")
        return exact(required(side, "amount"), name)

    def optional_bag(self, value: Any, name: str) -> Money | None:  # noqa: ANN401 - any JSON
        """One side of a MoneyBag, None when absent or zero."""
        money = None if value is None else self.bag(value, name)
        return money or None

    def optional_moved(self, value: Any, name: str) -> Money | None:  # noqa: ANN401 - any JSON
        """As `moved`, None when absent or zero."""
        money = None if value is None else self.moved(value, name)
        return money or None

    def taxes(self, value: Any) -> tuple[TaxLine, ...]:  # noqa: ANN401 - any JSON
        """Tax lines; `rate` is a fraction."""
        return tuple(
            TaxLine(
                title=text(taxline.get("title")),
                rate_percent=percent(required(taxline, "rate"), "taxLines.rate"),
                amount=self.bag(taxline.get("priceSet"), "taxLines.priceSet"),
                channel_liable=taxline.get("channelLiable") is True,
            )
            for taxline in listing(value, "taxLines")
        )


def nodes(value: Any, name: str) -> list[Json]:  # noqa: ANN401 - any JSON
    """The objects of a connection; null is an empty one."""
    return listing(mapping(value, name).get("nodes"), name) if value is not None else []
