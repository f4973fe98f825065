"""Note who took the import of a settlement file back, and when.

Going back forgets it; the payouts stay taken back.
"""

from alembic import op
import sqlalchemy as sa


revision = 'c3b91f7e4d20'
down_revision = 'a9d2e07c5b14'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('settlement_file', sa.Column('taken_back_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('settlement_file', sa.Column('taken_back_by', sa.String(), server_default='', nullable=False))


def downgrade() -> None:
    op.drop_column('settlement_file', 'taken_back_by')
    op.drop_column('settlement_file', 'taken_back_at')
