"""Find orders by the payment id of any of their transactions."""

from alembic import op
import sqlalchemy as sa


revision = 'e5a07c3d9b62'
down_revision = 'd2f6b83a1c47'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index('ix_snapshot_payment_ids', 'snapshot', [sa.text("jsonb_path_query_array(\"order\", '$.transactions[*].payment_id')")], unique=False, postgresql_using='gin')


def downgrade() -> None:
    op.drop_index('ix_snapshot_payment_ids', table_name='snapshot', postgresql_using='gin')
