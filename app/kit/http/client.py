"""The one place that talks HTTP. No redirects, no retries: repeating is decided where the consequences are known."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx2
import simplejson

from app.kit.http.outcome import NotSent, RawAnswer, Unknown

CONNECT_SECONDS = 5.0
"""How long a connection may take. Longer only delays the news that the other side is down."""
READ_SECONDS = 20.0
"""Longest silence inside an answer. Fortnox answers in 0.1 to 0.7 s (recordings); this is for its bad days."""
TOTAL_SECONDS = 30.0
"""Budget of one call. httpx has no total time-out, so the body is read under a clock of ours."""
MAX_ANSWER_BYTES = 20_000_000
"""An answer beyond this is no answer of the systems we talk to."""

_NEVER_LEFT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.UnsupportedProtocol)


def new_client() -> httpx2.Client:
    """One client per process: creating one costs 50 ms (dependencies.md 3)."""
    timeout = httpx2.Timeout(READ_SECONDS, connect=CONNECT_SECONDS)
    limits = httpx2.Limits(max_connections=100, max_keepalive_connections=40, keepalive_expiry=30)
    return httpx2.Client(timeout=timeout, limits=limits, follow_redirects=False, headers={"User-Agent": "Bokbro/0.1"})


@dataclass(frozen=True, slots=True)
class HttpKit:
    """Sends a request and says what became of it; never raises for what the network does."""

    client: httpx2.Client

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        params: Mapping[str, str] | None = None,
        content: bytes | None = None,
    ) -> RawAnswer | NotSent | Unknown:
        """Send and read the whole answer within the budget."""
        started = time.monotonic()
        try:
            with self.client.stream(method, url, headers=dict(headers), params=params, content=content) as answer:
                body = bytearray()
                for piece in answer.iter_bytes():
                    body += piece
                    if len(body) > MAX_ANSWER_BYTES:
                        return Unknown(f"answer larger than {MAX_ANSWER_BYTES} bytes", answer.status_code)
                    if time.monotonic() - started > TOTAL_SECONDS:
                        return Unknown(f"answer not complete after {TOTAL_SECONDS:.0f} s", answer.status_code)
                return RawAnswer(answer.status_code, dict(answer.headers), bytes(body))
        except _NEVER_LEFT as error:
            return NotSent(f"{type(error).__name__}: {error}")
        except httpx2.HTTPError as error:
            return Unknown(f"{type(error).__name__}: {error}")


def json_bytes(value: Any) -> bytes:  # noqa: ANN401 - any JSON
    """JSON for sending; a Decimal becomes a JSON number digit by digit, never by way of a float."""
    return simplejson.dumps(value, use_decimal=True, ensure_ascii=False, separators=(",", ":")).encode()


class NumberBeyondError(ValueError):
    """JSON with a number that no exact number can be: asking again brings the same."""


def read_json(content: bytes) -> Any:  # noqa: ANN401 - any JSON
    """JSON as received, with numbers exact: a float would lose öre (dependencies.md 3).

    Raises ValueError for what is no JSON, and NumberBeyondError, which is one, for a number that nothing can hold.
    Signs that no database and no answer can hold (NUL, half of a surrogate pair) become U+FFFD.
    """
    try:
        value = simplejson.loads(content, use_decimal=True, parse_constant=_refuse_constant)
    except ArithmeticError as error:
        raise NumberBeyondError("a number beyond all numbers") from error
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    return storable(value) if _UNSTORABLE.search(content) else value


_UNSTORABLE = re.compile(rb"\\u(?:0000|[Dd][89A-Fa-f])|\x00")
_NO_SIGN = re.compile("[\x00\ud800-\udfff]")


def _refuse_constant(name: str) -> None:
    raise NumberBeyondError(f"{name} is no number")


def storable(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """JSON whose texts a database can hold: NUL and lone surrogates become U+FFFD."""
    if isinstance(value, str):
        return _NO_SIGN.sub("\ufffd", value)
    if isinstance(value, dict):
        return {storable(name): storable(inner) for name, inner in value.items()}
    return [storable(item) for item in value] if isinstance(value, list) else value
