"""Tell platforms by their kind: a new one needs no new table and no new constraint."""

from alembic import op
import sqlalchemy as sa

revision = '8f1d6a0c24be'
down_revision = '53b15917e7d0'
branch_labels = None
depends_on = None

_NAMES = "platform in ('fortnox', 'shopify', 'qliro')"


def upgrade() -> None:
    op.add_column('connection', sa.Column('kind', sa.String(), nullable=True))
    op.execute("update connection set kind = case platform"
               " when 'fortnox' then 'ledger' when 'qliro' then 'provider' else 'shop' end")
    op.alter_column('connection', 'kind', nullable=False)
    op.create_check_constraint(op.f('ck_connection_kind'), 'connection', "kind in ('shop', 'provider', 'ledger')")
    op.drop_constraint(op.f('ck_connection_platform'), 'connection')
    op.create_check_constraint(op.f('ck_connection_platform'), 'connection', "platform ~ '^[a-z][a-z0-9_]*$'")


def downgrade() -> None:
    op.drop_constraint(op.f('ck_connection_platform'), 'connection')
    op.create_check_constraint(op.f('ck_connection_platform'), 'connection', _NAMES)
    op.drop_constraint(op.f('ck_connection_kind'), 'connection')
    op.drop_column('connection', 'kind')
