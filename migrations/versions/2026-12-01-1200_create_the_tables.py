"""Create the tables.

Going back drops everything: restore a backup instead.
"""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

revision = '53b15917e7d0'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('call_budget',
    sa.Column('company', sa.String(), nullable=False),
    sa.Column('slots', postgresql.ARRAY(sa.Float()), nullable=False),
    sa.PrimaryKeyConstraint('company', name=op.f('pk_call_budget'))
    )
    op.create_table('counter',
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('label', sa.String(), nullable=False),
    sa.Column('value', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('day', 'name', 'label', name=op.f('pk_counter'))
    )
    op.create_table('installation',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('origin', sa.String(), nullable=False),
    sa.CheckConstraint('id = 1', name=op.f('ck_installation_only_one')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_installation'))
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
    op.create_table('scheduled_run',
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_scheduled_run'))
    )
    op.create_table('tenant',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('rules_version', sa.Integer(), server_default='1', nullable=False),
    sa.Column('last_turn', sa.DateTime(timezone=True), server_default='epoch', nullable=False),
    sa.Column('blocked_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('log_trusted_since', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('restored_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tenant'))
    )
    op.create_index('ix_tenant_blocked', 'tenant', ['blocked_until'], unique=False, postgresql_where=sa.text('blocked_until is not null'))
    op.create_table('topic_offset',
    sa.Column('topic', sa.String(), nullable=False),
    sa.Column('offset', sa.String(), nullable=False),
    sa.Column('told_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('topic', name=op.f('pk_topic_offset'))
    )
    op.create_table('worker',
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('beat_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('steady_since', sa.DateTime(timezone=True), nullable=False),
    sa.Column('clock_ahead', sa.Double(), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_worker'))
    )
    op.create_table('column_map',
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('columns', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('saved_by', sa.String(), nullable=False),
    sa.Column('saved_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenant.id'], name=op.f('fk_column_map_tenant_id_tenant')),
    sa.PrimaryKeyConstraint('tenant_id', 'name', name=op.f('pk_column_map'))
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
    sa.Column('encrypted', sa.LargeBinary(), nullable=False),
    sa.Column('version', sa.Integer(), server_default='1', nullable=False),
    sa.Column('busy_until', sa.DateTime(timezone=True), server_default='epoch', nullable=False),
    sa.Column('busy_token', sa.String(), nullable=True),
    sa.Column('organisation_number', sa.String(), server_default='', nullable=False),
    sa.Column('host', sa.String(), server_default='', nullable=False),
    sa.Column('currency', sa.String(), server_default='', nullable=False),
    sa.Column('time_zone', sa.String(), server_default='', nullable=False),
    sa.Column('webhook_topics', postgresql.ARRAY(sa.Text()), server_default='{}', nullable=False),
    sa.Column('refused_topics', postgresql.ARRAY(sa.Text()), server_default='{}', nullable=False),
    sa.Column('orders_from', sa.String(), nullable=True),
    sa.Column('orders_known_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('payouts_known_until', sa.Date(), nullable=True),
    sa.Column('documents_checked_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('silent_since', sa.DateTime(timezone=True), nullable=True),
    sa.Column('silent_batches', postgresql.JSONB(astext_type=sa.Text()), server_default='{}', nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint("orders_from in ('shop', 'provider')", name=op.f('ck_connection_orders_from')),
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
    op.create_table('payout_file',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('digest', sa.String(), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.Column('given_by', sa.String(), nullable=False),
    sa.Column('given_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('rows_twice', sa.String(), server_default='', nullable=False),
    sa.Column('day_order', sa.String(), server_default='', nullable=False),
    sa.Column('outline', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('outline_key', sa.String(), server_default='', nullable=False),
    sa.Column('imported_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('taken_back_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('taken_back_by', sa.String(), server_default='', nullable=False),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenant.id'], name=op.f('fk_payout_file_tenant_id_tenant')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_payout_file')),
    sa.UniqueConstraint('tenant_id', 'digest', name=op.f('uq_payout_file_tenant_id_digest'))
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
    op.create_table('sales_order',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False, start=100001), nullable=False),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.Column('connection_id', sa.BigInteger(), nullable=False),
    sa.Column('platform_id', sa.String(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['connection_id'], ['connection.id'], name=op.f('fk_sales_order_connection_id_connection')),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenant.id'], name=op.f('fk_sales_order_tenant_id_tenant')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sales_order')),
    sa.UniqueConstraint('connection_id', 'platform_id', name=op.f('uq_sales_order_connection_id_platform_id'))
    )
    op.create_index('ix_sales_order_platform_id', 'sales_order', ['tenant_id', 'platform_id'], unique=False)
    op.create_table('payout',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False, start=500001), nullable=False),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.Column('connection_id', sa.BigInteger(), nullable=False),
    sa.Column('provider', sa.String(), nullable=False),
    sa.Column('number', sa.String(), nullable=False),
    sa.Column('paid_on', sa.Date(), nullable=False),
    sa.Column('currency', sa.String(), nullable=False),
    sa.Column('paid_out', sa.BigInteger(), nullable=False),
    sa.Column('content', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('content_hash', sa.String(), nullable=False),
    sa.Column('booked_hash', sa.String(), nullable=True),
    sa.Column('file_id', sa.BigInteger(), nullable=True),
    sa.Column('booked', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('stored_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['connection_id'], ['connection.id'], name=op.f('fk_payout_connection_id_connection')),
    sa.ForeignKeyConstraint(['file_id'], ['payout_file.id'], name=op.f('fk_payout_file_id_payout_file')),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenant.id'], name=op.f('fk_payout_tenant_id_tenant')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_payout')),
    sa.UniqueConstraint('connection_id', 'provider', 'number', name=op.f('uq_payout_connection_id_provider_number'))
    )
    op.create_index('ix_payout_tenant_paid', 'payout', ['tenant_id', 'paid_on'], unique=False)
    op.create_table('job',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.Column('connection_id', sa.BigInteger(), nullable=False),
    sa.Column('subject', sa.String(), nullable=False),
    sa.Column('kind', sa.String(), sa.Computed("split_part(subject, ':', 1)", persisted=True), nullable=False),
    sa.Column('order_id', sa.BigInteger(), nullable=True),
    sa.Column('payout_id', sa.BigInteger(), nullable=True),
    sa.Column('state', sa.String(), server_default='new', nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('woken_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('priority', sa.SmallInteger(), server_default='1', nullable=False),
    sa.Column('lease_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('lease_token', sa.String(), nullable=True),
    sa.Column('worker', sa.String(), nullable=True),
    sa.Column('attempts', sa.Integer(), server_default='0', nullable=False),
    sa.Column('first_failure_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('calls', sa.Integer(), server_default='0', nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint("kind in ('order', 'unknown', 'shop', 'payout', 'report', 'dispute', 'cut_off', 'register', 'ledger', 'documents', 'backfill', 'poll_payouts')", name=op.f('ck_job_kind')),
    sa.CheckConstraint("(kind = 'order') = (order_id is not null)", name=op.f('ck_job_order')),
    sa.CheckConstraint("kind = 'payout' or payout_id is null", name=op.f('ck_job_payout')),
    sa.ForeignKeyConstraint(['connection_id'], ['connection.id'], name=op.f('fk_job_connection_id_connection')),
    sa.ForeignKeyConstraint(['order_id'], ['sales_order.id'], name=op.f('fk_job_order_id_sales_order')),
    sa.ForeignKeyConstraint(['payout_id'], ['payout.id'], name=op.f('fk_job_payout_id_payout')),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenant.id'], name=op.f('fk_job_tenant_id_tenant')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_job')),
    sa.UniqueConstraint('connection_id', 'subject', name=op.f('uq_job_connection_id_subject')),
    sa.UniqueConstraint('order_id', name=op.f('uq_job_order_id')),
    sa.UniqueConstraint('payout_id', name=op.f('uq_job_payout_id'))
    )
    op.create_index('ix_job_due', 'job', ['due_at'], unique=False, postgresql_where='due_at is not null')
    op.create_index('ix_job_tenant_due', 'job', ['tenant_id', 'priority', 'due_at'], unique=False, postgresql_where=sa.text('due_at is not null'))
    op.create_index('ix_job_tenant_state', 'job', ['tenant_id', 'state'], unique=False)
    op.create_index('ix_job_worker', 'job', ['worker'], unique=False, postgresql_where='worker is not null')
    op.create_table('ledger_reading',
    sa.Column('connection_id', sa.BigInteger(), nullable=False),
    sa.Column('first_day', sa.Date(), nullable=False),
    sa.Column('last_day', sa.Date(), nullable=False),
    sa.Column('read_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('compared', sa.Integer(), nullable=False),
    sa.Column('differing', sa.Integer(), nullable=False),
    sa.Column('not_compared', sa.Integer(), nullable=False),
    sa.Column('accounts', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.ForeignKeyConstraint(['connection_id'], ['connection.id'], name=op.f('fk_ledger_reading_connection_id_connection')),
    sa.PrimaryKeyConstraint('connection_id', 'first_day', name=op.f('pk_ledger_reading'))
    )
    op.create_table('master_data_refresh',
    sa.Column('connection_id', sa.BigInteger(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('refreshed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['connection_id'], ['connection.id'], name=op.f('fk_master_data_refresh_connection_id_connection')),
    sa.PrimaryKeyConstraint('connection_id', 'kind', name=op.f('pk_master_data_refresh'))
    )
    op.create_table('master_record',
    sa.Column('connection_id', sa.BigInteger(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('code', sa.String(), nullable=False),
    sa.Column('data', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['connection_id'], ['connection.id'], name=op.f('fk_master_record_connection_id_connection')),
    sa.PrimaryKeyConstraint('connection_id', 'kind', 'code', name=op.f('pk_master_record'))
    )
    op.create_index('ix_master_record_customer_email', 'master_record', ['connection_id', sa.literal_column("(data ->> 'email')")], unique=False, postgresql_where=sa.text("kind = 'customers'"))
    op.create_index('ix_master_record_customer_organisation_number', 'master_record', ['connection_id', sa.literal_column("(data ->> 'organisation_number')")], unique=False, postgresql_where=sa.text("kind = 'customers'"))
    op.create_index('ix_master_record_invoice_external1', 'master_record', ['connection_id', sa.literal_column("(data ->> 'external1')")], unique=False, postgresql_where=sa.text("kind = 'invoices'"))
    op.create_index('ix_master_record_invoice_external2', 'master_record', ['connection_id', sa.literal_column("(data ->> 'external2')")], unique=False, postgresql_where=sa.text("kind = 'invoices'"))
    op.create_index('ix_master_record_invoice_total', 'master_record', ['connection_id', sa.literal_column("(data ->> 'total')")], unique=False, postgresql_where=sa.text("kind = 'invoices'"))
    op.create_table('push_address',
    sa.Column('token_hash', sa.String(), nullable=False),
    sa.Column('connection_id', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('made_by', sa.String(), server_default='', nullable=False),
    sa.Column('last_used_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('last_used_from', sa.String(), server_default='', nullable=False),
    sa.Column('ends_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_by', sa.String(), server_default='', nullable=False),
    sa.ForeignKeyConstraint(['connection_id'], ['connection.id'], name=op.f('fk_push_address_connection_id_connection')),
    sa.PrimaryKeyConstraint('token_hash', name=op.f('pk_push_address'))
    )
    op.create_index(op.f('ix_push_address_connection_id'), 'push_address', ['connection_id'], unique=False)
    op.create_table('refresh_request',
    sa.Column('connection_id', sa.BigInteger(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('code', sa.String(), server_default='', nullable=False),
    sa.Column('page', sa.Integer(), server_default='1', nullable=False),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('asked_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['connection_id'], ['connection.id'], name=op.f('fk_refresh_request_connection_id_connection')),
    sa.PrimaryKeyConstraint('connection_id', 'kind', 'code', name=op.f('pk_refresh_request'))
    )
    op.create_table('stated_sum',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.Column('file_id', sa.BigInteger(), nullable=False),
    sa.Column('provider', sa.String(), nullable=False),
    sa.Column('payout_number', sa.String(), nullable=False),
    sa.Column('paid_on', sa.Date(), nullable=False),
    sa.Column('currency', sa.String(), nullable=False),
    sa.Column('paid_out', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['file_id'], ['payout_file.id'], name=op.f('fk_stated_sum_file_id_payout_file')),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenant.id'], name=op.f('fk_stated_sum_tenant_id_tenant')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_stated_sum'))
    )
    op.create_index('ix_stated_sum_payout', 'stated_sum', ['tenant_id', 'provider', 'payout_number', 'paid_on'], unique=False)
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
    op.create_table('credit_balance',
    sa.Column('order_id', sa.BigInteger(), nullable=False),
    sa.Column('source', sa.String(), nullable=False),
    sa.Column('invoiced', sa.BigInteger(), nullable=False),
    sa.Column('credited', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('credited >= 0 and credited <= invoiced', name=op.f('ck_credit_balance_credited_at_most_invoiced')),
    sa.ForeignKeyConstraint(['order_id'], ['sales_order.id'], name=op.f('fk_credit_balance_order_id_sales_order')),
    sa.PrimaryKeyConstraint('order_id', 'source', name=op.f('pk_credit_balance'))
    )
    op.create_table('finding',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('tenant_id', sa.BigInteger(), nullable=True),
    sa.Column('job_id', sa.BigInteger(), nullable=True),
    sa.Column('connection_id', sa.BigInteger(), nullable=True),
    sa.Column('code', sa.String(), nullable=False),
    sa.Column('about', sa.String(), server_default='', nullable=False),
    sa.Column('data', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('registers', postgresql.ARRAY(sa.Text()), server_default='{}', nullable=False),
    sa.Column('seen', sa.Integer(), server_default='1', nullable=False),
    sa.Column('first_seen_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('last_seen_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('resolved_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('closed_by', sa.String(), nullable=True),
    sa.Column('closed_note', sa.String(), server_default='', nullable=False),
    sa.ForeignKeyConstraint(['connection_id'], ['connection.id'], name=op.f('fk_finding_connection_id_connection')),
    sa.ForeignKeyConstraint(['job_id'], ['job.id'], name=op.f('fk_finding_job_id_job')),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenant.id'], name=op.f('fk_finding_tenant_id_tenant')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_finding'))
    )
    op.create_index(op.f('ix_finding_job_id'), 'finding', ['job_id'], unique=False)
    op.create_index('ix_finding_tenant_code', 'finding', ['tenant_id', 'code'], unique=False, postgresql_where='resolved_at is null')
    op.create_index('uq_finding_open', 'finding', ['tenant_id', 'job_id', 'connection_id', 'code', 'about'], unique=True, postgresql_where='resolved_at is null', postgresql_nulls_not_distinct=True)
    op.create_table('given_answer',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('order_id', sa.BigInteger(), nullable=True),
    sa.Column('payout_id', sa.BigInteger(), nullable=True),
    sa.Column('code', sa.String(), nullable=False),
    sa.Column('about', sa.String(), nullable=False),
    sa.Column('asked_about', sa.String(), nullable=False),
    sa.Column('answer', sa.String(), nullable=False),
    sa.Column('given_by', sa.String(), nullable=False),
    sa.Column('given_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('job_id', sa.BigInteger(), nullable=True),
    sa.CheckConstraint('num_nonnulls(order_id, payout_id, job_id) = 1', name=op.f('ck_given_answer_about_one')),
    sa.ForeignKeyConstraint(['job_id'], ['job.id'], name=op.f('fk_given_answer_job_id_job')),
    sa.ForeignKeyConstraint(['payout_id'], ['payout.id'], name=op.f('fk_given_answer_payout_id_payout')),
    sa.ForeignKeyConstraint(['order_id'], ['sales_order.id'], name=op.f('fk_given_answer_order_id_sales_order')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_given_answer'))
    )
    op.create_index(op.f('ix_given_answer_job_id'), 'given_answer', ['job_id'], unique=False)
    op.create_index(op.f('ix_given_answer_payout_id'), 'given_answer', ['payout_id'], unique=False)
    op.create_index(op.f('ix_given_answer_order_id'), 'given_answer', ['order_id'], unique=False)
    op.create_table('inbox',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('connection_id', sa.BigInteger(), nullable=False),
    sa.Column('job_id', sa.BigInteger(), nullable=False),
    sa.Column('delivery_id', sa.String(), nullable=False),
    sa.Column('event_id', sa.String(), nullable=True),
    sa.Column('topic', sa.String(), nullable=False),
    sa.Column('triggered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('received_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('headers', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('body', sa.LargeBinary(), nullable=False),
    sa.Column('processed_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['connection_id'], ['connection.id'], name=op.f('fk_inbox_connection_id_connection')),
    sa.ForeignKeyConstraint(['job_id'], ['job.id'], name=op.f('fk_inbox_job_id_job')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_inbox')),
    sa.UniqueConstraint('connection_id', 'delivery_id', name=op.f('uq_inbox_connection_id_delivery_id'))
    )
    op.create_index('ix_inbox_connection_received', 'inbox', ['connection_id', 'received_at'], unique=False)
    op.create_index('ix_inbox_open', 'inbox', ['job_id'], unique=False, postgresql_where='processed_at is null')
    op.create_table('lost_dispute',
    sa.Column('job_id', sa.BigInteger(), nullable=False),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.Column('content', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('stored_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['job_id'], ['job.id'], name=op.f('fk_lost_dispute_job_id_job')),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenant.id'], name=op.f('fk_lost_dispute_tenant_id_tenant')),
    sa.PrimaryKeyConstraint('job_id', name=op.f('pk_lost_dispute'))
    )
    op.create_table('money_use',
    sa.Column('connection_id', sa.BigInteger(), nullable=False),
    sa.Column('transaction_id', sa.String(), nullable=False),
    sa.Column('order_id', sa.BigInteger(), nullable=False),
    sa.Column('moved', sa.BigInteger(), nullable=False),
    sa.Column('used', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('abs(used) <= abs(moved)', name=op.f('ck_money_use_used_at_most_moved')),
    sa.ForeignKeyConstraint(['connection_id'], ['connection.id'], name=op.f('fk_money_use_connection_id_connection')),
    sa.ForeignKeyConstraint(['order_id'], ['sales_order.id'], name=op.f('fk_money_use_order_id_sales_order')),
    sa.PrimaryKeyConstraint('connection_id', 'transaction_id', name=op.f('pk_money_use'))
    )
    op.create_index(op.f('ix_money_use_order_id'), 'money_use', ['order_id'], unique=False)
    op.create_table('operation',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('job_id', sa.BigInteger(), nullable=False),
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
    sa.ForeignKeyConstraint(['job_id'], ['job.id'], name=op.f('fk_operation_job_id_job')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_operation')),
    sa.UniqueConstraint('job_id', 'step_key', name=op.f('uq_operation_job_id_step_key'))
    )
    op.create_table('order_claim',
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.Column('key', sa.String(), nullable=False),
    sa.Column('order_id', sa.BigInteger(), nullable=False),
    sa.Column('wanted_by', sa.BigInteger(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['order_id'], ['sales_order.id'], name=op.f('fk_order_claim_order_id_sales_order')),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenant.id'], name=op.f('fk_order_claim_tenant_id_tenant')),
    sa.ForeignKeyConstraint(['wanted_by'], ['sales_order.id'], name=op.f('fk_order_claim_wanted_by_sales_order')),
    sa.PrimaryKeyConstraint('tenant_id', 'key', 'order_id', name=op.f('pk_order_claim'))
    )
    op.create_index(op.f('ix_order_claim_order_id'), 'order_claim', ['order_id'], unique=False)
    op.create_table('payout_line_use',
    sa.Column('connection_id', sa.BigInteger(), nullable=False),
    sa.Column('provider', sa.String(), nullable=False),
    sa.Column('line_id', sa.String(), nullable=False),
    sa.Column('payout_id', sa.BigInteger(), nullable=False),
    sa.Column('order_id', sa.BigInteger(), nullable=True),
    sa.Column('matched_by', sa.String(), nullable=False),
    sa.Column('transaction_id', sa.String(), server_default='', nullable=False),
    sa.Column('paid_on', sa.Date(), nullable=True),
    sa.Column('write_offs', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.ForeignKeyConstraint(['connection_id'], ['connection.id'], name=op.f('fk_payout_line_use_connection_id_connection')),
    sa.ForeignKeyConstraint(['payout_id'], ['payout.id'], name=op.f('fk_payout_line_use_payout_id_payout')),
    sa.ForeignKeyConstraint(['order_id'], ['sales_order.id'], name=op.f('fk_payout_line_use_order_id_sales_order')),
    sa.PrimaryKeyConstraint('connection_id', 'provider', 'line_id', name=op.f('pk_payout_line_use'))
    )
    op.create_index(op.f('ix_payout_line_use_payout_id'), 'payout_line_use', ['payout_id'], unique=False)
    op.create_index(op.f('ix_payout_line_use_order_id'), 'payout_line_use', ['order_id'], unique=False)
    op.create_table('payout_movement',
    sa.Column('payout_id', sa.BigInteger(), nullable=False),
    sa.Column('line_id', sa.String(), nullable=False),
    sa.Column('identity', sa.String(), nullable=False),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.Column('provider', sa.String(), nullable=False),
    sa.Column('account', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['payout_id'], ['payout.id'], name=op.f('fk_payout_movement_payout_id_payout')),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenant.id'], name=op.f('fk_payout_movement_tenant_id_tenant')),
    sa.PrimaryKeyConstraint('payout_id', 'line_id', 'identity', name=op.f('pk_payout_movement'))
    )
    op.create_index('ix_payout_movement_identity', 'payout_movement', ['tenant_id', 'provider', 'identity'], unique=False)
    op.create_table('snapshot',
    sa.Column('order_id', sa.BigInteger(), nullable=False),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.Column('version_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('content_hash', sa.String(), nullable=False),
    sa.Column('order', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('processed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('currency', sa.String(), nullable=False),
    sa.Column('total', sa.BigInteger(), nullable=False),
    sa.Column('expected_total', sa.BigInteger(), nullable=True),
    sa.Column('booked_total', sa.BigInteger(), nullable=True),
    sa.Column('plan', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('fetched_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['order_id'], ['sales_order.id'], name=op.f('fk_snapshot_order_id_sales_order')),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenant.id'], name=op.f('fk_snapshot_tenant_id_tenant')),
    sa.PrimaryKeyConstraint('order_id', name=op.f('pk_snapshot'))
    )
    op.create_index('ix_snapshot_payment_ids', 'snapshot', [sa.literal_column('jsonb_path_query_array("order", \'$.transactions[*].payment_id\')')], unique=False, postgresql_using='gin')
    op.create_index('ix_snapshot_tenant_name', 'snapshot', ['tenant_id', 'name'], unique=False)
    op.create_table('vat_number_check',
    sa.Column('order_id', sa.BigInteger(), nullable=False),
    sa.Column('number', sa.String(), nullable=False),
    sa.Column('wanted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('valid', sa.Boolean(), nullable=True),
    sa.Column('day', sa.Date(), nullable=True),
    sa.Column('name', sa.String(), server_default='', nullable=False),
    sa.Column('consultation', sa.String(), server_default='', nullable=False),
    sa.ForeignKeyConstraint(['order_id'], ['sales_order.id'], name=op.f('fk_vat_number_check_order_id_sales_order')),
    sa.PrimaryKeyConstraint('order_id', 'number', name=op.f('pk_vat_number_check'))
    )
    op.create_index('ix_vat_number_check_wanted', 'vat_number_check', ['wanted_at'], unique=False, postgresql_where='wanted_at is not null')
    op.create_table('document',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False, start=900001), nullable=False),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.Column('operation_id', sa.BigInteger(), nullable=False),
    sa.Column('order_id', sa.BigInteger(), nullable=True),
    sa.Column('payout_id', sa.BigInteger(), nullable=True),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('number', sa.String(), nullable=False),
    sa.Column('series', sa.String(), server_default='', nullable=False),
    sa.Column('financial_year', sa.Integer(), nullable=True),
    sa.Column('day', sa.Date(), nullable=True),
    sa.Column('currency', sa.String(), nullable=True),
    sa.Column('total', sa.BigInteger(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint("kind in ('customer_invoice', 'credit_note', 'order', 'payment', 'voucher')", name=op.f('ck_document_kind')),
    sa.CheckConstraint('num_nonnulls(order_id, payout_id) <= 1', name=op.f('ck_document_of_one')),
    sa.ForeignKeyConstraint(['operation_id'], ['operation.id'], name=op.f('fk_document_operation_id_operation')),
    sa.ForeignKeyConstraint(['order_id'], ['sales_order.id'], name=op.f('fk_document_order_id_sales_order')),
    sa.ForeignKeyConstraint(['payout_id'], ['payout.id'], name=op.f('fk_document_payout_id_payout')),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenant.id'], name=op.f('fk_document_tenant_id_tenant')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_document')),
    sa.UniqueConstraint('operation_id', name=op.f('uq_document_operation_id'))
    )
    op.create_index('ix_document_number', 'document', ['tenant_id', 'number', 'kind'], unique=False)
    op.create_index(op.f('ix_document_order_id'), 'document', ['order_id'], unique=False)
    op.create_index(op.f('ix_document_payout_id'), 'document', ['payout_id'], unique=False)
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
    # Which database this is: a restored copy is another one (decision 0034).
    op.execute("""
        insert into installation (id, origin) select 1, concat_ws('/',
            (select system_identifier from pg_control_system()), (select timeline_id from pg_control_checkpoint()),
            (select oid from pg_database where datname = current_database()), 'tenant'::regclass::oid)
    """)


def downgrade() -> None:
    op.drop_index(op.f('ix_operation_event_operation_id'), table_name='operation_event')
    op.drop_table('operation_event')
    op.drop_index(op.f('ix_document_payout_id'), table_name='document')
    op.drop_index(op.f('ix_document_order_id'), table_name='document')
    op.drop_index('ix_document_number', table_name='document')
    op.drop_table('document')
    op.drop_index('ix_vat_number_check_wanted', table_name='vat_number_check', postgresql_where='wanted_at is not null')
    op.drop_table('vat_number_check')
    op.drop_index('ix_snapshot_tenant_name', table_name='snapshot')
    op.drop_index('ix_snapshot_payment_ids', table_name='snapshot', postgresql_using='gin')
    op.drop_table('snapshot')
    op.drop_index('ix_payout_movement_identity', table_name='payout_movement')
    op.drop_table('payout_movement')
    op.drop_index(op.f('ix_payout_line_use_order_id'), table_name='payout_line_use')
    op.drop_index(op.f('ix_payout_line_use_payout_id'), table_name='payout_line_use')
    op.drop_table('payout_line_use')
    op.drop_index(op.f('ix_order_claim_order_id'), table_name='order_claim')
    op.drop_table('order_claim')
    op.drop_table('operation')
    op.drop_index(op.f('ix_money_use_order_id'), table_name='money_use')
    op.drop_table('money_use')
    op.drop_table('lost_dispute')
    op.drop_index('ix_inbox_connection_received', table_name='inbox')
    op.drop_index('ix_inbox_open', table_name='inbox', postgresql_where='processed_at is null')
    op.drop_table('inbox')
    op.drop_index(op.f('ix_given_answer_order_id'), table_name='given_answer')
    op.drop_index(op.f('ix_given_answer_payout_id'), table_name='given_answer')
    op.drop_index(op.f('ix_given_answer_job_id'), table_name='given_answer')
    op.drop_table('given_answer')
    op.drop_index('uq_finding_open', table_name='finding', postgresql_where='resolved_at is null', postgresql_nulls_not_distinct=True)
    op.drop_index('ix_finding_tenant_code', table_name='finding', postgresql_where='resolved_at is null')
    op.drop_index(op.f('ix_finding_job_id'), table_name='finding')
    op.drop_table('finding')
    op.drop_table('credit_balance')
    op.drop_index(op.f('ix_web_session_user_id'), table_name='web_session')
    op.drop_table('web_session')
    op.drop_index('ix_stated_sum_payout', table_name='stated_sum')
    op.drop_table('stated_sum')
    op.drop_table('refresh_request')
    op.drop_index(op.f('ix_push_address_connection_id'), table_name='push_address')
    op.drop_table('push_address')
    op.drop_index('ix_master_record_invoice_total', table_name='master_record', postgresql_where=sa.text("kind = 'invoices'"))
    op.drop_index('ix_master_record_invoice_external2', table_name='master_record', postgresql_where=sa.text("kind = 'invoices'"))
    op.drop_index('ix_master_record_invoice_external1', table_name='master_record', postgresql_where=sa.text("kind = 'invoices'"))
    op.drop_index('ix_master_record_customer_organisation_number', table_name='master_record', postgresql_where=sa.text("kind = 'customers'"))
    op.drop_index('ix_master_record_customer_email', table_name='master_record', postgresql_where=sa.text("kind = 'customers'"))
    op.drop_table('master_record')
    op.drop_table('master_data_refresh')
    op.drop_table('ledger_reading')
    op.drop_index('ix_job_worker', table_name='job', postgresql_where='worker is not null')
    op.drop_index('ix_job_tenant_state', table_name='job')
    op.drop_index('ix_job_due', table_name='job', postgresql_where='due_at is not null')
    op.drop_table('job')
    op.drop_index('ix_payout_tenant_paid', table_name='payout')
    op.drop_table('payout')
    op.drop_index('ix_sales_order_platform_id', table_name='sales_order')
    op.drop_table('sales_order')
    op.drop_index(op.f('ix_user_account_tenant_id'), table_name='user_account')
    op.drop_table('user_account')
    op.drop_table('tenant_rules_version')
    op.drop_table('payout_file')
    op.drop_table('oauth_state')
    op.drop_index(op.f('ix_connection_tenant_id'), table_name='connection')
    op.drop_table('connection')
    op.drop_table('column_map')
    op.drop_table('worker')
    op.drop_table('topic_offset')
    op.drop_table('tenant')
    op.drop_table('scheduled_run')
    op.drop_index('ix_login_attempt_address', table_name='login_attempt')
    op.drop_index('ix_login_attempt_account', table_name='login_attempt')
    op.drop_table('login_attempt')
    op.drop_table('installation')
    op.drop_table('counter')
    op.drop_table('call_budget')
