"""The posting log: which steps exist and were sent, what Fortnox answered. Rows change state; history only grows."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, get_args

from pydantic import TypeAdapter
from sqlalchemy import Row, TextClause, bindparam, exists, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from app.adjustments.creditable_lines import PostedDocuments
from app.execution import balances, documents
from app.execution.outstanding import content_hash
from app.jobs.queue import Lease, LeaseLostError
from app.kit.db.engine import ReadSession, WriteSession
from app.kit.http.call_budget import CallBudget
from app.kit.http.outcome import Done, Limited, NotSent, Outcome, Refused
from app.ledgers.base import Exchange, Remote
from app.posting.documents import CreateInvoice
from app.posting.plan import Plan
from app.posting.references import DocumentRef, StepRef
from app.posting.steps import PayInvoice, Step
from app.schema import Job, Operation, OperationEvent, OperationState

_STEP: TypeAdapter[Step] = TypeAdapter(Step)
_STEP_KINDS = {kind.__name__: TypeAdapter(kind) for kind in get_args(Step)}
_UNCERTAIN = (OperationState.SENDING, OperationState.UNKNOWN)
_OPEN = (OperationState.PLANNED, OperationState.REFUSED)
_SENT = (OperationState.SENDING, OperationState.UNKNOWN, OperationState.DONE)
_MONEY = frozenset({"CreateInvoice", "CancelInvoice", "PayInvoice", "CreateVoucher"})
"""Kinds of steps that the balances of an order are made of."""

_OF_JOB = select(Operation).where(Operation.job_id == bindparam("job")).order_by(Operation.position, Operation.id)
SEND_NEEDS = timedelta(seconds=40)
"""Lease that must be left at the mark: the whole call (30 s) and the record of its outcome. Each mark renews it."""


def load(session: ReadSession | WriteSession, job_id: int) -> dict[str, Operation]:
    """All steps of a job by key."""
    return {row.step_key: row for row in session.scalars(_OF_JOB, {"job": job_id})}


def load_order(session: ReadSession | WriteSession, order_id: int) -> dict[str, Operation]:
    """All steps of an order's job by key."""
    return load(session, session.scalars(select(Job.id).where(Job.order_id == order_id)).one())


def load_payout(session: ReadSession | WriteSession, payout_id: int) -> dict[str, Operation]:
    """All steps of a payout's job by key."""
    return load(session, session.scalars(select(Job.id).where(Job.payout_id == payout_id)).one())


def posted(operations: Mapping[str, Operation]) -> PostedDocuments:
    """The steps that are done, with the content that was sent."""
    return PostedDocuments(tuple(as_planned(row) for row in operations.values() if row.state == OperationState.DONE))


def results(operations: Mapping[str, Operation]) -> dict[StepRef, Remote]:
    """What Fortnox answered to the steps that are done."""
    done = (row for row in operations.values() if row.state == OperationState.DONE)
    return {as_planned(row).ref: row.remote for row in done if row.remote}


def is_uncertain(operation: Operation) -> bool:
    """Whether the step may stand in the books although no answer says so."""
    return operation.state in _UNCERTAIN


def may_stand(operations: Mapping[str, Operation]) -> bool:
    """Whether a document or order of ours may stand in the books."""
    documents = (row for row in operations.values() if row.kind in ("CreateInvoice", "CreateOrder"))
    return any(row.state == OperationState.DONE or is_uncertain(row) for row in documents)


def as_planned(operation: Operation) -> Step:
    """The step with the content that it has in the posting log: what was sent, if it was."""
    fields = {name: value for name, value in operation.payload.items() if not name.startswith("_")}
    step: Step = _STEP_KINDS[operation.kind].validate_python(fields)
    return step


