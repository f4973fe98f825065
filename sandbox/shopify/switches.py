"""What public material leaves open about Shopify: each is a row of docs/shopify-unknowns.md.

The first value is the default, our best guess. `PATCH /_sandbox/switches` turns them.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Switches(BaseModel):
    """One setting of every unknown."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    refused_scope: Literal["error", "null"] = "error"
    """How a field comes whose scope the token lacks."""
    hidden_data: Literal["error", "null"] = "error"
    """How protected customer data comes that the app may not see."""
    hidden_address: Literal["whole", "personal"] = "whole"
    """Whether a hidden address is null, or keeps its country."""
    hidden_in_webhooks: Literal["redacted", "whole"] = "redacted"
    """Whether a webhook's body leaves out what a query would not tell of a customer."""
    refused_when_empty: bool = True
    """Whether a field is refused also where there is nothing in it (a guest's `customer`)."""
    refused_union: Literal["customer", "never"] = "customer"
    """Whether `purchasingEntity` of a consumer needs the scope of Customer."""
    error_limit: int = Field(default=20, ge=1)
    """Errors in one answer before "Too many execution errors" ends the list."""
    truncated_data: Literal["kept", "gone"] = "kept"
    """Whether data comes beside a truncated list of errors."""
    list_cost: Literal["object", "sized"] = "object"
    """Whether a plain list with `first` costs as one object, or by its size as a connection does."""
    money_cost: Literal["free", "object"] = "free"
    """Whether a MoneyBag costs a point."""
    order_webhooks: Literal["allowed", "refused"] = "allowed"
    """Whether a shop on a small plan may subscribe to messages about orders."""
    refused_address_body: Literal["empty", "html", "json"] = "empty"
    """What a 403 for an address outside the app's IP allowlist has for a body."""
    card_receipt: Literal["whole", "last", "none", "gone"] = "whole"
    """What the receipt of a gift card's transaction tells: id and last characters, those alone, nothing; or no such
    field as a receipt is there any more."""
    money_moves_update: bool = True
    """Whether a transaction that settles moves the order's `updatedAt`."""
