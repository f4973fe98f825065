"""A refund of just the order's VAT: a price reduction, or the VAT itself given back (an export shown later)?

The two are booked differently: a reduction takes its share of the VAT with it, VAT given back makes it a sale without
VAT. An amount cannot tell them apart, so a person is asked before anything is credited.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from app.kit.money import Money, total
from app.model.answers import Answers
from app.model.finding import Finding
from app.model.order import Order, money_of, refunds_to_book
from app.posting.documents import CreateInvoice


def vat_given_back(order: Order, documents: Iterable[CreateInvoice], answers: Answers) -> Iterator[Finding]:
    """Refunds without goods that are exactly the VAT charged, and are neither booked nor answered for."""
    if not order.refunds or not order.has_tax:
        return
    charged, refunds = _charged(order), refunds_to_book(order)[0]
    booked = {document.ref.reason.refund for document in documents if document.credits}
    goods = total((refund.goods for refund in refunds), order.currency)
    paid_back = total((money_of(refund, order) for refund in refunds), order.currency)
    for refund in refunds:
        # Money for goods that came back before, without money, is theirs.
        pays_goods = goods > paid_back - money_of(refund, order)
        is_vat = not refund.parts and money_of(refund, order) == charged and not pays_goods
        if is_vat and refund.id not in booked and not answers.is_reduction(refund.id):
            data = {"order": order.name, "amount": str(charged), "refund": refund.id}
            yield Finding("REFUND_EQUALS_VAT", refund.id, data)


def _charged(order: Order) -> Money:
    taxes = [line.tax for line in order.lines] + [shipping_line.tax for shipping_line in order.shipping]
    return total(taxes, order.currency)
