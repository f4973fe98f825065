"""The one table of what we read in a shop: object → access scope → required or not → what happens without it.

The install link, docs/shopify.app.toml.example, the merchant's guide and the check at connection follow it (tests hold
them against it). Sources: the pages of each object in shopify.dev/docs/api/admin-graphql/latest/objects ("Requires …
access scope"), shopify.dev/docs/api/usage/access-scopes, and shopify-api.md 1.7 and 2.6 of the dossier. `Product` is
asked for nowhere: what it told (a tip has none) the agreements tell too (`TipSale`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Access:
    """One thing we read. Texts are Swedish: the merchant's guide shows them."""

    objects: tuple[str, ...]
    """Fields of our queries that are refused without the scope; empty: nothing is refused, something is missing."""
    scopes: tuple[str, ...]
    """One of them is enough; the first is asked for. Empty: no scope, but protected customer data of level 2."""
    used_for: str
    without: str
    """What happens when it is refused."""
    required: bool = False
    """Whether a shop that refuses it is not connected at all."""


ORDERS = Access(
    ("order", "orders", "refund"),
    ("read_orders",),
    "ordrar, betalningar, återbetalningar, leveranser",
    "butiken ansluts inte",
    required=True,
)
OLD_ORDERS = Access(
    (),
    ("read_all_orders",),
    "ordrar som är äldre än 60 dagar",
    "en order som är äldre än 60 dagar, och återbetalningar på den, stannar med SHOPIFY_ORDER_NOT_FOUND",
)
CUSTOMER = Access(
    ("customer",),
    ("read_customers",),
    "kundens namn och e-post",
    "konsumenters ordrar bokförs på samlingskunden; du får veta det en gång (SHOPIFY_CUSTOMER_DATA_HIDDEN)",
)
COMPANY = Access(
    ("purchasingEntity",),
    ("read_customers", "read_companies"),
    "företag som köper, och deras momsregistreringsnummer",
    "en order där köparen är ett företag stannar med SHOPIFY_COMPANY_REFUSED",
)
TERMS = Access(
    ("paymentTerms",),
    ("read_payment_terms",),
    "betalningsvillkor för det som betalas senare",
    "en obetald order får Fortnox villkor, och en notis: SHOPIFY_TERMS_REFUSED",
)
DELIVERY = Access(
    ("fulfillmentOrders",),
    ("read_merchant_managed_fulfillment_orders",),
    "leveranssätt, och var varorna lämnas ut",
    "en order som kan vara hämtad, eller såld i kassan, stannar med SHOPIFY_DELIVERY_REFUSED",
)
TILL = Access(
    ("retailLocation",),
    ("read_locations", "read_inventory"),
    "i vilket land kassan står",
    "som leveranssätt, om inte heller det kan läsas",
)
RETURNS = Access(
    ("returns",),
    ("read_returns",),
    "returer och deras avgifter",
    "en återbetalning som är mindre än varorna stannar med SHOPIFY_RETURNS_REFUSED",
)
DELIVERIES = Access(
    (),
    ("read_fulfillments",),
    "meddelande när något skickas",
    "leveranser märks vid nästa genomgång, inom en kvart",
)
PAYMENTS_ACCOUNT = Access(
    ("shopifyPaymentsAccount",),
    ("read_shopify_payments_accounts", "read_shopify_payments"),
    "om butiken har Shopify Payments",
    "utbetalningar läses inte; ordrarna bokförs (SHOPIFY_PAYOUT_SCOPE_MISSING)",
)
PAYOUTS = Access(
    ("payouts", "balanceTransactions"),
    ("read_shopify_payments_payouts", "read_shopify_payments"),
    "utbetalningar från Shopify Payments",
    "utbetalningar läses inte; ordrarna bokförs (SHOPIFY_PAYOUT_SCOPE_MISSING)",
)
DISPUTES = Access(
    ("disputes",),
    ("read_shopify_payments_disputes", "read_shopify_payments"),
    "förlorade tvister",
    "fordran på en förlorad tvist står kvar tills någon skriver av den",
)
ADDRESSES = Access(
    ("billingAddress", "shippingAddress"),
    (),
    "adresser, som avgör vilket lands moms som gäller",
    "landet tas av skattesatserna där de räcker, annars stannar ordern med SHOPIFY_ADDRESS_HIDDEN",
)
CONTACT = Access(
    ("email",),
    (),
    "e-postadressen på ordern",
    "fakturan mejlas inte; du får veta det en gång (SHOPIFY_CUSTOMER_DATA_HIDDEN)",
)
ACCESS: tuple[Access, ...] = (
    ORDERS, OLD_ORDERS, CUSTOMER, COMPANY, TERMS, DELIVERY, TILL, RETURNS, DELIVERIES, PAYMENTS_ACCOUNT, PAYOUTS,
    DISPUTES, ADDRESSES, CONTACT,
)  # fmt: skip

_asked = (access.scopes[0] for access in ACCESS if access.scopes)
SCOPES: tuple[str, ...] = tuple(dict.fromkeys(_asked))
"""What is asked for. A shop that gives only the required ones is connected."""
REQUIRED_SCOPES: tuple[str, ...] = tuple(area.scopes[0] for area in ACCESS if area.required)
"""Without these nothing can be booked: a shop that does not give them is not connected."""
PAYOUT_SCOPES: tuple[str, ...] = (PAYOUTS.scopes[0], PAYMENTS_ACCOUNT.scopes[0])
"""For payouts of Shopify Payments. Shops connected before they were asked for go on without them, which is reported."""
DISPUTE_SCOPES: tuple[str, ...] = (DISPUTES.scopes[0],)
"""For lost disputes."""
OPTIONAL_OBJECTS: frozenset[str] = frozenset(name for area in ACCESS if not area.required for name in area.objects)
"""Fields without which an order can be read all the same."""


def held_scopes(granted: Collection[str]) -> frozenset[str]:
    """What was granted, with the read scope that each write scope implies (shopify-api.md 1.3)."""
    return frozenset(granted) | {scope.replace("write_", "read_", 1) for scope in granted if scope.startswith("write_")}


def missing_scopes(wanted: Sequence[str], granted: Collection[str]) -> list[str]:
    """The scopes that are wanted and not granted."""
    held = held_scopes(granted)
    return [scope for scope in wanted if scope not in held]


def unread_objects(granted: Collection[str]) -> frozenset[str]:
    """Optional objects that need not be asked for: their scopes were not granted. None where it is not known what was.

    What is not asked for spoils nothing: a refused field that may not be null makes the whole order null.
    """
    return frozenset(name for access in not_granted(granted) if not access.required for name in access.objects)


def not_granted(granted: Collection[str]) -> tuple[Access, ...]:
    """What a shop does not let us read. Nothing where it is not known what was granted."""
    held = held_scopes(granted)
    return tuple(area for area in ACCESS if area.scopes and not held & set(area.scopes)) if granted else ()


def named_scope(error: Mapping[str, Any]) -> str:
    """The scope that Shopify's own refusal says is missing; empty where it names none, as where several would do."""
    extensions = error.get("extensions")
    required = str((extensions if isinstance(extensions, dict) else {}).get("requiredAccess") or "")
    return required.split("`")[1] if required.count("`") >= 2 else ""


def scope_of(name: str) -> str:
    """The scope that a field needs; for one without, what Shopify calls the data it is."""
    for area in ACCESS:
        if name in area.objects:
            return area.scopes[0] if area.scopes else "protected customer data"
    return ""
