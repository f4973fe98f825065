"""Checking what a client writes: names, types, lengths, characters, values (fortnox-api.md 2.3, 3 and 5).

A schema is written as lines of text: ``Name kind default options``. Kinds: text, key (letters, digits and a few
signs), email, int, number, quantity (a number that Fortnox shows as text), bool, date, any. Options: ``max=`` and
``min=`` (characters of a text, else values), ``len=`` (exact characters), ``in=A|B``, ``req`` (must be given on
create), ``ro`` (read only: ignored, or refused by a switch), ``refuse`` (read only and known to be refused).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from sandbox.fortnox.errors import FortnoxError, missing_field, refused, unknown_field, wrong_data
from sandbox.fortnox.money import half_up, plain
from sandbox.fortnox.wire import Document

# The magic text that empties a field, beside null (fortnox-api.md 2.3).
API_BLANK = "API_BLANK"
_FORBIDDEN = re.compile(
    "[^" + re.escape("’\\\u0308\u030a0123456789 –:.`´,;^¤#%§£$€¢¥©™°&/()=+-*_!?²³®½@\u00a0\n\r") + r"\w]"
)
_ALLOWED_WORD_SIGNS = frozenset("_0123456789²³½")
_KEY = re.compile(r"[^\W_]*(?:[–+/_\-\\$][^\W_]*)*")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_DEFAULTS: dict[str, Any] = {"null": None, '""': "", "false": False, "true": True}


@dataclass(frozen=True)
class Field:
    """One field of a document."""

    name: str
    kind: str
    default: Any
    low: int | None = None
    high: int | None = None
    values: frozenset[str] = frozenset()
    required: bool = False
    access: str = "write"

    def read(self, value: Any) -> Any:  # noqa: ANN401  any JSON
        """Check a value; null and API_BLANK give the default, which a required field refuses."""
        if value is None or value == API_BLANK:
            if self.required:
                raise missing_field(self.name)
            return _copy(self.default)
        return _KINDS[self.kind](self, value)


@dataclass(frozen=True)
class Schema:
    """The fields of a document, in the order of Fortnox's answers."""

    fields: Mapping[str, Field]

    def blank(self) -> Document:
        """Make a document of defaults."""
        return {name: _copy(field.default) for name, field in self.fields.items()}

    def check(self, sent: Document, *, creating: bool, refuse_read_only: bool = False) -> Document:
        """Check what was sent and turn it into our types; fields to leave alone are left out.

        Null and API_BLANK become the field's default; "" is dropped, because it never clears (fortnox-api.md 2.3).
        """
        checked: Document = {}
        for name, value in sent.items():
            field = self.fields.get(name)
            if field is None and name.startswith("@"):
                continue
            if field is None or field.access == "refuse" or (field.access == "ro" and refuse_read_only):
                raise unknown_field(name)
            if field.access == "write" and value != "":
                checked[name] = field.read(value)
        for field in self.fields.values():
            if creating and field.required and field.name not in checked:
                raise missing_field(field.name)
        return checked


def parse_schema(lines: str) -> Schema:
    """Read a schema from its lines."""
    fields = [_parse_field(line.split()) for line in lines.strip().splitlines()]
    return Schema({field.name: field for field in fields})


def _parse_field(words: list[str]) -> Field:
    name, kind, default, *options = words
    pairs = dict(option.split("=", 1) for option in options if "=" in option)
    exact = pairs.get("len")
    return Field(
        name=name,
        kind=kind,
        default=_parse_default(default),
        low=int(pairs["min"]) if "min" in pairs else int(exact) if exact else None,
        high=int(pairs["max"]) if "max" in pairs else int(exact) if exact else None,
        values=frozenset(pairs["in"].split("|")) if "in" in pairs else frozenset(),
        required="req" in options,
        access=next((option for option in options if option in {"ro", "refuse"}), "write"),
    )


def _parse_default(word: str) -> Any:  # noqa: ANN401  any JSON
    if word in _DEFAULTS:
        return _DEFAULTS[word]
    if word == "[]":
        return []
    if word.lstrip("-").isdigit():
        return int(word)
    return word.strip('"')


