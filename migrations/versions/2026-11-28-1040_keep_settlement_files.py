"""Keep settlement files that were handed in, and what their columns mean.

Going back loses the files: they are base records of vouchers, so export them before.
"""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql


revision = 'e5a90c7d41b2'
down_revision = 'e5a07c3d9b62'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('column_map',
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('columns', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('saved_by', sa.String(), nullable=False),
    sa.Column('saved_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenant.id'], name=op.f('fk_column_map_tenant_id_tenant')),
    sa.PrimaryKeyConstraint('tenant_id', 'name', name=op.f('pk_column_map'))
    )
    op.create_table('settlement_file',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('digest', sa.String(), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.Column('given_by', sa.String(), nullable=False),
    sa.Column('given_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('imported_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenant.id'], name=op.f('fk_settlement_file_tenant_id_tenant')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_settlement_file')),
    sa.UniqueConstraint('tenant_id', 'digest', name=op.f('uq_settlement_file_tenant_id_digest'))
    )


def downgrade() -> None:
    op.drop_table('settlement_file')
    op.drop_table('column_map')
