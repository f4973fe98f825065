"""Settings from the environment (upper case) or a `.env` file; insecure defaults are refused outside development."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

_DEVELOPMENT_KEY = "development-only-key-0000000000000"
_MIN_KEY_LENGTH = 32


class Environment(StrEnum):
    """Where this process runs. Only `development` and `test` accept the built-in keys and plain HTTP."""

    DEVELOPMENT = "development"
    TEST = "test"
    PRODUCTION = "production"


class InsecureSettingsError(ValueError):
    """A production process was given a setting that would expose its merchants."""


class Settings(BaseSettings):
    """Everything that differs between two installations. Secrets are `SecretStr` and never printed."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True, hide_input_in_errors=True)

    environment: Environment = Environment.DEVELOPMENT
    base_url: str = Field("http://127.0.0.1:8000", description="Where browsers and shops reach this service")
    host: str = "127.0.0.1"
    port: int = 8000

    database_url: str | None = Field(None, description="PostgreSQL URL; none starts the embedded server")
    data_dir: Path = Field(Path(".bokbro"), description="Where the embedded server keeps its data")
    database_pool_size: int = 20
    database_pooled: bool = Field(
        False, description="DATABASE_URL is a pooler's in transaction mode (PgBouncer): nothing is prepared"
    )
    database_connect_seconds: float = Field(3, ge=2, description="How long a new connection is waited for")
    database_pool_seconds: float = Field(5, gt=0, description="How long one of the pool's connections is waited for")
    database_statement_seconds: float = Field(60, ge=5, description="How long one statement may take")
    database_migration_seconds: float = Field(1800, ge=60, description="How long one statement of a migration may take")
    broker_url: str = Field("memory://localhost/", description="memory: runs worker and beat in this process")
    worker_threads: int = 4

    secret_keys: list[SecretStr] = Field(
        default_factory=lambda: [SecretStr(_DEVELOPMENT_KEY)],
        description="Keys that seal secrets at rest, newest first; at least 32 characters each",
    )
    session_hours: int = 12

    fortnox_client_id: str = "bokbro-demo"
    fortnox_client_secret: SecretStr = SecretStr("bokbro-demo-secret")
    fortnox_auth_url: str = Field("https://apps.fortnox.se/oauth-v1", description="OAuth base: /auth, /token, /revoke")
    fortnox_api_url: str = "https://api.fortnox.se"
    fortnox_events_url: str = Field(
        "", description="WebSocket of events, wss://ws.fortnox.se/topics-v1; empty: registers are only re-read"
    )
    fortnox_scopes: list[str] = [
        "companyinformation",
        "settings",
        "customer",
        "article",
        "invoice",
        "payment",
        "bookkeeping",
        "currency",
        "costcenter",
    ]
    fortnox_calls: int = Field(25, description="Calls allowed per window, per company (fortnox-api.md 2.5)")
    fortnox_window_seconds: float = Field(5.12, description="5 s at Fortnox plus travel time (architecture-options 11)")
    fortnox_travel_seconds: float = Field(0.12, description="How much of the window is for the way to Fortnox")

    shopify_url_template: str = Field("https://{shop}", description="Where a shop's admin answers")
    shopify_api_version: str = "2026-10"
    shopify_client_id: str = Field("", description="The public app; empty when merchants bring their own app")
    shopify_client_secret: SecretStr = SecretStr("")
    qliro_live_url: str = Field("https://payments.qit.nu", description="Qliro for real orders (qliro-api.md 1.1)")
    qliro_test_url: str = Field("https://pago.qit.nu", description="Qliro for trying")
    settlement_folder: Path | None = Field(
        None, description="Settlement files in <folder>/<company>/ are imported; empty: no folder is watched"
    )
    vies_url: str = Field(
        "https://ec.europa.eu/taxation_customs/vies/rest-api",
        description="Where VAT numbers are asked for; empty: nowhere",
    )
    webhook_max_bytes: int = Field(5_000_000, description="Bodies of several MB occur (shopify-api.md 2.4)")

    grace_seconds: float = Field(180, description="How long an unanswered call may still commit at Fortnox")
    lease_seconds: float = Field(120, ge=60, description="How long a worker owns a job without renewing")
    sweep_seconds: float = Field(1, description="How often due jobs are looked for")

    @model_validator(mode="after")
    def _refuse_insecure_production(self) -> Self:
        if self.environment is not Environment.PRODUCTION:
            return self
        problems = list(self._insecurities())
        if problems:
            raise InsecureSettingsError("refusing to start in production: " + "; ".join(problems))
        return self

    def _insecurities(self) -> list[str]:
        keys = [key.get_secret_value() for key in self.secret_keys]
        checks = [
            (not keys or _DEVELOPMENT_KEY in keys, "SECRET_KEYS must hold keys of your own"),
            (any(len(key) < _MIN_KEY_LENGTH for key in keys), "each of SECRET_KEYS needs at least 32 characters"),
            (not self.base_url.startswith("https://"), "BASE_URL must be https"),
            (
                self.fortnox_client_secret.get_secret_value() == "bokbro-demo-secret",
                "FORTNOX_CLIENT_SECRET is the demo's",
            ),
            (not self.fortnox_auth_url.startswith("https://"), "FORTNOX_AUTH_URL must be https"),
            (not self.fortnox_api_url.startswith("https://"), "FORTNOX_API_URL must be https"),
            (
                bool(self.fortnox_events_url) and not self.fortnox_events_url.startswith("wss://"),
                "FORTNOX_EVENTS_URL must be wss",
            ),
            (not re.match(r"https://", self.shopify_url_template), "SHOPIFY_URL_TEMPLATE must be https"),
            (not self.qliro_live_url.startswith("https://"), "QLIRO_LIVE_URL must be https"),
            (not self.qliro_test_url.startswith("https://"), "QLIRO_TEST_URL must be https"),
        ]
        return [text for failed, text in checks if failed]

    @property
    def database_waits(self) -> tuple[float, float, float, float]:
        """Seconds for a new connection, one of the pool's, a statement, and a statement of a migration."""
        return (
            self.database_connect_seconds, self.database_pool_seconds, self.database_statement_seconds,
            self.database_migration_seconds,
        )  # fmt: skip

    @property
    def is_embedded(self) -> bool:
        """Whether worker and beat live inside the API process."""
        return self.broker_url.startswith("memory:")

    @property
    def is_production(self) -> bool:
        """Whether cookies must be secure and pages must be served over TLS."""
        return self.environment is Environment.PRODUCTION
