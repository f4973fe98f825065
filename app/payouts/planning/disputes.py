"""Plans the loss of a dispute: the claim on the buyer's bank becomes a cost (accounting.md acc-26)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.kit.money import Money
from app.model.finding import Finding
from app.model.payout import LostDispute
from app.posting.plan import Plan, Stopped, stopped
from app.posting.references import Purpose, VoucherRef
from app.posting.vouchers import CreateVoucher, rows_of
from app.tenants.rules import TenantRules


@dataclass(frozen=True, slots=True)
class Claim:
    """What a booked payout moved to the disputed account, positive."""

    taken: Money
    """In the payout's currency."""
    kronor: Money
    """As it is booked there: of foreign money what its sale was booked at (decision 0026)."""


def claim_of(dispute: LostDispute, claims: Sequence[Claim]) -> Money | Finding | None:
    """What a dispute's claim is booked at; None where no booked payout has it yet.

    `claims`: of its order. A provider that pays out in one currency may tell the dispute in another: then it is the
    order's only claim, or a person books the loss.
    """
    same = [claim.kronor for claim in claims if claim.taken == dispute.amount]
    others = [claim for claim in claims if claim.taken.currency != dispute.amount.currency]
    if same:
        return same[0]
    if not dispute.order_id or not others:
        return None
    if len(others) == 1:
        return others[0].kronor
    currencies = {"currency": others[0].taken.currency, "payment_currency": dispute.amount.currency}
    return Finding("PAYOUT_CURRENCY_MISMATCH", dispute.id, {"reference": dispute.id, **currencies})


def plan_lost(dispute: LostDispute, claim: Money, rules: TenantRules) -> Plan | Stopped:
    """The loss, gross: whether output VAT may be lowered is a judgement, and a notice says so, never automatic.

    `claim`: its balance on the disputed account, in kronor.
    """
    loss, disputed = rules.account("dispute_lost"), rules.account("disputed")
    if loss is None or disputed is None:
        missing = [role for role in ("dispute_lost", "disputed") if rules.account(role) is None]
        return stopped(Finding("ROLE_UNMAPPED", role, {"role": role}) for role in missing)
    about = dispute.order_name or dispute.id
    voucher = CreateVoucher(
        VoucherRef(Purpose.DISPUTE_LOST), dispute.finalized_on, f"Tvist förlorad {about}", rules.payout_series,
        rows_of([(loss, claim), (disputed, -claim)]), f"tvist {dispute.id}",
    )  # fmt: skip
    # Where the shop hides the order (older than 60 days) the dispute's number must not pass for an order's.
    shown = {"order": dispute.order_name or f"– ({dispute.id})", "shop_amount": str(dispute.amount)}
    notice = Finding("DISPUTE_LOST", dispute.id, shown)
    return Plan(f"dispute {dispute.id}", rules.version, (voucher,), notices=(notice,))
