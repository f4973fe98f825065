"""The Order object of GraphQL, rendered from the one stored REST body (shopify-api.md 6.1, query OneOrder).

Missing keys are tolerated: foreign and older bodies lack many.
"""

from __future__ import annotations

from sandbox.shopify.graphql.parts import (
    address,
    attribute,
    discount_application,
    discount_applications,
    line_item,
    plain_connection,
    shipping_line,
    tax_lines,
    transaction,
    utc,
)
from sandbox.shopify.graphql.projecting import Connection, Resolver
from sandbox.shopify.graphql.refunds import refund
from sandbox.shopify.graphql.returns import returns
from sandbox.shopify.model import Json, StoredOrder, gid
from sandbox.shopify.money import Bag, minor, read_bag
from sandbox.shopify.totals import MONEY_IN, discrepancy, grouped_taxes, money_moved

DUTIES_AND_FEES = {
    "originalTotalDutiesSet": "original_total_duties",
    "currentTotalDutiesSet": "current_total_duties",
    "originalTotalAdditionalFeesSet": "original_total_additional_fees",
    "currentTotalAdditionalFeesSet": "current_total_additional_fees",
}
"""Names of GraphQL and REST for sums that are null where there are none."""


def order_object(order: StoredOrder) -> Json:
    """One Order, whole: what a token may not see is left out when the answer is cut (access.py)."""
    body = order.body
    return {
        "__typename": "Order",
        "id": body.get("admin_graphql_api_id") or gid("Order", order.id),
        "legacyResourceId": str(order.id),
        "name": order.name,
        "number": int(body.get("order_number") or body.get("number") or 0),
        "confirmationNumber": body.get("confirmation_number"),
        "createdAt": utc(body.get("created_at")),
        "processedAt": utc(body.get("processed_at") or body.get("created_at")),
        "updatedAt": utc(body.get("updated_at") or body.get("created_at")),
        "cancelledAt": utc(body.get("cancelled_at")),
        "cancelReason": str(body["cancel_reason"]).upper() if body.get("cancel_reason") else None,
        "closedAt": utc(body.get("closed_at")),
        **_words(order),
        **_money(order),
        **_people(order),
        **_rows(order),
    }


def _words(order: StoredOrder) -> Json:
    body = order.body
    shop = order.nothing.shop_currency
    fulfilment = str(body.get("fulfillment_status") or "unfulfilled")
    return {
        "test": bool(body.get("test")),
        "confirmed": bool(body.get("confirmed", True)),
        "edited": bool(body.get("_edits")),
        "sourceName": body.get("source_name"),
        "sourceIdentifier": body.get("source_identifier"),
        "poNumber": body.get("po_number"),
        "note": body.get("note"),
        "customAttributes": [attribute(entry) for entry in body.get("note_attributes") or []],
        "tags": [tag.strip() for tag in str(body.get("tags") or "").split(",") if tag.strip()],
        "displayFinancialStatus": str(body.get("financial_status") or "pending").upper(),
        "displayFulfillmentStatus": {"partial": "PARTIALLY_FULFILLED"}.get(fulfilment, fulfilment.upper()),
        "returnStatus": _return_status(body),
        "currencyCode": shop,
        "presentmentCurrencyCode": order.nothing.presentment_currency,
        "taxesIncluded": bool(body.get("taxes_included")),
        "taxExempt": bool(body.get("tax_exempt")),
        "dutiesIncluded": bool(body.get("duties_included")),
        "estimatedTaxes": bool(body.get("estimated_taxes")),
        "paymentGatewayNames": list(body.get("payment_gateway_names") or []),
        "merchantOfRecordApp": None,
        "retailLocation": _location(body.get("location_id")),
    }


def _return_status(body: Json) -> str:
    """OrderReturnStatus: `IN_PROGRESS` while one of its returns is open."""
    found = [str(one.get("status") or "OPEN") for one in body.get("_returns") or []]
    if not found:
        return "NO_RETURN"
    return "IN_PROGRESS" if "OPEN" in found else "RETURNED"


def _location(location_id: object) -> Json | None:
    if not location_id:
        return None
    place = {"__typename": "LocationAddress", "countryCode": "SE"}
    return {"__typename": "Location", "id": gid("Location", location_id), "name": "Butiken", "address": place}


