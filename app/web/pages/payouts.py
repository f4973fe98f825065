"""Payouts: what providers paid out, and what explains each clearing account."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.security.roles import visible_tenant
from app.sync.proof import clearing_accounts, payouts
from app.web.access import Person, Serving
from app.web.rendering import render

router = APIRouter()


@router.get("/payouts")
def payout_list(
    request: Request,
    services: Serving,
    person: Person,
    imported: int | None = None,
    refused: bool = False,  # noqa: FBT001, FBT002
) -> Response:
    """The newest payouts; a merchant and a bookkeeper also see their clearing accounts explained."""
    tenant = visible_tenant(person.role, person.tenant_id)
    clearing = clearing_accounts(services.store, tenant) if tenant is not None else ()
    found = payouts(services.store, tenant)
    return render(
        request, "payouts.html", person=person, payouts=found, clearing=clearing, imported=imported, refused=refused
    )
