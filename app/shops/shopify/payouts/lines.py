"""Reads balance transactions of Shopify Payments into payout lines, from GraphQL and the older REST shape. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from app.kit.money import Money, total
from app.model.order import BOOKS_ZONE
from app.model.payout import MatchKey, PayoutLine, PayoutLineKind
from app.shops.base import BodyNotUnderstoodError
from app.shops.shopify.reading import Json, flag, listing, mapping, moment, money, numeric_id, required, text
from app.tenants.rules import DocumentCurrency

_SIDE = {DocumentCurrency.PRESENTMENT: "presentmentMoney", DocumentCurrency.SHOP: "shopMoney"}


@dataclass(frozen=True, slots=True)
class TransactionDetail:
    """What only the order's own transaction states about a line."""

    order_amount: Money
    """What the buyer paid or got back, in the currency the order is booked in; always positive."""
    fee_vat: Money | None
    """VAT inside the fee (`fees[].taxAmount`); None where Shopify lists no fees or not in one currency."""


def graphql_line(node: Json, details: Mapping[str, TransactionDetail]) -> PayoutLine:
    """One balance transaction of GraphQL. Its numeric id is the line's, the same as in REST.

    Raises BodyNotUnderstoodError, also when the fee is not amount less net.
    """
    amount, fee, net = (_money_v2(node, name) for name in ("amount", "fee", "net"))
    order = node.get("associatedOrder")
    keys = _keys(
        node.get("sourceOrderTransactionId"),
        None if order is None else required(mapping(order, "associatedOrder"), "id"),
        "" if order is None else text(order.get("name")),
    )
    adjusted = listing(node.get("adjustmentsOrders"), "adjustmentsOrders")
    if not keys and len(adjusted) == 1:
        keys = _keys(adjusted[0].get("orderTransactionId"), None, text(adjusted[0].get("name")))
    words = [text(node.get("adjustmentReason")), *(text(adjustmentsorder.get("name")) for adjustmentsorder in adjusted)]
    return _line(
        node,
        day=moment(required(node, "transactionDate"), "transactionDate").astimezone(BOOKS_ZONE).date(),
        figures=(amount, fee, net),
        keys=keys,
        words=" ".join(word for word in words if word),
        detail=details.get(keys.get(MatchKey.TRANSACTION_ID, "")),
    )


def rest_line(body: Json) -> PayoutLine:
    """One balance transaction of REST (shopify-api.md 4.2). Raises BodyNotUnderstoodError as `graphql_line` does."""
    currency = required(body, "currency")
    amount, fee, net = (money(required(body, name), currency, name) for name in ("amount", "fee", "net"))
    return _line(
        body,
        day=moment(required(body, "processed_at"), "processed_at").astimezone(BOOKS_ZONE).date(),
        figures=(amount, fee, net),
        keys=_keys(body.get("source_order_transaction_id"), body.get("source_order_id"), ""),
        words=text(body.get("adjustment_reason")),
        detail=None,
    )


def is_test(body: Json) -> bool:
    """Whether no real money moved."""
    return flag(required(body, "test"), "test")


def transaction_detail(node: Json, currency: DocumentCurrency) -> TransactionDetail:
    """A charge's or refund's own figures. Raises BodyNotUnderstoodError."""
    side = mapping(required(mapping(node.get("amountSet"), "amountSet"), _SIDE[currency]), "amountSet")
    taxes = [_money_v2(fee, "taxAmount") for fee in listing(node.get("fees"), "fees")]
    currencies = {tax.currency for tax in taxes}
    return TransactionDetail(
        order_amount=abs(money(side.get("amount"), side.get("currencyCode"), "amountSet")),
        fee_vat=total(taxes, currencies.pop()) if len(currencies) == 1 else None,
    )


def _line(
    body: Json,
    *,
    day: date,
    figures: tuple[Money, Money, Money],
    keys: Mapping[MatchKey, str],
    words: str,
    detail: TransactionDetail | None,
) -> PayoutLine:
    amount, fee, net = figures
    raw_kind = text(required(body, "type"))
    identity = numeric_id(body.get("id"), "id")
    if {amount.currency, fee.currency} != {net.currency} or net not in (amount - fee, amount + fee):
        raise BodyNotUnderstoodError(f"balance transaction {identity}: {amount} less {fee} is not {net}")
    # Shopify's own example of an adjustment signs the fee as it changes the balance; net says which it was.
    fee = amount - net
    kind = kind_of(raw_kind, amount)
    if kind is PayoutLineKind.FEE:
        # Shopify takes such a fee as an amount of its own; for the books it is a fee like any other.
        amount, fee = Money.zero(net.currency), -net
    fee_vat = _vat_of(fee, detail) if kind is PayoutLineKind.CHARGE else None
    return PayoutLine(
        id=identity,
        kind=kind,
        occurred_on=day,
        amount=amount,
        fee=fee - fee_vat if fee_vat else fee,
        fee_vat=fee_vat,
        keys=keys,
        order_amount=_order_amount(amount, detail),
        text=words,
        raw_kind=raw_kind,
    )


