"""What a person in the shop does: the one place where actions change state and send their webhooks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.shopify import acting
from sandbox.shopify.acting import ActionRefusedError, Notice
from sandbox.shopify.emitting import Emitter
from sandbox.shopify.model import App, Json, Shop, StoredOrder, World
from sandbox.shopify.payments.moving import record
from sandbox.shopify.spec import (
    CancelSpec,
    EditSpec,
    FulfilSpec,
    OrderSpec,
    PaymentSpec,
    RefundSpec,
    Spec,
    UpdateSpec,
)
from sandbox.shopify.tokens import Tokens

Act = Callable[[World, Shop, StoredOrder, Any], list[Notice]]
ACTIONS: dict[str, tuple[type[Spec], Act]] = {
    "pay": (PaymentSpec, acting.pay),
    "refund": (RefundSpec, acting.refund),
    "cancel": (CancelSpec, acting.cancel),
    "edit": (EditSpec, acting.edit),
    "fulfil": (FulfilSpec, acting.fulfil),
    "update": (UpdateSpec, acting.update),
}
"""`capture` and `void` are `pay` with that kind; `settle` ends a pending refund."""


class Merchant:
    """Acts in shops. Every method is one merchant action with one event id."""

    def __init__(self, world: World, emitter: Emitter, tokens: Tokens) -> None:
        self.world = world
        self.emitter = emitter
        self.tokens = tokens

    def create(self, shop: Shop, spec: OrderSpec, *, silent: bool = False) -> StoredOrder:
        """Place an order; `silent` sends nothing, as if it had been there before the app."""
        with self.world.lock:
            order, notices = acting.create(self.world, shop, spec)
            record(self.world, shop, order)
            if not silent:
                self.emitter.emit(shop, notices)
            return order

    def act(self, shop: Shop, order: StoredOrder, action: str, details: Json) -> str:
        """Do one action to an order; the event id of its webhooks."""
        with self.world.lock:
            if action == "settle":
                status = str(details.get("status") or "success")
                notices = acting.settle_refund(
                    self.world, shop, order, status, updates=self.world.switches.money_moves_update
                )
                record(self.world, shop, order)
                return self.emitter.emit(shop, notices)
            if action in {"capture", "void"}:
                action, details = "pay", _against_authorization(order, action, details)
            if action not in ACTIONS:
                raise ActionRefusedError(f"unknown action {action!r}")
            model, act = ACTIONS[action]
            try:
                notices = act(self.world, shop, order, model.model_validate(details))
            except IndexError as error:
                raise ActionRefusedError(f"{order.name} has no such line") from error
            record(self.world, shop, order)
            return self.emitter.emit(shop, notices)

    def uninstall(self, shop: Shop) -> str:
        """Remove the app: tokens are dead before the webhook is sent, then the subscriptions go (1.6, 2.7)."""
        with self.world.lock:
            self.tokens.revoke_shop(shop.domain, shop.client_id)
            event_id = self.emitter.emit(shop, [Notice("app/uninstalled", shop_body(shop))])
            shop.installed = False
            shop.subscriptions = {k: s for k, s in shop.subscriptions.items() if s.client_id != shop.client_id}
            return event_id

    def regrant(self, shop: Shop, scopes: str) -> str:
        """Approve other scopes of the app; `app/scopes_update` tells it so."""
        with self.world.lock:
            body = {
                "id": shop.id,
                "shop_id": f"gid://shopify/Shop/{shop.id}",
                "previous": shop.scopes.split(","),
                "current": scopes.split(","),
                "updated_at": self.world.now().isoformat(),
            }
            shop.scopes = scopes
            self.tokens.regrant(shop.domain, shop.client_id, scopes)
            return self.emitter.emit(shop, [Notice("app/scopes_update", body)])

    def comply(self, shop: Shop, app: App, topic: str, details: Json) -> bool:
        """Send a compliance topic; false when the app configured no address for it."""
        body = {"shop_id": shop.id, "shop_domain": shop.domain, **details}
        return self.emitter.emit_compliance(shop, app, topic, body)


def _against_authorization(order: StoredOrder, kind: str, details: Json) -> Json:
    """A capture or void is made with the gateway of the authorization."""
    gateways = [t["gateway"] for t in order.transactions if t["kind"] == "authorization"]
    return {"gateway": gateways[-1] if gateways else "manual", **details, "kind": kind}


def shop_body(shop: Shop) -> Json:
    """The REST shop resource, body of app/uninstalled and shop/update."""
    return {
        "id": shop.id,
        "name": shop.name,
        "email": f"info@{shop.domain}",
        "domain": shop.domain,
        "myshopify_domain": shop.domain,
        "country_code": shop.country_code,
        "currency": shop.currency,
        "iana_timezone": shop.iana_timezone,
        "taxes_included": shop.taxes_included,
        "plan_display_name": shop.plan,
        "enabled_presentment_currencies": list(shop.presentment_currencies),
    }
