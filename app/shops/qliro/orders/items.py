"""Order items of Qliro: identity, prices, and which VAT rate they carry (qliro-api.md 2.3, 4.1). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from app.kit.money import Money, MoneyError, exponent, total, vat_out_of_gross
from app.shops.base import BodyNotUnderstoodError, traded
from app.vat.rates import legal_rates

Json = Mapping[str, Any]

TYPES = ("Product", "Discount", "Fee", "Shipping")
"""What an item may be; another word is not understood."""
_ONE_ORE = 1


@dataclass(frozen=True, slots=True)
class Item:
    """So many units of one article. Qliro identifies an article by reference and price with VAT, everywhere."""

    reference: str
    text: str
    type: str
    quantity: int
    unit: Money
    """VAT included; below zero for a discount."""
    rate: Decimal
    """VAT, percent."""
    action: str = ""
    """Create, Reserve, Ship, Return or Release; empty where the order lists what it holds."""
    transaction_id: str = ""
    number: int = 0
    """Qliro's own number of the entry: they grow."""

    @property
    def identity(self) -> tuple[str, int]:
        """What identifies its article."""
        return self.reference, self.unit.minor

    @property
    def gross(self) -> Money:
        """VAT included."""
        return self.unit * self.quantity


def read_items(body: Json, currency: str, country: str, day: date) -> list[Item]:
    """All entries of an order: its actions, or the plain list of older answers. Raises BodyNotUnderstoodError."""
    rows = body.get("OrderItemActions") or body.get("OrderItems") or []
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise BodyNotUnderstoodError("OrderItemActions is no list")
    rates = legal_rates(country, day) | legal_rates("SE", day) | {Decimal(0)}
    return [_item(row, currency, rates) for row in rows]


def merged(items: Iterable[Item]) -> list[Item]:
    """Each article once, with all its units, in the order in which it first came."""
    by_identity: dict[tuple[str, int], Item] = {}
    for item in items:
        known = by_identity.get(item.identity)
        by_identity[item.identity] = replace(known, quantity=known.quantity + item.quantity) if known else item
    return [item for item in by_identity.values() if item.quantity]


def value_of(items: Iterable[Item], currency: str) -> Money:
    """What items come to, VAT included, discounts taken off."""
    return total((item.gross for item in items), currency)


def _item(row: Json, currency: str, rates: frozenset[Decimal]) -> Item:
    reference = str(row.get("MerchantReference") or "").strip()
    unit = amount_of(row, "PricePerItemIncVat", currency)
    # Some modules send none: what has a price is a product, and only a discount lowers one (qliro-unknowns.md).
    kind = row.get("Type") or ("Discount" if unit.minor < 0 else "Product")
    if kind not in TYPES:
        raise BodyNotUnderstoodError(f"Type of {reference}: {kind!r}")
    quantity = _units(row.get("Quantity"), reference)
    if unit.minor < 0 and kind != "Discount":
        raise BodyNotUnderstoodError(f"PricePerItemIncVat of {reference} is below zero")
    return Item(
        reference=reference,
        text=str(row.get("Description") or "").strip() or reference,
        type=kind,
        quantity=quantity,
        # A discount is below zero; a positive one, as some modules send it, can mean nothing else.
        unit=-abs(unit) if kind == "Discount" else unit,
        rate=_rate(row, unit, rates, reference),
        action=str(row.get("ActionType") or ""),
        transaction_id=str(row.get("PaymentTransactionId") or ""),
        number=int(row.get("Id") or 0),
    )


def _units(value: object, reference: str) -> int:
    """A whole number; modules in languages without integers send 1.0. Raises BodyNotUnderstoodError."""
    is_whole = isinstance(value, Decimal) and value.is_finite() and value == value.to_integral_value()
    units = int(value) if isinstance(value, Decimal) and is_whole else value
    if not isinstance(units, int) or isinstance(units, bool) or units < 0:
        raise BodyNotUnderstoodError(f"Quantity of {reference}: {value!r}")
    return units


def _rate(row: Json, unit: Money, rates: frozenset[Decimal], reference: str) -> Decimal:
    """The rate as Qliro states it, else the one legal rate that both prices fit. Never a guess between two."""
    without = amount_of(row, "PricePerItemExVat", unit.currency) if row.get("PricePerItemExVat") is not None else None
    if row.get("VatRate") is not None:
        rate = _percent(row["VatRate"], reference)
        inside = vat_out_of_gross(unit, rate)
        if without is not None and abs(unit - without - inside).minor > _ONE_ORE:
            raise BodyNotUnderstoodError(f"{reference}: {unit} and {without} are not {rate} % apart")
        return rate
    if without is None:
        raise BodyNotUnderstoodError(f"{reference} has neither VatRate nor PricePerItemExVat")
    fitting = [rate for rate in rates if _fits(unit, without, rate)]
    if without == unit:
        return Decimal(0)
    if len(fitting) != 1:
        raise BodyNotUnderstoodError(f"{reference}: {unit} with and {without} without VAT fit {len(fitting)} rates")
    return fitting[0]


def _fits(unit: Money, without: Money, rate: Decimal) -> bool:
    """Whether one price is the other, with or without VAT, as far as rounding to whole minor units lets one see."""
    half = Decimal(1).scaleb(-exponent(unit.currency)) / 2
    off = unit.decimal * 100 / (100 + rate) - without.decimal
    return abs(off) <= half or abs(off) * (100 + rate) / 100 <= half


def _percent(value: object, reference: str) -> Decimal:
    try:
        rate = Decimal(str(value))
    except InvalidOperation as error:
        raise BodyNotUnderstoodError(f"VatRate of {reference}: {value!r}") from error
    if not rate.is_finite() or not 0 <= rate < 100:
        raise BodyNotUnderstoodError(f"VatRate of {reference}: {value!r}")
    return rate.normalize()


def amount_of(row: Json, name: str, currency: str) -> Money:
    """An exact amount in major units. Raises BodyNotUnderstoodError."""
    try:
        return traded(str(row.get(name)), currency)
    except MoneyError as error:
        raise BodyNotUnderstoodError(f"{name}: {row.get(name)!r}") from error
