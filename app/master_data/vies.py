"""VIES, the Union's register of VAT numbers, asked over its REST interface. Reads only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.kit.http.client import HttpKit, json_bytes, read_json
from app.kit.http.outcome import RawAnswer
from app.model.order import VatCheck, books_day

_NOT_SAID = "---"
"""What VIES writes for a name that the member state keeps to itself."""


@dataclass(frozen=True, slots=True)
class Vies:
    """Asks for one number at a time. A member state whose own register is down gives no answer, and no guess."""

    kit: HttpKit
    url: str
    """As `https://ec.europa.eu/taxation_customs/vies/rest-api`."""
    now: Callable[[], datetime]

    def ask(self, number: str, seller: str = "") -> VatCheck | None:
        """Whether a number (with its prefix) is registered today; None when VIES cannot say.

        With the `seller`'s own VAT number VIES gives the consultation a number: the proof for the tax agency.
        """
        request = {"countryCode": number[:2], "vatNumber": number[2:]}
        if seller:
            request |= {"requesterMemberStateCode": seller[:2], "requesterNumber": seller[2:]}
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        raw = self.kit.send("POST", f"{self.url}/check-vat-number", headers=headers, content=json_bytes(request))
        answer = _object(raw.content) if isinstance(raw, RawAnswer) and raw.status == 200 else {}
        if not isinstance(answer.get("valid"), bool) or answer.get("errorWrappers"):
            return None
        name = str(answer.get("name") or "")
        return VatCheck(
            number,
            answer["valid"],
            books_day(self.now()),
            "" if name == _NOT_SAID else name,
            str(answer.get("requestIdentifier") or ""),
        )


def _object(content: bytes) -> dict[str, Any]:
    try:
        body = read_json(content)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
