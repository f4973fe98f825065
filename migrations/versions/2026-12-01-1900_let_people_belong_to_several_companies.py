"""Let people belong to several companies, each with a role of its own, and join by an invitation."""

from alembic import op
import sqlalchemy as sa

revision = 'd7a90c3e16b4'
down_revision = 'c41b7e9d5a02'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('membership',
    sa.Column('user_id', sa.BigInteger(), nullable=False),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.Column('role', sa.String(), nullable=False),
    sa.Column('added_by', sa.String(), nullable=False),
    sa.Column('added_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint("role in ('merchant', 'bookkeeper')", name=op.f('ck_membership_role')),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenant.id'], name=op.f('fk_membership_tenant_id_tenant')),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_membership_user_id_user_account')),
    sa.PrimaryKeyConstraint('user_id', 'tenant_id', name=op.f('pk_membership'))
    )
    op.create_index(op.f('ix_membership_tenant_id'), 'membership', ['tenant_id'], unique=False)
    op.create_table('invitation',
    sa.Column('token_hash', sa.String(), nullable=False),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.Column('role', sa.String(), nullable=False),
    sa.Column('note', sa.String(), server_default='', nullable=False),
    sa.Column('made_by', sa.String(), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('withdrawn_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_by', sa.String(), server_default='', nullable=False),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenant.id'], name=op.f('fk_invitation_tenant_id_tenant')),
    sa.PrimaryKeyConstraint('token_hash', name=op.f('pk_invitation'))
    )
    op.create_index(op.f('ix_invitation_tenant_id'), 'invitation', ['tenant_id'], unique=False)
    op.execute("insert into membership (user_id, tenant_id, role, added_by)"
               " select id, tenant_id, role, 'bokbro' from user_account where tenant_id is not null")
    op.add_column('user_account', sa.Column('is_operator', sa.Boolean(), server_default='false', nullable=False))
    op.execute("update user_account set is_operator = role = 'operator'")
    op.drop_constraint(op.f('ck_user_account_operator_has_no_tenant'), 'user_account')
    op.drop_constraint(op.f('ck_user_account_role'), 'user_account')
    op.drop_index(op.f('ix_user_account_tenant_id'), table_name='user_account')
    op.drop_column('user_account', 'tenant_id')
    op.drop_column('user_account', 'role')
    op.add_column('web_session', sa.Column('tenant_id', sa.BigInteger(), nullable=True))
    op.create_foreign_key(op.f('fk_web_session_tenant_id_tenant'), 'web_session', 'tenant', ['tenant_id'], ['id'])


def downgrade() -> None:
    op.drop_column('web_session', 'tenant_id')
    op.add_column('user_account', sa.Column('role', sa.String(), nullable=True))
    op.add_column('user_account', sa.Column('tenant_id', sa.BigInteger(), nullable=True))
    op.create_foreign_key(op.f('fk_user_account_tenant_id_tenant'), 'user_account', 'tenant', ['tenant_id'], ['id'])
    op.execute("update user_account set role = 'operator' where is_operator")
    op.execute("update user_account set role = first.role, tenant_id = first.tenant_id from"
               " (select distinct on (user_id) * from membership order by user_id, tenant_id) as first"
               " where first.user_id = user_account.id")
    op.execute("delete from web_session where user_id in (select id from user_account where role is null)")
    op.execute("delete from user_account where role is null")
    op.alter_column('user_account', 'role', nullable=False)
    op.create_index(op.f('ix_user_account_tenant_id'), 'user_account', ['tenant_id'], unique=False)
    op.create_check_constraint(op.f('ck_user_account_role'), 'user_account',
                               "role in ('merchant', 'bookkeeper', 'operator')")
    op.create_check_constraint(op.f('ck_user_account_operator_has_no_tenant'), 'user_account',
                               "(role = 'operator') = (tenant_id is null)")
    op.drop_column('user_account', 'is_operator')
    op.drop_table('invitation')
    op.drop_table('membership')
