"""Access: people, their sessions, failed sign-ins, and OAuth round trips under way."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.schema.base import Base, CreatedAt, Id, Json


class UserAccount(Base):
    """A person. What they may do is said by their memberships; an operator has none and sees all companies."""

    __tablename__ = "user_account"
    __table_args__ = (CheckConstraint("email = lower(email)", name="email_lower"),)

    id: Mapped[Id]
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    password_hash: Mapped[str]
    is_operator: Mapped[bool] = mapped_column(server_default="false")
    language: Mapped[str] = mapped_column(server_default="sv")
    disabled_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]


class Membership(Base):
    """A person in a company, with a role of its own there."""

    __tablename__ = "membership"
    __table_args__ = (CheckConstraint("role in ('merchant', 'bookkeeper')", name="role"),)

    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"), primary_key=True, index=True)
    role: Mapped[str]
    added_by: Mapped[str]
    """E-mail address of the person who did, or `bokbro` on the command line."""
    added_at: Mapped[CreatedAt]


class Invitation(Base):
    """A link by which one person joins a company, once. Only the hash of its token is stored."""

    __tablename__ = "invitation"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"), index=True)
    role: Mapped[str]
    note: Mapped[str] = mapped_column(server_default="")
    """For whom, as the inviting person wrote it."""
    made_by: Mapped[str]
    made_at: Mapped[CreatedAt]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    """When somebody joined by it."""
    withdrawn_at: Mapped[datetime | None]
    """When it was ended unused."""
    ended_by: Mapped[str] = mapped_column(server_default="")
    """E-mail address of who joined, or who withdrew it."""


class WebSession(Base):
    """A signed-in browser. Only the hash of its id is stored: a leaked table signs nobody in."""

    __tablename__ = "web_session"

    id_hash: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    created_at: Mapped[CreatedAt]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    form_token: Mapped[str]
    """Goes into every form of this session (CSRF), together with the company that the form is of."""
    tenant_id: Mapped[int | None] = mapped_column(ForeignKey("tenant.id"))
    """The company that the person has chosen; null, or one that they left: the first of theirs by name."""


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
