"""Access: people, their sessions, failed sign-ins, and OAuth round trips under way."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.schema.base import Base, CreatedAt, Id, Json


class UserAccount(Base):
    """A person. An operator belongs to no tenant and sees all."""

    __tablename__ = "user_account"
    __table_args__ = (
        CheckConstraint("role in ('merchant', 'bookkeeper', 'operator')", name="role"),
        CheckConstraint("(role = 'operator') = (tenant_id is null)", name="operator_has_no_tenant"),
        CheckConstraint("email = lower(email)", name="email_lower"),
    )

    id: Mapped[Id]
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    password_hash: Mapped[str]
    role: Mapped[str]
    tenant_id: Mapped[int | None] = mapped_column(ForeignKey("tenant.id"), index=True)
    language: Mapped[str] = mapped_column(server_default="sv")
    disabled_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]


class WebSession(Base):
    """A signed-in browser. Only the hash of its id is stored: a leaked table signs nobody in."""

    __tablename__ = "web_session"

    id_hash: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    created_at: Mapped[CreatedAt]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    form_token: Mapped[str]
    """Goes into every form of this session (CSRF)."""


class LoginAttempt(Base):
    """One failed sign-in; counted per account and per address to slow guessing down."""

    __tablename__ = "login_attempt"
    __table_args__ = (
        Index("ix_login_attempt_account", "email", "at"),
        Index("ix_login_attempt_address", "address", "at"),
    )

    id: Mapped[Id]
    at: Mapped[CreatedAt]
    email: Mapped[str]
    address: Mapped[str]


class OAuthState(Base):
    """One consent round trip: single use, bound to the session that began it, expiring."""

    __tablename__ = "oauth_state"

    state_hash: Mapped[str] = mapped_column(primary_key=True)
    platform: Mapped[str]
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"))
    session_hash: Mapped[str]
    data: Mapped[Json] = mapped_column(server_default="{}")
    """What the callback needs: grant asked for, connection to be renewed, shop domain."""
    created_at: Mapped[CreatedAt]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
