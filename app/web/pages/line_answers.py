"""What a person says about a payout's lines, from the payout's page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from app.payouts.line_answer_store import LineAnswerError
from app.payouts.planning.correction import ChangeAnswer
from app.tenants.roles import Permission, require, visible_tenant
from app.tenants.sessions import SignedIn
from app.web.access import FormPerson, Serving
from app.web.form_bodies import FormRoute, takes_form
from app.web.pages.answers import AnswerId
from app.web.pages.payouts import PayoutId

router = APIRouter(route_class=FormRoute)


class LineAnswered(BaseModel):
    """A filled-in question about one line."""

    model_config = ConfigDict(extra="ignore")

    line: str = Field(max_length=300)
    answer: str = Field(max_length=20)
    order: str = Field("", max_length=100)
    account: str = Field("", max_length=10)

    @property
    def detail(self) -> str:
        """What the answer names."""
        return {"order": self.order, "account": self.account}.get(self.answer, "").strip()


@router.post("/payouts/{payout_id}/lines")
@takes_form(Permission.ANSWER)
def answer(
    services: Serving, person: FormPerson, payout_id: PayoutId, given: Annotated[LineAnswered, Form()]
) -> Response:
    """Keep what a line is and look at the payout at once."""
    tenant = _tenant(person)
    return _back(
        payout_id,
        lambda: services.line_answers.answer(tenant, payout_id, given.line, given.answer, given.detail, person.email),
    )


@router.post("/payouts/{payout_id}/hold")
@takes_form(Permission.ANSWER)
def hold(services: Serving, person: FormPerson, payout_id: PayoutId) -> Response:
    """Have nothing of the payout booked until that is taken back."""
    tenant = _tenant(person)
    return _back(payout_id, lambda: services.line_answers.hold(tenant, payout_id, person.email))


@router.post("/payouts/{payout_id}/close")
@takes_form(Permission.ANSWER)
def close(
    services: Serving, person: FormPerson, payout_id: PayoutId, reference: Annotated[str, Form(max_length=100)] = ""
) -> Response:
    """Close a payout that a person has dealt with, and what is reported of it."""
    tenant = _tenant(person)
    return _back(payout_id, lambda: services.line_answers.close(tenant, payout_id, reference, person.email))


@router.post("/payouts/{payout_id}/bank")
@takes_form(Permission.ANSWER)
def bank_amount(
    services: Serving, person: FormPerson, payout_id: PayoutId, amount: Annotated[str, Form(max_length=40)]
) -> Response:
    """Keep what the bank got: where it is the payout's sum, the payout is booked."""
    tenant = _tenant(person)
    return _back(payout_id, lambda: services.line_answers.bank_amount(tenant, payout_id, amount, person.email))


@router.post("/payouts/{payout_id}/change")
@takes_form(Permission.ANSWER)
def change(
    services: Serving,
    person: FormPerson,
    payout_id: PayoutId,
    answer: Annotated[ChangeAnswer, Form()],
    reference: Annotated[str, Form(max_length=100)] = "",
) -> Response:
    """Keep what becomes of a payout that is reported differently than it was booked."""
    tenant = _tenant(person)
    return _back(
        payout_id,
        lambda: services.line_answers.say_of_change(tenant, payout_id, answer, reference, person.email),
    )


@router.post("/payouts/{payout_id}/answers/{answer_id}/back")
@takes_form(Permission.ANSWER)
def take_back(services: Serving, person: FormPerson, payout_id: PayoutId, answer_id: AnswerId) -> Response:
    """Take an answer back and look at the payout at once."""
    tenant = _tenant(person)
    return _back(payout_id, lambda: services.line_answers.take_back(tenant, payout_id, answer_id, person.email))


def _tenant(person: SignedIn) -> int | None:
    require(person.role, Permission.ANSWER)
    return visible_tenant(person.role, person.tenant_id)


def _back(payout_id: int, given: Callable[[], None]) -> Response:
    """To the payout's page, which says why where the answer was not taken."""
    try:
        given()
    except LineAnswerError as error:
        return RedirectResponse(f"/payouts/{payout_id}?wrong={error}", 303)
    return RedirectResponse(f"/payouts/{payout_id}", 303)
