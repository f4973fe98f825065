"""What a provider keeps of a payout without a row that says why: a loan paid off, a reserve, a fee for paying at once.

A person says once per provider which account it belongs to; then it is a line of its own, and told each time. Only
money that is kept: where more was paid out than the rows give, rows are missing, and no account explains that.
"""

from __future__ import annotations

from dataclasses import replace

from app.domain.findings import Finding
from app.domain.money import Money
from app.domain.own_vouchers import BOOKS_CURRENCY
from app.domain.rules import TenantRules
from app.domain.settlements import Settlement, SettlementKind, SettlementLine

REMAINDER = "remainder"
"""Id of the line, and the word of its voucher."""


def remainder_account(settlement: Settlement, rules: TenantRules) -> int | None:
    """Where what no row explains belongs; None where nothing is kept, or nobody has said."""
    is_kept = settlement.currency == BOOKS_CURRENCY and settlement.is_proven and settlement.unexplained.minor < 0
    return rules.remainder_accounts.get(settlement.provider) if is_kept else None


def with_remainder(settlement: Settlement) -> Settlement:
    """The payout with the line that its source does not tell."""
    line = SettlementLine(
        id=REMAINDER,
        kind=SettlementKind.OTHER,
        occurred_on=settlement.paid_on,
        amount=settlement.unexplained,
        fee=Money.zero(settlement.currency),
        raw_kind=REMAINDER,
    )
    return replace(settlement, lines=(*settlement.lines, line))


def remainder_booked(settlement: Settlement, account: int) -> Finding:
    """Told each time: nothing but a person's word says that it is what it was."""
    data = {"payout": settlement.id, "left_amount": str(settlement.unexplained), "account": str(account)}
    return Finding("PAYOUT_REMAINDER_BOOKED", settlement.id, data)