def _vat_of(fee: Money, detail: TransactionDetail | None) -> Money | None:
    """VAT inside the fee, assumed to be contained in it (shopify-api.md 4.3, 5); None where it cannot be its part."""
    vat = detail.fee_vat if detail else None
    if vat is None or vat.currency != fee.currency or not Money.zero(fee.currency) <= vat <= fee:
        return None
    return vat


def _order_amount(amount: Money, detail: TransactionDetail | None) -> Money | None:
    """Only where the provider converted; signed as the line is."""
    if detail is None or detail.order_amount.currency == amount.currency:
        return None
    return -detail.order_amount if amount.minor < 0 else detail.order_amount


def _keys(transaction_id: object, order_id: object, order_name: str) -> dict[MatchKey, str]:
    keys: dict[MatchKey, str] = {}
    if transaction_id is not None:
        keys[MatchKey.TRANSACTION_ID] = numeric_id(transaction_id, "order transaction")
    if order_id is not None:
        keys[MatchKey.SHOP_ORDER_ID] = numeric_id(order_id, "order")
    if order_name:
        keys[MatchKey.ORDER_NAME] = order_name
    return keys


def _money_v2(node: Json, name: str) -> Money:
    value = mapping(required(node, name), name)
    return money(value.get("amount"), value.get("currencyCode"), name)


THE_PAYOUT_ITSELF = frozenset(("transfer", "payout"))
"""The line that empties the balance, in GraphQL's and in REST's word: it is the payout, not a part of what it pays."""


_KINDS = {
    "charge": PayoutLineKind.CHARGE,
    "refund": PayoutLineKind.REFUND,
    "refund_failure": PayoutLineKind.REFUND_FAILED,
    "dispute_withdrawal": PayoutLineKind.CHARGEBACK,
    "dispute_reversal": PayoutLineKind.CHARGEBACK_REVERSED,
    "chargeback_fee": PayoutLineKind.FEE,
    "chargeback_fee_refund": PayoutLineKind.FEE,
    "stripe_fee": PayoutLineKind.FEE,
    "application_fee_refund": PayoutLineKind.FEE,
    "ach_bank_failure_debit_fee": PayoutLineKind.FEE,
    "ach_bank_failure_debit_reversal_fee": PayoutLineKind.FEE,
    "adjustment": PayoutLineKind.ADJUSTMENT,
    "charge_adjustment": PayoutLineKind.ADJUSTMENT,
    "refund_adjustment": PayoutLineKind.ADJUSTMENT,
    "anomaly_credit": PayoutLineKind.ADJUSTMENT,
    "anomaly_credit_reversal": PayoutLineKind.ADJUSTMENT,
    "anomaly_debit": PayoutLineKind.ADJUSTMENT,
    "anomaly_debit_reversal": PayoutLineKind.ADJUSTMENT,
    "merchant_goodwill_credit": PayoutLineKind.ADJUSTMENT,
    "merchant_goodwill_credit_reversal": PayoutLineKind.ADJUSTMENT,
    "credit": PayoutLineKind.ADJUSTMENT,
    "debit": PayoutLineKind.ADJUSTMENT,
    "transfer_failure": PayoutLineKind.PAYOUT_FAILED,
    "transfer_cancel": PayoutLineKind.PAYOUT_FAILED,
    "transfer_refund": PayoutLineKind.PAYOUT_FAILED,
    "payout_failure": PayoutLineKind.PAYOUT_FAILED,
    "payout_cancellation": PayoutLineKind.PAYOUT_FAILED,
}


_RESERVES = frozenset(
    (
        "reserved_funds",
        "reserved_funds_reversal",
        "reserved_funds_withdrawal",
        "chargeback_hold",
        "chargeback_hold_release",
        "reserve",
    )
)


_DISPUTES = frozenset(("dispute", "chargeback"))
"""REST's word, and the one that exports print (rows of an importer's tests in public repositories)."""


def kind_of(raw_kind: str, amount: Money) -> PayoutLineKind:
    """The payout line kind. Where one word names both directions, the sign of the amount decides.

    Exports print words (`Reserved funds`, `Payout failure`) where the API writes names (`reserved_funds`).
    """
    name = "_".join(raw_kind.lower().replace("-", " ").replace("_", " ").split())
    is_taken = amount.minor < 0
    if name in _RESERVES:
        return PayoutLineKind.RESERVE_HELD if is_taken else PayoutLineKind.RESERVE_RELEASED
    if name in _DISPUTES:
        return PayoutLineKind.CHARGEBACK if is_taken else PayoutLineKind.CHARGEBACK_REVERSED
    return _KINDS.get(name, PayoutLineKind.OTHER)
