"""A dispute that was lost: the claim on the buyer's bank becomes a loss (accounting.md acc-26)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from app.domain.findings import Finding
from app.domain.money import Money
from app.domain.own_vouchers import BOOKS_CURRENCY, CreateVoucher, rows_of
from app.domain.plan import Plan, Stopped, stopped
from app.domain.rules import TenantRules


@dataclass(frozen=True, slots=True)
class LostDispute:
    """A dispute that the shop lost or gave up."""

    provider: str
    """Role stem without `psp.`, as in `Settlement.provider`."""
    id: str
    order_id: str
    """The shop's number of the order; empty where the provider names none."""
    order_name: str
    amount: Money
    """What the buyer's bank kept, positive."""
    finalized_on: date
    """The books' day."""


def plan_lost(dispute: LostDispute, rules: TenantRules) -> Plan | Stopped:
    """The loss, gross: whether output VAT may be lowered is a judgement, and a notice says so, never automatic."""
    if dispute.amount.currency != BOOKS_CURRENCY:
        data = {
            "reference": dispute.id, "currency": BOOKS_CURRENCY, "payment_currency": dispute.amount.currency,
        }  # fmt: skip
        return stopped([Finding("PAYOUT_CURRENCY_MISMATCH", dispute.id, data)])
    loss, claim = rules.account("dispute_lost"), rules.account("disputed")
    if loss is None or claim is None:
        missing = [role for role in ("dispute_lost", "disputed") if rules.account(role) is None]
        return stopped(Finding("ROLE_UNMAPPED", role, {"role": role}) for role in missing)
    about = dispute.order_name or dispute.id
    voucher = CreateVoucher(
        "lost", dispute.finalized_on, f"Tvist förlorad {about}", rules.payout_series,
        rows_of([(loss, dispute.amount), (claim, -dispute.amount)]), f"tvist {dispute.id}",
    )  # fmt: skip
    told = Finding("DISPUTE_LOST", dispute.id, {"order": about, "shop_amount": str(dispute.amount)})
    return Plan(f"dispute {dispute.id}", rules.version, (voucher,), notices=(told,))
