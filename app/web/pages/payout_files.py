"""A payout file handed in: shown first, then imported, or its columns named by a person."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Form, HTTPException, Path, Request, UploadFile
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from app.payouts.imports.column_guesses import guessed
from app.payouts.imports.column_maps import MEANINGS, ROLES, WITH_WORDS, MapError, MapForm, map_of, posted
from app.payouts.imports.payout_files import MOST_BYTES, FileRefusedError, Preview
from app.payouts.imports.refused_files import refusals
from app.payouts.imports.undo import ImportUndoError
from app.payouts.imports.zip_members import MOST_MEMBERS
from app.tenants.roles import Permission
from app.tenants.sessions import SignedIn
from app.web.access import FormPerson, Person, Serving, own_tenant
from app.web.form_bodies import LARGE, SMALL, FormRoute, takes_form
from app.web.rendering import render
from app.web.services import Services

router = APIRouter(route_class=FormRoute)

FileId = Annotated[int, Path(ge=1, le=2**63 - 1)]
Place = Annotated[int, Path(ge=0, lt=MOST_MEMBERS)]
_SHOWN = 200
"""Payouts and problems that a page lists."""


@router.post("/payouts/files")
@takes_form(Permission.IMPORT_PAYOUTS, most_bytes=MOST_BYTES + SMALL)
def hand_in(services: Serving, person: FormPerson, file: UploadFile) -> Response:
    """Keep a file and show what it says."""
    tenant = own_tenant(person, Permission.IMPORT_PAYOUTS)
    try:
        file_id = services.payout_files.keep(
            tenant, file.filename or "fil", file.file.read(MOST_BYTES + 1), by=person.email
        )
    except FileRefusedError as refused:
        return RedirectResponse(f"/payouts?refused={refused.problem.fault.code}", 303)
    return RedirectResponse(f"/payouts/files/{file_id}", 303)


@router.get("/payouts/files/{file_id}")
def show(request: Request, services: Serving, person: Person, file_id: FileId) -> Response:
    """Show what importing would do, or ask what the columns are."""
    return _page(request, person, _preview(services, person, file_id))


@router.post("/payouts/files/{file_id}/members/{place}")
@takes_form(Permission.IMPORT_PAYOUTS)
def open_member(services: Serving, person: FormPerson, file_id: FileId, place: Place) -> Response:
    """Keep one file of a zip as a file of its own, and show what it says."""
    tenant = own_tenant(person, Permission.IMPORT_PAYOUTS)
    try:
        member_id = services.payout_files.open_member(tenant, file_id, place, by=person.email)
    except FileRefusedError as refused:
        return RedirectResponse(f"/payouts?refused={refused.problem.fault.code}", 303)
    if member_id is None:
        raise HTTPException(404)
    return RedirectResponse(f"/payouts/files/{member_id}", 303)


@router.post("/payouts/files/{file_id}/map")
@takes_form(Permission.IMPORT_PAYOUTS, most_bytes=LARGE)
async def name_columns(request: Request, services: Serving, person: FormPerson, file_id: FileId) -> Response:
    """Show what a file says by a person's map of its columns, or remember the map and show the file again."""
    preview = await run_in_threadpool(_preview, services, person, file_id)
    sent = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
    form = posted(sent)
    try:
        columns = map_of(form)
    except MapError as error:
        return _page(request, person, preview, wrong=str(error), form=form)
    tenant, files = own_tenant(person, Permission.IMPORT_PAYOUTS), services.payout_files
    if sent.get("action") == "try":
        tried = await run_in_threadpool(files.try_map, tenant, file_id, columns)
        return _page(request, person, preview, form=form, tried=tried)
    await run_in_threadpool(files.save_map, tenant, columns, person.email)
    return RedirectResponse(f"/payouts/files/{file_id}", 303)


@router.post("/payouts/files/{file_id}/days")
@takes_form(Permission.IMPORT_PAYOUTS)
def say_day_order(
    services: Serving, person: FormPerson, file_id: FileId, said: Annotated[Literal["day first", "month first"], Form()]
) -> Response:
    """Remember whether the day or the month comes first in the file, and show it again."""
    if not services.payout_files.say_day_order(own_tenant(person, Permission.IMPORT_PAYOUTS), file_id, said):
        raise HTTPException(404)
    return RedirectResponse(f"/payouts/files/{file_id}", 303)


@router.post("/payouts/files/{file_id}/rows")
@takes_form(Permission.IMPORT_PAYOUTS)
def say_rows_twice(
    services: Serving, person: FormPerson, file_id: FileId, said: Annotated[Literal["one", "each"], Form()]
) -> Response:
    """Remember what equal rows of the file are, and show it again."""
    if not services.payout_files.say_rows_twice(own_tenant(person, Permission.IMPORT_PAYOUTS), file_id, said):
        raise HTTPException(404)
    return RedirectResponse(f"/payouts/files/{file_id}", 303)


@router.post("/payouts/files/{file_id}/import")
@takes_form(Permission.IMPORT_PAYOUTS)
def take_in(request: Request, services: Serving, person: FormPerson, file_id: FileId) -> Response:
    """Store what is new in the file and have it booked."""
    preview = services.payout_files.take_in(own_tenant(person, Permission.IMPORT_PAYOUTS), file_id)
    if preview is None:
        raise HTTPException(404)
    if preview.problems or not (preview.payouts or preview.sums):
        return _page(request, person, preview, wrong="problems")
    return RedirectResponse(f"/payouts?imported={preview.new}", 303)


@router.post("/payouts/files/{file_id}/back")
@takes_form(Permission.IMPORT_PAYOUTS)
def take_back(request: Request, services: Serving, person: FormPerson, file_id: FileId) -> Response:
    """Take the import back: payouts of which nothing is booked are removed."""
    tenant = own_tenant(person, Permission.IMPORT_PAYOUTS)
    preview = _preview(services, person, file_id)
    try:
        services.payout_files.undo.take_back(tenant, file_id, person.email)
    except ImportUndoError as error:
        return _page(request, person, preview, wrong=f"undo_{error}")
    return RedirectResponse(f"/payouts/files/{file_id}", 303)


def _preview(services: Services, person: SignedIn, file_id: int) -> Preview:
    """A file of the person's own company. Raises NotAllowedError, and HTTPException 404 where there is none."""
    preview = services.payout_files.preview(own_tenant(person, Permission.IMPORT_PAYOUTS), file_id)
    if preview is None:
        raise HTTPException(404)
    return preview


def _page(
    request: Request,
    person: SignedIn,
    preview: Preview,
    *,
    wrong: str = "",
    form: MapForm | None = None,
    tried: Preview | None = None,
) -> Response:
    refused = refusals(preview)[len(preview.problems) :]
    form = form or preview.mapped or (guessed(preview.table) if preview.table else MapForm())
    return render(
        request, "payout_file.html", person=person, preview=preview, refusals=refused, shown=_SHOWN, roles=ROLES,
        meanings=MEANINGS, with_words=WITH_WORDS, wrong=wrong, form=form, tried=tried, status=422 if wrong else 200,
    )  # fmt: skip
