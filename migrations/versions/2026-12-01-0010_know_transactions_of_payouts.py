"""Know the transactions of payouts by what they are.

Going back forgets them: a transaction that comes a second time is then told by its line's id alone.
"""

from alembic import op
import sqlalchemy as sa


revision = 'f47c1b83d906'
down_revision = 'e3a90c4f71d2'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('settlement_movement',
    sa.Column('lane_id', sa.BigInteger(), nullable=False),
    sa.Column('line_id', sa.String(), nullable=False),
    sa.Column('identity', sa.String(), nullable=False),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.Column('provider', sa.String(), nullable=False),
    sa.Column('account', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['lane_id'], ['lane.id'], name=op.f('fk_settlement_movement_lane_id_lane')),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenant.id'], name=op.f('fk_settlement_movement_tenant_id_tenant')),
    sa.PrimaryKeyConstraint('lane_id', 'line_id', 'identity', name=op.f('pk_settlement_movement'))
    )
    op.create_index('ix_settlement_movement_identity', 'settlement_movement', ['tenant_id', 'provider', 'identity'])


def downgrade() -> None:
    op.drop_table('settlement_movement')
