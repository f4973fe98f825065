"""Say which file told a payout.

Going back forgets it: reports of payouts booked meanwhile are not attached.
"""

from alembic import op
import sqlalchemy as sa


revision = 'a3d81c0f6e27'
down_revision = 'c2d8e61f40a7'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('settlement', sa.Column('file_id', sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f('fk_settlement_file_id_settlement_file'), 'settlement', 'settlement_file', ['file_id'], ['id']
    )


def downgrade() -> None:
    op.drop_constraint(op.f('fk_settlement_file_id_settlement_file'), 'settlement', type_='foreignkey')
    op.drop_column('settlement', 'file_id')
