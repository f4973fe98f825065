"""What a person answers to a question of an order, from the order's page."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Path
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from app.tenants.roles import Permission, require, visible_tenant
from app.web.access import FormPerson, Serving
from app.web.form_bodies import FormRoute, takes_form
from app.web.pages.orders import OrderId
from app.web.rendering import render

router = APIRouter(route_class=FormRoute)

AnswerId = Annotated[int, Path(ge=1, le=2**63 - 1)]


class Given(BaseModel):
    """A filled-in question."""

    model_config = ConfigDict(extra="ignore")

    finding: int = Field(ge=1, le=2**63 - 1)
    answer: str = Field(max_length=20)
    number: str = Field("", max_length=80)
    """Of an invoice, where one is to be named, or the reference of what was booked by hand."""


@router.post("/orders/{order_id}/answers")
@takes_form(Permission.ANSWER)
def answer(
    request: Request,
    services: Serving,
    person: FormPerson,
    order_id: OrderId,
    given: Annotated[Given, Form()],
) -> Response:
    """Keep the answer and look at the order at once."""
    require(person.role, Permission.ANSWER)
    tenant = visible_tenant(person.role, person.tenant_id)
    if not services.answer(tenant, order_id, given.finding, given.answer, person.email, given.number.strip()):
        return render(request, "answer_gone.html", person=person, status=409, order_id=order_id)
    return RedirectResponse(f"/orders/{order_id}?retried=true", 303)


@router.post("/orders/{order_id}/answers/{answer_id}/back")
@takes_form(Permission.ANSWER)
def take_back(
    request: Request, services: Serving, person: FormPerson, order_id: OrderId, answer_id: AnswerId
) -> Response:
    """Take an answer back and look at the order at once."""
    require(person.role, Permission.ANSWER)
    tenant = visible_tenant(person.role, person.tenant_id)
    if not services.answer.take_back(tenant, order_id, answer_id, person.email):
        return render(request, "answer_gone.html", person=person, status=409, order_id=order_id)
    return RedirectResponse(f"/orders/{order_id}?retried=true", 303)
