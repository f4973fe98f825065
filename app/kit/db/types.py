"""Column types that refuse what would corrupt: naive times, floats as money."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect
from sqlalchemy.types import TypeDecorator


class UtcDateTime(TypeDecorator[datetime]):
    """A point in time. Naive values are refused; what is read back is aware, in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Refuse a time without a zone: nobody could say later when it was."""
        if value is not None and value.tzinfo is None:
            raise ValueError(f"naive time {value!r}")
        return value

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ANN401, ARG002
        """Read back in UTC."""
        return None if value is None else value.astimezone(UTC)


class Minor(TypeDecorator[int]):
    """An amount in minor units (öre). Refuses anything that is not a whole number."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> int | None:  # noqa: ANN401, ARG002
        """Refuse a float or a Decimal: rounding belongs to the domain, never to a column."""
        if value is not None and type(value) is not int:
            raise ValueError(f"minor units must be a whole number, not {value!r}")
        return value
