"""Who we work for: tenants, their rules by version, and their connections to other systems."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, Text, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db.types import UtcDateTime
from app.schema.base import Base, CreatedAt, Id, Json


class CompanyState(StrEnum):
    """Whether a company's ledger is written to. Only in LIVE it is; the database itself refuses a step otherwise."""

    SETTING_UP = "setting_up"
    """Connections are being made."""
    TRIAL = "trial"
    """Everything is read and planned, to be looked at; nothing is written."""
    LIVE = "live"
    PAUSED = "paused"
    """Nothing is written until somebody resumes; what arrives is kept and planned."""


class Tenant(Base):
    """One company: a merchant whose shops are booked in one Fortnox company."""

    __tablename__ = "tenant"
    __table_args__ = (
        Index("ix_tenant_blocked", "blocked_until", postgresql_where="blocked_until is not null"),
        CheckConstraint("state in ('setting_up', 'trial', 'live', 'paused')", name="state"),
    )

    id: Mapped[Id]
    name: Mapped[str]
    state: Mapped[str] = mapped_column(server_default=CompanyState.SETTING_UP.value)
    """A `CompanyState`; changed by `app.tenants.company_state` only."""
    rules_version: Mapped[int] = mapped_column(server_default="1")
    last_turn: Mapped[datetime] = mapped_column(UtcDateTime, server_default="epoch")
    """When a job of this tenant was last claimed: the next claim goes to the tenant that waited longest."""
    blocked_until: Mapped[datetime | None]
    """Nothing of this tenant is claimed before: its Fortnox budget is spent, or Fortnox is down."""
    log_trusted_since: Mapped[datetime] = mapped_column(UtcDateTime, server_default=func.now())
    """Orders older than this may stand in Fortnox without a row in our posting log (other integrations, a restored
    database): their documents are looked up before the first send."""
    restored_at: Mapped[datetime | None]
    """When the database came back from a dump: vouchers of a day up to then may stand in Fortnox without a row in our
    posting log."""
    created_at: Mapped[CreatedAt]


class CompanyStateChange(Base):
    """A change of a company's state, and who made it. Append-only."""

    __tablename__ = "company_state_change"

    id: Mapped[Id]
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"), index=True)
    state: Mapped[str]
    """The new one."""
    start_day: Mapped[date | None]
    """Of going live: the first day that is booked (Europe/Stockholm); null for every other change."""
    changed_by: Mapped[str]
    """E-mail address of the person, or `bokbro` on the command line."""
    changed_at: Mapped[CreatedAt]


class TenantRulesVersion(Base):
    """One version of a tenant's rules. Versions are only added: every document names the one that made it."""

    __tablename__ = "tenant_rules_version"

    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id", ondelete="CASCADE"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    rules: Mapped[Json]
    created_by: Mapped[str]
    created_at: Mapped[CreatedAt]


class Connection(Base):
    """A tenant's link to one account at one platform. The row outlives a lost consent: history hangs on it."""

    __tablename__ = "connection"
    __table_args__ = (
        UniqueConstraint("platform", "account"),
        CheckConstraint("platform ~ '^[a-z][a-z0-9_]*$'", name="platform"),
        CheckConstraint("kind in ('shop', 'provider', 'ledger')", name="kind"),
        CheckConstraint("orders_from in ('shop', 'provider')", name="orders_from"),
        CheckConstraint("state in ('active', 'needs_consent', 'disconnected')", name="state"),
    )

    id: Mapped[Id]
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"), index=True)
    platform: Mapped[str]
    """Name that the platform declares itself by; it stands in the subjects of jobs."""
    kind: Mapped[str]
    """What the platform is to us (`app.model.platforms.PlatformKind`), so that a query need not know its name."""
    account: Mapped[str]
    """Fortnox: the DatabaseNumber. Shopify: the `*.myshopify.com` domain. Qliro: the key and
    the environment's host. Belongs to one tenant only."""
    display_name: Mapped[str]
    state: Mapped[str]
    grant: Mapped[str]
    """fortnox: client_credentials | refresh_token. shopify: client_credentials | authorization_code.
    qliro: live | test."""
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    encrypted: Mapped[bytes] = mapped_column(LargeBinary)
    """Encrypted JSON of everything secret: tokens with expiry, app secrets (old and new during rotation)."""
    version: Mapped[int] = mapped_column(server_default="1")
    """Counts the stores of `encrypted`: a token refresh is kept only by the worker that saw the version it replaces."""
    busy_until: Mapped[datetime] = mapped_column(UtcDateTime, server_default="epoch")
    busy_token: Mapped[str | None]
    organisation_number: Mapped[str] = mapped_column(server_default="")
    """Of a ledger's company."""
    host: Mapped[str] = mapped_column(server_default="")
    """Of the platform's environment that the credentials are for; empty where it has one only."""
    currency: Mapped[str] = mapped_column(server_default="")
    """A shop's own."""
    time_zone: Mapped[str] = mapped_column(server_default="")
    """A shop's own, as its platform names it."""
    webhook_topics: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    """What a shop sends."""
    refused_topics: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    """What a shop does not let us subscribe to."""
    orders_from: Mapped[str | None]
    """Of a provider: which channel reports the orders that it pays, where a person has chosen (`OrdersFrom`)."""
    orders_known_until: Mapped[datetime | None]
    """Until when a shop's changes are known: its last complete poll."""
    payouts_known_until: Mapped[date | None]
    """Up to which day a provider's batches are known."""
    documents_checked_until: Mapped[datetime | None]
    """Until when changes of our documents in a ledger were looked at."""
    silent_since: Mapped[datetime | None]
    """Since when a provider has not answered; None: it does."""
    silent_batches: Mapped[Json] = mapped_column(server_default="{}")
    """Batch → since when it cannot be had (`app.payouts.polling.outage`)."""
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]
