"""Who tells of the orders that Qliro is paid for, and the addresses that Qliro pushes to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Request
from fastapi.responses import RedirectResponse
from sqlalchemy import func, select
from starlette.responses import Response

from app.security.roles import Permission
from app.security.tokens import new_token, token_hash
from app.store.engine import Store
from app.store.tables import Connection, PushAddress
from app.sync.ownership import ORDERS_FROM, OrdersFrom, orders_from, owner_changed
from app.sync.push_addresses import keep_address
from app.web.access import FormPerson, Person, Serving, own_tenant
from app.web.rendering import render

router = APIRouter()


@dataclass(frozen=True, slots=True)
class AccountView:
    """One Qliro account as the page shows it."""

    id: int
    name: str
    owner: str
    addresses: int


@router.get("/connect/qliro/orders")
def show(request: Request, services: Serving, person: Person, saved: bool = False) -> Response:  # noqa: FBT001, FBT002  a query parameter
    """Show the accounts."""
    accounts = _accounts(services.store, own_tenant(person, Permission.CONNECT_QLIRO))
    return render(request, "qliro_orders.html", person=person, accounts=accounts, saved=saved, address="")


@router.post("/connect/qliro/orders")
def choose(
    services: Serving,
    person: FormPerson,
    connection: Annotated[int, Form()],
    owner: Annotated[str, Form()] = "",
) -> Response:
    """Choose who tells of orders; every order that may belong to another channel now is looked at again."""
    tenant = own_tenant(person, Permission.CONNECT_QLIRO)
    if owner not in set(OrdersFrom):
        raise HTTPException(400)
    with services.store.write() as session:
        row = session.scalar(_mine(tenant, connection).with_for_update())
        if row is None:
            raise HTTPException(404)
        row.details = row.details | {ORDERS_FROM: owner}
        session.flush()
        owner_changed(session, tenant)
    services.rules_changed()
    return RedirectResponse("/connect/qliro/orders?saved=true", 303)


@router.post("/connect/qliro/address")
def new_address(
    request: Request, services: Serving, person: FormPerson, connection: Annotated[int, Form()]
) -> Response:
    """Make an address for pushes and show it this once: only its hash is kept."""
    tenant = own_tenant(person, Permission.CONNECT_QLIRO)
    token = new_token()
    with services.store.write() as session:
        row = session.scalar(_mine(tenant, connection))
        if row is None:
            raise HTTPException(404)
        keep_address(session, row.id, token_hash(token))
    address = f"{services.settings.base_url.rstrip('/')}/hooks/qliro/{token}"
    accounts = _accounts(services.store, tenant)
    return render(request, "qliro_orders.html", person=person, accounts=accounts, saved=False, address=address)


def _mine(tenant: int, connection: int):  # type: ignore[no-untyped-def]  # noqa: ANN202 - SQLAlchemy's own
    return select(Connection).where(
        Connection.id == connection, Connection.tenant_id == tenant, Connection.platform == "qliro"
    )


def _accounts(store: Store, tenant: int) -> Sequence[AccountView]:
    with store.read() as session:
        mine = (Connection.tenant_id == tenant, Connection.platform == "qliro")
        rows = list(session.scalars(select(Connection).where(*mine).order_by(Connection.id)))
        counted = select(PushAddress.connection_id, func.count()).group_by(PushAddress.connection_id)
        counts = {connection: count for connection, count in session.execute(counted)}  # noqa: C416 - a Row is no pair to dict
        return [AccountView(row.id, row.account, orders_from(session, row), counts.get(row.id, 0)) for row in rows]