def plan_steps(
    session: WriteSession, job_id: int, plan: Plan, steps: Sequence[Step], operations: dict[str, Operation]
) -> None:
    """Enter the steps to do. A step that was never sent takes the newest content; a sent one keeps what was sent.

    What an earlier plan wanted and this one does not is superseded: it was never sent, and never will be. `operations`
    is the job's posting log as it was loaded, and is kept as it is. A worker whose job was taken over meanwhile may
    write here; no step that it changed can be sent with other content than was planned (`between_calls`).

    Raises LeaseLostError where a step was sent since the log was loaded: only another worker of the job can have.
    """
    # Odd positions: a step that only the execution shows to be needed goes between two of the plan.
    positions = {step.key: 2 * place + 1 for place, step in enumerate(plan.steps)}
    unwanted = [row for key, row in operations.items() if row.state in _OPEN and key not in positions]
    if unwanted:
        outdated = update(Operation).where(Operation.id.in_([row.id for row in unwanted]), Operation.state.in_(_OPEN))
        session.execute(outdated.values(state=OperationState.SUPERSEDED.value))
        for row in unwanted:
            row.state = OperationState.SUPERSEDED.value
    rows = [_planned(job_id, step, positions[step.key], plan.rules_version) for step in steps]
    changed = [row for row in rows if not _is_entered(operations.get(row["step_key"]), row)]
    entered = _enter(session, changed)
    if len(entered) < len(changed):
        raise LeaseLostError
    operations |= {row.step_key: row for row in entered}


def _is_entered(entered: Operation | None, planned: Mapping[str, Any]) -> bool:
    """Whether an open step has this content: a large order is planned anew many times, and mostly as it was."""
    if entered is None or entered.state not in _OPEN:
        return False
    return all(getattr(entered, name) == planned[name] for name in ("payload_hash", "position", "rules_version"))


def _planned(job_id: int, step: Step, position: int, rules_version: int) -> dict[str, Any]:
    return {
        "job_id": job_id, "step_key": step.key, "kind": type(step).__name__, "rules_version": rules_version,
        "payload_hash": content_hash(step), "payload": _payload(step), "position": position,
    }  # fmt: skip


_ENTER = select(Operation).from_statement(
    text("""
    insert into operation (job_id, step_key, position, kind, payload_hash, payload, rules_version)
    select job_id, step_key, position, kind, payload_hash, payload, rules_version
      from jsonb_to_recordset(cast(:rows as jsonb))
           as planned (job_id bigint, step_key text, position int, kind text, payload_hash text, payload jsonb,
                       rules_version int)
        on conflict (job_id, step_key) do update
       set payload_hash = excluded.payload_hash, payload = excluded.payload, position = excluded.position,
           rules_version = excluded.rules_version, updated_at = clock_timestamp(),
           state = case when operation.state = 'superseded' then 'planned' else operation.state end
     where operation.state in ('planned', 'refused', 'superseded')
    returning *
    """)
).execution_options(populate_existing=True)  # fmt: skip


def _enter(session: WriteSession, rows: Sequence[Mapping[str, Any]]) -> Sequence[Operation]:
    """Write open steps; those of them that were written."""
    return session.scalars(_ENTER, {"rows": json.dumps(rows)}).all() if rows else ()


def enter_before(session: WriteSession, step: Step, following: Operation) -> Operation:
    """Enter a step that no plan has, to be executed before another one of the same job; returns its row."""
    values = _planned(following.job_id, step, following.position - 1, following.rules_version)
    statement = insert(Operation).values(values)
    state = {"state": OperationState.PLANNED.value, "updated_at": func.clock_timestamp()}
    entered = statement.on_conflict_do_update(
        index_elements=[Operation.job_id, Operation.step_key],
        set_={**values, **state},
        where=Operation.state.in_((*_OPEN, OperationState.SUPERSEDED)),
    )
    session.execute(entered)
    conditions = (Operation.job_id == following.job_id, Operation.step_key == step.key)
    return session.scalars(select(Operation).where(*conditions)).one()


def plan_anew(session: WriteSession, operation_id: int, step: Step) -> None:
    """Give a step that is marked, and not sent, another content, in the transaction of its mark."""
    statement = update(Operation).where(Operation.id == operation_id, Operation.state != OperationState.DONE.value)
    session.execute(statement.values(payload=_payload(step), payload_hash=content_hash(step)))


