"""Lines, taxes, discounts, addresses and transactions of an order as GraphQL shows them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sandbox.shopify.graphql.projecting import Connection
from sandbox.shopify.model import Json, StoredOrder, gid
from sandbox.shopify.money import Bag, digits, minor, money_v2, read_bag
from sandbox.shopify.totals import allocated, line_gross, rate_number


def utc(moment: object) -> str | None:
    """A time as GraphQL writes it: UTC with Z, whole seconds (3.1)."""
    if not moment or moment == "null":  # the word stands in Shopify's own documentation bodies
        return None
    return datetime.fromisoformat(str(moment)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def plain_connection(type_name: str, nodes: list[Json]) -> Connection:
    """A connection in the order of its list."""
    keys = [(f"{index:09d}", index) for index in range(len(nodes))]
    return Connection(type_name, nodes, keys)


def tax_line(entry: Json, nothing: Bag) -> Json:
    """TaxLine. `channelLiable` null means unknown (3.3)."""
    rate = Decimal(str(entry.get("rate") or 0))
    return {
        "__typename": "TaxLine",
        "title": entry.get("title") or "",
        "rate": rate_number(rate),
        "ratePercentage": rate_number(rate * 100),
        "channelLiable": entry.get("channel_liable"),
        "source": entry.get("source"),
        "priceSet": read_bag(entry, "price", nothing).graphql(),
    }


def tax_lines(holder: Json, nothing: Bag) -> list[Json]:
    """All TaxLines of a line, a shipping line or an order."""
    return [tax_line(entry, nothing) for entry in holder.get("tax_lines") or []]


def discount_allocations(holder: Json, order: StoredOrder) -> list[Json]:
    """DiscountAllocations with the application each points to."""
    return [
        {
            "__typename": "DiscountAllocation",
            "allocatedAmountSet": read_bag(entry, "amount", order.nothing).graphql(),
            "discountApplication": discount_application(order, int(entry.get("discount_application_index") or 0)),
        }
        for entry in holder.get("discount_allocations") or []
    ]


APPLICATION_TYPES = {
    "discount_code": "DiscountCodeApplication",
    "automatic": "AutomaticDiscountApplication",
    "manual": "ManualDiscountApplication",
    "script": "ScriptDiscountApplication",
}


def discount_applications(order: StoredOrder) -> list[Json]:
    """The order's applications; Shopify's own documentation body has an object here instead of a list."""
    found = order.body.get("discount_applications")
    return found if isinstance(found, list) else []


def discount_application(order: StoredOrder, index: int) -> Json:
    """A DiscountApplication by its index."""
    applications = discount_applications(order)
    entry: Json = applications[index] if index < len(applications) else {}
    kind = str(entry.get("type") or "manual")
    value = Decimal(str(entry.get("value") or 0))
    percentage = {"__typename": "PricingPercentageValue", "percentage": rate_number(value)}
    currency = order.nothing.shop_currency
    extra = {"code": entry.get("code") or entry.get("title")} if kind == "discount_code" else {}
    return {
        "__typename": APPLICATION_TYPES.get(kind, "ManualDiscountApplication"),
        "index": index,
        "targetType": str(entry.get("target_type") or "line_item").upper(),
        "allocationMethod": str(entry.get("allocation_method") or "across").upper(),
        "targetSelection": str(entry.get("target_selection") or "all").upper(),
        "title": entry.get("title") or entry.get("code") or "",
        "value": percentage if entry.get("value_type") == "percentage" else money_v2(minor(value, currency), currency),
        **extra,
    }


def line_item(line: Json, order: StoredOrder) -> Json:
    """LineItem. `discounted*` leave out order-level discounts, as live ones mostly do: never book from them (3.3)."""
    nothing = order.nothing
    gross = line_gross(line, nothing)
    quantity = int(line.get("quantity") or 0)
    product, variant = line.get("product_id"), line.get("variant_id")
    return {
        "__typename": "LineItem",
        "id": line.get("admin_graphql_api_id") or gid("LineItem", line.get("id", 0)),
        "name": line.get("name") or line.get("title") or "",
        "title": line.get("title") or "",
        "sku": line.get("sku"),
        "quantity": quantity,
        "currentQuantity": int(line.get("current_quantity", quantity)),
        "unfulfilledQuantity": int(line.get("fulfillable_quantity") or 0),
        "isGiftCard": bool(line.get("gift_card")),
        "taxable": bool(line.get("taxable")),
        "requiresShipping": bool(line.get("requires_shipping")),
        "variantTitle": line.get("variant_title"),
        "vendor": line.get("vendor"),
        "customAttributes": [attribute(entry) for entry in line.get("properties") or []],
        "product": {"__typename": "Product", "id": gid("Product", product)} if product else None,
        "variant": {"__typename": "ProductVariant", "id": gid("ProductVariant", variant), "sku": line.get("sku")}
        if variant
        else None,
        "originalUnitPriceSet": read_bag(line, "price", nothing).graphql(),
        "originalTotalSet": gross.graphql(),
        "discountedTotalSet": (gross - _own_discounts(line, order)).graphql(),
        "totalDiscountSet": read_bag(line, "total_discount", nothing).graphql(),
        "taxLines": tax_lines(line, nothing),
        "discountAllocations": discount_allocations(line, order),
        "duties": [],
    }


def _own_discounts(line: Json, order: StoredOrder) -> Bag:
    across = {
        index for index, entry in enumerate(discount_applications(order)) if entry.get("allocation_method") == "across"
    }
    own = [a for a in line.get("discount_allocations") or [] if a.get("discount_application_index") not in across]
    return allocated({"discount_allocations": own}, order.nothing)


def attribute(entry: Json) -> Json:
    """Attribute: a name and value the buyer or a theme put on a line or order."""
    return {"__typename": "Attribute", "key": entry.get("name") or "", "value": entry.get("value")}


def shipping_line(line: Json, order: StoredOrder) -> Json:
    """ShippingLine; removed ones are listed only with includeRemovals (3.3)."""
    nothing = order.nothing
    discounted = read_bag(line, "discounted_price", nothing)
    current = read_bag(line, "current_discounted_price", nothing)
    return {
        "__typename": "ShippingLine",
        "id": gid("ShippingLine", line.get("id", 0)),
        "title": line.get("title") or "",
        "code": line.get("code"),
        "source": line.get("source"),
        "isRemoved": bool(line.get("is_removed")),
        "originalPriceSet": read_bag(line, "price", nothing).graphql(),
        "discountedPriceSet": discounted.graphql(),
        "currentDiscountedPriceSet": (current if "current_discounted_price_set" in line else discounted).graphql(),
        "taxLines": tax_lines(line, nothing),
        "discountAllocations": discount_allocations(line, order),
    }


def address(entry: Json | None) -> Json | None:
    """MailingAddress."""
    if not entry:
        return None
    return {
        "__typename": "MailingAddress",
        "firstName": entry.get("first_name"),
        "lastName": entry.get("last_name"),
        "name": entry.get("name") or "",
        "company": entry.get("company"),
        "address1": entry.get("address1"),
        "address2": entry.get("address2"),
        "zip": entry.get("zip"),
        "city": entry.get("city"),
        "province": entry.get("province"),
        "provinceCode": entry.get("province_code"),
        "country": entry.get("country"),
        "countryCodeV2": entry.get("country_code"),
        "phone": entry.get("phone"),
    }


def transaction(row: Json, order: StoredOrder) -> Json:
    """OrderTransaction."""
    nothing = order.nothing
    rounding = row.get("amount_rounding")
    currency = nothing.shop_currency
    units = minor(rounding or 0, currency)
    receipt: Any = row.get("receipt") or {}
    shown = {
        "__typename": "OrderTransaction",
        "id": row.get("admin_graphql_api_id") or gid("OrderTransaction", row.get("id", 0)),
        "kind": str(row["kind"]).upper(),
        "status": str(row["status"]).upper(),
        "gateway": row.get("gateway"),
        "formattedGateway": str(row.get("gateway") or "").replace("_", " ").title(),
        "manualPaymentGateway": bool(row.get("manual_payment_gateway")),
        "paymentId": row.get("payment_id"),
        "processedAt": utc(row.get("processed_at")),
        "createdAt": utc(row.get("created_at")),
        "test": bool(row.get("test")),
        "errorCode": str(row["error_code"]).upper() if row.get("error_code") else None,
        "amountSet": read_bag(row, "_amount", nothing).graphql(),
        "amountRoundingSet": None if rounding is None else nothing.with_units(units, units).graphql(),
        "totalUnsettledSet": nothing.graphql(),
        "settlementCurrency": row.get("_settlement_currency"),
        "settlementCurrencyRate": _settlement_rate(row, nothing),
        "receiptJson": receipt if isinstance(receipt, str) else json.dumps(receipt, ensure_ascii=False),
        "parentTransaction": {"__typename": "OrderTransaction", "id": gid("OrderTransaction", row["parent_id"])}
        if row.get("parent_id")
        else None,
        "fees": transaction_fees(row),
        "currencyExchangeAdjustment": None,
    }
    if not row.get("_has_receipt", True):
        del shown["receiptJson"]
    return shown


def transaction_fees(row: Json) -> list[Json]:
    """What Shopify Payments kept of a sale, and the tax contained in it (4.3, 5)."""
    fee = row.get("_fee")
    if not fee:
        return []
    return [
        {
            "__typename": "TransactionFee",
            "type": "processing_fee",
            "amount": money_v2(fee["amount"], fee["currency"]),
            "taxAmount": money_v2(fee["tax"], fee["currency"]),
        }
    ]


def _settlement_rate(row: Json, nothing: Bag) -> str | None:
    """From the buyer's currency to the one it is paid out in; null for other gateways."""
    currency = row.get("_settlement_currency")
    if currency is None:
        return None
    amount = read_bag(row, "_amount", nothing)
    if currency == nothing.presentment_currency or not amount.presentment:
        return "1.0"
    places = digits(nothing.presentment_currency) - digits(nothing.shop_currency)
    return f"{(Decimal(amount.shop) / amount.presentment).scaleb(places):.6f}"
