"""One line of Alembic revisions."""
