"""From a spec to an order that obeys Shopify's identities (shopify-api.md 3.3, 3.4).

Discounts are spread by largest remainder, taxes rounded once per line, both in each currency separately.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

from sandbox.shopify.heading import order_head
from sandbox.shopify.model import Json, Shop, StoredOrder, World, gid
from sandbox.shopify.money import Bag, half_up, minor, pair, split_bag, tax_upon, tax_within, total_of
from sandbox.shopify.spec import DiscountSpec, GeneratedLines, LineSpec, OrderSpec, ShippingSpec
from sandbox.shopify.totals import TIP_TITLE, allocated, line_net, rate_number, retotal

TAX_TITLES = {"SE": "Moms", "DE": "MwSt.", "NO": "MVA"}


@dataclass(frozen=True)
class Basis:
    """What all parts of one order share while it is built."""

    world: World
    nothing: Bag
    rate: Decimal
    included: bool
    tax_title: str

    def bag(self, amount: str) -> Bag:
        """An amount written in shop currency, in both currencies."""
        shop = minor(amount, self.nothing.shop_currency)
        if self.nothing.shop_currency == self.nothing.presentment_currency:
            return self.nothing.with_units(shop, shop)
        foreign = Decimal(amount) * self.rate
        return self.nothing.with_units(shop, minor(foreign, self.nothing.presentment_currency))

    def tax_line(self, percent: str, amount: Bag) -> Json:
        """The tax line of an amount at a rate. A rate of 0 stays visible, as since May 2024 (section 0)."""
        rate = Decimal(percent) / 100
        tax = tax_within if self.included else tax_upon
        bag = amount.with_units(tax(amount.shop, rate), tax(amount.presentment, rate))
        return {**pair("price", bag), "rate": rate_number(rate), "title": self.tax_title, "channel_liable": False}


def basis_for(world: World, shop: Shop, spec: OrderSpec) -> Basis:
    """Settle currencies, rate of exchange and tax inclusion for one order."""
    foreign = spec.presentment
    nothing = Bag(0, 0, shop.currency, foreign.currency if foreign else shop.currency)
    included = shop.taxes_included if spec.taxes_included is None else spec.taxes_included
    ship_to = spec.buyer.shipping or spec.buyer.billing
    country = ship_to.country_code if ship_to else shop.country_code
    return Basis(world, nothing, Decimal(foreign.rate if foreign else 1), included, TAX_TITLES.get(country, "VAT"))


def build_order(world: World, shop: Shop, spec: OrderSpec) -> StoredOrder:
    """Make the order as placed, before any payment."""
    basis = basis_for(world, shop, spec)
    body = order_head(world, shop, spec, basis.nothing, included=basis.included)
    order = StoredOrder(body, breach=dict(spec.breach))
    applications: list[Json] = body["discount_applications"]
    wanted = [*spec.lines, *_generated(spec.generated_lines)]
    body["line_items"] = [build_line(basis, line, applications) for line in wanted]
    if spec.discount:
        _discount_all(basis, spec.discount, body)
    if spec.tip:
        body["line_items"].append(build_line(basis, _tip(spec.tip), applications))
    for line, line_spec in zip(body["line_items"], wanted, strict=False):
        line["tax_lines"] = line_taxes(basis, line, line_spec.tax)
    body["shipping_lines"] = [_shipping(basis, shipping, body) for shipping in spec.shipping]
    if spec.buyer.business:
        business = spec.buyer.business
        body["company"] = {"id": business.id, "location_id": business.location_id}
        order.business = business.model_dump()
    retotal(order)
    return order


def build_line(basis: Basis, spec: LineSpec, applications: list[Json]) -> Json:
    """One line item with its line-level discount; taxes come later, when all discounts are known."""
    line_id = basis.world.new_id()
    detached = spec.custom or spec.title == TIP_TITLE
    zero = pair("total_discount", basis.nothing)
    line = {
        "id": line_id,
        "admin_graphql_api_id": gid("LineItem", line_id),
        "title": spec.title,
        "name": spec.title,
        "sku": spec.sku,
        "quantity": spec.quantity,
        "current_quantity": spec.quantity,
        "fulfillable_quantity": spec.quantity,
        "fulfillment_service": "gift_card" if spec.gift_card else "manual",
        "fulfillment_status": None,
        "gift_card": spec.gift_card,
        "grams": 0,
        "attributed_staffs": [],
        "sales_line_item_group_id": None,
        "variant_inventory_management": None if detached else "shopify",
        **pair("price", basis.bag(spec.price)),
        "product_exists": not detached,
        "product_id": None if detached else basis.world.new_id(),
        "variant_id": None if detached else basis.world.new_id(),
        "variant_title": None,
        "vendor": None,
        "properties": [{"name": key, "value": value} for key, value in spec.properties.items()],
        "requires_shipping": spec.sent and not spec.gift_card and spec.title != TIP_TITLE,
        "taxable": spec.tax is not None,
        **zero,
        "tax_lines": [],
        "duties": [],
        "discount_allocations": [],
    }
    if spec.discount:
        # `total_discount` stays 0.00 in practice; the allocation is the truth (3.3).
        index = _apply(applications, "manual", spec.discount_title, spec.discount, target="line_item", how="explicit")
        line["discount_allocations"].append(_allocation(basis.bag(spec.discount), index))
    return line


def line_taxes(basis: Basis, line: Json, percent: str | None) -> list[Json]:
    """The tax lines of a line after its discounts, for the whole quantity."""
    return [] if percent is None else [basis.tax_line(percent, line_net(line, basis.nothing))]


def _tip(amount: str) -> LineSpec:
    return LineSpec(title=TIP_TITLE, price=amount, tax=None)


def _generated(block: GeneratedLines | None) -> list[LineSpec]:
    if block is None:
        return []
    return [
        LineSpec(title=block.title.format(n=n), sku=block.sku.format(n=n), price=block.price, tax=block.tax)
        for n in range(1, block.count + 1)
    ]


def _apply(applications: list[Json], kind: str, title: str, value: str, *, target: str, how: str) -> int:
    """Note a discount application and return its index, to which allocations point."""
    entry = {
        "target_type": target,
        "type": kind,
        "value": value,
        "value_type": "fixed_amount",
        "allocation_method": "across" if how == "all" else "one",
        "target_selection": how,
        "title": title,
    }
    applications.append(entry | ({"code": title} if kind == "discount_code" else {}))
    return len(applications) - 1


def _allocation(bag: Bag, index: int) -> Json:
    return {**pair("amount", bag), "discount_application_index": index}


def _discount_all(basis: Basis, discount: DiscountSpec, body: Json) -> None:
    """Spread an order-level discount over the lines by their value after line discounts."""
    lines: list[Json] = body["line_items"]
    carrying_amount = [line_net(line, basis.nothing) for line in lines]
    whole = total_of(carrying_amount, basis.nothing)
    value = discount.amount or discount.percent or "0"
    off = basis.bag(discount.amount) if discount.amount else _percent_of(whole, Decimal(discount.percent or "0"))
    index = _apply(body["discount_applications"], discount.type, discount.title, value, target="line_item", how="all")
    if discount.percent:
        body["discount_applications"][index]["value_type"] = "percentage"
    for line, share in zip(lines, split_bag(off, carrying_amount), strict=True):
        line["discount_allocations"].append(_allocation(share, index))
    if discount.type == "discount_code":
        kind = "percentage" if discount.percent else "fixed_amount"
        body["discount_codes"].append({"code": discount.title, "amount": off.text, "type": kind})


def _percent_of(whole: Bag, percent: Decimal) -> Bag:
    return whole.with_units(half_up(whole.shop * percent / 100), half_up(whole.presentment * percent / 100))


def _shipping(basis: Basis, spec: ShippingSpec, body: Json) -> Json:
    shipping_id = basis.world.new_id()
    price = basis.bag(spec.price)
    line: Json = {
        "id": shipping_id,
        "title": spec.title,
        "code": spec.code or spec.title,
        "source": "shopify",
        "carrier_identifier": None,
        "phone": None,
        "requested_fulfillment_service_id": None,
        "is_removed": False,
        **pair("price", price),
        "discount_allocations": [],
    }
    if spec.discount:
        index = _apply(
            body["discount_applications"], "automatic", "Fri frakt", spec.discount, target="shipping_line", how="all"
        )
        line["discount_allocations"].append(_allocation(basis.bag(spec.discount), index))
    paid = price - allocated(line, basis.nothing)
    line |= pair("discounted_price", paid)
    line["current_discounted_price_set"] = paid.rest()
    line["tax_lines"] = _shipping_taxes(basis, spec, paid, body["line_items"])
    return line


def _shipping_taxes(basis: Basis, spec: ShippingSpec, paid: Bag, lines: list[Json]) -> list[Json]:
    """One tax line per rate; with `follows` the base is split over the goods' rates by value after discount."""
    if spec.tax is None:
        return []
    if spec.tax != "follows":
        return [basis.tax_line(spec.tax, paid)]
    by_rate: dict[str, Bag] = defaultdict(lambda: basis.nothing)
    for line in lines:
        for entry in line["tax_lines"][:1]:
            percent = str((Decimal(str(entry["rate"])) * 100).normalize())
            by_rate[percent] += line_net(line, basis.nothing)
    shares = split_bag(paid, list(by_rate.values()))
    return [basis.tax_line(percent, share) for percent, share in zip(by_rate, shares, strict=True)]
