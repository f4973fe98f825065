"""Keep payouts as they were booked, beside what their provider says of them later.

Going back loses what was booked of a payout that changed afterwards; its voucher stays in the journal.
"""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql


revision = 'c2d8e61f40a7'
down_revision = 'f17c25b84e09'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('settlement', sa.Column('booked', postgresql.JSONB(astext_type=sa.Text()), nullable=True))


def downgrade() -> None:
    op.drop_column('settlement', 'booked')
