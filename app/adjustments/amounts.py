"""What the shop says was sold and came back, by source, VAT included."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from app.adjustments.credit_notes import ReturnedAmount
from app.adjustments.creditable_lines import CreditableLines
from app.invoicing.order_parts import DUTIES_SOURCE, TIP_SOURCE
from app.invoicing.return_fees import FEE_SOURCE, fees_of, shares
from app.invoicing.rows import FOREIGN_VAT_SOURCE
from app.kit.money import Money, total
from app.model.order import SHIPPING_SOURCE, Line, Order, Refund, ShippingLine, TaxLine
from app.vat import rate_text


def sold(order: Order, books: CreditableLines, *, foreign_vat_rows: bool | None = None) -> dict[str, Money]:
    """Source → what was sold of it, VAT included: after edits, before returns. Zero for what an edit took away.

    `foreign_vat_rows`: whether another state's VAT has rows of its own; None: as in the books.
    """
    zero = Money.zero(order.currency)
    has_rows = _has_foreign_vat(books) if foreign_vat_rows is None else foreign_vat_rows
    amounts = {} if _is_void(order) else _amounts(order, foreign_vat_rows=has_rows)
    known = {source: amounts.pop(source, zero) for source in books.sources() if _is_sold(source)}
    return known | amounts


def _amounts(order: Order, *, foreign_vat_rows: bool) -> dict[str, Money]:
    """Source → what the shop says was sold of it. `foreign_vat_rows`: another state's VAT has rows of its own."""
    amounts: dict[str, Money] = {}
    for source, gross, tax_lines in _parts(order):
        # Taxes of every line are only looked at where they have rows of their own: a large order has hundreds.
        taxes = {rate_text(tax.rate_percent): tax.amount for tax in tax_lines if tax.amount} if foreign_vat_rows else {}
        own = gross - total(taxes.values(), order.currency) if taxes else gross
        amounts[source] = amounts[source] + own if source in amounts else own
        for rate, amount in taxes.items():
            name = f"{FOREIGN_VAT_SOURCE}{rate}"
            amounts[name] = amounts[name] + amount if name in amounts else amount
    return amounts


def _is_void(order: Order) -> bool:
    """Whether an order was cancelled before any money came: nothing is owed any more, and no refund says so."""
    return bool(order.cancelled_at) and not order.money_in and not any(refund.parts for refund in order.refunds)


def _is_sold(source: str) -> bool:
    """Whether a source is the order's own: price reductions and restocking fees belong to refunds."""
    beginnings = ("line:", SHIPPING_SOURCE, FOREIGN_VAT_SOURCE, FEE_SOURCE)
    return source.startswith(beginnings) or source in (TIP_SOURCE, DUTIES_SOURCE)


def _has_foreign_vat(books: CreditableLines) -> bool:
    """By what is left in the books: an order that moved may have been sold both ways."""
    sources = [line.source for line in books.creditable()] or books.sources()
    return any(source.startswith(FOREIGN_VAT_SOURCE) for source in sources)


def _parts(order: Order) -> Iterator[tuple[str, Money, tuple[TaxLine, ...]]]:
    """Source, gross and tax lines of everything the order sells."""
    parts: tuple[Line | ShippingLine, ...] = (*order.lines, *order.shipping)
    for part in parts:
        yield part.source, part.gross(taxes_included=order.taxes_included), part.tax_lines
    for source, amount in ((TIP_SOURCE, order.tip), (DUTIES_SOURCE, order.duties)):
        if amount:
            yield source, amount, ()
    for fee in order.return_fees:
        for share in shares(order, fee):
            yield f"{FEE_SOURCE}{fee.id}", share.gross, (share.tax,) if share.tax else ()


def came_back(refund: Refund, books: CreditableLines) -> list[ReturnedAmount]:
    """What a refund takes back, by the sources that the books have."""
    has_rows = _has_foreign_vat(books)
    returned: list[ReturnedAmount] = []
    for part in refund.parts:
        source = _known(part.source, books)
        returned.append(ReturnedAmount(source, part.quantity, part.gross - part.tax if has_rows else part.gross))
        if has_rows and part.tax:
            returned += _foreign_vat_back(books, part.tax)
    return [amount for amount in returned if amount.gross]


def _known(source: str, books: CreditableLines) -> str:
    """The shipping that was meant where the shop names none, or one that the books know under another id."""
    if not source.startswith(SHIPPING_SOURCE) or source in books.sources():
        return source
    sources = (line.source for line in books.creditable() if line.source.startswith(SHIPPING_SOURCE))
    return next(sources, source)


def _foreign_vat_back(books: CreditableLines, tax: Money) -> Iterator[ReturnedAmount]:
    """Another state's VAT has rows of its own by rate: taken from each in turn, up to its amount."""
    left = tax
    for line in books.creditable():
        if line.source.startswith(FOREIGN_VAT_SOURCE) and left.minor > 0:
            share = min(left, line.gross)
            yield ReturnedAmount(line.source, 0, share)
            left -= share


def missing_of_total(order: Order, now: Mapping[str, Money]) -> Money:
    """What the shop's own parts (`now`: all that is `sold`) lack of its total; below zero where they come to more."""
    return order.total + fees_of(order) - total(now.values(), order.currency)