def _money(order: StoredOrder) -> Json:
    body, nothing = order.body, order.nothing

    def named(key: str, fallback: str = "") -> Bag:
        return read_bag(body, key if key in body or f"{key}_set" in body else fallback or key, nothing)

    received, refunded = money_moved(order, MONEY_IN), money_moved(order, ("refund",))
    bags = {
        "subtotalPriceSet": named("subtotal_price"),
        "totalPriceSet": named("total_price"),
        "totalTaxSet": named("total_tax"),
        "totalDiscountsSet": named("total_discounts"),
        "totalShippingPriceSet": named("total_shipping_price"),
        "totalTipReceivedSet": _plain(order, "total_tip_received"),
        "totalReceivedSet": received,
        "totalRefundedSet": refunded,
        "totalOutstandingSet": _plain(order, "total_outstanding"),
        "netPaymentSet": received - refunded,
        "refundDiscrepancySet": discrepancy(order),
        "originalTotalPriceSet": read_bag(body, "_original_total_price", nothing)
        if "_original_total_price_set" in body
        else named("total_price"),
        "currentTotalPriceSet": named("current_total_price", "total_price"),
        "currentTotalTaxSet": named("current_total_tax", "total_tax"),
        "currentTotalDiscountsSet": named("current_total_discounts", "total_discounts"),
        "currentSubtotalPriceSet": named("current_subtotal_price", "subtotal_price"),
        "currentShippingPriceSet": named("current_shipping_price", "total_shipping_price"),
    }
    return {
        **{key: bag.graphql() for key, bag in bags.items()},
        **{name: _optional_bag(order, key) for name, key in DUTIES_AND_FEES.items()},
        "additionalFees": [],
        "totalCashRoundingAdjustment": {
            "__typename": "CashRoundingAdjustment",
            "paymentSet": read_bag(body, "total_cash_rounding_payment_adjustment", nothing).graphql(),
            "refundSet": read_bag(body, "total_cash_rounding_refund_adjustment", nothing).graphql(),
        },
        "taxLines": tax_lines(body, nothing),
        "currentTaxLines": _current_taxes(order),
    }


def _optional_bag(order: StoredOrder, key: str) -> Json | None:
    return read_bag(order.body, key, order.nothing).graphql() if order.body.get(f"{key}_set") else None


def _plain(order: StoredOrder, key: str) -> Bag:
    """REST gives only the shop amount of these; the other currency follows the order's own relation."""
    nothing = order.nothing
    units = minor(order.body.get(key) or 0, nothing.shop_currency)
    total = read_bag(order.body, "total_price", nothing)
    return total.part(units, total.shop) if total.shop else nothing.with_units(units, units)


def _current_taxes(order: StoredOrder) -> list[Json]:
    """Tax lines of what is left: each line's tax by its remaining quantity."""
    left: list[Json] = []
    for line in order.body.get("line_items") or []:
        quantity = int(line.get("quantity") or 0)
        current = int(line.get("current_quantity", quantity))
        for entry in line.get("tax_lines") or []:
            part = read_bag(entry, "price", order.nothing).part(current, quantity or 1)
            left.append({"tax_lines": [{**entry, "price_set": part.rest()}]})
    shipping = [line for line in order.body.get("shipping_lines") or [] if not line.get("is_removed")]
    return tax_lines({"tax_lines": grouped_taxes([*left, *shipping], order.nothing)}, order.nothing)


def _people(order: StoredOrder) -> Json:
    body = order.body
    business = _business(order.business)
    customer = _customer(body.get("customer"))
    return {
        "customer": customer,
        "email": body.get("email"),
        "billingAddress": address(body.get("billing_address")),
        "shippingAddress": address(body.get("shipping_address")),
        "purchasingEntity": business or customer,
    }


def _customer(entry: Json | None) -> Json | None:
    if not entry:
        return None
    email = entry.get("email")
    names = (entry.get("first_name"), entry.get("last_name"))
    return {
        "__typename": "Customer",
        "id": entry.get("admin_graphql_api_id") or gid("Customer", entry.get("id", 0)),
        "legacyResourceId": str(entry.get("id", 0)),
        # Shopify shows the e-mail where a customer has no name.
        "displayName": " ".join(name for name in names if name) or email or "",
        "firstName": names[0],
        "lastName": names[1],
        "taxExempt": bool(entry.get("tax_exempt")),
        "defaultEmailAddress": {"__typename": "CustomerEmailAddress", "emailAddress": email} if email else None,
    }


def _business(entry: Json | None) -> Json | None:
    if not entry:
        return None
    settings: Json = {
        "__typename": "CompanyLocationTaxSettings",
        "taxRegistrationId": entry.get("vat_number"),
        "taxExempt": False,
        "taxExemptions": [],
    }
    return {
        "__typename": "PurchasingCompany",
        "company": {
            "__typename": "Company",
            "id": gid("Company", entry.get("id", 0)),
            "name": entry["name"],
            "externalId": None,
        },
        "location": {
            "__typename": "CompanyLocation",
            "id": gid("CompanyLocation", entry["location_id"]),
            "name": entry["name"],
            "taxSettings": settings,
        },
        "contact": None,
    }


