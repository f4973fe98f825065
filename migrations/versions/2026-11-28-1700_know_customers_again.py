"""Customers are known again by organisation number or e-mail: both are found without looking at every card.

Revision ID: b7e42c90d5a1
Revises: a3d94e6b7c15
"""

import sqlalchemy as sa
from alembic import op

revision: str = "b7e42c90d5a1"
down_revision: str | None = "a3d94e6b7c15"
branch_labels: str | None = None
depends_on: str | None = None

_NAMES = ("organisation_number", "email")


def upgrade() -> None:
    """Index what cards say, and have every register of customers read once more: rows of before say nothing of it."""
    for name in _NAMES:
        op.create_index(
            f"ix_register_entry_customer_{name}",
            "register_entry",
            ["connection_id", sa.text(f"(data ->> '{name}')")],
            postgresql_where=sa.text("kind = 'customers'"),
        )
    op.execute("DELETE FROM register_refresh WHERE kind = 'customers'")
    op.execute(
        "INSERT INTO register_wish (connection_id, kind, code, page, asked_at)"
        " SELECT id, 'customers', '', 1, now() FROM connection WHERE platform = 'fortnox'"
        " ON CONFLICT (connection_id, kind, code) DO UPDATE SET page = 1, begun_at = NULL, asked_at = now()"
    )
    op.execute(
        "UPDATE lane SET due_at = now() WHERE subject = 'register:fortnox'"
        " AND connection_id IN (SELECT id FROM connection WHERE platform = 'fortnox')"
    )


def downgrade() -> None:
    """Without the indexes; what the rows say more is read by nobody then."""
    for name in _NAMES:
        op.drop_index(f"ix_register_entry_customer_{name}", table_name="register_entry")