def _payload(step: Step) -> dict[str, Any]:
    stored: dict[str, Any] = _STEP.dump_python(step, mode="json")
    if isinstance(step, CreateInvoice):
        stored["_amount"] = str(step.total)
    if isinstance(step, PayInvoice):
        stored["_amount"] = str(step.amount)
    return stored


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer to a step that is not in the posting log yet: it is written with the mark of the next call."""

    operation: Operation
    remote: Remote
    exchanges: Sequence[Exchange]


@dataclass(frozen=True, slots=True)
class Mark:
    """What became of a mark."""

    is_held: bool
    """The job is still ours; otherwise nothing was written but the history of what was answered."""
    is_marked: bool
    """The step may be sent now."""
    slot: float | None
    """Place of the call in the company's budget; None where none was asked for, or the budget is spent."""
    is_live: bool
    """Whether the company is live: to another one nothing is written."""


# One statement for all that lies between two calls: what the last one came to, the lease, the budget of the next one,
# and its mark. Every part but the history needs the lease: a worker that was frozen has outdated news, and written over
# the work of its successor, "not sent" would be a second invoice. `reserved` is the limiter's first attempt
# (`app.jobs.rate_limiter`): it takes a call that may go at once, and never one that would have to wait. The call that
# spends the budget keeps workers off the company's other jobs until there is another one: an order that is started and
# given back is read and planned twice.
_BETWEEN_CALLS = text(f"""
    with held as (
        update job
           set lease_until = clock_timestamp() + make_interval(secs => :lease_seconds), calls = calls + :calls,
               updated_at = clock_timestamp()
         where id = :job and lease_token = :token
        returning id, tenant_id, order_id, payout_id
    ), noted as (
        insert into operation_event (operation_id, kind, status, request, answer, note)
        select cast(:answered as bigint), came.kind, came.status, came.request, came.answer, ''
          from jsonb_to_recordset(cast(:events as jsonb))
               as came (kind text, status int, request jsonb, answer jsonb)
    ), recorded as (
        update operation
           set state = 'done', remote = cast(:remote as jsonb), remote_id = :remote_id, updated_at = clock_timestamp()
         where id = cast(:answered as bigint) and exists (select from held)
        returning id, job_id
    ), documented as (
        insert into {documents.COLUMNS}
        select job.tenant_id, {documents.VALUES}
          from recorded as operation, held as job, jsonb_to_record(cast(:document as jsonb)) as {documents.STATED}
         where stated.number is not null
            {documents.KEEP}
    ), live as (
        select from tenant where id = :tenant and state = 'live'
    ), reserved as (
        update call_budget
           set slots = slots[2:] || cast(extract(epoch from clock_timestamp()) as float8)
         where company = cast(:company as text) and exists (select from held) and exists (select from live)
           and slots[1] + :window <= extract(epoch from clock_timestamp())
        returning slots[array_length(slots, 1)] as slot, slots[1] + :window as next_at
    ), exhausted as (
        update tenant set blocked_until = to_timestamp(reserved.next_at) from reserved
         where tenant.id = :tenant and reserved.next_at > extract(epoch from clock_timestamp())
    ), marked as (
        update operation
           set state = 'sending', sent_at = clock_timestamp(), attempts = attempts + 1, updated_at = clock_timestamp()
         where id = cast(:next as bigint) and state <> 'done' and exists (select from held)
           and exists (select from live)
           and payload_hash = :content and (cast(:company as text) is null or exists (select from reserved))
        returning id
    )
    select exists (select from held) as is_held, exists (select from marked) as is_marked,
           (select slot from reserved) as slot, exists (select from live) as is_live
""")  # noqa: S608 - its parts are written in `documents`
RunStatement = Callable[[TextClause, Mapping[str, object]], Sequence[Row[Any]]]
"""Runs a statement in a transaction, or as one of its own (`Store.write_once`)."""


