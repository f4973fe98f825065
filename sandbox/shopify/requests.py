"""What the control interface is asked: bodies of its requests. An unknown key is refused."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from sandbox.shopify.payments.account import PaymentsSpec
from sandbox.shopify.spec import OrderSpec


class Body(BaseModel):
    """A request of the control interface; an unknown key is refused."""

    model_config = ConfigDict(extra="forbid")


class ShopBody(Body):
    """A shop to create or change; keys left out keep their value."""

    domain: str = Field(pattern=r"^[a-zA-Z0-9][a-zA-Z0-9_-]*\.myshopify\.com$")
    name: str | None = None
    client_id: str | None = None
    client_secret: str | None = None
    organization: str | None = None
    currency: str | None = None
    presentment_currencies: list[str] | None = None
    taxes_included: bool | None = None
    iana_timezone: str | None = None
    country_code: str | None = None
    plan: str | None = None
    plus: bool | None = None
    scopes: str | None = None
    payments: PaymentsSpec | None = None
    hides_old_orders: bool | None = None
    customer_data: Literal["all", "no_fields", "plan", "none"] | None = None
    state: Literal["open", "frozen", "locked", "forbidden"] | None = None
    next_number: int | None = None
    install: bool = False


class ScopesBody(Body):
    """The scopes that the merchant approves from now on, as Shopify writes them."""

    scopes: str


class AppBody(Body):
    """An app's settings, as in the Dev Dashboard and shopify.app.toml."""

    client_secret: str | None = None
    organization: str | None = None
    redirect_urls: list[str] | None = None
    compliance_uris: dict[Literal["customers/data_request", "customers/redact", "shop/redact"], str] | None = None


class RotateBody(Body):
    """A new client secret; with `sign_with_old` webhooks still carry the old signature."""

    client_secret: str
    sign_with_old: bool = False


class OrderBody(Body):
    """An order to place: our spec, or a foreign REST body as it is."""

    order: OrderSpec | None = None
    rest_order: dict[str, Any] | None = None
    transactions: list[dict[str, Any]] | None = None
    silent: bool = False


class ForcedBody(Body):
    """GraphQL errors for the next calls of a shop."""

    error: Literal["THROTTLED", "ACCESS_DENIED", "PROTECTED_DATA", "MAX_COST_EXCEEDED", "INTERNAL_SERVER_ERROR"]
    times: int = Field(default=1, ge=1)


class ComplianceBody(Body):
    """A compliance webhook; `details` joins shop_id and shop_domain in its body."""

    topic: str
    details: dict[str, Any] = Field(default_factory=dict)


class PlatformBody(Body):
    """What Shopify does to everybody at once."""

    blocks_addresses: bool | None = None
    deprecated: list[str] | None = None


class DeliverAllBody(Body):
    """How long to wait, in real seconds; `release` first sends what is held for reordering."""

    timeout_s: float = Field(default=30.0, gt=0, le=600)
    release: bool = True


class PlayBody(Body):
    """A scenario by its key; without a pace everything happens at once."""

    scenario: str = "shop_month"
    events_per_second: float | None = Field(default=None, gt=0)
    wait: bool = False
    silent: bool = False
