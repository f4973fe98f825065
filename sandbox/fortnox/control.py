"""The emulator's own control routes under ``/_sandbox/``, beside those of the kit."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, HTTPException, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, ValidationError

from sandbox.fortnox.books.sie import write_sie
from sandbox.fortnox.company import Company
from sandbox.fortnox.config import SCOPES, CompanyConfig
from sandbox.fortnox.oauth.tokens import Grant
from sandbox.fortnox.wire import encode
from sandbox.fortnox.world import World
from sandbox.kit.control import CONTROL_PREFIX

Changes = Annotated[dict[str, Any], Body()]
_DOCUMENTS = ("customers", "articles", "orders", "invoices", "invoicepayments")


class TokenOrder(BaseModel):
    """Tokens without the dance."""

    model_config = ConfigDict(extra="forbid")

    client_id: str = "bokbro-demo"
    company: int = 1234567
    scopes: list[str] = list(SCOPES)
    service: bool = False


class ClockOrder(BaseModel):
    """Move the clock: to an offset from real time, or onwards by some seconds."""

    model_config = ConfigDict(extra="forbid")

    offset_seconds: float | None = None
    advance_seconds: float = 0


def control_router(world: World) -> APIRouter:
    """Make the control routes of a world."""
    router = APIRouter(prefix=CONTROL_PREFIX, tags=["sandbox"])
    _add_company_routes(router, world)
    _add_book_routes(router, world)
    _add_world_routes(router, world)
    _add_token_routes(router, world)
    return router


def _add_company_routes(router: APIRouter, world: World) -> None:
    @router.get("/companies")
    def list_companies() -> dict[str, Any]:
        """List the companies with their configuration."""
        with world.lock:
            return {"companies": [company.config.model_dump(mode="json") for company in world.companies.values()]}

    @router.post("/companies", status_code=201)
    def put_company(config: CompanyConfig) -> dict[str, Any]:
        """Found a company, empty; one with the same number is replaced."""
        return world.put_company(config).config.model_dump(mode="json")

    @router.patch("/companies/{number}")
    def change_company(number: int, changes: Changes) -> dict[str, Any]:
        """Change settings of a company and keep its documents."""
        with world.lock:
            company = find_company(world, number)
            company.reconfigure(_validated(company.config, changes))
            return company.config.model_dump(mode="json")

    @router.delete("/companies/{number}")
    def remove_company(number: int) -> dict[str, bool]:
        """Remove a company; its tokens answer 401 from now on."""
        with world.lock:
            return {"removed": world.companies.pop(number, None) is not None}


def _validated(config: CompanyConfig, changes: dict[str, Any]) -> CompanyConfig:
    try:
        return CompanyConfig.model_validate(config.model_dump() | changes)
    except ValidationError as error:
        raise HTTPException(422, error.errors(include_url=False, include_context=False)) from error


def _add_book_routes(router: APIRouter, world: World) -> None:
    @router.get("/ledger")
    def show_ledger(company: int | None = None, year: int | None = None) -> dict[str, Any]:
        """Show vouchers with rows, and balances, in öre; debit positive."""
        with world.lock:
            books = find_company(world, company)
            entries = [entry for entry in books.ledger.entries if year in {None, entry.year}]
            return {
                "company": books.tenant,
                "vouchers": [entry.as_json() for entry in entries],
                "balances": {str(number): ore for number, ore in books.ledger.balances(year).items()},
                "balanced": all(not sum(posting.ore for posting in entry.postings) for entry in entries),
            }

    @router.get("/documents")
    def show_documents(company: int | None = None, kind: Annotated[str | None, Query()] = None) -> Response:
        """Show documents as stored, and how many there are of each kind."""
        with world.lock:
            books = find_company(world, company)
            kinds = [kind] if kind else list(_DOCUMENTS)
            body = {
                "company": books.tenant,
                "counts": {name: len(books.kind(name)) for name in _DOCUMENTS}
                | {"vouchers": len(books.ledger.entries)},
                **{name: [record.fields for record in books.kind(name).values()] for name in kinds},
            }
            return Response(encode(body).encode(), media_type="application/json")

    @router.get("/sie")
    def show_sie(company: int | None = None, year: int | None = None) -> Response:
        """Give a year's vouchers as SIE 4, bytes in code page 437; without a year, that of today."""
        with world.lock:
            books = find_company(world, company)
            chosen = next((one for one in books.years if one.id == year), books.preselected_year())
            return Response(write_sie(books, chosen, 4), media_type="application/octet-stream")

    @router.get("/mails")
    def show_mails(company: int | None = None) -> dict[str, Any]:
        """Show the mails sent; each call to /email sends one."""
        with world.lock:
            return {"mails": list(find_company(world, company).mails)}


def _add_world_routes(router: APIRouter, world: World) -> None:
    @router.get("/switches")
    def show_switches() -> dict[str, Any]:
        """Show the switches."""
        return world.switches.model_dump()

    @router.patch("/switches")
    def turn_switches(changes: Changes) -> dict[str, Any]:
        """Turn switches by name."""
        try:
            return world.turn(**changes).model_dump()
        except ValidationError as error:
            raise HTTPException(422, error.errors(include_url=False, include_context=False)) from error

    @router.post("/clock")
    def move_clock(order: ClockOrder) -> dict[str, Any]:
        """Move the clock."""
        if order.offset_seconds is not None:
            world.clock.move_to(order.offset_seconds)
        world.clock.advance(order.advance_seconds)
        return {"now": world.clock.now().isoformat(), "today": world.clock.today().isoformat()}


def _add_token_routes(router: APIRouter, world: World) -> None:
    @router.post("/tokens", status_code=201)
    def issue_tokens(order: TokenOrder) -> dict[str, Any]:
        """Issue an access and a refresh token as if the user had clicked."""
        with world.lock:
            company = find_company(world, order.company)
            user = company.config.user.id
            grant = Grant(order.client_id, company.tenant, tuple(order.scopes), user, service=order.service)
            grant = world.tokens.renewed(grant)
            if order.service:
                world.tokens.consents[grant.client_id, grant.tenant] = grant
            return world.tokens.issue(grant, with_refresh=True)

    @router.post("/tokens/legacy", status_code=201)
    def issue_legacy_token(order: TokenOrder) -> dict[str, str]:
        """Issue a token of the time before OAuth, to be exchanged at /oauth-v1/migrate."""
        with world.lock:
            company = find_company(world, order.company)
            grant = Grant(order.client_id, company.tenant, tuple(order.scopes), company.config.user.id)
            return {"access_token": world.tokens.issue_legacy(grant)}

    @router.post("/tokens/expire")
    def expire_tokens() -> dict[str, int]:
        """Expire every access token at once; refresh tokens stay."""
        with world.lock:
            return {"expired": world.tokens.expire_access()}

    @router.post("/consents/withdraw")
    def withdraw_consent(order: TokenOrder) -> dict[str, bool]:
        """Do as a customer who disconnects the integration."""
        with world.lock:
            world.tokens.withdraw_consent(order.client_id, order.company)
            return {"withdrawn": True}


def find_company(world: World, number: int | None) -> Company:
    """Give a company by its number; without one, the first."""
    company = world.companies.get(number) if number is not None else next(iter(world.companies.values()), None)
    if company is None:
        raise HTTPException(404, "no such company")
    return company
