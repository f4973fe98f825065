"""Reads a shop by GraphQL with that shop's own token."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from app.kit.http.client import HttpKit, storable
from app.kit.http.outcome import RawAnswer
from app.kit.http.token_keeper import ConsentLostError, TokenUnavailableError
from app.shops.base import Shop, SourceError
from app.shops.shopify.answers import Answer, answer_of, denied, throttled_for

LONGEST_WAIT = 25.0
"""Seconds a read may wait for Shopify's bucket in one query. A query costs 1,000 points at most and the slowest bucket
restores 50 a second (shopify.dev, GraphQL Admin API rate limits), so that a wait as given ends within it. A longer one,
where other calls of the app use the bucket up, goes back to the job; the pages that were read are kept."""

ResponseNotes = Callable[[str, str], None]
"""Hears what an answer says beside its data: `version` (another one answered), `deprecated`, `refused` (our address is
not allowed), `answered` (it is), and Shopify's words."""


class ShopTokens(Protocol):
    """Where a shop's access tokens come from."""

    def access_token(self, connection_id: int) -> str:
        """A valid token. Raises ConsentLostError, TokenUnavailableError."""

    def refused(self, connection_id: int, access_token: str) -> None:
        """Report that Shopify no longer accepts this token."""


def ignore_response_notes(_what: str, _words: str) -> None:
    """A listener that ignores everything."""


@dataclass(frozen=True, slots=True)
class ShopifyClient:
    """GraphQL client for any shop; reads are retried where a retry can help."""

    kit: HttpKit
    url_template: str
    api_version: str
    tokens: ShopTokens
    notes: ResponseNotes = ignore_response_notes

    def query(self, shop: Shop, text: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        """The `data` of a query of which nothing may be refused. Raises SourceError with a catalogue code."""
        answer = self.ask(shop, text, variables)
        if answer.denials:
            raise denied(answer.denials[0])
        return dict(answer.data)

    def ask(self, shop: Shop, text: str, variables: Mapping[str, Any]) -> Answer:
        """The answer to a query, with the fields that were refused. Raises SourceError with a catalogue code.

        Waits as Shopify says where the bucket is empty.
        """
        renewed, waited = False, 0.0
        while True:
            token = self._token(shop)
            raw = self._post(shop, token, text, variables)
            if raw.status == 401 and not renewed:
                self._refused(shop, token)
                renewed = True
                continue
            self._hear(raw)
            _raise_for_status(raw, shop)
            body = _parsed(raw)
            wait = throttled_for(body)
            if wait is None:
                return answer_of(body, shop)
            if waited + wait > LONGEST_WAIT:
                raise SourceError("SHOPIFY_THROTTLED", f"{wait:.1f} s", passes=True, retry_after=wait)
            time.sleep(wait)
            waited += wait

    def _hear(self, raw: RawAnswer) -> None:
        """An expired version is answered by another, and what will go is announced (shopify-api.md 0)."""
        if is_foreign_address(raw):
            self.notes("refused", f"HTTP {raw.status}")
            return
        if raw.status < 300:
            self.notes("answered", "")
        served = raw.headers.get("x-shopify-api-version", self.api_version)
        if served != self.api_version:
            self.notes("version", served)
        if deprecated := raw.headers.get("x-shopify-api-deprecated-reason"):
            self.notes("deprecated", deprecated)

    def _token(self, shop: Shop) -> str:
        try:
            return self.tokens.access_token(shop.connection_id)
        except TokenUnavailableError as error:
            raise SourceError("SHOPIFY_UNAVAILABLE", str(error), passes=True) from error
        except ConsentLostError as error:
            raise SourceError(error.code, shop.domain, passes=False) from error

    def _refused(self, shop: Shop, token: str) -> None:
        try:
            self.tokens.refused(shop.connection_id, token)
        except TokenUnavailableError as error:
            raise SourceError("SHOPIFY_UNAVAILABLE", str(error), passes=True) from error
        except ConsentLostError as error:
            raise SourceError(error.code, shop.domain, passes=False) from error

    def _post(self, shop: Shop, token: str, text: str, variables: Mapping[str, Any]) -> RawAnswer:
        url = f"{self.url_template.format(shop=shop.domain)}/admin/api/{self.api_version}/graphql.json"
        headers = {"X-Shopify-Access-Token": token, "Content-Type": "application/json", "Accept": "application/json"}
        content = json.dumps({"query": text, "variables": dict(variables)}).encode()
        raw = self.kit.send("POST", url, headers=headers, content=content)
        if not isinstance(raw, RawAnswer):
            raise SourceError("SHOPIFY_UNAVAILABLE", raw.reason, passes=True)
        return raw


def _raise_for_status(raw: RawAnswer, shop: Shop) -> None:
    if raw.status < 300:
        return
    if raw.status == 401 or _wants_an_expiring_token(raw):
        raise SourceError("SHOPIFY_TOKEN_REVOKED", shop.domain, passes=False)
    if is_foreign_address(raw):
        raise SourceError("SHOPIFY_HOST_REFUSED", f"HTTP {raw.status}", passes=True)
    if raw.status == 429:
        raise SourceError("SHOPIFY_THROTTLED", "HTTP 429", passes=True, retry_after=2.0)
    # 402 frozen, 403 forbidden, 404 moved, 423 locked and 5xx: the shop, not our request, is the trouble; it may come
    # back.
    raise SourceError("SHOPIFY_UNAVAILABLE", f"HTTP {raw.status}", passes=True)


def _wants_an_expiring_token(raw: RawAnswer) -> bool:
    """Whether the shop no longer takes a token that never expires: connecting again gives one that does.

    Recorded (public reports of 2026): 403 with `{"errors": "[API] Non-expiring access tokens are no longer accepted for
    the Admin API. …"}`; announced for all public apps from 1 January 2027.
    """
    return raw.status == 403 and b"non-expiring access tokens" in raw.content[:2000].lower()


def is_foreign_address(raw: RawAnswer) -> bool:
    """Whether our address is not on the app's IP allowlist: a 403 that is no GraphQL answer.

    It concerns every shop (shopify.dev changelog, 5 November 2026, and apps/build/dev-dashboard/ip-allowlist).
    """
    return raw.status == 403 and not _is_graphql(raw)


def _is_graphql(raw: RawAnswer) -> bool:
    """Whether the body is one of Shopify's own, with data or errors."""
    try:
        body = json.loads(raw.content)
    except (ValueError, RecursionError):
        return False
    return isinstance(body, dict) and bool({"data", "errors"} & body.keys())


def _parsed(raw: RawAnswer) -> dict[str, Any]:
    try:
        # Money comes as text in GraphQL; the rest of the numbers (rates) must not become floats either.
        body = storable(json.loads(raw.content, parse_float=str))
    except (ValueError, RecursionError) as error:
        raise SourceError("SHOPIFY_UNAVAILABLE", "an answer that is no JSON", passes=True) from error
    if not isinstance(body, dict):
        raise SourceError("SHOPIFY_UNAVAILABLE", "an answer of unknown shape", passes=True)
    return body
