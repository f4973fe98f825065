"""Keep which payment takes a payout's fee.

Going back forgets who was told to take one: have no payout under way then. What is booked stays booked.
"""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql


revision = 'c58b2e90d7a4'
down_revision = 'b7e20c51d9f4'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('settlement_use', sa.Column('write_offs', postgresql.JSONB(none_as_null=True), nullable=True))


def downgrade() -> None:
    op.drop_column('settlement_use', 'write_offs')
