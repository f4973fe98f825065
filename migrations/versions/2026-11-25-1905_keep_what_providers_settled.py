"""Keep what providers settled: payouts, and which of their lines belongs to which order.

Going back: the providers are asked again; vouchers that were booked are found by their reference.
"""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

revision = '8e2f5b6c9d10'
down_revision = '3f7a91c0d2be'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('settlement',
    sa.Column('lane_id', sa.BigInteger(), nullable=False),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.Column('connection_id', sa.BigInteger(), nullable=False),
    sa.Column('provider', sa.String(), nullable=False),
    sa.Column('payout_id', sa.String(), nullable=False),
    sa.Column('paid_on', sa.Date(), nullable=False),
    sa.Column('currency', sa.String(), nullable=False),
    sa.Column('paid_out', sa.BigInteger(), nullable=False),
    sa.Column('content', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('content_hash', sa.String(), nullable=False),
    sa.Column('booked_hash', sa.String(), nullable=True),
    sa.Column('stored_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['connection_id'], ['connection.id'], name=op.f('fk_settlement_connection_id_connection')),
    sa.ForeignKeyConstraint(['lane_id'], ['lane.id'], name=op.f('fk_settlement_lane_id_lane')),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenant.id'], name=op.f('fk_settlement_tenant_id_tenant')),
    sa.PrimaryKeyConstraint('lane_id', name=op.f('pk_settlement')),
    sa.UniqueConstraint('connection_id', 'provider', 'payout_id', name=op.f('uq_settlement_connection_id_provider_payout_id'))
    )
    op.create_index('ix_settlement_tenant_paid', 'settlement', ['tenant_id', 'paid_on'], unique=False)
    op.create_table('settlement_use',
    sa.Column('connection_id', sa.BigInteger(), nullable=False),
    sa.Column('provider', sa.String(), nullable=False),
    sa.Column('line_id', sa.String(), nullable=False),
    sa.Column('lane_id', sa.BigInteger(), nullable=False),
    sa.Column('matched_lane_id', sa.BigInteger(), nullable=True),
    sa.Column('matched_by', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['connection_id'], ['connection.id'], name=op.f('fk_settlement_use_connection_id_connection')),
    sa.ForeignKeyConstraint(['lane_id'], ['lane.id'], name=op.f('fk_settlement_use_lane_id_lane')),
    sa.ForeignKeyConstraint(['matched_lane_id'], ['lane.id'], name=op.f('fk_settlement_use_matched_lane_id_lane')),
    sa.PrimaryKeyConstraint('connection_id', 'provider', 'line_id', name=op.f('pk_settlement_use'))
    )
    op.create_index(op.f('ix_settlement_use_lane_id'), 'settlement_use', ['lane_id'], unique=False)
    op.create_index(op.f('ix_settlement_use_matched_lane_id'), 'settlement_use', ['matched_lane_id'], unique=False)


def downgrade() -> None:
    op.drop_index(op.f('ix_settlement_use_matched_lane_id'), table_name='settlement_use')
    op.drop_index(op.f('ix_settlement_use_lane_id'), table_name='settlement_use')
    op.drop_table('settlement_use')
    op.drop_index('ix_settlement_tenant_paid', table_name='settlement')
    op.drop_table('settlement')
