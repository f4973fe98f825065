"""Which payments of an order are advances, and what each becomes: an entry of its own, or a report to a person."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.domain.advances import is_booked_by_itself, is_money, received, reported, standing_advances
from app.domain.commerce import Order, Transaction
from app.domain.findings import Finding
from app.domain.invoicing import Invoicing
from app.domain.ledger import Begun
from app.domain.own_vouchers import CreateVoucher
from app.domain.rules import TenantRules
from app.domain.steps import Step


@dataclass(frozen=True, slots=True)
class BookedAdvances:
    """What payments before their invoice came to."""

    vouchers: tuple[CreateVoucher, ...]
    findings: tuple[Finding, ...]
    notices: tuple[Finding, ...]


def not_booked(early: Iterable[Transaction], begun: Begun, rules: TenantRules) -> list[Transaction]:
    """Money that came before its invoice and stands in no document, payment or voucher yet."""
    booked = {one.money.transaction_id for one in begun.vouchers if one.money}
    booked |= {one.transaction_id for one in begun.payments}
    return [one for one in early if one.id not in booked and is_money(one, rules)]


def book_advances(new: Sequence[Transaction], order: Order, rules: TenantRules, invoicing: Invoicing) -> BookedAdvances:
    """The entries of payments in advance, with the VAT that the order's own invoice will have."""
    groups, included = invoicing.rows.vat, invoicing.treatment.vat_included
    own = [one for one in new if is_booked_by_itself(one, order, rules)]
    made = [received(order, one, groups, rules, vat_included=included) for one in own]
    others = [one for one in new if one not in own]
    return BookedAdvances(
        tuple(one for one in made if isinstance(one, CreateVoucher)),
        tuple(one for one in made if isinstance(one, Finding)),
        tuple(reported(order, others, groups, vat_included=included)),
    )


def has_unused(steps: Iterable[Step], begun: Begun, rules: TenantRules) -> bool:
    """Whether money of advances was neither used by an invoice nor returned."""
    vouchers = [one for one in steps if isinstance(one, CreateVoucher)]
    return any(one.left.minor > 0 for one in standing_advances(vouchers, begun.payments, rules))
