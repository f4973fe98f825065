"""Find invoices of others by reference and amount.

Going back only makes looking for them slower.
"""

from alembic import op
import sqlalchemy as sa


revision = 'e3a90c4f71d2'
down_revision = 'd41f07a92be6'
branch_labels = None
depends_on = None

MARKS = ('external1', 'external2', 'total')


def upgrade() -> None:
    for mark in MARKS:
        op.create_index(
            f'ix_register_entry_invoice_{mark}', 'register_entry', ['connection_id', sa.text(f"(data ->> '{mark}')")],
            postgresql_where=sa.text("kind = 'invoices'"),
        )


def downgrade() -> None:
    for mark in MARKS:
        op.drop_index(f'ix_register_entry_invoice_{mark}', table_name='register_entry')
