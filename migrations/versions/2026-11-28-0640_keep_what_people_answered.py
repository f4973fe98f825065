"""Keep what people answered to the questions of an order.

Going back loses the answers: the questions are asked again.
"""

from alembic import op
import sqlalchemy as sa


revision = 'c7a4e2915d38'
down_revision = 'b41d7c0e95a2'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('given_answer',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('lane_id', sa.BigInteger(), nullable=False),
    sa.Column('code', sa.String(), nullable=False),
    sa.Column('about', sa.String(), nullable=False),
    sa.Column('asked_about', sa.String(), nullable=False),
    sa.Column('answer', sa.String(), nullable=False),
    sa.Column('given_by', sa.String(), nullable=False),
    sa.Column('given_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['lane_id'], ['lane.id'], name=op.f('fk_given_answer_lane_id_lane')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_given_answer'))
    )
    op.create_index(op.f('ix_given_answer_lane_id'), 'given_answer', ['lane_id'], unique=False)


def downgrade() -> None:
    op.drop_index(op.f('ix_given_answer_lane_id'), table_name='given_answer')
    op.drop_table('given_answer')
