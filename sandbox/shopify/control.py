"""The emulator's own control routes under /_sandbox: shops, apps, orders, webhooks, scenarios.

Beside them stand the kit's: reset, state, faults, calls.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, HTTPException
from pydantic import ValidationError

from sandbox.kit.control import CONTROL_PREFIX
from sandbox.scenarios.words import ScenarioError
from sandbox.shopify.acting import ActionRefusedError
from sandbox.shopify.adopting import ForeignOrderError, adopt
from sandbox.shopify.emitting import DeliveryFault
from sandbox.shopify.emulator import Emulator
from sandbox.shopify.graphql.answering import FORCED
from sandbox.shopify.model import App, Json, Shop, StoredOrder, public
from sandbox.shopify.requests import (
    AppBody,
    ComplianceBody,
    DeliverAllBody,
    ForcedBody,
    OrderBody,
    PlatformBody,
    PlayBody,
    RotateBody,
    ScopesBody,
    ShopBody,
)
from sandbox.shopify.switches import Switches
from sandbox.shopify.topics import COMPLIANCE_TOPICS

UNPROCESSABLE = 422


def control_router(emulator: Emulator) -> APIRouter:
    """All routes of the emulator's own control interface."""
    router = APIRouter(prefix=CONTROL_PREFIX, tags=["sandbox"])
    _shop_routes(router, emulator)
    _token_routes(router, emulator)
    _order_routes(router, emulator)
    _webhook_routes(router, emulator)
    _play_routes(router, emulator)
    _platform_routes(router, emulator)
    return router


def _shop(emulator: Emulator, domain: str) -> Shop:
    shop = emulator.world.shops.get(domain)
    if shop is None:
        raise HTTPException(404, f"no shop {domain}")
    return shop


def _order(shop: Shop, reference: str) -> StoredOrder:
    order = shop.find(reference)
    if order is None:
        raise HTTPException(404, f"no order {reference} in {shop.domain}")
    return order


def _app(emulator: Emulator, client_id: str) -> App:
    app = emulator.world.apps.get(client_id)
    if app is None:
        raise HTTPException(404, f"no app {client_id}")
    return app


def shown(shop: Shop) -> Json:
    """A shop without its orders."""
    hidden = {"orders", "subscriptions", "payments"}
    plain = {key: value for key, value in vars(shop).items() if key not in hidden}
    subscriptions = [
        {"id": s.id, "topic": s.topic, "uri": s.uri, "failures_in_row": s.failures_in_row}
        for s in shop.subscriptions.values()
    ]
    payments = shop.payments.spec.model_dump() if shop.payments else None
    return {**plain, "orders": len(shop.orders), "subscriptions": subscriptions, "payments": payments}


def _shop_routes(router: APIRouter, emulator: Emulator) -> None:
    @router.post("/shops", status_code=201)
    def put_shop(body: ShopBody) -> Json:
        """Create or change a shop and its app; with `install` also give a permanent token."""
        settings = body.model_dump(exclude_none=True, exclude={"domain", "client_secret", "install"})
        shop = emulator.put_shop(body.domain, settings, body.client_secret)
        token = emulator.install(shop) if body.install else None
        return {**shown(shop), **({"access_token": token} if token else {})}

    @router.get("/shops/{domain}")
    def get_shop(domain: str) -> Json:
        """Show a shop."""
        return shown(_shop(emulator, domain))

    @router.put("/shops/{domain}/scopes")
    def regrant(domain: str, body: ScopesBody) -> Json:
        """Approve other scopes of the app: its tokens follow, `app/scopes_update` is sent."""
        return {"event_id": emulator.merchant.regrant(_shop(emulator, domain), body.scopes)}

    @router.put("/apps/{client_id}")
    def put_app(client_id: str, body: AppBody) -> Json:
        """Create or change an app."""
        app = emulator.put_app(client_id, body.model_dump(exclude_none=True))
        return vars(app)

    @router.post("/apps/{client_id}/rotate")
    def rotate(client_id: str, body: RotateBody) -> Json:
        """Give an app a new client secret."""
        app = _app(emulator, client_id)
        app.old_secret, app.client_secret = app.client_secret, body.client_secret
        app.sign_with_old = body.sign_with_old
        return vars(app)


def _platform_routes(router: APIRouter, emulator: Emulator) -> None:
    @router.get("/switches")
    def switches() -> Json:
        """Show the switches of what nobody knows (docs/shopify-unknowns.md)."""
        return emulator.world.switches.model_dump(mode="json")

    @router.patch("/switches")
    def switch(changes: dict[str, Any]) -> Json:
        """Change switches; the others stay."""
        try:
            emulator.world.switches = Switches.model_validate(emulator.world.switches.model_dump() | changes)
        except ValidationError as error:
            raise HTTPException(UNPROCESSABLE, str(error)) from error
        return emulator.world.switches.model_dump(mode="json")

    @router.put("/platform")
    def platform(body: PlatformBody) -> Json:
        """Leave our address out of the app's IP allowlist, or let it in; say which fields are deprecated."""
        if body.blocks_addresses is not None:
            emulator.blocks_addresses = body.blocks_addresses
        if body.deprecated is not None:
            emulator.deprecated = set(body.deprecated)
        return {"blocks_addresses": emulator.blocks_addresses, "deprecated": sorted(emulator.deprecated)}


