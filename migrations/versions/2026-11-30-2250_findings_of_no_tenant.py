"""Findings of no tenant: what an operator must know of the platforms themselves.

Going back forgets them.
"""

from alembic import op


revision = 'd41f07a92be6'
down_revision = 'd1f4a7c0b362'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column('finding', 'tenant_id', nullable=True)


def downgrade() -> None:
    op.execute('delete from finding where tenant_id is null')
    op.alter_column('finding', 'tenant_id', nullable=False)
