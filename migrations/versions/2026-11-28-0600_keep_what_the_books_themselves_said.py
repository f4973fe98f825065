"""Keep what the books themselves said: balances and comparisons of the ledger, read whole.

Going back loses nothing: the ledger is read again the next night.
"""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

revision = 'b41d7c0e95a2'
down_revision = '8e2f5b6c9d10'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('ledger_reading',
    sa.Column('connection_id', sa.BigInteger(), nullable=False),
    sa.Column('first_day', sa.Date(), nullable=False),
    sa.Column('last_day', sa.Date(), nullable=False),
    sa.Column('read_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('compared', sa.Integer(), nullable=False),
    sa.Column('differing', sa.Integer(), nullable=False),
    sa.Column('not_compared', sa.Integer(), nullable=False),
    sa.Column('accounts', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.ForeignKeyConstraint(['connection_id'], ['connection.id'], name=op.f('fk_ledger_reading_connection_id_connection')),
    sa.PrimaryKeyConstraint('connection_id', 'first_day', name=op.f('pk_ledger_reading'))
    )


def downgrade() -> None:
    op.drop_table('ledger_reading')