def _token_routes(router: APIRouter, emulator: Emulator) -> None:
    @router.post("/shops/{domain}/install")
    def install(domain: str) -> Json:
        """Install the shop's app without a browser; a permanent token."""
        return {"access_token": emulator.install(_shop(emulator, domain))}

    @router.post("/shops/{domain}/uninstall")
    def uninstall(domain: str) -> Json:
        """Uninstall the app: tokens die, app/uninstalled is sent."""
        return {"event_id": emulator.merchant.uninstall(_shop(emulator, domain))}

    @router.post("/shops/{domain}/tokens/expire")
    def expire(domain: str) -> Json:
        """Let all expiring access tokens of the shop be expired now."""
        return {"expired": emulator.tokens.expire_access(_shop(emulator, domain).domain)}

    @router.post("/shops/{domain}/compliance")
    def comply(domain: str, body: ComplianceBody) -> Json:
        """Send a compliance webhook to the app's configured address."""
        shop = _shop(emulator, domain)
        if body.topic not in COMPLIANCE_TOPICS:
            raise HTTPException(UNPROCESSABLE, f"{body.topic} is not one of {', '.join(COMPLIANCE_TOPICS)}")
        app = _app(emulator, shop.client_id)
        return {"sent": emulator.merchant.comply(shop, app, body.topic, body.details)}

    @router.post("/shops/{domain}/graphql-errors")
    def force(domain: str, body: ForcedBody) -> Json:
        """Answer the next GraphQL calls of the shop with an error."""
        emulator.endpoint.force(_shop(emulator, domain).domain, body.error, body.times)
        return {"known": list(FORCED)}


def _order_routes(router: APIRouter, emulator: Emulator) -> None:
    @router.post("/shops/{domain}/orders", status_code=201)
    def create(domain: str, body: OrderBody) -> Json:
        """Place an order from a spec, or take in a REST body."""
        shop = _shop(emulator, domain)
        if (body.order is None) == (body.rest_order is None):
            raise HTTPException(UNPROCESSABLE, "give either order or rest_order")
        if body.order is not None:
            return _reference(emulator.merchant.create(shop, body.order, silent=body.silent))
        try:
            return _reference(adopt(emulator.world, shop, body.rest_order or {}, body.transactions))
        except ForeignOrderError as error:
            raise HTTPException(UNPROCESSABLE, str(error)) from error

    @router.get("/shops/{domain}/orders")
    def listed(domain: str) -> Json:
        """List the orders."""
        return {"orders": [_reference(order) for order in _shop(emulator, domain).orders.values()]}

    @router.get("/shops/{domain}/orders/{reference}")
    def show(domain: str, reference: str) -> Json:
        """Show one order in REST form with its transactions."""
        order = _order(_shop(emulator, domain), reference)
        with emulator.world.lock:
            return {**_reference(order), "rest": public(order.body), "transactions": public(order.transactions)}

    @router.post("/shops/{domain}/orders/{reference}/{action}")
    def act(domain: str, reference: str, action: str, details: dict[str, Any] | None = None) -> Json:
        """Do something to an order: pay, capture, void, refund, settle, cancel, edit, fulfil, update."""
        shop = _shop(emulator, domain)
        order = _order(shop, reference)
        try:
            event_id = emulator.merchant.act(shop, order, action, details or {})
        except (ActionRefusedError, ValidationError) as error:
            raise HTTPException(UNPROCESSABLE, str(error)) from error
        return {**_reference(order), "event_id": event_id}


def _reference(order: StoredOrder) -> Json:
    body = order.body
    return {
        "id": order.id,
        "admin_graphql_api_id": body.get("admin_graphql_api_id"),
        "name": order.name,
        "total_price": body.get("total_price"),
        "financial_status": body.get("financial_status"),
        "updated_at": body.get("updated_at"),
    }


def _webhook_routes(router: APIRouter, emulator: Emulator) -> None:
    deliverer = emulator.emitter.deliverer

    @router.get("/deliveries")
    def deliveries(topic: str | None = None, shop: str | None = None, state: str | None = None) -> Json:
        """Show deliveries with their attempts, oldest first."""
        chosen = [
            delivery.as_json()
            for delivery in list(deliverer.log)
            if topic in {None, delivery.topic} and shop in {None, delivery.shop} and state in {None, delivery.state}
        ]
        return {"total": len(chosen), "deliveries": chosen}

    @router.post("/deliveries/drain")
    def worker(body: DeliverAllBody | None = None) -> Json:
        """Wait until nothing is queued."""
        wanted = body or DeliverAllBody()
        if wanted.release:
            emulator.emitter.release()
        return {"empty": deliverer.worker(wanted.timeout_s)}

    @router.get("/delivery-faults")
    def faults() -> Json:
        """List faults for coming deliveries."""
        return {"faults": [fault.model_dump() for fault in emulator.emitter.faults]}

    @router.post("/delivery-faults", status_code=201)
    def order_fault(fault: DeliveryFault) -> Json:
        """Order a fault for coming deliveries."""
        emulator.emitter.faults.append(fault)
        return fault.model_dump()

    @router.delete("/delivery-faults")
    def lift_faults() -> Json:
        """Lift all delivery faults and send what they held."""
        emulator.emitter.release()
        lifted = len(emulator.emitter.faults)
        emulator.emitter.faults.clear()
        return {"lifted": lifted}


def _play_routes(router: APIRouter, emulator: Emulator) -> None:
    @router.post("/play")
    def play(body: PlayBody) -> Json:
        """Play a scenario into its shop, in the background unless `wait`."""
        try:
            run = emulator.player.play(body.scenario, body.events_per_second, silent=body.silent)
        except ScenarioError as error:
            raise HTTPException(UNPROCESSABLE, str(error)) from error
        if body.wait:
            run.wait()
        return run.as_json()

    @router.get("/play")
    def progress() -> Json:
        """Show how far the last scenario has got."""
        run = emulator.player.run
        return run.as_json() if run else {"state": "idle"}
