"""The one call of VIES that we make (its own REST description, `check-vat-number`)."""

from datetime import UTC, datetime
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel


class Question(BaseModel):
    """A number, and who asks."""

    countryCode: str  # noqa: N815  VIES's own name
    vatNumber: str  # noqa: N815  VIES's own name
    requesterMemberStateCode: str = ""  # noqa: N815  VIES's own name
    requesterNumber: str = ""  # noqa: N815  VIES's own name


class Register:
    """What the register holds. Tests change it."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        """Number with its prefix → name of its holder."""
        self.down: set[str] = set()
        """Member states whose own register does not answer."""
        self.asked: list[str] = []


def create_app() -> FastAPI:
    """Make an empty register."""
    app = FastAPI()
    register = app.state.register = Register()

    @app.post("/check-vat-number")
    def check(question: Question) -> dict[str, Any]:
        number = question.countryCode + question.vatNumber
        register.asked.append(number)
        if question.countryCode in register.down:
            return {"actionSucceed": False, "errorWrappers": [{"error": "MS_UNAVAILABLE"}]}
        return {
            "countryCode": question.countryCode,
            "vatNumber": question.vatNumber,
            "requestDate": datetime.now(UTC).isoformat(),
            "valid": number in register.names,
            "requestIdentifier": f"WAPIAAAA{len(register.asked):04}" if question.requesterNumber else "",
            "name": register.names.get(number, "---"),
            "address": "---",
        }

    return app
