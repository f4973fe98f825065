"""Recorded calls to the real Fortnox: ``rec-*.json``, each with ``recorded``, ``request`` and ``response``."""

import json
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

PATTERN = "rec-*.json"


@dataclass(frozen=True)
class Recording:
    """One call and its answer. ``path`` is percent-encoded, without host and query."""

    name: str
    moment: datetime
    method: str
    path: str
    query: str
    body: Any
    status: int
    headers: dict[str, str]
    answer: Any

    @property
    def words(self) -> tuple[str, ...]:
        """The path words after the version, e.g. ``("invoices", "18")``."""
        return tuple(word for word in self.path.split("/") if word)[1:]

    @property
    def resource(self) -> str:
        """The first of these words."""
        return self.words[0] if self.words else ""

    @property
    def is_masked(self) -> bool:
        """Whether the recorder replaced the body of an API call by a word."""
        return isinstance(self.body, str) and not self.path.startswith("/oauth-v1")

    @property
    def found(self) -> dict[str, Any]:
        """The object in the answer's envelope; empty for lists and refusals."""
        roots = [value for value in self.answer.values() if isinstance(value, dict)]
        return roots[0] if self.status < 300 and len(self.answer) == 1 and roots else {}

    @property
    def listed(self) -> list[dict[str, Any]] | None:
        """The rows of a list; null when the answer is no list."""
        return next((value for value in self.answer.values() if isinstance(value, list)), None)


def read_recording(path: Path) -> Recording:
    """Read one file; decimal numbers exactly."""
    data = json.loads(path.read_text("utf-8"), parse_float=Decimal)
    request, response = data["request"], data["response"]
    url = urlsplit(request["url"])
    return Recording(
        name=path.stem,
        moment=parsedate_to_datetime(data["recorded"]),
        method=request["method"],
        path=url.path,
        query=url.query,
        body=request["body"],
        status=response["status"],
        headers={name.lower(): value for name, value in response["headers"].items()},
        answer=response["body"],
    )


def read_recordings(folder: Path) -> list[Recording]:
    """Read all recordings of a folder, by name."""
    return [read_recording(path) for path in sorted(folder.glob(PATTERN))]
