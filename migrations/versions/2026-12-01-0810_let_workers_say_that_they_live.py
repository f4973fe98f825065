"""Let workers say that they live: a dead one's jobs need not wait for the end of their leases."""

from alembic import op
import sqlalchemy as sa


revision = 'a4d27f90c3be'
down_revision = 'b7d40e19c3a6'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'worker',
        sa.Column('name', sa.String(), nullable=False),
        sa.Column('beat_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('steady_since', sa.DateTime(timezone=True), nullable=False),
        sa.Column('clock_ahead', sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint('name', name=op.f('pk_worker')),
    )
    op.add_column('lane', sa.Column('worker', sa.String(), nullable=True))
    op.create_index('ix_lane_worker', 'lane', ['worker'], postgresql_where=sa.text('worker is not null'))


def downgrade() -> None:
    op.drop_index('ix_lane_worker', table_name='lane')
    op.drop_column('lane', 'worker')
    op.drop_table('worker')
