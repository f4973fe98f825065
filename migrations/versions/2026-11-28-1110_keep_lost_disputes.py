"""Keep disputes that were lost.

Going back loses nothing: they are read again from the provider.
"""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql


revision = 'f17c25b84e09'
down_revision = 'e5a90c7d41b2'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('lost_dispute',
    sa.Column('lane_id', sa.BigInteger(), nullable=False),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.Column('content', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('stored_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['lane_id'], ['lane.id'], name=op.f('fk_lost_dispute_lane_id_lane')),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenant.id'], name=op.f('fk_lost_dispute_tenant_id_tenant')),
    sa.PrimaryKeyConstraint('lane_id', name=op.f('pk_lost_dispute'))
    )


def downgrade() -> None:
    op.drop_table('lost_dispute')
