"""Note when a dump of the database was restored.

Going back forgets it: vouchers that the dump does not hold would be sent again.
"""

from alembic import op
import sqlalchemy as sa


revision = 'f19c6d3ab572'
down_revision = 'c3e81f5a7d20'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('tenant', sa.Column('restored_at', sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column('tenant', 'restored_at')