def between_calls(
    run: RunStatement,
    lease: Lease,
    lease_seconds: float,
    *,
    answered: Answered | None,
    following: tuple[Operation, Step] | None,
    budget: CallBudget | None,
) -> Mark:
    """Write what the last call came to, and say of the next step, before anything leaves, that it may have left.

    `following`: the step to mark and its row; None: there is none. A step is marked only with the content that the
    posting log has of it, and only while the company is live. `budget`: where its call counts; None: it is reserved
    already.
    """
    exchanges = answered.exchanges if answered else ()
    values = {
        "job": lease.job_id, "tenant": lease.tenant_id, "token": lease.token, "lease_seconds": lease_seconds,
        "calls": len(exchanges),
        "answered": answered.operation.id if answered else None, "events": _events(exchanges),
        "remote": json.dumps(dict(answered.remote)) if answered else None,
        "document": _document(answered) if answered else None,
        "remote_id": remote_id(answered.remote) if answered else None,
        "next": following[0].id if following else None, "content": content_hash(following[1]) if following else "",
        "company": budget.company if budget else None, "window": budget.window if budget else 0.0,
    }  # fmt: skip
    [row] = run(_BETWEEN_CALLS, values)
    return Mark(row.is_held, row.is_marked, row.slot, row.is_live)


def _document(answered: Answered) -> str | None:
    """What an answer says of a document of ours, as JSON; None where it is about none."""
    document = documents.stated(answered.operation, answered.remote)
    return None if document is None else json.dumps(document)


_MAY_WRITE = text("""
    select exists (select from job join tenant on tenant.id = job.tenant_id
                    where job.id = :job and job.lease_token = :token and tenant.state = 'live')
""")


def may_write(session: ReadSession, lease: Lease) -> bool:
    """Whether the job is still ours and its company live: what a mark asks for, of a change that has no step."""
    return bool(session.scalar(_MAY_WRITE, {"job": lease.job_id, "token": lease.token}))


def remote_id(remote: Remote) -> str | None:
    """The document's number in the ledger, if it has one."""
    return str(remote.get("number") or "") or None


def _events(exchanges: Sequence[Exchange]) -> str:
    """The history of a step that was answered, as JSON."""
    return _JSON.dump_json([_event("done", exchange) for exchange in exchanges]).decode()


def _event(kind: str, exchange: Exchange) -> dict[str, Any]:
    status, answer = _logged_answer(exchange.outcome)
    request = {"method": exchange.method, "path": exchange.path, "body": exchange.request}
    return {"kind": kind, "status": status, "request": request, "answer": answer}


def adopt(session: WriteSession, lease: Lease, operation: Operation, remote: Remote) -> None:
    """Write that a step stands in the books already, and what it uses of money and invoices.

    Raises LeaseLostError, BalanceExceededError.
    """
    record_done(session, lease, operation, remote)
    if operation.kind in _MONEY:
        enter_balances(session, lease)


def record_done(session: WriteSession, lease: Lease, operation: Operation, remote: Remote) -> None:
    """Write that a step is done, in the posting log and in a worker's copy of it. Raises LeaseLostError."""
    record(session, lease, operation.id, OperationState.DONE, remote=remote)
    documents.enter(session, [(operation, remote)])
    is_done(operation, remote)


def is_done(operation: Operation, remote: Remote) -> None:
    """Keep a worker's copy of a step as the posting log has it, or will have it with the next mark."""
    operation.state, operation.remote, operation.remote_id = OperationState.DONE.value, dict(remote), remote_id(remote)


def enter_balances(session: WriteSession, lease: Lease) -> None:
    """Let the database check what everything that may stand in the books comes to. Raises BalanceExceededError."""
    balances.enter(session, lease, money_posted(load(session, lease.job_id).values()))


def moves_money(kind: str) -> bool:
    """Whether balances are made of steps of this kind: an article changes none, and a large order has a thousand."""
    return kind in _MONEY


def money_posted(operations: Iterable[Operation]) -> PostedDocuments:
    """The steps that may stand in the books and that balances are made of."""
    may_stand = (row for row in operations if row.state in _SENT and row.kind in _MONEY)
    return PostedDocuments(tuple(as_planned(row) for row in sorted(may_stand, key=lambda row: row.position)))


