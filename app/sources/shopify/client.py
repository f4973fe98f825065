"""Reading a shop by GraphQL with that shop's own token."""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from app.http.kit import HttpKit
from app.http.outcome import RawAnswer
from app.http.tokens import ConsentLostError, TokenUnavailableError
from app.sources.base import Shop, SourceError

_LONGEST_NAP = 2.0
"""Seconds a read may wait for Shopify's bucket to refill; longer waits go back to the lane."""
_ATTEMPTS = 3


class ShopTokens(Protocol):
    """Where a shop's access tokens come from."""

    def access_token(self, connection_id: int) -> str:
        """A valid token. Raises ConsentLostError, TokenUnavailableError."""

    def refused(self, connection_id: int, access_token: str) -> None:
        """Shopify no longer takes this one."""


@dataclass(frozen=True, slots=True)
class ShopifyClient:
    """Speaks GraphQL to any shop; reads are repeated where repeating can help."""

    kit: HttpKit
    url_template: str
    api_version: str
    tokens: ShopTokens

    def query(
        self, shop: Shop, text: str, variables: Mapping[str, Any], *, may_be_denied: Collection[str] = ()
    ) -> dict[str, Any]:
        """The `data` of a query. Raises SourceError with a catalogue code.

        A field of `may_be_denied` that this token may not read is null and no error.
        """
        renewed = False
        for attempt in range(_ATTEMPTS):
            token = self._token(shop)
            raw = self._post(shop, token, text, variables)
            if raw.status == 401 and not renewed:
                self._refused(shop, token)
                renewed = True
                continue
            _raise_for_status(raw, shop)
            body = _parsed(raw)
            wait = _throttled(body)
            if wait is None:
                return _data(body, shop, may_be_denied)
            if wait > _LONGEST_NAP or attempt == _ATTEMPTS - 1:
                raise SourceError("SHOPIFY_THROTTLED", f"{wait:.1f} s", passes=True, retry_after=wait)
            time.sleep(wait)
        raise SourceError("SHOPIFY_TOKEN_REVOKED", shop.domain, passes=False)

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
    if raw.status == 401:
        raise SourceError("SHOPIFY_TOKEN_REVOKED", shop.domain, passes=False)
    if raw.status == 403:
        raise SourceError("SHOPIFY_ACCESS_DENIED", f"HTTP {raw.status}", passes=False)
    if raw.status == 429:
        raise SourceError("SHOPIFY_THROTTLED", "HTTP 429", passes=True, retry_after=2.0)
    # 402 frozen, 404 moved, 423 locked and 5xx: the shop, not our request, is the trouble; it may come back.
    raise SourceError("SHOPIFY_UNAVAILABLE", f"HTTP {raw.status}", passes=True)


def _parsed(raw: RawAnswer) -> dict[str, Any]:
    try:
        # Money comes as text in GraphQL; the rest of the numbers (rates) must not become floats either.
        body = json.loads(raw.content, parse_float=str)
    except ValueError as error:
        raise SourceError("SHOPIFY_UNAVAILABLE", "an answer that is no JSON", passes=True) from error
    if not isinstance(body, dict):
        raise SourceError("SHOPIFY_UNAVAILABLE", "an answer of unknown shape", passes=True)
    return body


def _errors(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    errors = body.get("errors") or []
    return [one for one in errors if isinstance(one, dict)] if isinstance(errors, list) else [{"message": str(errors)}]


def _code(error: Mapping[str, Any]) -> str:
    return str((error.get("extensions") or {}).get("code") or "")


def _is_expected(error: Mapping[str, Any], may_be_denied: Collection[str]) -> bool:
    path = error.get("path")
    named = path if isinstance(path, list) else []
    return _code(error) == "ACCESS_DENIED" and any(part in may_be_denied for part in named)


def _throttled(body: Mapping[str, Any]) -> float | None:
    """Seconds until the bucket holds what the query asks for; None when it was not throttled."""
    if not any(_code(error) == "THROTTLED" for error in _errors(body)):
        return None
    cost = (body.get("extensions") or {}).get("cost") or {}
    status = cost.get("throttleStatus") or {}
    missing = float(cost.get("requestedQueryCost") or 50) - float(status.get("currentlyAvailable") or 0)
    return max(missing / float(status.get("restoreRate") or 50), 0.1)


def _data(body: Mapping[str, Any], shop: Shop, may_be_denied: Collection[str]) -> dict[str, Any]:
    errors = [one for one in _errors(body) if not _is_expected(one, may_be_denied)]
    if any(_code(error) == "ACCESS_DENIED" for error in errors):
        field = ".".join(str(part) for part in (errors[0].get("path") or ["order"]))
        raise SourceError("SHOPIFY_ACCESS_DENIED", field, passes=False)
    if errors:
        raise SourceError("SHOPIFY_UNAVAILABLE", f"{shop.domain}: {errors[0].get('message')}", passes=True)
    data = body.get("data")
    if not isinstance(data, dict):
        raise SourceError("SHOPIFY_UNAVAILABLE", "an answer without data", passes=True)
    return data
