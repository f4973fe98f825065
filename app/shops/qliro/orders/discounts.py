"""Assigns the discounts of a Qliro order: to goods of their VAT rate, to all goods, or to what is left to pay. Pure.

Shop modules send three things as `Type: Discount`, and nothing in the item tells them apart:

- a price reduction with the VAT of what it lowers;
- a reduction of a whole cart at one average rate, or at 0 % where prices stand without VAT: Qliro's Magento module
  (Qliro/Magento-2, AppliedRulesHandler.php, read 2026-11-30; references begin with `DSC`);
- a gift card that pays, at 0 %, with and without VAT the same (krokedil/qliro-for-woocommerce,
  class-qliro-one-helper-cart.php, read 2026-11-30; the reference is the card's).

So at 0 %, and at a rate that the order's own VAT does not prove, a person says once by rule what a reference is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from app.kit.money import Money, split, total, vat_out_of_gross
from app.shops.base import BodyNotUnderstoodError
from app.shops.qliro.orders.items import Item
from app.tenants.rules import ProviderDiscount

_EVERY = "*"
_RATE_STEP = Decimal("0.005")
"""Percent by which a stated average rate may be rounded."""


class DiscountUnclearError(BodyNotUnderstoodError):
    """Nobody has said whether a discount is a gift card or a reduction."""

    def __init__(self, discount: Item) -> None:
        super().__init__(f"discount {discount.reference}: {discount.gross} at {discount.rate} %")
        self.discount = discount


@dataclass(frozen=True, slots=True)
class Discounts:
    """The discounts of one sale: what each position's share is, and what gift cards paid."""

    shares: tuple[Money, ...]
    cards: tuple[Item, ...]


def apply_discounts(
    positive: Sequence[Item], discounts: Sequence[Item], rules: Mapping[str, ProviderDiscount], currency: str
) -> Discounts:
    """Spread discounts over what was sold. Raises DiscountUnclearError, BodyNotUnderstoodError.

    `rules`: beginning of a reference, case-folded, or `*` for all others → what such a discount is.
    """
    shares = [Money.zero(currency) for _item in positive]
    kinds = [_kind_of(discount, rules) for discount in discounts]
    cards = tuple(item for item, kind in zip(discounts, kinds, strict=True) if kind is ProviderDiscount.GIFT_CARD)
    reductions = [
        (item, kind) for item, kind in zip(discounts, kinds, strict=True) if kind != ProviderDiscount.GIFT_CARD
    ]
    for rate in sorted({item.rate for item, _kind in reductions}):
        same = [(item, kind) for item, kind in reductions if item.rate == rate]
        amount = -total((item.gross for item, _kind in same), currency)
        known = next((kind for _item, kind in same if kind), None)
        for place, share in _spread(amount, same[0][0], known, positive, shares):
            shares[place] += share
    return Discounts(tuple(shares), cards)


def _kind_of(discount: Item, rules: Mapping[str, ProviderDiscount]) -> ProviderDiscount | None:
    reference = discount.reference.casefold()
    prefix = max((rule for rule in rules if rule != _EVERY and reference.startswith(rule)), key=len, default=_EVERY)
    kind = rules.get(prefix)
    return ProviderDiscount.REDUCTION if kind is ProviderDiscount.GIFT_CARD and discount.rate else kind


def _spread(
    amount: Money, discount: Item, kind: ProviderDiscount | None, positive: Sequence[Item], before: Sequence[Money]
) -> list[tuple[int, Money]]:
    if not amount:
        return []
    of_rate = [place for place, item in enumerate(positive) if item.rate == discount.rate]
    if discount.rate or kind:
        shares = _over(of_rate, amount, positive, before)
        if shares:
            return shares
    shares = _over(list(range(len(positive))), amount, positive, before)
    if not shares:
        raise BodyNotUnderstoodError(f"a discount of {amount}, and not so much was sold")
    if kind is None and not (discount.rate and _is_average(discount.rate, amount, shares, positive)):
        raise DiscountUnclearError(discount)
    return shares


def _over(
    places: Sequence[int], amount: Money, positive: Sequence[Item], before: Sequence[Money]
) -> list[tuple[int, Money]]:
    """Split by value over goods, or over everything where the goods are less than it; None where both are."""
    goods = [place for place in places if positive[place].type == "Product"]
    for chosen in (goods, places):
        weights = [(positive[place].gross - before[place]).minor for place in chosen]
        carrying_amount: int = sum(weights)
        if 0 < amount.minor <= carrying_amount:
            return list(zip(chosen, split(amount, weights), strict=True))
    return []


def _is_average(rate: Decimal, amount: Money, shares: Sequence[tuple[int, Money]], positive: Sequence[Item]) -> bool:
    """Whether the VAT at a stated average rate is, to the öre of each share, that of what is lowered."""
    own = sum(vat_out_of_gross(share, positive[place].rate).minor for place, share in shares)
    bounds = [vat_out_of_gross(amount, max(rate + step, Decimal(0))).minor for step in (-_RATE_STEP, _RATE_STEP)]
    return bounds[0] - len(shares) <= own <= bounds[1] + len(shares)
