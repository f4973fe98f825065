"""Fortnox's refusals: number, Swedish text, HTTP status and which of the two envelopes (fortnox-api.md 2.4 and 5)."""

from typing import Any
from uuid import uuid4

# Stands where only the text of a refusal is known, never its number (fortnox-api.md 5, second table, and 7.5).
# A client must recognise those by their text; this number is ours and means nothing.
UNKNOWN_CODE = 2099999


class FortnoxError(Exception):
    """A refusal. ``capital`` picks the envelope: Error/Message/Code for things not found and for permissions."""

    def __init__(self, code: int, message: str, *, status: int = 400, capital: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.capital = capital

    def body(self) -> dict[str, Any]:
        """Show the refusal as Fortnox does."""
        if self.capital:
            return {"ErrorInformation": {"Error": 1, "Message": self.message, "Code": self.code}}
        return {"ErrorInformation": {"error": 1, "message": self.message, "code": self.code}}


class WebError(Exception):
    """A refusal of the services under ``/api``: a word instead of a number, no envelope (fortnox-api.md 2.4)."""

    def __init__(self, word: str, message: str, *, status: int = 400) -> None:
        super().__init__(message)
        self.word = word
        self.message = message
        self.status = status

    def body(self) -> dict[str, Any]:
        """Show the refusal as those services do."""
        return {"error": self.word, "id": str(uuid4()), "message": self.message}


def not_found(code: int, message: str) -> FortnoxError:
    """Refuse a key in the path that leads nowhere: 404, capital envelope."""
    return FortnoxError(code, message, status=404, capital=True)


def forbidden(code: int, message: str, status: int = 403) -> FortnoxError:
    """Refuse for want of scope, licence or right; live answers came with 403 and with 400 (fortnox-api.md 1.3)."""
    return FortnoxError(code, message, status=status, capital=True)


def refused(message: str, code: int = UNKNOWN_CODE) -> FortnoxError:
    """Refuse by a business rule."""
    return FortnoxError(code, message)


def wrong_data() -> FortnoxError:
    """Refuse an empty body, a wrong envelope or a wrong type."""
    return FortnoxError(2001392, "Ingen eller felaktig typ av data.")


def unknown_field(name: str) -> FortnoxError:
    """Refuse a field name that does not exist; names are case-sensitive."""
    error = FortnoxError(2001399, "Felaktigt fältnamn")
    error.add_note(name)
    return error


def missing_field(name: str) -> FortnoxError:
    """Refuse the lack of a required field, or null in it."""
    return FortnoxError(2001795, f"Obligatoriskt fält saknas ({name})")


def wrong_parameter() -> FortnoxError:
    """Refuse a query parameter."""
    return FortnoxError(2000588, "Ogiltig parameter i anropet.")


def no_account() -> FortnoxError:
    """Refuse an account that is not in the chart of the year. The text names no number, so a client must know it."""
    return FortnoxError(2001304, "Kunde inte hitta konto")


def inactive_account(number: int) -> FortnoxError:
    """Refuse an account that is switched off."""
    return FortnoxError(2000550, f'Konto "{number}" är inte aktivt')


def no_financial_year(day: object) -> FortnoxError:
    """Refuse a date outside every financial year."""
    return refused(f"Räkenskapsår saknas för {day}.")
