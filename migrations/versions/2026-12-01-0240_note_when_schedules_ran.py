"""Note when what the clock starts ran last.

Going back forgets it: everything hourly runs once more.
"""

from alembic import op
import sqlalchemy as sa


revision = 'e47b0c9d1a36'
down_revision = 'd8e5a2604f17'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('scheduled_run',
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_scheduled_run'))
    )


def downgrade() -> None:
    op.drop_table('scheduled_run')
