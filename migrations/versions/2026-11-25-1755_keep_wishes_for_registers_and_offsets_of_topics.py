"""Keep wishes for registers and offsets of topics.

Going back: what was wished for is asked for again when a company connects or an order lacks it.
"""

from alembic import op
import sqlalchemy as sa

revision = '3f7a91c0d2be'
down_revision = '4a1c0d9e7b52'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('register_refresh', sa.Column('changed_at', sa.DateTime(timezone=True), nullable=True))
    op.create_table('register_wish',
    sa.Column('connection_id', sa.BigInteger(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('code', sa.String(), server_default='', nullable=False),
    sa.Column('page', sa.Integer(), server_default='1', nullable=False),
    sa.Column('begun_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('asked_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['connection_id'], ['connection.id'], name=op.f('fk_register_wish_connection_id_connection')),
    sa.PrimaryKeyConstraint('connection_id', 'kind', 'code', name=op.f('pk_register_wish'))
    )
    op.create_table('topic_offset',
    sa.Column('topic', sa.String(), nullable=False),
    sa.Column('offset', sa.String(), nullable=False),
    sa.Column('told_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('topic', name=op.f('pk_topic_offset'))
    )


def downgrade() -> None:
    op.drop_table('topic_offset')
    op.drop_table('register_wish')
    op.drop_column('register_refresh', 'changed_at')
