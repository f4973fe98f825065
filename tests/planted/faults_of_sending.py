"""Sending to Fortnox: look up, mark, send, record; what is uncertain, frozen or restored."""

from __future__ import annotations

from tests.planted.fault import Fault

_FAULTS = "tests/pipeline/test_faults.py"
_HANDS = "tests/pipeline/test_other_hands.py"
_KILLS = "tests/crash/test_kills.py"
_JOBS = "tests/pipeline/test_jobs.py"
_RESTORE = "tests/crash/test_restore.py"
_STATE = "tests/pipeline/test_company_state.py"
_UNCERTAIN = "tests/pipeline/test_uncertain_calls.py"

OF_SENDING = (
    Fault(
        "uncertain-call-settles",
        "A call without an answer is looked for only when Fortnox can no longer execute it out.",
        "app/execution/executor.py",
        "        if wait:\n            return Retry(wait)\n",
        "",
        (
            f"{_UNCERTAIN}::test_call_without_answer_is_neither_looked_for_nor_sent_again_before_it_has_settled",
            f"{_UNCERTAIN}::test_invoice_that_fortnox_commits_after_we_stopped_waiting_is_found_and_not_made_twice",
        ),
    ),
    Fault(
        "uncertain-call-is-looked-for",
        "What may stand in Fortnox is looked for there before it is sent again.",
        "app/execution/executor.py",
        "        return self.look(lease, company, posting_log.as_planned(operation), operation, context)\n",
        "        return None\n",
        (
            f"{_FAULTS}::test_a_failed_look_up_is_no_proof_of_absence",
            f"{_KILLS}::test_a_kill_at_each_step_loses_and_doubles_nothing[after the call, before the record]",
        ),
    ),
    Fault(
        "failed-look-up-proves-nothing",
        "A look-up that Fortnox did not answer is not taken for `not there`.",
        "app/execution/executor.py",
        """                case LookFailed():
                    posting_log.add_history(session, operation.id, lease.job_id, "look_failed", heard)
                    return trouble(self.books, company, looked.outcome, self.grace_period, looked=True)
""",
        "",
        (f"{_FAULTS}::test_a_failed_look_up_is_no_proof_of_absence",),
    ),
    Fault(
        "mark-before-the-call",
        "A step is marked as perhaps sent, and committed so, before its first byte leaves.",
        "app/execution/operations.py",
        "           set state = 'sending', sent_at = clock_timestamp(), attempts",
        "           set state = state, sent_at = sent_at, attempts",
        (f"{_KILLS}::test_a_kill_at_each_step_loses_and_doubles_nothing[after the call, before the record]",),
    ),
    Fault(
        "mark-asks-whether-the-company-is-live",
        "A step of a company in trial or paused is not marked; the table's trigger alone would end in a failed job.",
        "app/execution/operations.py",
        "        select from tenant where id = :tenant and state = 'live'\n",
        "        select from tenant where id = :tenant\n",
        (
            f"{_STATE}::test_what_was_planned_is_booked_as_if_the_company_had_been_live[trial]",
            f"{_STATE}::test_a_pause_in_the_middle_of_an_order_stops_before_the_next_call_and_the_rest_follows",
        ),
    ),
    Fault(
        "no-change-without-authorization",
        "The client of Fortnox sends no change without the authorization that follows from a mark.",
        "app/ledgers/fortnox/client.py",
        '        if call.method != "GET" and (authorization is None or authorization.company != company):\n'
        '            raise NotAuthorizedError(f"{call.method} {call.path} for {company.account}")\n',
        "",
        (f"{_STATE}::test_the_client_sends_no_change_without_an_authorization_of_that_company[POST]",),
    ),
    Fault(
        "orders-before-payouts",
        "When a company goes on after a pause, its orders are booked before the payouts that take them as booked.",
        "app/tenants/company_state.py",
        '        session.execute(_ORDER, {"ids": ids})\n',
        "        pass\n",
        (f"{_STATE}::test_orders_are_booked_before_the_payouts_that_arrived_before_them",),
    ),
    Fault(
        "lease-outlasts-the-call",
        "A step is sent only under a lease that lasts for the longest call and its record.",
        "app/execution/operations.py",
        "           set lease_until = clock_timestamp() + make_interval(secs => :lease_seconds), calls",
        "           set calls",
        (f"{_UNCERTAIN}::test_the_mark_renews_the_lease_for_longer_than_the_longest_call",),
    ),
    Fault(
        "mark-is-fenced",
        "A worker whose job was taken over cannot mark a step, and so cannot send it.",
        "app/execution/operations.py",
        "         where id = :job and lease_token = :token\n        returning id, tenant_id",
        "         where id = :job\n        returning id, tenant_id",
        (f"{_JOBS}::test_a_replaced_worker_writes_nothing",),
    ),
    Fault(
        "posting_log-writes-are-fenced",
        "A worker that comes back with old news does not write it over the work of its successor.",
        "app/execution/operations.py",
        """    is_held = exists().where(Job.id == lease.job_id, Job.lease_token == lease.token)
    statement = update(Operation).where(Operation.id == operation_id, is_held)""",
        "    statement = update(Operation).where(Operation.id == operation_id)",
        (
            f"{_JOBS}::test_a_replaced_worker_writes_nothing",
            f"{_JOBS}::test_a_worker_that_was_frozen_in_its_call_does_not_undo_the_work_of_its_successor",
        ),
    ),
    Fault(
        "frozen-worker-does-not-send",
        "A worker that stood still between mark and wire does not send: by then another may have.",
        "app/execution/step_run.py",
        "        if steady() - marked > SEND_FENCE_SECONDS:\n",
        "        if steady() - marked > SEND_FENCE_SECONDS * 999:\n",
        (f"{_UNCERTAIN}::test_worker_that_was_frozen_between_its_mark_and_the_wire_does_not_send",),
    ),
    Fault(
        "done-is-not-sent-again",
        "A step that stands in the posting_log as done is left out of what is still to do.",
        "app/execution/operations.py",
        "for row in operations.values() if row.state == OperationState.DONE))",
        "for row in operations.values() if row.state == OperationState.SENDING))",
        (f"{_JOBS}::test_a_worker_that_was_frozen_in_its_call_does_not_undo_the_work_of_its_successor",),
    ),
    Fault(
        "restored-document-is-looked-for",
        "After a restore the steps that follow a document of the dump may be done: they are looked for.",
        "app/execution/plan_execution.py",
        "        return created.updated_at < work.trusted_since\n",
        "        return False\n",
        (f"{_RESTORE}::test_dump_of_any_moment_is_restored_without_a_double",),
    ),
    Fault(
        "restored-voucher-is-looked-for",
        "After a restore a payout's voucher is looked for before it is booked.",
        "app/execution/voucher_booking.py",
        "        last = books_day(tenant.restored_at) if tenant.restored_at else date.min\n",
        "        last = date.min\n",
        (f"{_RESTORE}::test_dump_of_any_moment_is_restored_without_a_double",),
    ),
    Fault(
        "restore-distrusts-the-posting_log",
        "A restore says of every company that its posting_log ends at the dump.",
        "app/execution/restore.py",
        "session.execute(update(Tenant).values(log_trusted_since=now, restored_at=now, blocked_until=None))",
        "pass",
        (f"{_RESTORE}::test_dump_of_any_moment_is_restored_without_a_double",),
    ),
    Fault(
        "invoice-is-read-back",
        "An invoice whose total in Fortnox is not the plan's is not booked.",
        "app/execution/step_run.py",
        """                log.info("step_done", step=step.key, number=remote.get("number"))
                return Blocked(sent.findings)""",
        """                log.info("step_done", step=step.key, number=remote.get("number"))
                return Succeeded(remote)""",
        ("tests/pipeline/test_stops.py::test_an_invoice_that_the_warehouse_emptied_is_not_booked",),
    ),
    Fault(
        "booking-is-compared-with-its-draft",
        "An invoice that other hands edited just before we booked it is not paid.",
        "app/ledgers/fortnox/invoices.py",
        "return Sent(done, invoice_remote(invoice), booked_otherwise(invoice, made))",
        "return Sent(done, invoice_remote(invoice))",
        (f"{_HANDS}::test_draft_that_was_edited_just_before_we_booked_it_is_not_paid",),
    ),
    Fault(
        "stood-document-is-read-again",
        "An invoice that has stood is read again before it is booked or paid: others may have worked on it.",
        "app/execution/plan_execution.py",
        "not (following and self._has_stood(row))",
        "True",
        (
            f"{_HANDS}::test_draft_that_was_edited_while_we_were_away_is_not_booked",
            f"{_HANDS}::test_invoice_that_a_person_paid_is_not_paid_again",
        ),
    ),
    Fault(
        "what-others-paid-is-not-paid-again",
        "An invoice of which less is open than we are about to pay is left to a person.",
        "app/execution/plan_execution.py",
        "        return Blocked((paid,)) if paid else progress\n",
        "        return progress\n",
        (f"{_HANDS}::test_invoice_that_a_person_paid_is_not_paid_again",),
    ),
    Fault(
        "token-is-renewed-once",
        "A refresh token that works a single time is used by one worker.",
        "app/kit/http/token_keeper.py",
        """            claim = self.store.claim(grant, _CLAIM_SECONDS)
            if claim:
                return self._renew(grant, claim)
            if""",
        """            claim = self.store.claim(grant, _CLAIM_SECONDS) or "x"
            if claim:
                return self._renew(grant, claim)
            if""",
        ("tests/pipeline/test_tokens.py::test_sixteen_threads_in_four_processes_renew_a_rotating_token_once",),
    ),
)
