"""Order transactions: sales, authorizations, captures, voids, refunds (shopify-api.md section 5)."""

from __future__ import annotations

from datetime import datetime, timedelta

from sandbox.shopify.model import Json, Shop, StoredOrder, World, gid, opaque
from sandbox.shopify.money import Bag, minor, read_bag
from sandbox.shopify.spec import PaymentSpec
from sandbox.shopify.totals import MONEY_IN, money_moved, retotal

MANUAL_GATEWAYS = frozenset({"manual", "Bank Deposit", "Cash on Delivery (COD)", "Swish", "Faktura"})
AFTER_PROCESSED = timedelta(seconds=3)


def outstanding(order: StoredOrder) -> Bag:
    """What has neither been paid nor authorized yet, in both currencies."""
    due = read_bag(order.body, "current_total_price", order.nothing)
    return due - money_moved(order, MONEY_IN)


def open_authorization(order: StoredOrder) -> Json | None:
    """The latest successful authorization, to which captures and voids point by `parent_id`."""
    rows = [t for t in order.transactions if t["kind"] == "authorization" and t["status"] == "success"]
    return rows[-1] if rows else None


def payment_amount(order: StoredOrder, payment: PaymentSpec) -> Bag:
    """The amount of a payment: as written, or what is outstanding."""
    left = outstanding(order)
    if payment.amount is None:
        return left
    units = minor(payment.amount, left.shop_currency)
    # A part payment keeps the order's own relation of currencies; the whole keeps the exact pair.
    return left.part(units, left.shop) if left.shop else left.with_units(units, units)


def add_transaction(
    world: World, shop: Shop, order: StoredOrder, payment: PaymentSpec, *, kind: str | None = None, amount: Bag
) -> Json:
    """Append one transaction to an order and bring its payment state up to date."""
    now = world.now()
    processed = payment.at or _processed(order)
    parent = open_authorization(order) if (kind or payment.kind) in {"capture", "void"} else None
    number = world.new_id()
    payment_id = payment.payment_id or (parent or {}).get("payment_id") or "r" + opaque(f"{order.name}{number}")
    row: Json = {
        "id": number,
        "admin_graphql_api_id": gid("OrderTransaction", number),
        "order_id": order.id,
        "kind": kind or payment.kind,
        "gateway": payment.gateway,
        "status": payment.status,
        "message": None,
        "created_at": shop.local(max(processed, now) if payment.at is None else processed),
        "processed_at": shop.local(processed),
        "test": bool(order.body.get("test")),
        "authorization": None,
        "parent_id": (parent or {}).get("id"),
        "location_id": None,
        "user_id": None,
        "device_id": None,
        "error_code": None if payment.status in {"success", "pending"} else "card_declined",
        "source_name": order.body.get("source_name"),
        "amount": amount.text,
        "currency": amount.shop_currency,
        "payment_id": payment_id,
        "payment_details": _details(payment.gateway),
        "receipt": {} if payment.gateway in MANUAL_GATEWAYS else {"payment_id": payment_id},
        "_has_receipt": world.switches.card_receipt != "gone",
        "manual_payment_gateway": payment.gateway in MANUAL_GATEWAYS,
        "amount_rounding": payment.rounding,
        "total_unsettled_set": amount.zero().rest(),
        "_amount_set": amount.rest(),
    }
    if payment.gateway == "gift_card":
        row["_card"] = payment.card or number
        row["receipt"] = _card_receipt(row["_card"], world.switches.card_receipt)
    order.transactions.append(row)
    _round_cash(order, payment)
    retotal(order)
    return row


def last_characters(card: int) -> str:
    """The end of a gift card's code."""
    return opaque(f"card {card}")[:4].lower()


def _card_receipt(card: int, told: str) -> Json:
    """Which gift card paid, as recordings have it (`app.shops.shopify.orders.card_receipts`)."""
    whole = {"gift_card_id": card, "gift_card_last_characters": last_characters(card)}
    return {name: one for name, one in whole.items() if told == "whole" or (told == "last" and "last" in name)}


def _details(gateway: str) -> Json | None:
    """The card of a card payment, masked as Shopify shows it; null for other ways to pay (sample 10 of the dossier)."""
    if gateway != "shopify_payments":
        return None
    return {
        "credit_card_bin": None,
        "avs_result_code": None,
        "cvv_result_code": None,
        "credit_card_number": "•••• •••• •••• 4242",
        "credit_card_company": "Visa",
        "buyer_action_info": None,
        "credit_card_name": None,
        "credit_card_wallet": None,
        "credit_card_expiration_month": None,
        "credit_card_expiration_year": None,
        "payment_method_name": "visa",
    }


def _processed(order: StoredOrder) -> datetime:
    return datetime.fromisoformat(str(order.body["processed_at"])) + AFTER_PROCESSED


def _round_cash(order: StoredOrder, payment: PaymentSpec) -> None:
    """Cash rounding is noted on the order and on the transaction; the total price does not change (3.5)."""
    if payment.rounding is not None:
        units = minor(payment.rounding, order.nothing.shop_currency)
        key = "total_cash_rounding_payment_adjustment_set"
        order.body[key] = order.nothing.with_units(units, units).rest()