def _copy(value: Any) -> Any:  # noqa: ANN401  any JSON
    return list(value) if isinstance(value, list) else value


def _text(field: Field, value: Any) -> str:  # noqa: ANN401  any JSON
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
        raise wrong_data()
    text = value if isinstance(value, str) else plain(Decimal(value))
    if field.high is not None and len(text) > field.high:
        raise FortnoxError(2000107, f"Värdet är för långt, högst {field.high} tecken ({field.name})")
    if field.low is not None and len(text) < field.low:
        raise refused(f"Värdet är för kort, minst {field.low} tecken ({field.name})")
    if _holds_forbidden_sign(text):
        raise FortnoxError(2000359, f"Värdet innehåller ej tillåtna tecken. ({text})")
    if field.values and text not in field.values:
        raise refused(f"Ogiltigt värde ({field.name}: {text})")
    return text


def _holds_forbidden_sign(text: str) -> bool:
    """Tell whether a text has a sign outside Fortnox's class; its word signs are letters only, not foreign digits."""
    if text.isascii() and text.isalnum():
        return False
    if _FORBIDDEN.search(text):
        return True
    return any(not sign.isalpha() and sign not in _ALLOWED_WORD_SIGNS for sign in text if sign.isalnum() or sign == "_")


def _key(field: Field, value: Any) -> str:  # noqa: ANN401  any JSON
    text = _text(field, value)
    if not _KEY.fullmatch(text):
        raise FortnoxError(2000106, f"Värdet måste vara alfanumeriskt ({text})")
    return text


def _email(field: Field, value: Any) -> str:  # noqa: ANN401  any JSON
    text = _text(field, value)
    if not _EMAIL.fullmatch(text):
        raise refused(f"Ogiltig e-postadress ({text})")
    return text


def _number(field: Field, value: Any) -> Decimal:  # noqa: ANN401  any JSON
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
        raise FortnoxError(2000108, f"Värdet måste vara numeriskt ({value})")
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise FortnoxError(2000108, f"Värdet måste vara numeriskt ({value})") from None
    if not number.is_finite() or abs(number) >= Decimal(10) ** 14:
        raise FortnoxError(2000108, f"Värdet måste vara numeriskt ({value})")
    low, high = field.low, field.high
    if (low is not None and number < low) or (high is not None and number > high):
        raise refused(f"Värdet ligger utanför det tillåtna intervallet ({field.name}: {plain(number)})")
    return number


def _int(field: Field, value: Any) -> int:  # noqa: ANN401  any JSON
    number = _number(field, value)
    if number != number.to_integral_value():
        raise FortnoxError(2000108, f"Värdet måste vara numeriskt ({value})")
    return int(number)


def _quantity(field: Field, value: Any) -> Decimal:  # noqa: ANN401  any JSON
    return half_up(_number(field, value))


def _bool(_field: Field, value: Any) -> bool:  # noqa: ANN401  any JSON
    if isinstance(value, bool):
        return value
    if value in {"true", "false"}:
        return bool(value == "true")
    raise FortnoxError(2000134, f"Värdet måste vara en boolean ({value})")


def _date(field: Field, value: Any) -> str:  # noqa: ANN401  any JSON
    try:
        return date.fromisoformat(value).isoformat() if len(value) == 10 else _bad_date(field, value)
    except (TypeError, ValueError):
        return _bad_date(field, value)


def _bad_date(field: Field, value: Any) -> str:  # noqa: ANN401  any JSON
    raise refused(f"Ogiltigt datum ({field.name}: {value})")


def _any(_field: Field, value: Any) -> Any:  # noqa: ANN401  any JSON
    return value


_KINDS: dict[str, Callable[[Field, Any], Any]] = {
    "text": _text,
    "key": _key,
    "email": _email,
    "int": _int,
    "number": _number,
    "quantity": _quantity,
    "bool": _bool,
    "date": _date,
    "any": _any,
}
