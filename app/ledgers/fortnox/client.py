"""One call to Fortnox: reserved call, token, request, outcome. Never repeats a request that may have been done."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from app.kit.http.call_budget import CallBudget, ReservedCall
from app.kit.http.client import HttpKit, json_bytes, read_json
from app.kit.http.outcome import Done, Limited, NotSent, Outcome, RawAnswer, Refused, Unknown
from app.kit.http.token_keeper import TokenUnavailableError
from app.ledgers.base import Company, Exchange, NotAuthorizedError, Observe, WriteAuthorization
from app.ledgers.fortnox.call import Call, Upload
from app.ledgers.fortnox.wire import WireError

MAX_WAIT = 0.3
"""Seconds a worker may sleep for a call of the budget; a longer wait defers the company instead (decision 14)."""
_WITHOUT_RETRY_AFTER = 5.0
"""Fortnox's window: what to wait after a 429 that names no time (fortnox-api.md 2.5)."""
_PAGE = 500
_MAX_PAGES = 200


class RateLimiter(Protocol):
    """The company's budget of calls."""

    def budget(self, company: str) -> CallBudget:
        """Where a call counts."""

    def take(self, company: str, max_wait: float) -> ReservedCall:
        """Take one call of the budget, after at most `max_wait` seconds. Raises RateLimitedError."""

    def answered(self, company: str, reserved_call: ReservedCall) -> None:
        """The call was answered, or is lost: it may have reached Fortnox as late as now."""

    def blocked(self, company: str, seconds: float) -> None:
        """Fortnox said 429 although we kept the budget: nothing goes for that long."""


class AccessTokens(Protocol):
    """Where access tokens come from."""

    def access_token(self, connection_id: int) -> str:
        """A valid token."""

    def refused(self, connection_id: int, access_token: str) -> None:
        """Fortnox no longer takes this one."""


@dataclass(frozen=True, slots=True)
class FortnoxClient:
    """Talks to one Fortnox for many companies."""

    kit: HttpKit
    api_url: str
    tokens: AccessTokens
    rate_limiter: RateLimiter

    def budget(self, company: Company) -> CallBudget:
        """Make sure of a token; where the next call counts. Raises ConsentLostError, TokenUnavailableError."""
        self.tokens.access_token(company.connection_id)
        return self.rate_limiter.budget(company.account)

    def ready(self, company: Company) -> ReservedCall:
        """Reserve a call and a token. Raises RateLimitedError, ConsentLostError, TokenUnavailableError."""
        self.tokens.access_token(company.connection_id)
        return self.rate_limiter.take(company.account, MAX_WAIT)

    def call(
        self,
        company: Company,
        call: Call,
        *,
        params: Mapping[str, str] | None = None,
        observe: Observe | None = None,
        authorization: WriteAuthorization | None = None,
    ) -> Outcome:
        """Make one call. Raises RateLimitedError before anything is sent, ConsentLostError when the grant is dead.

        `authorization`: of a call that changes something; it may have reserved the call. Raises NotAuthorizedError
        without, before anything is sent.
        """
        if call.method != "GET" and (authorization is None or authorization.company != company):
            raise NotAuthorizedError(f"{call.method} {call.path} for {company.account}")
        reserved_call = authorization.reserved_call if authorization else None
        outcome = self._once(company, reserved_call or self.ready(company), call, params)
        if isinstance(outcome, Refused) and outcome.status == 401:
            # A dead token means that nothing was done (fortnox-api.md 1.2): once more with a new one.
            outcome = self._once(company, self.ready(company), call, params)
        if observe:
            body = {"file": call.file.name, "bytes": len(call.file.content)} if call.file else call.body
            observe(Exchange(call.method, _shown(call.path, params), body, outcome))
        return outcome

    def download(self, company: Company, path: str, params: Mapping[str, str]) -> bytes:
        """A file as it is. Raises ListFailedError, and what `call` raises."""
        raw = self._raw(company, self.ready(company), Call("GET", path), params, accept="*/*")
        if isinstance(raw, RawAnswer) and raw.status == 401:
            raw = self._raw(company, self.ready(company), Call("GET", path), params, accept="*/*")
        if not isinstance(raw, RawAnswer):
            raise ListFailedError(raw)
        if raw.status >= 300 or raw.headers.get("content-type", "").startswith("application/json"):
            raise ListFailedError(outcome_of(raw))
        return raw.content

    def pages(self, company: Company, path: str, key: str, params: Mapping[str, str] | None = None) -> Iterator[Any]:
        """Every row of a list, page by page. Raises ListFailedError."""
        for page in range(1, _MAX_PAGES + 1):
            rows, is_last = self.page(company, path, key, page, params)
            yield from rows
            if is_last:
                return

    def page(
        self, company: Company, path: str, key: str, page: int, params: Mapping[str, str] | None = None
    ) -> tuple[list[Any], bool]:
        """One page of a list, and whether it is the last. Raises ListFailedError."""
        query = {**(params or {}), "limit": str(_PAGE), "page": str(page)}
        outcome = self.call(company, Call("GET", path), params=query)
        if not isinstance(outcome, Done):
            raise ListFailedError(outcome)
        pages = int((outcome.data.get("MetaInformation") or {}).get("@TotalPages") or 1)
        return list(outcome.data.get(key) or ()), page >= pages

    def _once(
        self, company: Company, reserved_call: ReservedCall, call: Call, params: Mapping[str, str] | None
    ) -> Outcome:
        raw = self._raw(company, reserved_call, call, params)
        if not isinstance(raw, RawAnswer):
            return raw
        return outcome_of(raw, may_be_list=call.path.startswith("/api/"))

    def _raw(
        self,
        company: Company,
        reserved_call: ReservedCall,
        call: Call,
        params: Mapping[str, str] | None,
        *,
        accept: str = "application/json",
    ) -> RawAnswer | NotSent | Unknown:
        """Send, and note what the answer says of the budget and of the token."""
        try:
            token = self.tokens.access_token(company.connection_id)
        except TokenUnavailableError as error:
            return NotSent(str(error))
        headers = {"Authorization": f"Bearer {token}", "Accept": accept}
        content = None
        if call.body is not None:
            headers["Content-Type"] = "application/json"
            content = json_bytes(call.body)
        elif call.file is not None:
            headers["Content-Type"], content = form_of(call.file)
        raw = self.kit.send(call.method, self.api_url + call.path, headers=headers, params=params, content=content)
        self.rate_limiter.answered(company.account, reserved_call)
        if isinstance(raw, RawAnswer) and raw.status == 429:
            self.rate_limiter.blocked(company.account, _retry_after(raw))
        if isinstance(raw, RawAnswer) and raw.status == 401:
            self.tokens.refused(company.connection_id, token)
        return raw


