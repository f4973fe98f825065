"""How a merchant's shop module writes its orders to Qliro, by the company's rules."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from app.tenants.rules import ProviderDiscount, TenantRules

_NUMBERED = re.compile(r"\d+:(?=.)")
"""Qliro's Magento module: `<id of the quote's item>:<SKU>` (Qliro/Magento-2, DefaultHandler.php, read 2026-11-30)."""
_EVERY = "*"


@dataclass(frozen=True, slots=True)
class QliroHabits:
    """Of one merchant account."""

    discounts: Mapping[str, ProviderDiscount] = field(default_factory=dict)
    numbered_references: bool = False
    """References of items begin with a number of the cart's item: a new one for every order, and no product's."""

    def sku_of(self, reference: str) -> str:
        """The product's number in an item's reference."""
        return _NUMBERED.sub("", reference, count=1) if self.numbered_references else reference


NO_HABITS = QliroHabits()


def habits_of(rules: TenantRules, account: str) -> QliroHabits:
    """What the rules say of an account (`KEY`, or `KEY@host` as it is stored); `*` stands for every account."""
    named = {_EVERY, account.casefold(), account.casefold().partition("@")[0]}
    return QliroHabits(rules.provider_discounts, bool(named & rules.numbered_references))


def is_numbered(reference: str) -> bool:
    """Whether a reference looks as if it had a cart item's number before the product's."""
    return bool(_NUMBERED.match(reference))
