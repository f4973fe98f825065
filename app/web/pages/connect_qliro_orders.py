"""Which channel reports the orders that are paid by Qliro, and the addresses that Qliro pushes to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import structlog
from fastapi import APIRouter, Form, HTTPException, Request
from fastapi.responses import RedirectResponse
from sqlalchemy import select
from starlette.responses import Response

from app.connections.push_addresses import (
    GOES_ON,
    AddressView,
    addresses_of,
    keep_address,
    replace_address,
    withdraw_address,
)
from app.kit.db.engine import Store
from app.kit.random_tokens import new_token, token_hash
from app.orders.source_of_record import ORDERS_FROM, OrdersFrom, orders_from, owner_changed
from app.schema import Connection
from app.tenants.roles import Permission
from app.tenants.sessions import SignedIn
from app.web.access import FormPerson, Person, Serving, own_tenant
from app.web.form_bodies import FormRoute, takes_form
from app.web.rendering import render
from app.web.services import Services

router = APIRouter(route_class=FormRoute)
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class AccountView:
    """One Qliro account as the page shows it."""

    id: int
    name: str
    owner: str
    addresses: Sequence[AddressView]


@router.get("/connect/qliro/orders")
def show(
    request: Request,
    services: Serving,
    person: Person,
    saved: bool = False,  # noqa: FBT001, FBT002  a query parameter
    ended: bool = False,  # noqa: FBT001, FBT002  a query parameter
) -> Response:
    """Show the accounts."""
    return _page(request, services, person, saved=saved, ended=ended)


@router.post("/connect/qliro/orders")
@takes_form(Permission.CONNECT_PROVIDER)
def choose(
    services: Serving,
    person: FormPerson,
    connection: Annotated[int, Form(ge=1, le=2**63 - 1)],
    owner: Annotated[str, Form()] = "",
) -> Response:
    """Choose which channel reports orders; every order that may belong to another channel now is looked at again."""
    tenant = own_tenant(person, Permission.CONNECT_PROVIDER)
    if owner not in set(OrdersFrom):
        raise HTTPException(400)
    with services.store.write() as session:
        row = session.scalar(_connection(tenant, connection).with_for_update())
        if row is None:
            raise HTTPException(404)
        row.details = row.details | {ORDERS_FROM: owner}
        session.flush()
        owner_changed(session, tenant)
    services.rules_changed()
    return RedirectResponse("/connect/qliro/orders?saved=true", 303)


@router.post("/connect/qliro/address")
@takes_form(Permission.CONNECT_PROVIDER)
def new_address(
    request: Request,
    services: Serving,
    person: FormPerson,
    connection: Annotated[int, Form(ge=1, le=2**63 - 1)],
    replaces: Annotated[str, Form()] = "",
) -> Response:
    """Make an address for pushes, perhaps in place of another, and show it this once: only its hash is kept."""
    tenant = own_tenant(person, Permission.CONNECT_PROVIDER)
    token = new_token()
    with services.store.write() as session:
        row = session.scalar(_connection(tenant, connection))
        if row is None:
            raise HTTPException(404)
        if not replaces:
            keep_address(session, row.id, token_hash(token), person.email)
        elif not replace_address(session, row.id, replaces, token_hash(token), person.email):
            return RedirectResponse("/connect/qliro/orders?ended=true", 303)
    log.info("push_address_made", connection=connection, by=person.email, replaces=replaces)
    address = f"{services.settings.base_url.rstrip('/')}/hooks/qliro/{token}"
    return _page(request, services, person, address=address)


@router.post("/connect/qliro/address/withdraw")
@takes_form(Permission.CONNECT_PROVIDER)
def withdraw(
    services: Serving,
    person: FormPerson,
    connection: Annotated[int, Form(ge=1, le=2**63 - 1)],
    address: Annotated[str, Form()],
) -> Response:
    """Let an address end at once."""
    tenant = own_tenant(person, Permission.CONNECT_PROVIDER)
    with services.store.write() as session:
        row = session.scalar(_connection(tenant, connection))
        if row is None:
            raise HTTPException(404)
        withdraw_address(session, row.id, address, person.email)
    log.info("push_address_withdrawn", connection=connection, by=person.email, address=address)
    return RedirectResponse("/connect/qliro/orders?ended=true", 303)


def _page(
    request: Request, services: Services, person: SignedIn, *, address: str = "", saved: bool = False,
    ended: bool = False,
) -> Response:  # fmt: skip
    accounts = _accounts(services.store, own_tenant(person, Permission.CONNECT_PROVIDER))
    return render(
        request, "qliro_orders.html", person=person, accounts=accounts, saved=saved, ended=ended, address=address,
        goes_on=GOES_ON.days,
    )  # fmt: skip


def _connection(tenant: int, connection: int):  # type: ignore[no-untyped-def]  # noqa: ANN202 - SQLAlchemy's own
    return select(Connection).where(
        Connection.id == connection, Connection.tenant_id == tenant, Connection.platform == "qliro"
    )


def _accounts(store: Store, tenant: int) -> Sequence[AccountView]:
    with store.read() as session:
        conditions = (Connection.tenant_id == tenant, Connection.platform == "qliro")
        rows = list(session.scalars(select(Connection).where(*conditions).order_by(Connection.id)))
        addresses = addresses_of(session, [row.id for row in rows])
        return [
            AccountView(row.id, row.account, orders_from(session, row),
                        [address for address in addresses if address.connection_id == row.id])
            for row in rows
        ]  # fmt: skip
