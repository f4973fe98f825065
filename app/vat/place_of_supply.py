"""Where a sale is supplied, and so whose VAT it carries: transport decides, then the hand-over, then the buyer.

Sources: VAT Directive 2006/112/EC art. 14.4, 31 to 33 (goods with and without transport), 45 and 58 (services),
ML 6 kap.; accounting.md 2.2 rows 1, 6, 12 to 14 and "Services and digital goods". A billing address alone never makes a
sale of goods OSS or export. Shopify states how goods reach the buyer (`DeliveryMethodType`) and from which location.
"""

from __future__ import annotations

from collections.abc import Iterable

from app.model.finding import UNSTATED, Finding
from app.model.order import HANDED_OVER, NO_ADDRESS, Address, DeliveryMethod, Line, Order
from app.tenants.rules import TenantRules, UntransportedSale
from app.vat.territories import Area, Territory, territory

SWEDEN = Territory(Area.SWEDEN, "SE", "SE")
"""The seller is established here, and nowhere else (accounting.md 2.2)."""
_TILL = "pos"
"""`sourceName` of orders that Shopify's till made."""
ADDRESSES = frozenset({"shippingAddress", "billingAddress"})
"""Objects of the shop that hold an address; a shop may refuse both."""
_DEFAULTS = TenantRules()


def place_of_supply(order: Order, rules: TenantRules = _DEFAULTS) -> Territory | Finding:
    """The territory that an order is supplied in, or why nobody can say: unknown is no guess (accounting.md 0.12)."""
    goods, others = _apart(order, rules)
    places = [_place_of_goods(order)] if goods or not others else []
    places += [_place_of_untransported(order, line, rules) for line in others]
    findings = [place for place in places if isinstance(place, Finding)]
    if findings:
        return findings[0]
    territories = [place for place in places if isinstance(place, Territory)]
    if len({(territory.area, territory.country) for territory in territories}) > 1:
        shown = ", ".join(dict.fromkeys(territory.country for territory in territories))
        return Finding("DELIVERY_PLACES_DIFFER", order.name, {"order": order.name, "countries": shown})
    return territories[0]


def destination(order: Order) -> str:
    """The country that an order belongs to for people, cost centres and collective customers; "SE" where unknown."""
    place = place_of_supply(order)
    if isinstance(place, Territory):
        return place.country
    return order.ship_to.country_code or order.bill_to.country_code or "SE"


def is_electronic(line: Line, rules: TenantRules) -> bool:
    """Whether a line is a supply that is taxed where the buyer lives."""
    return line.needs_transport is False and rules.untransported_sale(line.sku) is UntransportedSale.ELECTRONIC


def _apart(order: Order, rules: TenantRules) -> tuple[list[Line], list[Line]]:
    """Lines of goods, and lines of downloads and services; gift cards and tips are neither.

    Where the shop has an address to send to and no line needs transport, its products are marked wrongly: goods.
    """
    sold = [line for line in order.lines if line.is_goods]
    others = [line for line in sold if line.needs_transport is False and not _is_goods_by_rule(line, rules)]
    if _is_handed_over(order) or (
        len(others) == len(sold) and order.ship_to != NO_ADDRESS and not _has_rule(sold, rules)
    ):
        return sold, []
    return [line for line in sold if line not in others], others


def _is_goods_by_rule(line: Line, rules: TenantRules) -> bool:
    return rules.untransported_sale(line.sku) is UntransportedSale.GOODS


def _has_rule(lines: Iterable[Line], rules: TenantRules) -> bool:
    return any(rules.untransported_sale(line.sku) for line in lines)


def _is_handed_over(order: Order) -> bool:
    """Whether all of it is picked up or bought over the counter."""
    if order.delivery_methods - {DeliveryMethod.NONE}:
        return order.delivery_methods <= HANDED_OVER | {DeliveryMethod.NONE}
    return is_from_till(order) and order.ship_to == NO_ADDRESS


def is_from_till(order: Order) -> bool:
    """Whether Shopify's till made the order."""
    return order.source_name.casefold() == _TILL


def sells_goods(order: Order) -> bool:
    """Whether an order has goods, or something that is sent."""
    return any(line.is_goods for line in order.lines) or bool(order.shipping)


def is_over_the_counter(order: Order) -> bool:
    """Whether it was bought at a till, where nobody need say who he is."""
    return is_from_till(order) or DeliveryMethod.RETAIL in order.delivery_methods


def _place_of_goods(order: Order) -> Territory | Finding:
    if _is_handed_over(order):
        return _place_of_hand_over(order)
    abroad = sorted(order.dispatch_countries - {"SE"})
    if abroad:
        return Finding("DISPATCH_ABROAD", order.name, {"order": order.name, "country": ", ".join(abroad)})
    if order.ship_to == NO_ADDRESS:
        return _place_without_destination(order)
    sent_to = _of_address(order, order.ship_to)
    handed_over = _place_of_hand_over(order) if order.delivery_methods & HANDED_OVER else sent_to
    if isinstance(sent_to, Finding) or isinstance(handed_over, Finding) or handed_over == sent_to:
        return handed_over if isinstance(handed_over, Finding) else sent_to
    shown = f"{sent_to.country}, {handed_over.country}"
    return Finding("DELIVERY_PLACES_DIFFER", order.name, {"order": order.name, "countries": shown})


def _place_of_hand_over(order: Order) -> Territory | Finding:
    """Where the location lies. A seller without locations abroad need not name his own country."""
    abroad = sorted(order.handover_countries - {"SE"})
    if abroad:
        return Finding("HANDOVER_ABROAD", order.name, {"order": order.name, "country": ", ".join(abroad)})
    return SWEDEN


def _place_without_destination(order: Order) -> Territory | Finding:
    """Goods without an address to send them to: only a Swedish buyer, or none at all, leaves no question."""
    refused = sorted(order.refused & ADDRESSES)
    if sells_goods(order) and refused and order.bill_to == NO_ADDRESS:
        return Finding("DELIVERY_COUNTRY_UNKNOWN", order.name, {"order": order.name, "country": UNSTATED})
    if not sells_goods(order) or order.bill_to == NO_ADDRESS:
        return SWEDEN
    billed_in = _of_address(order, order.bill_to)
    if isinstance(billed_in, Finding) or billed_in.area is Area.SWEDEN:
        return billed_in
    return Finding("DELIVERY_COUNTRY_UNKNOWN", order.name, {"order": order.name, "country": billed_in.country})


def _place_of_untransported(order: Order, line: Line, rules: TenantRules) -> Territory | Finding:
    """Where the buyer lives, for what is supplied electronically; in Sweden for what is done here."""
    if rules.untransported_sale(line.sku) is UntransportedSale.SWEDEN:
        return SWEDEN
    home = order.bill_to if order.bill_to != NO_ADDRESS else order.ship_to
    place = SWEDEN if home == NO_ADDRESS else _of_address(order, home)
    if isinstance(place, Finding) or place.area is Area.SWEDEN or is_electronic(line, rules):
        return place
    data = {"order": order.name, "line": line.title[:60], "sku": line.sku or UNSTATED, "country": place.country}
    return Finding("UNTRANSPORTED_SALE_ABROAD", line.sku or line.title[:60], data)


def _of_address(order: Order, address: Address) -> Territory | Finding:
    if not address.country_code:
        shown = ", ".join(part for part in (address.zip_code, address.city) if part) or address.name or UNSTATED
        return Finding("ADDRESS_COUNTRY_MISSING", order.name, {"order": order.name, "address": shown})
    return territory(address.country_code, address.zip_code)