def _rows(order: StoredOrder) -> Json:
    body = order.body
    lines = [_later(line, order) for line in body.get("line_items") or []]
    keys = [(str(line.get("id", 0)), int(line.get("id", 0))) for line in body.get("line_items") or []]
    applications = [discount_application(order, i) for i in range(len(discount_applications(order)))]
    return {
        "lineItems": Connection("LineItemConnection", lines, keys),
        "shippingLines": Resolver(lambda arguments: _shipping(order, arguments)),
        "discountApplications": plain_connection("DiscountApplicationConnection", applications),
        "transactions": Resolver(
            lambda arguments: _first([transaction(t, order) for t in order.transactions], arguments)
        ),
        "refunds": Resolver(lambda arguments: _first([refund(r, order) for r in body.get("refunds") or []], arguments)),
        "fulfillments": Resolver(
            lambda arguments: _first([_fulfilment(one) for one in body.get("fulfillments") or []], arguments)
        ),
        "agreements": Resolver(lambda arguments: _agreements(body, arguments)),
        "fulfillmentOrders": Resolver(lambda _: _fulfilment_orders(body)),
        "returns": Resolver(lambda _: returns(order)),
        "paymentTerms": _terms(body.get("payment_terms")),
    }


def _agreements(body: Json, arguments: Json) -> Connection:
    """The sales agreements without their sales: what was agreed when (shopify-api.md 3.8)."""
    happened = [("OrderAgreement", "ORDER", body.get("created_at"))]
    happened += [("OrderEditAgreement", "ORDER_EDIT", moment) for moment in body.get("_edits") or []]
    happened += [("RefundAgreement", "REFUND", one.get("created_at")) for one in body.get("refunds") or []]
    nodes: list[Json] = [
        {"__typename": kind, "id": gid(kind, number), "happenedAt": utc(moment), "reason": reason}
        for number, (kind, reason, moment) in enumerate(happened, 1)
    ]
    nodes.sort(key=lambda node: str(node["happenedAt"]), reverse=bool(arguments.get("reverse")))
    return plain_connection("SalesAgreementConnection", nodes)


def _fulfilment_orders(body: Json) -> Connection:
    """One per location: how its goods reach the buyer, and from where (`FulfillmentOrder`)."""
    has_address = body.get("shipping_address") or body.get("billing_address")
    usual = "RETAIL" if body.get("source_name") == "pos" else "SHIPPING" if has_address else "NONE"
    method = body.get("_delivery_method") or usual
    country = str(body.get("_location_country") or "SE")
    node = {
        "__typename": "FulfillmentOrder",
        "id": gid("FulfillmentOrder", body.get("id", 0)),
        "status": "OPEN",
        "deliveryMethod": {"__typename": "DeliveryMethod", "methodType": method},
        "assignedLocation": {"__typename": "FulfillmentOrderAssignedLocation", "countryCode": country},
    }
    sent = [line for line in body.get("line_items") or [] if line.get("requires_shipping", True)]
    return plain_connection("FulfillmentOrderConnection", [node] if sent else [])


def _later(line: Json, order: StoredOrder) -> Resolver:
    """Render only the lines of the page asked for: an order may have hundreds."""
    return Resolver(lambda _: line_item(line, order))


def _first(rows: list[Json], arguments: Json) -> list[Json]:
    first = arguments.get("first")
    return rows[:first] if isinstance(first, int) else rows


def _shipping(order: StoredOrder, arguments: Json) -> Connection:
    lines = order.body.get("shipping_lines") or []
    chosen = [line for line in lines if arguments.get("includeRemovals") or not line.get("is_removed")]
    return plain_connection("ShippingLineConnection", [shipping_line(line, order) for line in chosen])


def _fulfilment(entry: Json) -> Json:
    return {
        "__typename": "Fulfillment",
        "id": entry.get("admin_graphql_api_id") or gid("Fulfillment", entry.get("id", 0)),
        "createdAt": utc(entry.get("created_at")),
        "status": str(entry.get("status") or "success").upper(),
    }


def _terms(entry: Json | None) -> Json | None:
    if not entry:
        return None
    schedules = [
        {
            "__typename": "PaymentSchedule",
            "dueAt": utc(row.get("due_at")),
            "issuedAt": utc(row.get("issued_at")),
            "completedAt": utc(row.get("completed_at")),
        }
        for row in entry.get("payment_schedules") or []
    ]
    return {
        "__typename": "PaymentTerms",
        "paymentTermsName": entry.get("payment_terms_name"),
        "paymentTermsType": str(entry.get("payment_terms_type") or "net").upper(),
        "dueInDays": entry.get("due_in_days"),
        "overdue": False,
        "paymentSchedules": plain_connection("PaymentScheduleConnection", schedules),
    }
