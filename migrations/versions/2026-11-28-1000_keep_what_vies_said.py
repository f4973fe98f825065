"""Keep what VIES said of buyers' VAT numbers.

Going back loses the proofs: export them before (bokbro has no other copy of a consultation's number).
"""

from alembic import op
import sqlalchemy as sa


revision = 'd2f6b83a1c47'
down_revision = 'c7a4e2915d38'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('vat_number_check',
    sa.Column('lane_id', sa.BigInteger(), nullable=False),
    sa.Column('number', sa.String(), nullable=False),
    sa.Column('wanted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('valid', sa.Boolean(), nullable=True),
    sa.Column('day', sa.Date(), nullable=True),
    sa.Column('name', sa.String(), server_default='', nullable=False),
    sa.Column('consultation', sa.String(), server_default='', nullable=False),
    sa.ForeignKeyConstraint(['lane_id'], ['lane.id'], name=op.f('fk_vat_number_check_lane_id_lane')),
    sa.PrimaryKeyConstraint('lane_id', 'number', name=op.f('pk_vat_number_check'))
    )
    op.create_index('ix_vat_number_check_wanted', 'vat_number_check', ['wanted_at'], unique=False, postgresql_where=sa.text('wanted_at is not null'))


def downgrade() -> None:
    op.drop_index('ix_vat_number_check_wanted', table_name='vat_number_check', postgresql_where=sa.text('wanted_at is not null'))
    op.drop_table('vat_number_check')
