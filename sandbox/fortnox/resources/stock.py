"""What documents take out of stock in a company with the warehouse module.

"An outbound delivery will affect the stock balance as soon as it's saved" (fortnox.se/developer, Warehouse
information): an invoice always, an order in the state "delivery". Marking a document ready only makes it final.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from sandbox.fortnox.api import ApiCall
from sandbox.fortnox.company import Company, Record
from sandbox.fortnox.money import ZERO
from sandbox.fortnox.wire import Document

_HELD = "out_of_stock"


def held_by(record: Record) -> Mapping[str, Decimal]:
    """Article → what a document has taken out of stock already."""
    held: Mapping[str, Decimal] = record.hidden.get(_HELD, {})
    return held


def deliverable(call: ApiCall, article: Record, quantity: Decimal, held: Mapping[str, Decimal]) -> Decimal:
    """How many of the wanted goods can be delivered: none without stock, unless negative stock is allowed (3.16).

    What becomes of a row that wants more than there is was never told: `Switches.short_stock`.
    """
    if not call.company.config.warehouse or not article.fields["StockGoods"] or quantity <= 0:
        return quantity
    stock = Decimal(article.fields["QuantityInStock"]) + held.get(article.key, ZERO)
    if call.company.config.negative_stock or stock >= quantity:
        return quantity
    if stock <= 0:
        return ZERO
    return stock if call.switches.short_stock == "cut" else quantity


def take_out(company: Company, record: Record, rows: Sequence[Document]) -> None:
    """Let a saved document take its delivered goods out of stock, in place of what it took before."""
    if not company.config.warehouse:
        return
    wanted: dict[str, Decimal] = {}
    for row in rows:
        article = company.kind("articles").get(row["ArticleNumber"] or "")
        if article is not None and article.fields["StockGoods"]:
            wanted[article.key] = wanted.get(article.key, ZERO) + Decimal(row["DeliveredQuantity"])
    held = held_by(record)
    for number in wanted.keys() | held.keys():
        _lower(company, number, wanted.get(number, ZERO) - held.get(number, ZERO))
    record.hidden[_HELD] = wanted


def hand_over(order: Record, invoice: Record) -> None:
    """The invoice of an order delivers what the order delivered, not twice."""
    invoice.hidden[_HELD] = dict(held_by(order))
    order.hidden[_HELD] = {}


def put_back(company: Company, record: Record) -> None:
    """A cancelled document gives its goods back."""
    take_out(company, record, ())


def _lower(company: Company, number: str, quantity: Decimal) -> None:
    article = company.kind("articles").get(number)
    if article is not None and quantity:
        stock = Decimal(article.fields["QuantityInStock"]) - quantity
        article.fields["QuantityInStock"] = article.fields["DisposableQuantity"] = stock
