"""Normalises a GraphQL order into `Order`."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypedDict

from app.invoicing.order_parts import DUTIES_SOURCE
from app.kit.money import Money, total
from app.model.order import (
    NO_ADDRESS,
    Address,
    Buyer,
    DeliveryMethod,
    Order,
    PaymentTerms,
    Refund,
    ShippingLine,
    Transaction,
)
from app.shops.base import understanding
from app.shops.shopify.orders.card_receipts import CARD_NAMES
from app.shops.shopify.orders.conversion import at_order_rate
from app.shops.shopify.orders.delivery import delivery_methods, dispatch_countries, handover_countries
from app.shops.shopify.orders.lines import read_lines
from app.shops.shopify.orders.order_reader import OrderReader, nodes
from app.shops.shopify.orders.refunds import read_refund, return_fees
from app.shops.shopify.orders.totals import Parts, current_total, owed
from app.shops.shopify.reading import (
    Json,
    count,
    exact,
    flag,
    listing,
    mapping,
    moment,
    numeric_id,
    optional_moment,
    required,
    text,
    transaction_kind,
)
from app.tenants.rules import DocumentCurrency

_CHANGES = frozenset({"ORDER_EDIT", "RETURN"})
"""Reasons of agreements that no refund reports: an exchange is part of a return."""


@understanding("order")
def normalize(node: Json, *, shop: str, currency: DocumentCurrency, refused: frozenset[str] = frozenset()) -> Order:
    """The order in the order model; `refused`: objects that the shop did not let us read.

    Raises BodyNotUnderstoodError naming the field that is not as we know it.
    """
    order = _normalized(node, shop=shop, currency=currency, refused=refused)
    if currency is DocumentCurrency.SHOP and text(node.get("presentmentCurrencyCode")) not in {"", order.currency}:
        buyers = _normalized(node, shop=shop, currency=DocumentCurrency.PRESENTMENT, refused=refused)
        return at_order_rate(order, buyers)
    return order


def _normalized(node: Json, *, shop: str, currency: DocumentCurrency, refused: frozenset[str]) -> Order:
    reader = OrderReader(node, currency)
    refunds = listing(node.get("refunds"), "refunds")
    taxes_included = flag(required(node, "taxesIncluded"), "taxesIncluded")
    whole = reader.bag(required(node, "totalPriceSet"), "totalPriceSet")
    read_refunds = tuple(read_refund(reader, refund, taxes_included=taxes_included) for refund in refunds)
    read = read_lines(reader, refunds, taxes_included=taxes_included)
    charges = _charges(reader, read_refunds)
    shipping, fees = _shipping(reader), return_fees(reader)
    sold = [line.gross(taxes_included=taxes_included) for line in read.lines]
    sold += [shipping_line.gross(taxes_included=taxes_included) for shipping_line in shipping]
    sold += [charge for charge in (charges["tip"], charges["duties"], charges["additional_fees"]) if charge]
    computed = total(sold, reader.currency)
    charged = total((fee.amount for fee in fees), reader.currency)
    stated = owed(reader, whole, Parts(computed, read.removed, read.shared, charged), read_refunds)
    deliveries = _deliveries(node)
    return Order(
        platform="shopify",
        shop=shop,
        id=numeric_id(node.get("legacyResourceId") or required(node, "id"), "id"),
        name=text(required(node, "name")),
        created_at=moment(required(node, "createdAt"), "createdAt"),
        processed_at=moment(node.get("processedAt") or required(node, "createdAt"), "processedAt"),
        updated_at=moment(node.get("updatedAt") or required(node, "createdAt"), "updatedAt"),
        edited_at=_edited_at(node),
        cancelled_at=optional_moment(node.get("cancelledAt"), "cancelledAt"),
        currency=reader.currency,
        taxes_included=taxes_included,
        total=stated,
        current=current_total(reader),
        total_tax=reader.optional_bag(node.get("totalTaxSet"), "totalTaxSet") or Money.zero(reader.currency),
        lines=read.agreeing(stated - computed, taxes_included=taxes_included),
        shipping=shipping,
        transactions=tuple(
            _transaction(reader, transaction) for transaction in listing(node.get("transactions"), "transactions")
        ),
        transactions_known="transactions" in node,
        refunds=read_refunds,
        buyer=_buyer(node),
        bill_to=_address(node.get("billingAddress")),
        ship_to=_address(node.get("shippingAddress")),
        test=node.get("test") is True,
        source_name=text(node.get("sourceName")),
        **charges,
        original_duties=reader.optional_bag(node.get("originalTotalDutiesSet"), "originalTotalDutiesSet"),
        tax_lines=reader.taxes(node.get("taxLines")),
        attributes=_attributes(node),
        tags=_tags(node),
        delivery_methods=delivery_methods(node),
        handover_countries=handover_countries(node),
        dispatch_countries=dispatch_countries(node),
        return_fees=fees,
        refused=refused | _hidden(node),
        po_number=text(node.get("poNumber")),
        terms=_terms(node.get("paymentTerms")),
        delivered_at=max(deliveries, default=None),
        first_delivered_at=min(deliveries, default=None),
        **_company(node.get("purchasingEntity")),
    )


class _Charges(TypedDict):
    """What an order comes to besides lines and shipping."""

    tip: Money | None
    duties: Money | None
    additional_fees: Money | None


def _charges(reader: OrderReader, refunds: tuple[Refund, ...]) -> _Charges:
    listed = listing(reader.node.get("additionalFees"), "fees")
    fees = [reader.bag(fee.get("price"), "additionalFees.price") for fee in listed]
    return {
        "tip": _tip(reader),
        "duties": _duties(reader, refunds),
        "additional_fees": total(fees, reader.currency) or None,
    }


def _duties(reader: OrderReader, refunds: tuple[Refund, ...]) -> Money | None:
    """Duties before returns: what is left of them, with what refunds took back; never more than there were at first."""
    returned = [part.gross for refund in refunds for part in refund.parts if part.source == DUTIES_SOURCE]
    left = reader.optional_bag(reader.node.get("currentTotalDutiesSet"), "currentTotalDutiesSet")
    before = total(returned, reader.currency) + (left or Money.zero(reader.currency))
    first = reader.optional_bag(reader.node.get("originalTotalDutiesSet"), "originalTotalDutiesSet")
    return (min(before, first) if first else before) or None


def _attributes(node: Json) -> tuple[tuple[str, str], ...]:
    given = listing(node.get("customAttributes"), "customAttributes")
    return tuple(
        (text(customattribute.get("key")), text(customattribute.get("value")))
        for customattribute in given
        if text(customattribute.get("value"))
    )


def _tags(node: Json) -> frozenset[str]:
    """Shopify compares tags without regard to case, so we do."""
    tags = node.get("tags")
    return frozenset(text(tag).strip().casefold() for tag in tags) if isinstance(tags, list) else frozenset()


def _edited_at(node: Json) -> datetime | None:
    """The newest agreement that changed what was sold without a refund of its own (shopify-api.md 3.8)."""
    agreed = listing(mapping(node.get("agreements") or {}, "agreements").get("nodes"), "agreements.nodes")
    changes = [agreement for agreement in agreed if agreement.get("reason") in _CHANGES]
    return max((moment(required(change, "happenedAt"), "agreements.happenedAt") for change in changes), default=None)


class _Company(TypedDict, total=False):
    """What is known of a company that bought."""

    company: str
    vat_number: str


def _company(node: Any) -> _Company:  # noqa: ANN401 - any JSON
    """The company and its location's VAT number (shopify-api.md 3.6); a customer that is a person is read elsewhere."""
    if node is None or mapping(node, "purchasingEntity").get("__typename") != "PurchasingCompany":
        return {}
    location = mapping(node.get("location") or {}, "purchasingEntity.location")
    settings = mapping(location.get("taxSettings") or {}, "purchasingEntity.location.taxSettings")
    company = mapping(node.get("company") or {}, "purchasingEntity.company")
    return {"company": text(company.get("name")), "vat_number": text(settings.get("taxRegistrationId"))}


