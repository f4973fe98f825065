"""Create the first tables.

Going back: drop everything; there is nothing older.
"""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

revision = 'de43b4fafb01'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('counter',
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('label', sa.String(), nullable=False),
    sa.Column('value', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('day', 'name', 'label', name=op.f('pk_counter'))
    )
    op.create_table('login_attempt',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('email', sa.String(), nullable=False),
    sa.Column('address', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_login_attempt'))
    )
    op.create_index('ix_login_attempt_account', 'login_attempt', ['email', 'at'], unique=False)
    op.create_index('ix_login_attempt_address', 'login_attempt', ['address', 'at'], unique=False)
    op.create_table('permit',
    sa.Column('company', sa.String(), nullable=False),
    sa.Column('slots', postgresql.ARRAY(sa.Float()), nullable=False),
    sa.PrimaryKeyConstraint('company', name=op.f('pk_permit'))
    )
    op.create_table('tenant',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('rules_version', sa.Integer(), server_default='1', nullable=False),
    sa.Column('last_turn', sa.DateTime(timezone=True), server_default='epoch', nullable=False),
    sa.Column('blocked_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('journal_trusted_since', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tenant'))
    )
    op.create_table('connection',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.Column('platform', sa.String(), nullable=False),
    sa.Column('account', sa.String(), nullable=False),
    sa.Column('display_name', sa.String(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('grant', sa.String(), nullable=False),
    sa.Column('scopes', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('sealed', sa.LargeBinary(), nullable=False),
    sa.Column('version', sa.Integer(), server_default='1', nullable=False),
    sa.Column('busy_until', sa.DateTime(timezone=True), server_default='epoch', nullable=False),
    sa.Column('busy_token', sa.String(), nullable=True),
    sa.Column('details', postgresql.JSONB(astext_type=sa.Text()), server_default='{}', nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint("platform in ('fortnox', 'shopify', 'qliro')", name=op.f('ck_connection_platform')),
    sa.CheckConstraint("state in ('active', 'needs_consent', 'disconnected')", name=op.f('ck_connection_state')),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenant.id'], name=op.f('fk_connection_tenant_id_tenant')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_connection')),
    sa.UniqueConstraint('platform', 'account', name=op.f('uq_connection_platform_account'))
    )
    op.create_index(op.f('ix_connection_tenant_id'), 'connection', ['tenant_id'], unique=False)
    op.create_table('oauth_state',
    sa.Column('state_hash', sa.String(), nullable=False),
    sa.Column('platform', sa.String(), nullable=False),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.Column('session_hash', sa.String(), nullable=False),
    sa.Column('data', postgresql.JSONB(astext_type=sa.Text()), server_default='{}', nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenant.id'], name=op.f('fk_oauth_state_tenant_id_tenant')),
    sa.PrimaryKeyConstraint('state_hash', name=op.f('pk_oauth_state'))
    )
    op.create_table('tenant_rules_version',
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('rules', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('created_by', sa.String(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenant.id'], name=op.f('fk_tenant_rules_version_tenant_id_tenant'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('tenant_id', 'version', name=op.f('pk_tenant_rules_version'))
    )
    op.create_table('user_account',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('email', sa.String(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('password_hash', sa.String(), nullable=False),
    sa.Column('role', sa.String(), nullable=False),
    sa.Column('tenant_id', sa.BigInteger(), nullable=True),
    sa.Column('language', sa.String(), server_default='sv', nullable=False),
    sa.Column('disabled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint("(role = 'operator') = (tenant_id is null)", name=op.f('ck_user_account_operator_has_no_tenant')),
    sa.CheckConstraint("role in ('merchant', 'bookkeeper', 'operator')", name=op.f('ck_user_account_role')),
    sa.CheckConstraint('email = lower(email)', name=op.f('ck_user_account_email_lower')),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenant.id'], name=op.f('fk_user_account_tenant_id_tenant')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_user_account')),
    sa.UniqueConstraint('email', name=op.f('uq_user_account_email'))
    )
    op.create_index(op.f('ix_user_account_tenant_id'), 'user_account', ['tenant_id'], unique=False)
    op.create_table('lane',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.Column('connection_id', sa.BigInteger(), nullable=False),
    sa.Column('subject', sa.String(), nullable=False),
    sa.Column('state', sa.String(), server_default='new', nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('lease_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('lease_token', sa.String(), nullable=True),
    sa.Column('attempts', sa.Integer(), server_default='0', nullable=False),
    sa.Column('first_failure_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('calls', sa.Integer(), server_default='0', nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['connection_id'], ['connection.id'], name=op.f('fk_lane_connection_id_connection')),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenant.id'], name=op.f('fk_lane_tenant_id_tenant')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_lane')),
    sa.UniqueConstraint('connection_id', 'subject', name=op.f('uq_lane_connection_id_subject'))
    )
    op.create_index('ix_lane_due', 'lane', ['due_at'], unique=False, postgresql_where='due_at is not null')
    op.create_index('ix_lane_tenant_state', 'lane', ['tenant_id', 'state'], unique=False)
    op.create_table('register_entry',
    sa.Column('connection_id', sa.BigInteger(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('code', sa.String(), nullable=False),
    sa.Column('data', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['connection_id'], ['connection.id'], name=op.f('fk_register_entry_connection_id_connection')),
    sa.PrimaryKeyConstraint('connection_id', 'kind', 'code', name=op.f('pk_register_entry'))
    )
    op.create_table('register_refresh',
    sa.Column('connection_id', sa.BigInteger(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('refreshed_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['connection_id'], ['connection.id'], name=op.f('fk_register_refresh_connection_id_connection')),
    sa.PrimaryKeyConstraint('connection_id', 'kind', name=op.f('pk_register_refresh'))
    )
    op.create_table('web_session',
    sa.Column('id_hash', sa.String(), nullable=False),
    sa.Column('user_id', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('form_token', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['user_account.id'], name=op.f('fk_web_session_user_id_user_account')),
    sa.PrimaryKeyConstraint('id_hash', name=op.f('pk_web_session'))
    )
    op.create_index(op.f('ix_web_session_user_id'), 'web_session', ['user_id'], unique=False)
    op.create_table('finding',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.Column('lane_id', sa.BigInteger(), nullable=True),
    sa.Column('connection_id', sa.BigInteger(), nullable=True),
    sa.Column('code', sa.String(), nullable=False),
    sa.Column('about', sa.String(), server_default='', nullable=False),
    sa.Column('data', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('registers', postgresql.ARRAY(sa.Text()), server_default='{}', nullable=False),
    sa.Column('seen', sa.Integer(), server_default='1', nullable=False),
    sa.Column('first_seen_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('last_seen_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('resolved_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['connection_id'], ['connection.id'], name=op.f('fk_finding_connection_id_connection')),
    sa.ForeignKeyConstraint(['lane_id'], ['lane.id'], name=op.f('fk_finding_lane_id_lane')),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenant.id'], name=op.f('fk_finding_tenant_id_tenant')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_finding'))
    )
    op.create_index(op.f('ix_finding_lane_id'), 'finding', ['lane_id'], unique=False)
    op.create_index('ix_finding_tenant_code', 'finding', ['tenant_id', 'code'], unique=False, postgresql_where='resolved_at is null')
    op.create_index('uq_finding_open', 'finding', ['tenant_id', 'lane_id', 'connection_id', 'code', 'about'], unique=True, postgresql_where='resolved_at is null', postgresql_nulls_not_distinct=True)
    op.create_table('inbox',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('connection_id', sa.BigInteger(), nullable=False),
    sa.Column('lane_id', sa.BigInteger(), nullable=False),
    sa.Column('delivery_id', sa.String(), nullable=False),
    sa.Column('event_id', sa.String(), nullable=True),
    sa.Column('topic', sa.String(), nullable=False),
    sa.Column('triggered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('received_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('headers', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('body', sa.LargeBinary(), nullable=False),
    sa.Column('absorbed_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['connection_id'], ['connection.id'], name=op.f('fk_inbox_connection_id_connection')),
    sa.ForeignKeyConstraint(['lane_id'], ['lane.id'], name=op.f('fk_inbox_lane_id_lane')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_inbox')),
    sa.UniqueConstraint('connection_id', 'delivery_id', name=op.f('uq_inbox_connection_id_delivery_id'))
    )
    op.create_index('ix_inbox_open', 'inbox', ['lane_id'], unique=False, postgresql_where='absorbed_at is null')
    op.create_table('operation',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('lane_id', sa.BigInteger(), nullable=False),
    sa.Column('step_key', sa.String(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('payload_hash', sa.String(), nullable=False),
    sa.Column('payload', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('state', sa.String(), server_default='planned', nullable=False),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('remote_id', sa.String(), nullable=True),
    sa.Column('remote', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('attempts', sa.Integer(), server_default='0', nullable=False),
    sa.Column('rules_version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint("state in ('planned', 'sending', 'unknown', 'done', 'refused', 'superseded')", name=op.f('ck_operation_state')),
    sa.ForeignKeyConstraint(['lane_id'], ['lane.id'], name=op.f('fk_operation_lane_id_lane')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_operation')),
    sa.UniqueConstraint('lane_id', 'step_key', name=op.f('uq_operation_lane_id_step_key'))
    )
    op.create_index('ix_operation_remote', 'operation', ['kind', 'remote_id'], unique=False)
    op.create_table('snapshot',
    sa.Column('lane_id', sa.BigInteger(), nullable=False),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.Column('version_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('content_hash', sa.String(), nullable=False),
    sa.Column('order', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('processed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('currency', sa.String(), nullable=False),
    sa.Column('total', sa.BigInteger(), nullable=False),
    sa.Column('booked_total', sa.BigInteger(), nullable=True),
    sa.Column('plan', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('fetched_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['lane_id'], ['lane.id'], name=op.f('fk_snapshot_lane_id_lane')),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenant.id'], name=op.f('fk_snapshot_tenant_id_tenant')),
    sa.PrimaryKeyConstraint('lane_id', name=op.f('pk_snapshot'))
    )
    op.create_index('ix_snapshot_tenant_name', 'snapshot', ['tenant_id', 'name'], unique=False)
    op.create_table('operation_event',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('operation_id', sa.BigInteger(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('status', sa.Integer(), nullable=True),
    sa.Column('request', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('answer', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('note', sa.String(), server_default='', nullable=False),
    sa.ForeignKeyConstraint(['operation_id'], ['operation.id'], name=op.f('fk_operation_event_operation_id_operation')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_operation_event'))
    )
    op.create_index(op.f('ix_operation_event_operation_id'), 'operation_event', ['operation_id'], unique=False)


def downgrade() -> None:
    op.drop_index(op.f('ix_operation_event_operation_id'), table_name='operation_event')
    op.drop_table('operation_event')
    op.drop_index('ix_snapshot_tenant_name', table_name='snapshot')
    op.drop_table('snapshot')
    op.drop_index('ix_operation_remote', table_name='operation')
    op.drop_table('operation')
    op.drop_index('ix_inbox_open', table_name='inbox', postgresql_where='absorbed_at is null')
    op.drop_table('inbox')
    op.drop_index('uq_finding_open', table_name='finding', postgresql_where='resolved_at is null', postgresql_nulls_not_distinct=True)
    op.drop_index('ix_finding_tenant_code', table_name='finding', postgresql_where='resolved_at is null')
    op.drop_index(op.f('ix_finding_lane_id'), table_name='finding')
    op.drop_table('finding')
    op.drop_index(op.f('ix_web_session_user_id'), table_name='web_session')
    op.drop_table('web_session')
    op.drop_table('register_refresh')
    op.drop_table('register_entry')
    op.drop_index('ix_lane_tenant_state', table_name='lane')
    op.drop_index('ix_lane_due', table_name='lane', postgresql_where='due_at is not null')
    op.drop_table('lane')
    op.drop_index(op.f('ix_user_account_tenant_id'), table_name='user_account')
    op.drop_table('user_account')
    op.drop_table('tenant_rules_version')
    op.drop_table('oauth_state')
    op.drop_index(op.f('ix_connection_tenant_id'), table_name='connection')
    op.drop_table('connection')
    op.drop_table('tenant')
    op.drop_table('permit')
    op.drop_index('ix_login_attempt_address', table_name='login_attempt')
    op.drop_index('ix_login_attempt_account', table_name='login_attempt')
    op.drop_table('login_attempt')
    op.drop_table('counter')
