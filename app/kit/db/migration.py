"""Bringing a database to the newest revision from within the program (embedded mode, tests, `bokbro migrate`)."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from app.kit.db.engine import Store, for_migrations

_PROJECT = Path(__file__).resolve().parents[3]


def alembic_config() -> Config:
    """Alembic's settings, found beside the package and independent of the working directory."""
    config = Config(str(_PROJECT / "alembic.ini"))
    config.set_main_option("script_location", str(_PROJECT / "migrations"))
    return config


def migrate(store: Store, revision: str = "head") -> None:
    """Run every pending revision. Safe to call from several processes at once: the second waits."""
    config = alembic_config()
    with for_migrations(store) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def pending_revisions(store: Store) -> list[str]:
    """Revisions that the database has not seen, oldest first."""
    script = ScriptDirectory.from_config(alembic_config())
    with store.engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    return [one.revision for one in reversed(list(script.iterate_revisions("head", current or "base")))]
