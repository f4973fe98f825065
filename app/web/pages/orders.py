"""The order list and the page of one order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, HTTPException, Path, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from app.catalogue import CATALOGUE, Severity, lookup
from app.findings.views import Found
from app.orders.views import OrderFilter
from app.schema import JobState
from app.tenants.roles import Permission, require, visible_tenant
from app.web.access import FormPerson, Person, Serving
from app.web.form_bodies import FormRoute, takes_form
from app.web.rendering import render

router = APIRouter(route_class=FormRoute)
_MAX_SEARCH = 60
_MAX_PAGE = 100_000
_MAX_ID = 2**63 - 1

OrderId = Annotated[int, Path(ge=1, le=_MAX_ID)]


def requested_orders(state: str = "", code: str = "", search: str = "", page: int = 1) -> OrderFilter:
    """The filter that an address asks for; a part that we do not know is no limit."""
    return OrderFilter(
        state=state if state in list(JobState) else "",
        code=code if code in CATALOGUE else "",
        search=search.replace("\0", "").strip()[:_MAX_SEARCH],
        page=min(max(page, 1), _MAX_PAGE),
    )


@router.get("/orders")
def orders(
    request: Request, services: Serving, person: Person, order_filter: Annotated[OrderFilter, Depends(requested_orders)]
) -> Response:
    """Show a page of the orders that fit."""
    tenant = visible_tenant(person.role, person.tenant_id)
    given = {"state": order_filter.state, "code": order_filter.code, "search": order_filter.search}
    kept = {name: value for name, value in given.items() if value}
    return render(
        request,
        "orders.html",
        person=person,
        orders=services.reading.orders(tenant, order_filter),
        order_filter=order_filter,
        states=list(JobState),
        codes=sorted(({group.code for group in services.reading.findings(tenant)} | {order_filter.code}) - {""}),
        page_link=lambda number: "/orders?" + urlencode(kept | {"page": str(number)}),
    )


@router.get("/orders/{order_id}")
def order(request: Request, services: Serving, person: Person, order_id: OrderId, retried: bool = False) -> Response:  # noqa: FBT001, FBT002  a query parameter
    """Show one order. Another tenant's is unknown, as one that does not exist."""
    detail = services.reading.order(visible_tenant(person.role, person.tenant_id), order_id)
    if detail is None:
        raise HTTPException(404)
    blockers, notices = by_severity(detail.findings)
    return render(
        request, "order.html", person=person, order=detail, blockers=blockers, notices=notices, retried=retried
    )


def by_severity(findings: Sequence[Found]) -> tuple[list[Found], list[Found]]:
    """Blockers and notices: a page shows them under different headings."""
    blockers = [finding for finding in findings if lookup(finding.code).severity is Severity.BLOCKER]
    return blockers, [finding for finding in findings if lookup(finding.code).severity is Severity.NOTICE]


@router.post("/orders/{order_id}/retry")
@takes_form(Permission.RETRY)
def retry(services: Serving, person: FormPerson, order_id: OrderId) -> Response:
    """Make the order due now."""
    require(person.role, Permission.RETRY)
    if not services.retry_order(visible_tenant(person.role, person.tenant_id), order_id):
        raise HTTPException(404)
    return RedirectResponse(f"/orders/{order_id}?retried=true", 303)
