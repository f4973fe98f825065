"""A shop's Shopify Payments account: what was agreed, what moved, what was paid out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from sandbox.shopify.money import half_up, minor
from sandbox.shopify.spec import Amount, Percent, Spec


class PaymentsSpec(Spec):
    """What a shop has agreed with Shopify Payments. What the documentation leaves open is a switch here."""

    currencies: tuple[str, ...] = ("SEK",)
    """Currencies with a bank account of their own, the default first; a sale in any other is converted to it."""
    fee_percent: Percent = "1.9"
    fee_flat: Amount = "2.50"
    fee_tax_percent: Percent = "0"
    """Tax contained in the fee (4.3, 5: a Swedish shop normally has none)."""
    dispute_fee: Amount = "150.00"
    negative: Literal["withdraw", "carry"] = "withdraw"
    """A balance below zero at closing: drawn from the bank account (4.3, 7), or left for the next payout."""

    def fee(self, units: int, currency: str) -> int:
        """Fee of a sale in minor units of its currency; never more than the sale."""
        share = half_up(Decimal(units) * Decimal(self.fee_percent) / 100)
        return min(units, share + minor(self.fee_flat, currency))

    def tax_in(self, fee: int) -> int:
        """Tax contained in a fee, in the same minor units."""
        rate = Decimal(self.fee_tax_percent) / 100
        return half_up(Decimal(fee) * rate / (1 + rate))


@dataclass
class Movement:
    """One balance transaction. Amounts in minor units; `net` is amount less fee (4.3, 2)."""

    id: int
    kind: str
    currency: str
    amount: int
    fee: int
    at: datetime
    source_type: str
    test: bool = False
    order_id: int | None = None
    order_name: str = ""
    transaction_id: int | None = None
    reason: str | None = None
    payout_id: int | None = None

    @property
    def net(self) -> int:
        """What it changes on the balance."""
        return self.amount - self.fee


@dataclass
class Payout:
    """What left the balance for the bank; `net` below zero is drawn from the bank."""

    id: int
    currency: str
    net: int
    day: date
    issued_at: datetime
    status: str


@dataclass
class Dispute:
    """A buyer's bank has taken a sale back, until it is decided."""

    id: int
    order_id: int
    order_name: str
    currency: str
    amount: int
    fee: int
    opened_at: datetime
    status: str = "NEEDS_RESPONSE"
    finalized_at: datetime | None = None


@dataclass
class PaymentsAccount:
    """Everything on one shop's account, in the order it happened."""

    spec: PaymentsSpec
    movements: list[Movement] = field(default_factory=list)
    payouts: dict[int, Payout] = field(default_factory=dict)
    disputes: dict[int, Dispute] = field(default_factory=dict)

    def open_movements(self, currency: str) -> list[Movement]:
        """What no payout has taken yet."""
        return [movement for movement in self.movements if movement.payout_id is None and movement.currency == currency]

    def balance(self, currency: str) -> int:
        """What Shopify owes the shop in this currency, in minor units."""
        return sum(movement.net for movement in self.movements if movement.currency == currency)

    def used_currencies(self) -> list[str]:
        """Currencies with movements, the default first."""
        return list(dict.fromkeys((*self.spec.currencies, *(movement.currency for movement in self.movements))))
