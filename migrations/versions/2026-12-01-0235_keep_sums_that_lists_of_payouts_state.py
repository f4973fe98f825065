"""Keep the sums that lists of payouts state, as proof of payouts whose own source states none.

Going back forgets them: those payouts wait for the bank's amount.
"""

from alembic import op
import sqlalchemy as sa


revision = 'd8e5a2604f17'
down_revision = 'c3b91f7e4d20'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('stated_sum',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.Column('file_id', sa.BigInteger(), nullable=False),
    sa.Column('provider', sa.String(), nullable=False),
    sa.Column('payout_id', sa.String(), nullable=False),
    sa.Column('paid_on', sa.Date(), nullable=False),
    sa.Column('currency', sa.String(), nullable=False),
    sa.Column('paid_out', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['file_id'], ['settlement_file.id'], name=op.f('fk_stated_sum_file_id_settlement_file')),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenant.id'], name=op.f('fk_stated_sum_tenant_id_tenant')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_stated_sum'))
    )
    op.create_index('ix_stated_sum_payout', 'stated_sum', ['tenant_id', 'provider', 'payout_id', 'paid_on'])


def downgrade() -> None:
    op.drop_table('stated_sum')
