"""Declarative base with a naming convention, so that each constraint can be named in a migration."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from sqlalchemy import BigInteger, Identity, MetaData, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, mapped_column

from app.kit.db.types import UtcDateTime

Json = dict[str, Any]

Id = Annotated[int, mapped_column(BigInteger, Identity(always=True), primary_key=True)]
"""A number that this database gives out."""
Instant = Annotated[datetime, mapped_column(UtcDateTime)]
"""A required point in time."""
CreatedAt = Annotated[datetime, mapped_column(UtcDateTime, server_default=func.now())]
"""When the row was written, by the database's clock."""


class Base(DeclarativeBase):
    """All tables hang here."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: UtcDateTime, Json: JSONB}  # noqa: RUF012
