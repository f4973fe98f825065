"""What Shopify calls the movements on the Shopify Payments balance, and what we call them (shopify-api.md 4.1, 4.2).

A type that stands in no table becomes OTHER and waits for a person: loans, shipping labels, Shopify's own bills and
tax corrections are no payment fees, and which account they belong on is not Bokbro's to guess. GraphQL shouts its
types and REST does not, so they are compared in lower case.
"""

from __future__ import annotations

from app.domain.money import Money
from app.domain.settlements import SettlementKind

THE_PAYOUT_ITSELF = frozenset(("transfer", "payout"))
"""The line that empties the balance, in GraphQL's and in REST's word: it is the payout, not a part of what it pays."""

_KINDS = {
    "charge": SettlementKind.CHARGE,
    "refund": SettlementKind.REFUND,
    "refund_failure": SettlementKind.REFUND_FAILED,
    "dispute_withdrawal": SettlementKind.CHARGEBACK,
    "dispute_reversal": SettlementKind.CHARGEBACK_REVERSED,
    "chargeback_fee": SettlementKind.FEE,
    "chargeback_fee_refund": SettlementKind.FEE,
    "stripe_fee": SettlementKind.FEE,
    "application_fee_refund": SettlementKind.FEE,
    "ach_bank_failure_debit_fee": SettlementKind.FEE,
    "ach_bank_failure_debit_reversal_fee": SettlementKind.FEE,
    "adjustment": SettlementKind.ADJUSTMENT,
    "charge_adjustment": SettlementKind.ADJUSTMENT,
    "refund_adjustment": SettlementKind.ADJUSTMENT,
    "anomaly_credit": SettlementKind.ADJUSTMENT,
    "anomaly_credit_reversal": SettlementKind.ADJUSTMENT,
    "anomaly_debit": SettlementKind.ADJUSTMENT,
    "anomaly_debit_reversal": SettlementKind.ADJUSTMENT,
    "merchant_goodwill_credit": SettlementKind.ADJUSTMENT,
    "merchant_goodwill_credit_reversal": SettlementKind.ADJUSTMENT,
    "credit": SettlementKind.ADJUSTMENT,
    "debit": SettlementKind.ADJUSTMENT,
    "transfer_failure": SettlementKind.PAYOUT_FAILED,
    "transfer_cancel": SettlementKind.PAYOUT_FAILED,
    "transfer_refund": SettlementKind.PAYOUT_FAILED,
    "payout_failure": SettlementKind.PAYOUT_FAILED,
    "payout_cancellation": SettlementKind.PAYOUT_FAILED,
}

_RESERVES = frozenset(
    (
        "reserved_funds",
        "reserved_funds_reversal",
        "reserved_funds_withdrawal",
        "chargeback_hold",
        "chargeback_hold_release",
        "reserve",
    )
)

_DISPUTES = frozenset(("dispute", "chargeback"))
"""REST's word, and the one that exports print (rows of an importer's tests in public repositories)."""


def kind_of(raw_kind: str, amount: Money) -> SettlementKind:
    """Our kind of a line. Where one word names both directions, the sign of the amount tells them apart.

    Exports print words (`Reserved funds`, `Payout failure`) where the API writes names (`reserved_funds`).
    """
    name = "_".join(raw_kind.lower().replace("-", " ").replace("_", " ").split())
    is_taken = amount.minor < 0
    if name in _RESERVES:
        return SettlementKind.RESERVE_HELD if is_taken else SettlementKind.RESERVE_RELEASED
    if name in _DISPUTES:
        return SettlementKind.CHARGEBACK if is_taken else SettlementKind.CHARGEBACK_REVERSED
    return _KINDS.get(name, SettlementKind.OTHER)
