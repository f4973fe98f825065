"""Let credits and money be counted, so that the database refuses what would be too much.

Going back: the balances are made anew from the journal when a document is sent; nothing is lost with them.
"""

from alembic import op
import sqlalchemy as sa

revision = '4a1c0d9e7b52'
down_revision = 'de43b4fafb01'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('credit_balance',
    sa.Column('lane_id', sa.BigInteger(), nullable=False),
    sa.Column('source', sa.String(), nullable=False),
    sa.Column('invoiced', sa.BigInteger(), nullable=False),
    sa.Column('credited', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('credited >= 0 and credited <= invoiced', name=op.f('ck_credit_balance_credited_at_most_invoiced')),
    sa.ForeignKeyConstraint(['lane_id'], ['lane.id'], name=op.f('fk_credit_balance_lane_id_lane')),
    sa.PrimaryKeyConstraint('lane_id', 'source', name=op.f('pk_credit_balance'))
    )
    op.create_table('money_use',
    sa.Column('connection_id', sa.BigInteger(), nullable=False),
    sa.Column('transaction_id', sa.String(), nullable=False),
    sa.Column('lane_id', sa.BigInteger(), nullable=False),
    sa.Column('moved', sa.BigInteger(), nullable=False),
    sa.Column('used', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('abs(used) <= abs(moved)', name=op.f('ck_money_use_used_at_most_moved')),
    sa.ForeignKeyConstraint(['connection_id'], ['connection.id'], name=op.f('fk_money_use_connection_id_connection')),
    sa.ForeignKeyConstraint(['lane_id'], ['lane.id'], name=op.f('fk_money_use_lane_id_lane')),
    sa.PrimaryKeyConstraint('connection_id', 'transaction_id', name=op.f('pk_money_use'))
    )
    op.create_index(op.f('ix_money_use_lane_id'), 'money_use', ['lane_id'], unique=False)
    op.add_column('snapshot', sa.Column('expected_total', sa.BigInteger(), nullable=True))


def downgrade() -> None:
    op.drop_column('snapshot', 'expected_total')
    op.drop_index(op.f('ix_money_use_lane_id'), table_name='money_use')
    op.drop_table('money_use')
    op.drop_table('credit_balance')
