"""How the lines of the newest payouts match under the current settings, line by line."""

from __future__ import annotations

from collections import Counter

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from app.payouts.matching.match_check import check_matching, look_again
from app.tenants.roles import Permission
from app.web.access import FormPerson, Person, Serving, own_tenant
from app.web.form_bodies import FormRoute, takes_form
from app.web.rendering import render

router = APIRouter(route_class=FormRoute)

_LOST_SHOWN = 200
"""Unmatched lines that a page lists of one payout."""


@router.get("/payouts/matching")
def matching(request: Request, services: Serving, person: Person, asked: bool = False) -> Response:  # noqa: FBT001, FBT002
    """Show what the lines are found to be just now. Changes nothing."""
    checked = check_matching(services.store, own_tenant(person, Permission.RETRY))
    by: Counter[str] = Counter()
    for payout in checked:
        by.update(payout.by)
    rate = sum(payout.known for payout in checked), sum(payout.lines for payout in checked)
    return render(
        request, "match_check.html", person=person, payouts=checked, by=by.most_common(), rate=rate, asked=asked,
        shown=_LOST_SHOWN,
    )  # fmt: skip


@router.post("/payouts/matching")
@takes_form(Permission.RETRY)
def again(services: Serving, person: FormPerson) -> Response:
    """Have the newest payouts looked at again."""
    look_again(services.store, own_tenant(person, Permission.RETRY))
    services.look_now()
    return RedirectResponse("/payouts/matching?asked=true", 303)
