"""The company behind a fresh token, read back from Fortnox: its DatabaseNumber is the identity of the connection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx2

from app.catalogue import match_fortnox
from app.connect.errors import ConnectRefusedError

_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Company:
    """A company in Fortnox. `number` is DatabaseNumber, which Fortnox also calls TenantId."""

    number: str
    name: str
    organisation_number: str


def read_company(client: httpx2.Client, api_url: str, access_token: str) -> Company:
    """Ask Fortnox whom this token belongs to. Raises ConnectRefusedError with the code of Fortnox's answer."""
    try:
        answer = client.get(
            f"{api_url}/3/companyinformation",
            headers={"Authorization": f"Bearer {access_token}", "Accept": "application/json"},
            timeout=_SECONDS,
        )
    except httpx2.HTTPError as failure:
        raise ConnectRefusedError("FORTNOX_UNAVAILABLE") from failure
    body = _json(answer)
    if answer.status_code != httpx2.codes.OK:
        raise _refused(answer.status_code, body)
    company = body.get("CompanyInformation")
    number = company.get("DatabaseNumber") if isinstance(company, dict) else None
    if not isinstance(company, dict) or not isinstance(number, int | str) or not str(number).strip():
        raise ConnectRefusedError("FORTNOX_ANSWER_UNREADABLE", {"status": str(answer.status_code)})
    return Company(str(number), str(company.get("CompanyName") or number), str(company.get("OrganizationNumber") or ""))


def _refused(status: int, body: dict[str, Any]) -> ConnectRefusedError:
    # Two spellings of one envelope exist, by where in Fortnox the error arises (fortnox-api.md 2.4).
    inner = body.get("ErrorInformation")
    fault = {str(key).lower(): value for key, value in inner.items()} if isinstance(inner, dict) else {}
    message = str(fault.get("message") or body.get("message") or "")
    number = int(fault["code"]) if str(fault.get("code", "")).isdecimal() else None
    entry = match_fortnox(number, message, status)
    values = {"scope": "companyinformation", "number": str(number or "–"), "message": message, "status": str(status)}
    return ConnectRefusedError(entry.code if entry else "FORTNOX_REFUSED_UNKNOWN", values)


def _json(answer: httpx2.Response) -> dict[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
