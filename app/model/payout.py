"""The payout model: what a provider received, kept and paid out. Every source normalises into it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from app.kit.money import Money, total
from app.model.finding import UNSTATED, Finding


class PayoutLineKind(StrEnum):
    """What a line of a payout is. A kind that a source does not know becomes OTHER and waits for a person."""

    CHARGE = "charge"
    REFUND = "refund"
    REFUND_FAILED = "refund_failed"
    """Money of a refund that came back to the provider."""
    CHARGEBACK = "chargeback"
    """A buyer's bank took the money back (an open dispute)."""
    CHARGEBACK_REVERSED = "chargeback_reversed"
    """The dispute was won; the money is back."""
    FEE = "fee"
    """A fee that has a line of its own (monthly, per batch, for a dispute)."""
    RESERVE_HELD = "reserve_held"
    RESERVE_RELEASED = "reserve_released"
    ADJUSTMENT = "adjustment"
    PAYOUT_FAILED = "payout_failed"
    """An earlier payout that bounced: the provider has its money again."""
    CARRIED_FORWARD = "carried_forward"
    """A debt or balance that an earlier payout left, or that this one leaves to the next."""
    NETTED_DEBT = "netted_debt"
    """A debt at another provider that this one takes from the payout and pays there."""
    OTHER = "other"


def id_by_day(paid_on: date, currency: str) -> str:
    """The id of a payout whose source numbers none: its day and currency."""
    return f"{paid_on} {currency}"


OF_ORDERS = frozenset({PayoutLineKind.CHARGE, PayoutLineKind.REFUND})
"""Kinds of lines that belong to an order, where a payment of ours booked them on the clearing account."""


class MatchKey(StrEnum):
    """What a line may be recognised by, the surest first (qliro-api.md 5.5, shopify-api.md 4.3)."""

    TRANSACTION_ID = "transaction_id"
    """The provider's or the shop's id of this very capture or refund."""
    PAYMENT_ID = "payment_id"
    """The shop's key towards the provider: Shopify's payment id, Qliro's MerchantReference."""
    PROVIDER_ORDER_ID = "provider_order_id"
    SHOP_ORDER_ID = "shop_order_id"
    ORDER_NAME = "order_name"


@dataclass(frozen=True, slots=True)
class PayoutLine:
    """One movement on the merchant's balance at the provider, in the payout's currency."""

    id: str
    """Unique among all lines of this provider account for ever: a line is used at most once."""
    kind: PayoutLineKind
    occurred_on: date
    """The books' day (Europe/Stockholm): the month a fee belongs to (accounting.md acc-30)."""
    amount: Money
    """Effect on the balance before fees: a charge is positive, a refund negative. Zero where a line is only a fee."""
    fee: Money
    """What the provider kept, without VAT that its document shows; negative where it gave a fee back."""
    fee_vat: Money | None = None
    """VAT shown on the fee, same sign as it. None: no document says anything, the tenant's rule decides."""
    keys: Mapping[MatchKey, str] = field(default_factory=dict)
    order_amount: Money | None = None
    """In the order's currency, where the provider converted (acc-28)."""
    text: str = ""
    """The provider's own words for the line, for people."""
    raw_kind: str = ""
    """The provider's own name of the kind, as it came."""

    @property
    def net(self) -> Money:
        """What the line changes on the balance."""
        after_fee = self.amount - self.fee
        return after_fee - self.fee_vat if self.fee_vat else after_fee


@dataclass(frozen=True, slots=True)
class Payout:
    """One payout (or the part of a payout file that led to one) with all its lines. One currency throughout."""

    provider: str
    """Role stem without `psp.`: `shopify_payments`, `qliro`, `klarna` …"""
    account: str
    """Whose balance it is: the shop's domain, a merchant id. Empty where a file does not tell."""
    id: str
    """The payout's own id: unique per provider and account."""
    paid_on: date
    """The day the provider sent the money; the bank may show it one to three days later."""
    currency: str
    paid_out: Money
    """What went to the bank; negative where the provider draws on it."""
    lines: tuple[PayoutLine, ...]
    is_final: bool = True
    """False while the provider may still change it (scheduled, in transit): shown, not booked."""
    is_captured: bool = True
    """Whether the source states the sum. A sum of rows alone may be a part of the payout: it waits for the bank's."""
    bounced: bool = False
    """The payout failed or was cancelled: no money reached the bank. A later payout carries it as PAYOUT_FAILED."""
    is_numbered_per_account: bool = False
    """Two accounts of the provider may have payouts of one number: then only account and number tell them apart."""
    bank_amount: Money | None = None
    """What the bank gets where the provider converts the payout (Qliro's FxTotal)."""
    bank_reference: str = ""
    expected_at_bank: date | None = None
    updated_at: datetime | None = None

    @property
    def key(self) -> str:
        """Distinguishes it from every other payout of its provider in one company."""
        return f"{self.account} {self.id}" if self.is_numbered_per_account else self.id

    @property
    def is_known_by_day(self) -> bool:
        """Whether its source numbers no payouts: another source may tell the same one under the provider's own id."""
        return self.id == id_by_day(self.paid_on, self.currency)

    @property
    def unexplained(self) -> Money:
        """What the lines do not explain of the payout: zero, or the payout is not booked."""
        return self.paid_out - total((line.net for line in self.lines), self.currency)


@dataclass(frozen=True, slots=True)
class LostDispute:
    """A dispute that the shop lost or gave up."""

    provider: str
    """Role stem without `psp.`, as in `Payout.provider`."""
    id: str
    order_id: str
    """The shop's number of the order; empty where the provider names none."""
    order_name: str
    amount: Money
    """What the buyer's bank kept, positive."""
    finalized_on: date
    """The books' day."""


@dataclass(frozen=True, slots=True)
class OpenDispute:
    """A dispute that waits for the shop's evidence."""

    id: str
    order_name: str
    """Empty where the provider names none."""
    amount: Money
    """What the buyer's bank claims, positive."""
    evidence_due: date | None
    """The books' day; None where the provider states none."""

    @property
    def finding(self) -> Finding:
        """Reports the dispute before the money is lost."""
        due = self.evidence_due.isoformat() if self.evidence_due else UNSTATED
        data = {"order": self.order_name or f"– ({self.id})", "shop_amount": str(self.amount), "date": due}
        return Finding("DISPUTE_OPEN", self.id, data)