def _terms(node: Any) -> PaymentTerms | None:  # noqa: ANN401 - any JSON
    if node is None:
        return None
    terms = mapping(node, "paymentTerms")
    days = terms.get("dueInDays")
    return PaymentTerms(text(terms.get("paymentTermsName")), None if days is None else count(days, "dueInDays"))


def _deliveries(node: Json) -> list[datetime]:
    """When each delivery that was not cancelled was made."""
    return [
        moment(required(fulfillment, "createdAt"), "fulfillments.createdAt")
        for fulfillment in listing(node.get("fulfillments"), "fulfillments")
        if text(fulfillment.get("status")).upper() == "SUCCESS"
    ]


def _tip(reader: OrderReader) -> Money | None:
    """The order's tip, unless it is a line already: it is counted once (shopify-api.md 3.4)."""
    if reader.tips:
        return None
    return reader.optional_bag(reader.node.get("totalTipReceivedSet"), "totalTipReceivedSet")


def _hidden(node: Json) -> frozenset[str]:
    """What is hidden without a word: an address of what is sent somewhere, or all of it but the country.

    Protected customer data may come as nulls (shopify-api.md 1.8).
    """
    known = [
        address
        for address in (_address(node.get(name)) for name in ("shippingAddress", "billingAddress"))
        if address != NO_ADDRESS
    ]
    if not known and DeliveryMethod.SHIPPING in delivery_methods(node):
        return frozenset({"billingAddress", "shippingAddress"})
    is_bare = known and all(address == Address(country_code=address.country_code) for address in known)
    return frozenset({"customer"}) if is_bare else frozenset()