class ListFailedError(Exception):
    """A page of a list could not be read."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(str(outcome))
        self.outcome = outcome


def outcome_of(raw: RawAnswer, *, may_be_list: bool = False) -> Outcome:
    """What an answer means (fortnox-api.md 2.4). A success that cannot be read is unknown, not done.

    The services below /api answer bare JSON, which may be a list: it is Done's `items` then.
    """
    if raw.status == 429:
        return Limited(_retry_after(raw))
    if raw.status >= 500 or raw.status == 408 or 300 <= raw.status < 400:
        return Unknown(f"HTTP {raw.status}", raw.status)
    try:
        body = read_json(raw.content) if raw.content.strip() else None
    except ValueError:
        return Unknown(f"HTTP {raw.status} with a body that is no JSON", raw.status)
    if raw.status < 300:
        if isinstance(body, list) and may_be_list:
            return Done(raw.status, {"items": body})
        if body is not None and not isinstance(body, dict):
            return Unknown(f"HTTP {raw.status} with JSON that is no object", raw.status)
        if body and "ErrorInformation" in body:
            error = WireError.read(body)  # seen on PDF endpoints: 200 that is an error (fortnox-api.md 2.4)
            return Refused(raw.status, error.number, error.message, body)
        return Done(raw.status, body or {})
    error = WireError.read(body)
    return Refused(raw.status, error.number, error.message, body)


def _retry_after(raw: RawAnswer) -> float:
    stated = raw.headers.get("retry-after", "")
    return float(stated) if stated.isascii() and stated.isdigit() else _WITHOUT_RETRY_AFTER


def _shown(path: str, params: Mapping[str, str] | None) -> str:
    return path if not params else path + "?" + "&".join(f"{name}={value}" for name, value in params.items())


def form_of(upload: Upload) -> tuple[str, bytes]:
    """Content type and body. The same file makes the same bytes."""
    boundary = f"bokbro{hashlib.sha256(upload.content).hexdigest()[:32]}"
    name = "".join(char if char.isprintable() and char not in '"\\' else "_" for char in upload.name)
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    return (
        f"multipart/form-data; boundary={boundary}",
        head.encode() + upload.content + f"\r\n--{boundary}--\r\n".encode(),
    )
