"""What every API call passes first: token, rate limit, path, licences, scope (fortnox-api.md 1.2, 1.3, 2.5)."""

import math
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

from sandbox.fortnox.api import ApiCall, Resource, Upload, no_such_path
from sandbox.fortnox.books.ledger import UnbalancedEntryError
from sandbox.fortnox.company import Company
from sandbox.fortnox.errors import UNKNOWN_CODE, FortnoxError, WebError, forbidden
from sandbox.fortnox.oauth.tokens import Grant
from sandbox.fortnox.resources import RESOURCES, SCOPE_OF, SERVICES
from sandbox.fortnox.rights import check_right
from sandbox.fortnox.topics.happenings import happenings
from sandbox.fortnox.uploads import read_upload
from sandbox.fortnox.wire import Reply, parse
from sandbox.fortnox.world import World


@dataclass(frozen=True)
class RawCall:
    """A call as it came in. ``path`` is still percent-encoded."""

    method: str
    path: str
    query: str
    authorization: str
    accept: str
    content_type: str
    body: bytes
    base_url: str
    tenant: list[int] = field(default_factory=list)


def answer(world: World, raw: RawCall) -> Reply:
    """Answer an API call; notes the tenant in ``raw.tenant`` for the call log."""
    with world.lock:
        kind, _, token = raw.authorization.partition(" ")
        grant = world.tokens.grant_of(token) if kind.lower() == "bearer" else None
        company = world.companies.get(grant.tenant) if grant else None
        if grant is None or company is None or not world.is_held(grant):
            return _not_known(world, has_credentials=bool(kind))
        raw.tenant.append(grant.tenant)
        wait = world.window.admit((grant.client_id, grant.tenant), count_refused=world.switches.refused_calls_count)
        if wait:
            return _too_many(world, wait)
        try:
            return _dispatch(world, raw, grant, company)
        except FortnoxError as error:
            if error.code == UNKNOWN_CODE:
                error.code = world.switches.textual_code
            return Reply(error.status, error.body())
        except WebError as error:
            return Reply(error.status, error.body())
        except UnbalancedEntryError:
            return Reply(500, FortnoxError(1000003, "System exception").body())


def _not_known(world: World, *, has_credentials: bool) -> Reply:
    """Refuse a caller without a live token; the legacy numbers are still documented (fortnox-api.md 1.2 and 5)."""
    if world.switches.no_credentials == "unauthorized":
        return Reply(401, {"message": "unauthorized"})
    missing = FortnoxError(2000311, "Kan inte logga in, access-token eller client-secret saknas(2).", capital=True)
    error = FortnoxError(2000310, "Ogiltig inloggning", capital=True) if has_credentials else missing
    return Reply(403, error.body())


def _too_many(world: World, wait: float) -> Reply:
    headers = {"Retry-After": str(max(1, math.ceil(wait)))} if world.switches.retry_after else {}
    match world.switches.too_many_body:
        case "json":
            return Reply(429, {"message": "Too Many Requests"}, headers=headers)
        case "html":
            page = b"<html><body><h1>429 Too Many Requests</h1></body></html>"
            return Reply(429, page, headers=headers, kind="text/html")
        case "empty":
            return Reply(429, b"", headers=headers, kind="text/plain")


def _dispatch(world: World, raw: RawCall, grant: Grant, company: Company) -> Reply:
    parts = [unquote(part) for part in raw.path.split("/") if part]
    if "application/pdf" in raw.accept:
        raise FortnoxError(1000030, "Invalid response type")
    is_service = parts[:1] == ["api"]
    name = parts[1] if len(parts) > 1 else ""
    resource: Resource | None = (SERVICES if is_service else RESOURCES).get(name)
    if resource is None:
        raise no_such_path()
    _check_permission(world, grant, company, world.config.scope_of.get(name, SCOPE_OF[name]))
    body, upload = _read_body(raw)
    call = ApiCall(
        company=company,
        user=company.config.user,
        switches=world.switches,
        method=raw.method,
        parts=tuple(parts[2:]),
        query={key.lower(): value for key, value in parse_qsl(raw.query, keep_blank_values=True)},
        body=body,
        base_url=raw.base_url,
        scopes=frozenset(grant.scopes),
        upload=upload,
    )
    check_right(call, name)
    reply = resource.answer(call)
    if not is_service:
        for happening in happenings(name, call.method, call.parts, reply.body):
            company.tell(*happening)
    return reply


def _read_body(raw: RawCall) -> tuple[Any, Upload | None]:
    if not raw.body or raw.method not in {"POST", "PUT"}:
        return None, None
    if "multipart/form-data" in raw.content_type:
        return None, read_upload(raw.content_type, raw.body)
    if "json" not in raw.content_type:
        raise FortnoxError(1000031, "Invalid content type")
    return parse(raw.body), None


def _check_permission(world: World, grant: Grant, company: Company, scope: str) -> None:
    status = world.switches.permission_status
    config = company.config
    if not config.api_licence:
        raise forbidden(2001103, "Api-licens saknas.", status)
    if config.licences is not None and scope not in config.licences:
        raise forbidden(2001101, "Det finns ingen aktiv licens för önskat scope", status)
    if scope not in grant.scopes:
        raise forbidden(2000663, "Har inte behörighet för scope", status)
