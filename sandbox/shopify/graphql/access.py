"""What a token may read: access scopes by object, and protected customer data by field.

Written from Shopify's own pages, without a look at the product's table. Sources:
- each object's page in shopify.dev/docs/api/admin-graphql/latest/objects ("Requires `…` access scope"): Customer,
  Company and CompanyLocation (read_customers or read_companies), PaymentTerms, Return, FulfillmentOrder, Location,
  Product; PurchasingEntity and PurchasingCompany need orders alone;
- shopify.dev/docs/apps/launch/protected-customer-data for the levels, help.shopify.com custom apps for the plans;
- recorded refusals in public clients: `Access denied for customer field. Required access: …` where one scope would do,
  `Access denied for fulfillmentOrders field.` alone where several would (also for returns and orders); a refused field
  that may not be null takes its parent along, so that `order` is null, and without read_orders all of `data`; "This app
  is not approved to use the email field", and on Basic "… to access the Customer object. Access to personally
  identifiable information …"; a Location that read_inventory opens still refuses its name.
tests/contract/test_shopify_refusals_from_sources.py names the source of each.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.shopify.graphql.problems import GraphQLProblem, data_hidden, object_hidden, scope_missing
from sandbox.shopify.graphql.reading import Field
from sandbox.shopify.switches import Switches

ORDERS = frozenset({"read_marketplace_orders", "read_orders", "read_quick_sale"})
SCOPES_OF: Mapping[str, frozenset[str]] = {
    "Company": frozenset({"read_customers", "read_companies"}),
    "CompanyContact": frozenset({"read_customers", "read_companies"}),
    "CompanyLocation": frozenset({"read_customers", "read_companies"}),
    "Customer": frozenset({"read_customers"}),
    "FulfillmentOrder": frozenset(
        {
            "read_assigned_fulfillment_orders",
            "read_marketplace_fulfillment_orders",
            "read_merchant_managed_fulfillment_orders",
            "read_third_party_fulfillment_orders",
        }
    ),
    "Location": frozenset({"read_inventory", "read_locations", "read_markets_home"}),
    "Order": ORDERS,
    "PaymentTerms": frozenset({"read_payment_terms"}),
    "Product": frozenset({"read_products"}),
    "ProductVariant": frozenset({"read_products"}),
    "Return": frozenset({"read_marketplace_returns", "read_returns"}),
}
"""Object → scopes of which one is enough."""
OBJECT_OF: Mapping[tuple[str, str], str] = {
    ("FulfillmentOrderAssignedLocation", "location"): "Location",
    ("LineItem", "product"): "Product",
    ("LineItem", "variant"): "ProductVariant",
    ("Order", "customer"): "Customer",
    ("Order", "fulfillmentOrders"): "FulfillmentOrder",
    ("Order", "paymentTerms"): "PaymentTerms",
    ("Order", "retailLocation"): "Location",
    ("Order", "returns"): "Return",
    ("PurchasingCompany", "company"): "Company",
    ("PurchasingCompany", "contact"): "CompanyContact",
    ("PurchasingCompany", "location"): "CompanyLocation",
    ("Refund", "return"): "Return",
    ("ShopifyPaymentsDispute", "order"): "Order",
}
"""Field → what it holds, where that needs a scope beside read_orders."""
OWN_SCOPES: Mapping[tuple[str, str], frozenset[str]] = {
    ("Location", "isActive"): frozenset({"read_locations"}),
    ("Location", "name"): frozenset({"read_locations", "read_markets_home"}),
}
"""Field → scopes of its own, beside those of its object: read_inventory opens a Location, but not its name."""
NEVER_NULL = frozenset(
    {
        ("Customer", "displayName"),
        ("Location", "isActive"),
        ("Location", "name"),
        ("Order", "fulfillmentOrders"),
        ("Order", "returns"),
        ("PurchasingCompany", "company"),
        ("PurchasingCompany", "location"),
        ("QueryRoot", "nodes"),
        ("QueryRoot", "orders"),
        ("ShopifyPaymentsAccount", "balanceTransactions"),
        ("ShopifyPaymentsAccount", "disputes"),
        ("ShopifyPaymentsAccount", "payouts"),
    }
)
"""Fields of these that the schema marks with `!`: refused, they take their parent along."""
PERSONAL: Mapping[str, frozenset[str]] = {
    "Customer": frozenset(
        {"defaultEmailAddress", "defaultPhoneNumber", "displayName", "email", "firstName", "lastName", "phone"}
    ),
    "MailingAddress": frozenset(
        {"address1", "address2", "city", "company", "firstName", "lastName", "name", "phone", "zip"}
    ),
    "Order": frozenset({"billingAddress", "displayAddress", "email", "phone", "shippingAddress"}),
}
"""Level 2 of protected customer data: name, address, phone, e-mail."""
ADDRESSES = frozenset({"billingAddress", "displayAddress", "shippingAddress"})


@dataclass(frozen=True)
class Access:
    """What one call may see. `customer_data` is the shop's setting of the same name."""

    scopes: frozenset[str]
    customer_data: str
    switches: Switches

    def refusal(
        self,
        parent: str | None,
        wanted: Field,
        value: Any,  # noqa: ANN401 -- any JSON
        path: list[str | int],
    ) -> GraphQLProblem | None:
        """Why a field may not be read, or None."""
        missing = self._missing_scope(parent, wanted.name, value)
        if missing is not None:
            return scope_missing(wanted.name, missing, path, line=wanted.line, column=wanted.column)
        if OBJECT_OF.get((str(parent), wanted.name)) == "Order" and self.customer_data == "none":
            return object_hidden("Order", path, line=wanted.line, column=wanted.column)
        if self._hides(parent, wanted.name):
            is_customer = (parent, wanted.name) == ("Order", "customer")
            kind = "MailingAddress" if wanted.name in ADDRESSES else "Customer" if is_customer else str(parent)
            return data_hidden(kind, wanted, path, by_plan=self.customer_data == "plan")
        return None

    def is_silent(self, problem: GraphQLProblem) -> bool:
        """Whether this refusal is a null without an error."""
        by_scope = "requiredAccess" in problem.extensions or problem.message.startswith("Access denied")
        how = self.switches.refused_scope if by_scope else self.switches.hidden_data
        return how == "null"

    def _missing_scope(self, parent: str | None, name: str, value: Any) -> frozenset[str] | None:  # noqa: ANN401
        own = OWN_SCOPES.get((str(parent), name))
        if own is not None:
            return None if own & self.scopes else own
        kind = OBJECT_OF.get((str(parent), name))
        if (parent, name) == ("Order", "purchasingEntity"):
            is_customer = isinstance(value, dict) and value.get("__typename") == "Customer"
            kind = "Customer" if is_customer and self.switches.refused_union == "customer" else None
        if kind is None or SCOPES_OF[kind] & self.scopes:
            return None
        if value is None and not self.switches.refused_when_empty:
            return None
        return SCOPES_OF[kind]

    def _hides(self, parent: str | None, name: str) -> bool:
        if self.customer_data == "all":
            return False
        if (parent, name) == ("Order", "customer"):
            return self.customer_data == "plan"
        if name not in PERSONAL.get(str(parent), ()):
            return False
        if name in ADDRESSES:
            return self.switches.hidden_address == "whole"
        return True
