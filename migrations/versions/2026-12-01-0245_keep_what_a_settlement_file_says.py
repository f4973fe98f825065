"""Keep what a settlement file says, and how its days are meant.

Going back reads a file anew for each view, and asks about its days again.
"""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql


revision = 'c3e81f5a7d20'
down_revision = 'e47b0c9d1a36'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('settlement_file', sa.Column('day_order', sa.String(), server_default='', nullable=False))
    op.add_column('settlement_file', sa.Column('outline', postgresql.JSONB(), nullable=True))
    op.add_column('settlement_file', sa.Column('outline_key', sa.String(), server_default='', nullable=False))


def downgrade() -> None:
    op.drop_column('settlement_file', 'outline_key')
    op.drop_column('settlement_file', 'outline')
    op.drop_column('settlement_file', 'day_order')
