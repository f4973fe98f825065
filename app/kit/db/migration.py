"""Bringing a database to the newest revision from within the program (embedded mode, tests, `bokbro migrate`)."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from app.kit.db.engine import Store, for_migrations, set_for_role

_REVISIONS = Path(__file__).resolve().parents[3] / "migrations"
"""Beside the package, in this repository and where it is installed."""


def alembic_config() -> Config:
    """Alembic's settings, independent of the working directory; `alembic.ini` is for Alembic's own command."""
    config = Config()
    config.set_main_option("script_location", str(_REVISIONS))
    return config


def migrate(store: Store, revision: str = "head") -> None:
    """Run every pending revision. Safe to call from several processes at once: the second waits."""
    config = alembic_config()
    if store.is_pooled:
        set_for_role(store)
    with for_migrations(store) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def pending_revisions(store: Store) -> list[str]:
    """Revisions that the database has not seen, oldest first."""
    script = ScriptDirectory.from_config(alembic_config())
    with store.engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    return [revision.revision for revision in reversed(list(script.iterate_revisions("head", current or "base")))]
