"""Let push addresses end, and keep who made and who used them.

Going back forgets which addresses were withdrawn, so those are deleted first: none may open a door again.
"""

from alembic import op
import sqlalchemy as sa


revision = 'b7e20c51d9f4'
down_revision = 'b7e42c90d5a1'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('push_address', sa.Column('made_by', sa.String(), server_default='', nullable=False))
    op.add_column('push_address', sa.Column('last_used_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('push_address', sa.Column('last_used_from', sa.String(), server_default='', nullable=False))
    op.add_column('push_address', sa.Column('ends_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('push_address', sa.Column('ended_by', sa.String(), server_default='', nullable=False))


def downgrade() -> None:
    op.execute('delete from push_address where ends_at <= now()')
    op.drop_column('push_address', 'ended_by')
    op.drop_column('push_address', 'ends_at')
    op.drop_column('push_address', 'last_used_from')
    op.drop_column('push_address', 'last_used_at')
    op.drop_column('push_address', 'made_by')
