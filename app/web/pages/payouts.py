"""Payouts: what providers paid out, and what explains each clearing account."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from app.payouts.imports.payout_files import NOT_KEPT
from app.payouts.views import payout_detail
from app.reconciliation.reconciliation import clearing_accounts, payouts
from app.tenants.roles import Permission, require, visible_tenant
from app.web.access import FormPerson, Person, Serving
from app.web.form_bodies import FormRoute, takes_form
from app.web.pages.orders import by_severity
from app.web.rendering import render

PayoutId = Annotated[int, Path(ge=1, le=2**63 - 1)]

router = APIRouter(route_class=FormRoute)

REFUSALS = ("gone", "busy", "booked", "order", "account", "amount", "reference")
"""Why an answer was not taken: the texts of a `LineAnswerError`."""
_RATED = 20
"""Number of newest payouts that the share of matched lines is computed from."""


@router.get("/payouts")
def payout_list(
    request: Request,
    services: Serving,
    person: Person,
    imported: int | None = None,
    refused: str = "",
    fetched: bool = False,  # noqa: FBT001, FBT002
) -> Response:
    """The newest payouts; a merchant and a bookkeeper also see their clearing accounts explained."""
    tenant = visible_tenant(person.role, person.tenant_id)
    clearing = clearing_accounts(services.store, tenant) if tenant is not None else ()
    listed = payouts(services.store, tenant)
    rate = sum(payout.matched for payout in listed[:_RATED]), sum(payout.lines for payout in listed[:_RATED])
    return render(
        request,
        "payouts.html",
        rate=rate,
        rated=min(len(listed), _RATED),
        person=person,
        payouts=listed,
        files=services.payout_files.kept(tenant) if tenant is not None else (),
        clearing=clearing,
        imported=imported,
        refused=NOT_KEPT.get(refused),
        fetched=fetched,
    )


@router.post("/payouts/fetch")
@takes_form(Permission.RETRY)
def fetch(services: Serving, person: FormPerson) -> Response:
    """Have the payouts of the tenant's connections read now."""
    require(person.role, Permission.RETRY)
    services.fetch_payouts(visible_tenant(person.role, person.tenant_id))
    return RedirectResponse("/payouts?fetched=true", 303)


@router.get("/payouts/{payout_id}")
def payout(request: Request, services: Serving, person: Person, payout_id: PayoutId, wrong: str = "") -> Response:
    """Show one payout, line by line. Another tenant's is unknown, as one that does not exist."""
    detail = payout_detail(services.store, visible_tenant(person.role, person.tenant_id), payout_id)
    if detail is None:
        raise HTTPException(404)
    blockers, notices = by_severity(detail.findings)
    return render(
        request, "payout.html", person=person, payout=detail, blockers=blockers, notices=notices,
        wrong=wrong if wrong in REFUSALS else "",
    )  # fmt: skip


@router.post("/payouts/{payout_id}/retry")
@takes_form(Permission.RETRY)
def retry(services: Serving, person: FormPerson, payout_id: PayoutId) -> Response:
    """Make the payout due now."""
    require(person.role, Permission.RETRY)
    if not services.retry_payout(visible_tenant(person.role, person.tenant_id), payout_id):
        raise HTTPException(404)
    return RedirectResponse(f"/payouts/{payout_id}", 303)
