"""Plans the return of a payout that bounced after it was booked: from the bank back to the provider."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from app.kit.money import Money
from app.model.finding import Finding
from app.model.payout import Payout
from app.payments.payment import clearing_role
from app.payouts.fx.exchange import at_bank_of
from app.posting.plan import Plan, Stopped, stopped
from app.posting.references import PAYOUT_RETURNED
from app.posting.steps import Step
from app.posting.vouchers import CreateVoucher, rows_of
from app.tenants.rules import TenantRules


def has_only_bounced(booked: Payout, now: Payout) -> bool:
    """Whether nothing differs from what was booked but that the money did not stay at the bank.

    A provider may have given its lines other ids and words since (a file first, its API later): what they move counts.
    """
    same_place = (booked.paid_on, booked.paid_out, booked.bank_amount) == (now.paid_on, now.paid_out, now.bank_amount)
    return now.bounced and not booked.bounced and same_place and _moves(booked) == _moves(now)


def _moves(payout: Payout) -> list[tuple[str, int, int, int]]:
    return sorted(
        (line.kind.value, line.amount.minor, line.fee.minor, line.fee_vat.minor if line.fee_vat else 0)
        for line in payout.lines
    )


def bounced_notice(payout: Payout) -> Finding:
    """The finding for people: the account number that the provider has may be wrong."""
    data = {"payout": payout.id, "shop_amount": str(payout.paid_out)}
    return Finding("PAYOUT_BOUNCED", payout.id, data)


def plan_return(
    payout: Payout, rules: TenantRules, posted: Sequence[Step], at_bank: Money, day: date
) -> Plan | Stopped:
    """The posted steps of a payout, and the voucher that moves its money from the bank back to the provider.

    `rules`: those by which it was booked. `at_bank`: what the bank account got, in kronor: the line of a later payout
    that brings the money takes exactly that (decision 0026). `day`: on which the bounce is booked.
    """
    roles = (
        f"bank.{at_bank_of(payout).currency.lower()}",
        clearing_role(f"psp.{payout.provider}", payout.currency, rules),
    )
    bank, clearing = (rules.account(role) for role in roles)
    if bank is None or clearing is None:
        missing = [role for role in roles if rules.account(role) is None]
        return stopped(Finding("ROLE_UNMAPPED", role, {"role": role}) for role in missing)
    steps = [step for step in posted if step.ref != PAYOUT_RETURNED]
    if rows := rows_of([(clearing, at_bank), (bank, -at_bank)]):
        provider = payout.provider.replace("_", " ").title()
        text = f"{provider} utbetalning som kom tillbaka från banken"
        reference = f"{payout.key} {PAYOUT_RETURNED.key}"
        steps.append(CreateVoucher(PAYOUT_RETURNED, day, text, rules.payout_series, rows, reference))
    return Plan(payout.key, rules.version, tuple(steps), notices=(bounced_notice(payout),))