def take_over(
    session: WriteSession, job_id: int, steps: Sequence[tuple[Step, Remote]], rules_version: int, first: int = 0
) -> list[int]:
    """Enter steps that others did as done, with what stands there, from a position on; returns their ids."""
    entered: list[tuple[Operation, Remote]] = []
    for position, (step, remote) in enumerate(steps, first):
        values: dict[str, Any] = {
            "kind": type(step).__name__, "payload_hash": content_hash(step), "payload": _payload(step),
            "position": position, "rules_version": rules_version, "state": OperationState.DONE.value,
            "remote": dict(remote), "remote_id": remote_id(remote),
        }  # fmt: skip
        statement = insert(Operation).values(job_id=job_id, step_key=step.key, **values)
        keys = [Operation.job_id, Operation.step_key]
        upsert = statement.on_conflict_do_update(index_elements=keys, set_=values).returning(Operation)
        entered.append((session.scalars(upsert, execution_options={"populate_existing": True}).one(), remote))
    documents.enter(session, entered)
    return [operation.id for operation, _remote in entered]


def record(
    session: WriteSession, lease: Lease, operation_id: int, state: OperationState, *, remote: Remote | None = None
) -> None:
    """Write what became of a step. Raises LeaseLostError."""
    values: dict[str, Any] = {"state": state.value, "updated_at": func.clock_timestamp()}
    if remote is not None:
        values |= {"remote": dict(remote), "remote_id": remote_id(remote)}
    _write(session, lease, operation_id, values)


def doubt(session: WriteSession, job_id: int, document: DocumentRef, codes: Sequence[str]) -> None:
    """Have a document read again and compared before anything follows it: its booking showed that it is another."""
    conditions = (
        Operation.job_id == job_id,
        Operation.step_key == document.key,
        Operation.state == OperationState.DONE.value,
    )
    mark = func.jsonb_build_object("differs", func.jsonb_build_array(*codes))
    session.execute(update(Operation).where(*conditions).values(remote=Operation.remote.concat(mark)))


def sent_before(session: ReadSession, operation: Operation, age: timedelta) -> bool:
    """Whether a step was sent longer ago than that, by the clock that `sent_at` is of."""
    if operation.sent_at is None:
        return False
    now: datetime = session.scalars(select(func.clock_timestamp())).one()
    return operation.sent_at < now - age


def _write(session: WriteSession, lease: Lease, operation_id: int, values: dict[str, Any]) -> None:
    """Change a step if the job is still ours.

    A worker that was frozen during its call has an outdated outcome: written over the work of its successor, "not
    sent" would be a second invoice.
    """
    is_held = exists().where(Job.id == lease.job_id, Job.lease_token == lease.token)
    statement = update(Operation).where(Operation.id == operation_id, is_held).values(**values).returning(Operation.id)
    if session.execute(statement).scalar_one_or_none() is None:
        raise LeaseLostError


def add_history(
    session: WriteSession, operation_id: int, job_id: int, kind: str, exchanges: Sequence[Exchange], note: str = ""
) -> None:
    """Append requests and answers, and count the calls."""
    for exchange in exchanges:
        session.add(OperationEvent(operation_id=operation_id, note=note, **_plain(_event(kind, exchange))))
    if not exchanges:
        session.add(OperationEvent(operation_id=operation_id, kind=kind, note=note))
    session.execute(update(Job).where(Job.id == job_id).values(calls=Job.calls + len(exchanges)))


def _logged_answer(outcome: Outcome) -> tuple[int | None, dict[str, Any]]:
    match outcome:
        case Done():
            return outcome.status, outcome.data if isinstance(outcome.data, dict) else {"body": outcome.data}
        case Refused():
            return outcome.status, outcome.body if isinstance(outcome.body, dict) else asdict(outcome)
        case Limited():
            return 429, asdict(outcome)
        case NotSent():
            return None, asdict(outcome)
        case _:
            return outcome.status, asdict(outcome)


_JSON = TypeAdapter(Any)


def _plain(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Decimals as text: a JSON number in the history could come back as another one."""
    return _JSON.dump_python(value, mode="json")


def grace_left(session: ReadSession, operation: Operation, grace_period: timedelta) -> timedelta:
    """How long until an uncertain step may be looked for: before, Fortnox may still commit what was sent.

    The wait is measured by the clock that `sent_at` is of: a worker ahead of it would look too early, and send
    a second time what was about to stand.
    """
    if not is_uncertain(operation) or operation.sent_at is None:
        return timedelta(0)
    now: datetime = session.scalars(select(func.clock_timestamp())).one()
    return max(operation.sent_at + grace_period - now, timedelta(0))
