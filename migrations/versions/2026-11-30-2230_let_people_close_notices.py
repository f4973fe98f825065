"""Let people close notices: who did, and the reference they gave.

Going back forgets who closed what; the notices themselves stay resolved.
"""

from alembic import op
import sqlalchemy as sa


revision = 'd1f4a7c0b362'
down_revision = 'c58b2e90d7a4'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('finding', sa.Column('closed_by', sa.String(), nullable=True))
    op.add_column('finding', sa.Column('closed_note', sa.String(), server_default='', nullable=False))


def downgrade() -> None:
    op.drop_column('finding', 'closed_note')
    op.drop_column('finding', 'closed_by')
