"""Say what equal rows of a settlement file are.

Going back asks about them again.
"""

from alembic import op
import sqlalchemy as sa


revision = 'a9d2e07c5b14'
down_revision = 'f47c1b83d906'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('settlement_file', sa.Column('rows_twice', sa.String(), server_default='', nullable=False))


def downgrade() -> None:
    op.drop_column('settlement_file', 'rows_twice')
