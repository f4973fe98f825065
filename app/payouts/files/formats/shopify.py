"""Shopify Payments, "Export transactions" (shopify-api.md 4, qliro-api.md 7.3). Its ids are not those of the API.

The older export of twelve columns has no id of the payout (public converters of it test it): its rows are grouped by
the payout's day and currency, and a payout of that day and sum that is known already is the same one.
"""

from __future__ import annotations

from app.kit.money import Money
from app.model.payout import MatchKey, PayoutLine, PayoutLineKind, id_by_day
from app.payouts.files.description import Entry, Format, as_booked, hashed
from app.payouts.files.grouping import by_payout_id
from app.payouts.files.records import Record, column_key
from app.shops.shopify.payouts.lines import THE_PAYOUT_ITSELF, kind_of

PROVIDER = "shopify_payments"

_KEYS = {MatchKey.ORDER_NAME: ("Order",), MatchKey.PROVIDER_ORDER_ID: ("Checkout",)}
_BOUNCED = frozenset(("failed", "canceled", "cancelled"))


def _entry(record: Record) -> Entry:
    currency = record.currency("Currency")
    raw_kind = record.needed("Type")
    gross, net = record.money("Amount", currency), record.money("Net", currency)
    written_fee = record.money("Fee", currency)
    if net not in (gross - written_fee, gross + written_fee):
        raise record.contradiction("Net", net, gross - written_fee)
    kind = kind_of(raw_kind, gross)
    # As in the API an adjustment's fee may be signed as it changes the balance; net says which it was.
    amount, fee = as_booked(kind, gross, gross - net)
    fee_vat = _vat(record, fee) if kind is PayoutLineKind.CHARGE else None
    at = record.moment("Transaction Date")
    day = record.moment("Payout Date").date() if record.word("Payout Date") else None
    payout_id = record.word("Payout ID")
    if not record.has("Payout ID") and day:
        payout_id = id_by_day(day, currency)
    status = record.word("Payout Status").lower()
    keys = record.keys(_KEYS)
    return Entry(
        PayoutLine(
            # The export names no transaction; what it says of one tells it apart from the others of its payout.
            id=hashed(payout_id, at.isoformat(), raw_kind, *keys.values(), f"{gross.minor} {net.minor} {currency}"),
            kind=kind,
            occurred_on=at.date(),
            amount=amount,
            fee=fee - fee_vat if fee_vat else fee,
            fee_vat=fee_vat,
            keys=keys,
            order_amount=_order_amount(record, gross),
            text=record.word("Payment Method Name"),
            raw_kind=raw_kind,
        ),
        at=at,
        file_line=record.line,
        payout_id=payout_id,
        paid_on=day if payout_id else None,
        is_payout=raw_kind.lower() in THE_PAYOUT_ITSELF,
        is_hashed=True,
        is_final=status == "paid" or status in _BOUNCED,
        bounced=status in _BOUNCED,
    )


def _vat(record: Record, fee: Money) -> Money | None:
    """VAT inside the fee, as the API's `taxAmount` is taken; None where it is not told or cannot be its part."""
    if not record.has("VAT"):
        return None
    vat = record.money("VAT", fee.currency)
    return vat if Money.zero(fee.currency) <= vat <= fee else None


def _order_amount(record: Record, gross: Money) -> Money | None:
    """What the buyer paid or got back, where Shopify converted; signed as the line is."""
    if not record.word("Presentment Currency"):
        return None
    currency = record.currency("Presentment Currency")
    if currency == gross.currency:
        return None
    size = abs(record.money("Presentment Amount", currency))
    return -size if gross.minor < 0 else size


_OF_EVERY_EXPORT = ("Transaction Date", "Type", "Order", "Payout Date", "Amount", "Fee", "Net", "Currency")


def _format(name: str, *more: str) -> Format:
    return Format(
        provider=PROVIDER,
        name=name,
        columns=frozenset(map(column_key, (*_OF_EVERY_EXPORT, *more))),
        amounts=("Amount", "Fee", "Net", "Presentment Amount", "VAT"),
        days=("Transaction Date", "Payout Date"),
        reader=lambda _: _entry,
        group=by_payout_id(PROVIDER),
    )


FORMATS = (
    _format("Shopify Payments, transactions", "Payout ID"),
    _format("Shopify Payments, transactions without payout id", "Payout Status"),
)
