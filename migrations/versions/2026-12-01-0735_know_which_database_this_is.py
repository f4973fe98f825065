"""Know which database this is.

The row is made here: a company that is upgraded need not look for everything in Fortnox.
"""

from alembic import op
import sqlalchemy as sa


revision = 'b7d40e19c3a6'
down_revision = 'f19c6d3ab572'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'installation',
        sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('origin', sa.String(), nullable=False),
        sa.CheckConstraint('id = 1', name=op.f('ck_installation_only_one')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_installation')),
    )
    op.execute("""
        insert into installation (id, origin) select 1, concat_ws('/',
            (select system_identifier from pg_control_system()), (select timeline_id from pg_control_checkpoint()),
            (select oid from pg_database where datname = current_database()), 'tenant'::regclass::oid)
    """)


def downgrade() -> None:
    op.drop_table('installation')