def _shipping(reader: OrderReader) -> tuple[ShippingLine, ...]:
    shipping_lines = nodes(reader.node.get("shippingLines"), "shippingLines")
    return tuple(
        ShippingLine(
            id=text(node.get("id")).rsplit("/", 1)[-1],
            title=text(node.get("title")),
            price=reader.bag(required(node, "discountedPriceSet"), "discountedPriceSet"),
            tax_lines=reader.taxes(node.get("taxLines")),
        )
        for node in shipping_lines
        if node.get("isRemoved") is not True
    )


def _transaction(reader: OrderReader, node: Json) -> Transaction:
    return Transaction(
        id=numeric_id(required(node, "id"), "transactions.id"),
        kind=transaction_kind(node.get("kind")),
        succeeded=text(node.get("status")).upper() == "SUCCESS",
        gateway=text(node.get("gateway")),
        amount=reader.moved(required(node, "amountSet"), "amountSet"),
        processed_at=moment(node.get("processedAt") or required(reader.node, "createdAt"), "transactions.processedAt"),
        payment_id=text(node.get("paymentId")) or None,
        manual=node.get("manualPaymentGateway") is True,
        rounding=reader.optional_moved(node.get("amountRoundingSet"), "amountRoundingSet"),
        pending=text(node.get("status")).upper() in ("PENDING", "AWAITING_RESPONSE"),
        settled=_settled(reader, node),
        card_names=tuple(node.get(CARD_NAMES, ())),
    )


def _settled(reader: OrderReader, node: Json) -> Money | None:
    """What Shopify Payments made of it where it settles in another currency (shopify-api.md 3.2)."""
    currency, rate = text(node.get("settlementCurrency")), node.get("settlementCurrencyRate")
    amount = reader.moved(required(node, "amountSet"), "amountSet")
    if not currency or rate is None or currency == amount.currency:
        return None
    return Money.rounded(amount.decimal * exact(rate, "settlementCurrencyRate"), currency)


def _buyer(node: Json) -> Buyer:
    """Who bought. The order's own address goes before the customer's, and a guest has no other."""
    email = text(node.get("email"))
    if node.get("customer") is None:
        return Buyer(email=email)
    customer = mapping(node["customer"], "customer")
    email_address = customer.get("defaultEmailAddress")
    return Buyer(
        id=numeric_id(customer.get("legacyResourceId") or required(customer, "id"), "customer.id"),
        name=text(customer.get("displayName")),
        email=email or (text(email_address.get("emailAddress")) if isinstance(email_address, dict) else ""),
    )


def _address(node: Any) -> Address:  # noqa: ANN401 - any JSON
    if node is None:
        return NO_ADDRESS
    address = mapping(node, "address")
    return Address(
        name=text(address.get("name")),
        company=text(address.get("company")),
        address1=text(address.get("address1")),
        address2=text(address.get("address2")),
        zip_code=text(address.get("zip")),
        city=text(address.get("city")),
        country_code=text(address.get("countryCodeV2")).upper(),
    )
