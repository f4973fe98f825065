"""Readers of single values, for both of Shopify's shapes: a wrong shape is an error, never guessed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from app.kit.money import Money, MoneyError
from app.model.order import TransactionKind
from app.shops.base import BodyNotUnderstoodError, has_neighbours, traded

Json = Mapping[str, Any]

_MOST_UNITS = 10**9
_KINDS = {kind.value: kind for kind in TransactionKind}


def required(body: Json, name: str) -> Any:  # noqa: ANN401 - any JSON
    """A field that must be there and not null."""
    value = body.get(name)
    if value is None:
        raise BodyNotUnderstoodError(f"{name} is missing")
    return value


def mapping(value: Any, name: str) -> Json:  # noqa: ANN401 - any JSON
    """A JSON object."""
    if not isinstance(value, dict):
        raise BodyNotUnderstoodError(f"{name} is no object")
    return value


def listing(value: Any, name: str) -> list[Json]:  # noqa: ANN401 - any JSON
    """A list of objects; null is an empty one."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise BodyNotUnderstoodError(f"{name} is no list")
    return [mapping(item, name) for item in value]


def moment(value: Any, name: str) -> datetime:  # noqa: ANN401 - any JSON
    """An aware time in ISO form."""
    try:
        parsed = datetime.fromisoformat(str(value))
    except ValueError as error:
        raise BodyNotUnderstoodError(f"{name} is no time: {value!r}") from error
    if parsed.tzinfo is None:
        raise BodyNotUnderstoodError(f"{name} has no zone: {value!r}")
    if not has_neighbours(parsed):
        raise BodyNotUnderstoodError(f"{name} is no time of a trade: {value!r}")
    return parsed


def optional_moment(value: Any, name: str) -> datetime | None:  # noqa: ANN401 - any JSON
    """An aware time, or None."""
    return None if value is None else moment(value, name)


def money(amount: Any, currency: Any, name: str) -> Money:  # noqa: ANN401 - any JSON
    """An exact amount."""
    try:
        return traded(str(amount), str(currency))
    except MoneyError as error:
        raise BodyNotUnderstoodError(f"{name}: {error}") from error


def percent(rate: Any, name: str) -> Decimal:  # noqa: ANN401 - any JSON
    """A rate given as a fraction (0.25), in percent (25)."""
    try:
        fraction = Decimal(str(rate))
    except InvalidOperation as error:
        raise BodyNotUnderstoodError(f"{name} is no rate: {rate!r}") from error
    if not fraction.is_finite() or not 0 <= fraction < 10:
        raise BodyNotUnderstoodError(f"{name} is no rate: {rate!r}")
    return (fraction * 100).normalize()


def exact(value: Any, name: str) -> Decimal:  # noqa: ANN401 - any JSON
    """A number that came as text or as an exact JSON number."""
    try:
        number = Decimal(str(value))
    except InvalidOperation as error:
        raise BodyNotUnderstoodError(f"{name} is no number: {value!r}") from error
    if not number.is_finite():
        raise BodyNotUnderstoodError(f"{name} is no number: {value!r}")
    return number


def count(value: Any, name: str) -> int:  # noqa: ANN401 - any JSON
    """A whole number, zero or more."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < _MOST_UNITS:
        raise BodyNotUnderstoodError(f"{name} is no count: {value!r}")
    return value


def flag(value: Any, name: str) -> bool:  # noqa: ANN401 - any JSON
    """True or false, and nothing that merely looks like it."""
    if not isinstance(value, bool):
        raise BodyNotUnderstoodError(f"{name} is neither true nor false: {value!r}")
    return value


def text(value: Any) -> str:  # noqa: ANN401 - any JSON
    """Text without surrounding space; null is empty."""
    return "" if value is None else str(value).strip()


def transaction_kind(value: Any) -> TransactionKind:  # noqa: ANN401 - any JSON
    """Unknown kinds are kept apart, not guessed (new ones appear with new versions, shopify-api.md 0)."""
    return _KINDS.get(text(value).lower(), TransactionKind.OTHER)


def numeric_id(value: Any, name: str) -> str:  # noqa: ANN401 - any JSON
    """The digits of an id: 123, "123" or "gid://shopify/Order/123"."""
    digits = text(value).rsplit("/", 1)[-1].split("?")[0]
    if not (digits.isascii() and digits.isdigit()):
        raise BodyNotUnderstoodError(f"{name} is no id: {value!r}")
    return digits
