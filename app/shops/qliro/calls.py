"""One signed GET of Qliro's Admin API (qliro-api.md 1.2, 1.3). Nothing here can change an order."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.kit.http.client import HttpKit, NumberBeyondError, read_json
from app.kit.http.outcome import RawAnswer
from app.shops.base import BodyNotUnderstoodError, SourceError

_PATH = "/checkout/adminapi/v2"
_NOT_FOUND = "ORDER_NOT_FOUND"


@dataclass(frozen=True, slots=True)
class QliroAccount:
    """One merchant account in one environment; test and live differ in their host."""

    host: str
    """With scheme, as `https://payments.qit.nu`."""
    key: str
    secret: str = field(repr=False)


def ask(kit: HttpKit, account: QliroAccount, path: str, params: Mapping[str, str] | None = None) -> Any:  # noqa: ANN401 - any JSON
    """Qliro's answer, numbers exact; None where the object does not exist. Raises SourceError."""
    headers = {"Authorization": authorization(b"", account.secret), "Accept": "application/json"}
    raw = kit.send("GET", f"{account.host}{_PATH}{path}", headers=headers, params=params)
    if not isinstance(raw, RawAnswer):
        raise SourceError("QLIRO_UNAVAILABLE", raw.reason, passes=True)
    if raw.status in (401, 403):
        raise SourceError("QLIRO_ACCESS_REFUSED", f"HTTP {raw.status}", passes=False)
    if raw.status == 404 or (raw.status == 400 and _NOT_FOUND in raw.content.decode("utf-8", "replace")):
        return None
    if raw.status >= 300:
        raise SourceError("QLIRO_UNAVAILABLE", f"HTTP {raw.status}", passes=True)
    try:
        return read_json(raw.content)
    except NumberBeyondError as error:
        raise BodyNotUnderstoodError(str(error)) from error
    except ValueError as error:
        raise SourceError("QLIRO_UNAVAILABLE", "an answer that is no JSON", passes=True) from error


def authorization(body: bytes, secret: str) -> str:
    """The Authorization header for exactly these bytes; a GET has none, so its header is always the same."""
    digest = hashlib.sha256(body + secret.encode()).digest()
    return f"Qliro {base64.b64encode(digest).decode('ascii')}"
