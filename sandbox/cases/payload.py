"""A case's `input` as Shopify answers it over GraphQL: what the product's own reader then takes apart."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from app.model.order import VatCheck, books_day

Json = dict[str, Any]

_READ = frozenset(
    """type name processed_at currency taxes_included ship_from ship_to customer lines shipping_lines total transactions
    tip duties cancelled_at source financial_status payment_terms_days later
    fulfilled_at""".split()  # noqa: SIM905
)
"""What this module (or the tenant's rules) takes in; `later` is somebody else's event."""
_TOLD_TWICE = frozenset({"discount_code", "total_discounts"})
"""What the lines say already."""
SINGLE_PURPOSE = "gift_card_single_purpose"
"""A line's kind: a gift card that buys goods of one rate only."""
_CARDS = ("gift_card", SINGLE_PURPOSE)
_LINE = frozenset(
    """title quantity unit_price line_total_after_discount tax tax_lines discount_allocation kind
    vat_class""".split()  # noqa: SIM905
)


def not_covered(stated: Json) -> str:
    """Why a case cannot be run yet, by the name of what is missing; empty when it can."""
    if stated["type"] != "order":
        return str(stated["type"])  # what a story is made of is looked at one order at a time
    if stated.get("ship_from", "SE") != "SE":
        return "stock abroad"
    unread = stated.keys() - _READ - _TOLD_TWICE
    for part in (*stated["lines"], *stated.get("shipping_lines", ())):
        unread |= part.keys() - _LINE
        if part.get("kind", "goods") not in ("goods", *_CARDS):
            unread |= {str(part["kind"])}
    return ", ".join(sorted(unread))


def graphql_order(stated: Json) -> Json:
    """The order as the admin API would answer it; shop and buyer use the same currency."""
    currency = stated["currency"]
    address = _address(stated)
    return {
        "id": "gid://shopify/Order/6001",
        "name": stated["name"],
        "createdAt": stated["processed_at"],
        "processedAt": stated["processed_at"],
        "cancelledAt": stated.get("cancelled_at"),
        "currencyCode": currency,
        "presentmentCurrencyCode": currency,
        "taxesIncluded": stated.get("taxes_included", True),
        "totalPriceSet": money_bag(stated["total"], currency),
        "totalTipReceivedSet": money_bag(stated.get("tip", "0"), currency),
        "currentTotalDutiesSet": money_bag(stated["duties"], currency) if "duties" in stated else None,
        "sourceName": stated.get("source", "web"),
        "customer": {"id": "gid://shopify/Customer/7001", "displayName": address["name"]},
        "billingAddress": address,
        "shippingAddress": address,
        "lineItems": {"nodes": [line_node(number, one, currency) for number, one in enumerate(stated["lines"], 1)]},
        "shippingLines": {
            "nodes": [_shipping(number, one, currency) for number, one in enumerate(stated.get("shipping_lines", ()))]
        },
        "transactions": [
            transaction_node(number, one, stated["processed_at"])
            for number, one in enumerate(stated["transactions"], 1)
        ],
        "fulfillments": [
            {"createdAt": moment, "status": "SUCCESS"} for moment in (stated.get("fulfilled_at"),) if moment
        ],
        "refunds": [],
    }


def vat_number_of(stated: Json) -> str:
    """The buyer's VAT number: no field of Shopify's order gives one, so it is laid on beside the payload."""
    customer = stated.get("customer")
    return str(customer.get("vat_number", "")) if isinstance(customer, dict) else ""


def vat_check_of(stated: Json) -> VatCheck | None:
    """What VIES said of it, where the case tells."""
    customer = stated.get("customer")
    told = customer.get("vies") if isinstance(customer, dict) else None
    if told is None:
        return None
    day = books_day(datetime.fromisoformat(told["checked_at"]))
    return VatCheck(vat_number_of(stated), told["valid"], day, consultation=str(told.get("consultation_id", "")))


def money_bag(amount: str, currency: str) -> Json:
    """An amount on both sides of a MoneyBag."""
    side = {"amount": amount, "currencyCode": currency}
    return {"shopMoney": side, "presentmentMoney": dict(side)}


def _address(stated: Json) -> Json:
    customer = stated.get("customer", "private")
    kind = customer.get("type") if isinstance(customer, dict) else customer
    return {
        "name": "Maja Gran",
        "company": "Gran Handel" if kind == "company" else None,
        "address1": "Storgatan 1",
        "zip": stated["ship_to"].get("postcode", ""),
        "city": "Staden",
        "countryCodeV2": stated["ship_to"]["country"],
    }


def _taxes(part: Mapping[str, Any], currency: str) -> list[Json]:
    return [
        {
            "title": "VAT",
            "rate": str(Decimal(one["rate_percent"]) / 100),
            "channelLiable": False,
            "priceSet": money_bag(one["amount"], currency),
        }
        for one in part.get("tax_lines") or [part["tax"]]
    ]


def line_node(number: int, part: Json, currency: str) -> Json:
    """A line item."""
    return {
        "id": f"gid://shopify/LineItem/{number}",
        "title": part["title"],
        "sku": None,
        "quantity": part["quantity"],
        "currentQuantity": part["quantity"],
        "isGiftCard": part.get("kind") in _CARDS,
        "product": {"id": f"gid://shopify/Product/{number}"},
        "originalUnitPriceSet": money_bag(part["unit_price"], currency),
        "discountAllocations": [{"allocatedAmountSet": money_bag(part.get("discount_allocation", "0"), currency)}],
        # Shopify puts no tax on a gift card, whatever it buys.
        "taxLines": [] if part.get("kind") == SINGLE_PURPOSE else _taxes(part, currency),
    }


def _shipping(number: int, part: Json, currency: str) -> Json:
    return {
        "id": f"gid://shopify/ShippingLine/{number}",
        "title": part["title"],
        "discountedPriceSet": money_bag(part["line_total_after_discount"], currency),
        "taxLines": _taxes(part, currency),
    }


def transaction_node(number: int, json: Json, at: str) -> Json:
    """Shopify states cash rounding on top of the amount; the cases state what was handed over (acc-23)."""
    rounding = json.get("rounding_adjustment")
    amount = str(Decimal(json["amount"]) - Decimal(rounding or 0))
    return {
        "id": f"gid://shopify/OrderTransaction/{number}",
        "kind": json["kind"].upper(),
        "status": json.get("status", "success").upper(),
        "gateway": json["gateway"],
        "paymentId": f"pay-{number}",
        "processedAt": json.get("processed_at") or at,
        "amountSet": money_bag(amount, json["currency"]),
        "amountRoundingSet": money_bag(rounding, json["currency"]) if rounding else None,
        **_settled(json),
    }


def _settled(json: Json) -> Json:
    """What the provider made of it in another currency."""
    settled = json.get("settled")
    if not settled or settled["currency"] == json["currency"]:
        return {}
    rate = settled.get("exchange_rate") or str(Decimal(settled["amount"]) / Decimal(json["amount"]))
    return {"settlementCurrency": settled["currency"], "settlementCurrencyRate": rate}
