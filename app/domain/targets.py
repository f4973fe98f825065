"""What the shop says was sold and came back, by source: the figures that the books must follow."""

from __future__ import annotations

from collections.abc import Iterator

from app.domain.commerce import SHIPPING_SOURCE, Order, Refund, TransactionKind
from app.domain.crediting import Taken
from app.domain.findings import Finding
from app.domain.ledger import OrderLedger
from app.domain.money import Money, total
from app.domain.row_checks import ROUNDING_SOURCE
from app.domain.rows import DUTIES_SOURCE, FOREIGN_VAT_SOURCE, TIP_SOURCE
from app.domain.vat import rate_text


def sold(order: Order, ledger: OrderLedger) -> dict[str, Money]:
    """Source → what was sold of it, VAT included: after edits, before returns. Zero for what an edit took away."""
    amounts = {source: Money.zero(order.currency) for source in ledger.sources() if _is_sold(source)}
    if order.cancelled_at and not order.money_in and not any(refund.parts for refund in order.refunds):
        return amounts  # nothing is owed any more, and no refund says so
    apart = _has_foreign_vat(ledger)
    for source, gross, taxes in _parts(order):
        tax = total(taxes.values(), order.currency)
        amounts[source] = amounts.get(source, Money.zero(order.currency)) + (gross - tax if apart else gross)
        for rate, amount in taxes.items() if apart else ():
            name = f"{FOREIGN_VAT_SOURCE}{rate}"
            amounts[name] = amounts.get(name, Money.zero(order.currency)) + amount
    return amounts


def _is_sold(source: str) -> bool:
    """Whether a source is the order's own: goodwill and fees kept belong to refunds."""
    return source.startswith(("line:", SHIPPING_SOURCE, FOREIGN_VAT_SOURCE)) or source in (TIP_SOURCE, DUTIES_SOURCE)


def _has_foreign_vat(ledger: OrderLedger) -> bool:
    return any(source.startswith(FOREIGN_VAT_SOURCE) for source in ledger.sources())


def _parts(order: Order) -> Iterator[tuple[str, Money, dict[str, Money]]]:
    """Source, gross, and VAT by rate of everything the order sells."""
    for line in order.lines:
        gross = line.gross(taxes_included=order.taxes_included)
        yield line.source, gross, {rate_text(tax.rate_percent): tax.amount for tax in line.tax_lines if tax.amount}
    for shipping in order.shipping:
        gross = shipping.gross(taxes_included=order.taxes_included)
        taxes = {rate_text(tax.rate_percent): tax.amount for tax in shipping.tax_lines if tax.amount}
        yield shipping.source, gross, taxes
    for source, amount in ((TIP_SOURCE, order.tip), (DUTIES_SOURCE, order.duties)):
        if amount:
            yield source, amount, {}


def came_back(refund: Refund, ledger: OrderLedger) -> list[Taken]:
    """What a refund takes back, by the sources that the books have."""
    apart = _has_foreign_vat(ledger)
    taken: list[Taken] = []
    for part in refund.parts:
        source = _known(part.source, ledger)
        taken.append(Taken(source, part.quantity, part.gross - part.tax if apart else part.gross))
        if apart and part.tax:
            taken += _foreign_vat_back(ledger, part.tax)
    return [one for one in taken if one.gross]


def _known(source: str, ledger: OrderLedger) -> str:
    """The shipping that was meant where the shop names none, or one that the books know under another id."""
    if not source.startswith(SHIPPING_SOURCE) or source in ledger.sources():
        return source
    there = (slot.source for slot in ledger.slots() if slot.source.startswith(SHIPPING_SOURCE))
    return next(there, source)


def _foreign_vat_back(ledger: OrderLedger, tax: Money) -> Iterator[Taken]:
    """Another state's VAT stands on rows of its own by rate: from each in turn, as far as it reaches."""
    left = tax
    for slot in ledger.slots():
        if slot.source.startswith(FOREIGN_VAT_SOURCE) and left.minor > 0:
            share = min(left, slot.gross)
            yield Taken(slot.source, 0, share)
            left -= share


def refunds_to_book(order: Order) -> tuple[list[Refund], list[Refund]]:
    """Refunds whose money is certain, oldest first, and those that wait for it (a bank that has not answered yet)."""
    pending = {one.id for one in order.transactions if one.pending and one.kind is TransactionKind.REFUND}
    known = sorted(order.refunds, key=lambda refund: (refund.created_at, refund.id))
    certain = [refund for refund in known if not pending.intersection(refund.transaction_ids)]
    return certain, [refund for refund in known if refund not in certain]


def money_of(refund: Refund, order: Order) -> Money:
    """What really went back with a refund."""
    moved = (one.amount for one in order.money_out if one.id in refund.transaction_ids)
    return total(moved, order.currency)


def has_failed_money(refund: Refund, order: Order) -> bool:
    """Whether the refund's money came to nothing: what it should have brought is still owed."""
    mine = [one for one in order.transactions if one.id in refund.transaction_ids]
    return bool(mine) and not any(one.succeeded or one.pending for one in mine)


def discrepancy_of(refund: Refund, order: Order) -> Money:
    """What the shop noted between goods and money; nothing where the money failed, for then nobody decided it."""
    noted = refund.discrepancy or Money.zero(order.currency)
    return Money.zero(order.currency) if has_failed_money(refund, order) else noted


def total_findings(order: Order, ledger: OrderLedger) -> Iterator[Finding]:
    """The shop's own parts must add up to its total: else nobody knows what was sold."""
    # What the tenant lets us round was added to the parts when the invoice was made.
    computed = total(sold(order, ledger).values(), order.currency) + ledger.left(ROUNDING_SOURCE)
    if computed != order.total:
        data = {"shop_amount": str(order.total), "computed_amount": str(computed)}
        yield Finding("SHOPIFY_TOTALS_DISAGREE", "", data)
