"""A payout's fees as write-offs on the payments of its orders, and what then is left for the payout's own voucher."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from app.kit.money import Money
from app.model.order import Transaction, WriteOff, sum_of
from app.model.payout import Payout, PayoutLine
from app.posting.vouchers import BOOKS_CURRENCY
from app.tenants.fee_vat import FeeVat
from app.tenants.rules import TenantRules

INPUT_VAT = "vat.input"
"""Role of VAT that a provider's document shows: a write-off beside that of its fee."""
WrittenOff = Mapping[str, tuple[WriteOff, ...]]
"""Line → what the payment behind it wrote off."""


class FeeAccountMissingError(ValueError):
    """A fee that is to be written off has no account."""

    def __init__(self, role: str) -> None:
        super().__init__(f"no account for {role}")
        self.role = role


def fee_write_offs(
    line: PayoutLine, transaction: Transaction, provider: str, day: date, rules: TenantRules
) -> tuple[WriteOff, ...]:
    """What the payment of a line's transaction is to write off; empty where the payout's voucher takes the fee.

    Only kronor, as the payment and the payout have them, and only where money is left to move: a payment of nothing,
    or the other way round, is none. Raises FeeAccountMissingError.
    """
    in_kronor = line.amount.currency == transaction.amount.currency == BOOKS_CURRENCY and transaction.settled is None
    moves = line.net.minor * line.amount.minor > 0 and abs(line.amount) == transaction.amount
    if provider not in rules.fee_write_off or not in_kronor or not moves:
        return ()
    fee_role = fee_role_of(rules.fee_vat_on(provider, day))
    amounts = ((fee_role, line.fee), (INPUT_VAT, line.fee_vat or Money.zero(BOOKS_CURRENCY)))
    return tuple(_write_off(role, amount, rules) for role, amount in amounts if amount)


def fee_role_of(mode: FeeVat) -> str:
    """Role of the account of fees that are taxed so."""
    return f"fee.{mode.value}"


def _write_off(role: str, amount: Money, rules: TenantRules) -> WriteOff:
    account = rules.account(role)
    if account is None:
        raise FeeAccountMissingError(role)
    return WriteOff(account, amount, role)


def without_written_off(payout: Payout, written_off: WrittenOff) -> Payout:
    """The payout as its own voucher has it: without the fees that payments took, and as much less to clear."""
    lines = tuple(_rest_of(line, written_off.get(line.id, ())) for line in payout.lines)
    return replace(payout, lines=lines)


def _rest_of(line: PayoutLine, written_off: tuple[WriteOff, ...]) -> PayoutLine:
    """By subtraction: a fee that the provider changed after its payment leaves its difference to the voucher."""
    if not written_off:
        return line
    currency = line.amount.currency
    vat = sum_of((write_off for write_off in written_off if write_off.role == INPUT_VAT), currency)
    fee = sum_of((write_off for write_off in written_off if write_off.role != INPUT_VAT), currency)
    left_vat = (line.fee_vat or Money.zero(currency)) - vat
    return replace(
        line, amount=line.amount - fee - vat, fee=line.fee - fee, fee_vat=left_vat if line.fee_vat or left_vat else None
    )


def reverse_charge_base(written_off: WrittenOff) -> Money:
    """Fees that payments put on the account of reverse charge and that show no VAT: the voucher has to calculate it.

    Its two rows come to 0, so that no payment can contain them; the base is on the fee's account (box 21).
    """
    role = fee_role_of(FeeVat.REVERSE_CHARGE)
    plain = (
        write_offs
        for write_offs in written_off.values()
        if all(write_off.role != INPUT_VAT for write_off in write_offs)
    )
    return sum_of(
        (write_off for write_offs in plain for write_off in write_offs if write_off.role == role), BOOKS_CURRENCY
    )
