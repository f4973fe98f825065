"""Keep which transaction of an order a line of a payout settles, for orders that wait for it.

Going back: orders that wait for a payout wait until they are looked at again.
"""

from alembic import op
import sqlalchemy as sa


revision = 'd41f7a95b3c8'
down_revision = 'a3d81c0f6e27'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('settlement_use', sa.Column('transaction_id', sa.String(), server_default='', nullable=False))
    op.add_column('settlement_use', sa.Column('paid_on', sa.Date(), nullable=True))


def downgrade() -> None:
    op.drop_column('settlement_use', 'paid_on')
    op.drop_column('settlement_use', 'transaction_id')
