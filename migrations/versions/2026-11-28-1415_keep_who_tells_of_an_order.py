"""Keep who tells of an order.

Going back forgets the addresses of pushes, and which channel had an order first: what is booked stays booked.
"""

from alembic import op
import sqlalchemy as sa


revision = 'a3d94e6b7c15'
down_revision = 'd41f7a95b3c8'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('order_claim',
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.Column('key', sa.String(), nullable=False),
    sa.Column('lane_id', sa.BigInteger(), nullable=False),
    sa.Column('wanted_by', sa.BigInteger(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['lane_id'], ['lane.id'], name=op.f('fk_order_claim_lane_id_lane')),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenant.id'], name=op.f('fk_order_claim_tenant_id_tenant')),
    sa.ForeignKeyConstraint(['wanted_by'], ['lane.id'], name=op.f('fk_order_claim_wanted_by_lane')),
    sa.PrimaryKeyConstraint('tenant_id', 'key', 'lane_id', name=op.f('pk_order_claim'))
    )
    op.create_index(op.f('ix_order_claim_lane_id'), 'order_claim', ['lane_id'], unique=False)
    op.create_table('push_address',
    sa.Column('token_hash', sa.String(), nullable=False),
    sa.Column('connection_id', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['connection_id'], ['connection.id'], name=op.f('fk_push_address_connection_id_connection')),
    sa.PrimaryKeyConstraint('token_hash', name=op.f('pk_push_address'))
    )
    op.create_index(op.f('ix_push_address_connection_id'), 'push_address', ['connection_id'], unique=False)


def downgrade() -> None:
    op.drop_table('push_address')
    op.drop_table('order_claim')
