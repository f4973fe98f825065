"""Invoice arithmetic: rows, VAT by rate, whole-krona rounding (fortnox-api.md 3.4 and 4 #10–12)."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sandbox.fortnox.money import HUNDRED, ZERO, half_up, whole_kronor

VatGroup = tuple[Decimal, int]


@dataclass(frozen=True)
class Line:
    """What counts in a row. ``amount`` follows VATIncluded; header fees come as lines too.

    Rows of one rate with different VAT accounts (Swedish 25 %, Danish 25 % under OSS) are different groups.
    """

    rate: Decimal
    amount: Decimal
    account: int = 0
    vat_account: int = 0
    cost_center: str = ""
    project: str = ""

    @property
    def group(self) -> VatGroup:
        """The group whose VAT is computed together."""
        return self.rate, self.vat_account


@dataclass(frozen=True)
class Totals:
    """The sums of an invoice, in its currency. ``net_of_line`` has one net per line and adds up to ``net``."""

    net: Decimal
    vat: Decimal
    round_off: Decimal
    total: Decimal
    vat_of: dict[VatGroup, Decimal]
    net_of_line: tuple[Decimal, ...]


def row_total(quantity: Decimal, price: Decimal, discount: Decimal, discount_type: str) -> Decimal:
    """Compute a row, half up to two decimals. An amount discount shrinks the row, whatever its sign (inferred)."""
    gross = quantity * price
    if discount_type == "PERCENT":
        return half_up(gross * (HUNDRED - discount) / HUNDRED)
    return half_up(gross + discount) if gross < 0 else half_up(gross - discount)


def without_vat(amount: Decimal, rate: Decimal, *, vat_included: bool) -> Decimal:
    """Take VAT out of an amount if it is in."""
    return half_up(amount * HUNDRED / (HUNDRED + rate)) if vat_included else amount


def total_up(lines: Sequence[Line], *, vat_included: bool, whole: bool, per_row: bool) -> Totals:
    """Add up an invoice.

    VAT is computed once per rate on the group's sum, half up; ``per_row`` computes it on each row instead, for which
    there is no evidence either way. ``whole`` rounds the total to whole kronor.
    """
    vat_of: dict[VatGroup, Decimal] = {}
    nets = [ZERO] * len(lines)
    members: dict[VatGroup, list[int]] = defaultdict(list)
    for index, line in enumerate(lines):
        members[line.group].append(index)
    for group, indexes in members.items():
        rate = group[0]
        amounts = [lines[index].amount for index in indexes]
        vat = sum((_vat(amount, rate, vat_included) for amount in amounts), ZERO) if per_row else None
        vat_of[group] = _vat(sum(amounts, ZERO), rate, vat_included) if vat is None else vat
        group_net = sum(amounts, ZERO) - (vat_of[group] if vat_included else ZERO)
        for index, net in zip(indexes, _spread(amounts, rate, vat_included, group_net), strict=True):
            nets[index] = net
    net, vat_sum = sum(nets, ZERO), sum(vat_of.values(), ZERO)
    exact = net + vat_sum
    total = whole_kronor(exact) if whole else exact
    return Totals(net, vat_sum, total - exact, total, vat_of, tuple(nets))


def _vat(amount: Decimal, rate: Decimal, vat_included: bool) -> Decimal:  # noqa: FBT001
    return half_up(amount * rate / (HUNDRED + rate if vat_included else HUNDRED))


def _spread(amounts: Iterable[Decimal], rate: Decimal, vat_included: bool, net: Decimal) -> list[Decimal]:  # noqa: FBT001
    """Share a group's net out over its rows; the largest row takes the öre that rounding leaves."""
    shares = [without_vat(amount, rate, vat_included=vat_included) for amount in amounts]
    largest = max(range(len(shares)), key=lambda index: abs(shares[index]))
    shares[largest] += net - sum(shares, ZERO)
    return shares
