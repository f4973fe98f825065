"""Keep the state of a company: its ledger is written to only where it is live, and the database itself refuses more."""

from alembic import op
import sqlalchemy as sa

revision = 'c41b7e9d5a02'
down_revision = '8f1d6a0c24be'
branch_labels = None
depends_on = None

# Stable: it sees the state as the statement that marks the step does, which asks for it, too. A pause that is committed
# meanwhile holds from the next step on.
_CHECK = """
create function operation_needs_live_company() returns trigger language plpgsql stable as $$
declare
    company text;
begin
    select tenant.state into company from job join tenant on tenant.id = job.tenant_id where job.id = new.job_id;
    if company is distinct from 'live' then
        raise exception 'company is %, step % of job % is not sent', company, new.step_key, new.job_id
              using errcode = 'check_violation', constraint = 'operation_needs_live_company', table = 'operation';
    end if;
    return new;
end
$$
"""
_TRIGGERS = (
    "create trigger operation_needs_live_company before insert on operation"
    " for each row when (new.state = 'sending') execute function operation_needs_live_company()",
    "create trigger operation_change_needs_live_company before update of state on operation"
    " for each row when (new.state = 'sending') execute function operation_needs_live_company()",
)


def upgrade() -> None:
    op.add_column('tenant', sa.Column('state', sa.String(), server_default='setting_up', nullable=False))
    op.execute("update tenant set state = 'live'")  # until now connecting was going live
    op.create_check_constraint(op.f('ck_tenant_state'), 'tenant', "state in ('setting_up', 'trial', 'live', 'paused')")
    op.create_table('company_state_change',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('tenant_id', sa.BigInteger(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('start_day', sa.Date(), nullable=True),
    sa.Column('changed_by', sa.String(), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['tenant_id'], ['tenant.id'], name=op.f('fk_company_state_change_tenant_id_tenant')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_company_state_change'))
    )
    op.create_index(op.f('ix_company_state_change_tenant_id'), 'company_state_change', ['tenant_id'], unique=False)
    op.execute(_CHECK)
    for trigger in _TRIGGERS:
        op.execute(trigger)


def downgrade() -> None:
    op.execute("drop trigger operation_change_needs_live_company on operation")
    op.execute("drop trigger operation_needs_live_company on operation")
    op.execute("drop function operation_needs_live_company()")
    op.drop_table('company_state_change')
    op.drop_constraint(op.f('ck_tenant_state'), 'tenant')
    op.drop_column('tenant', 'state')
