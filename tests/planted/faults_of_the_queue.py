"""The queue in the database: claims, leases, notifications, waits, the limiter, durability."""

from __future__ import annotations

from tests.planted.fault import Fault

_CLAIMS = "tests/pipeline/test_claims.py"
_JOBS = "tests/pipeline/test_jobs.py"
_OUTAGES = "tests/pipeline/test_outages.py"
_RATE_LIMITER = "tests/pipeline/test_rate_limiter.py"

OF_THE_QUEUE = (
    Fault(
        "claim-locks-its-row",
        "Two workers that claim at the same instant get two jobs, and neither waits for the other or takes its job.",
        "app/jobs/queue.py",
        "                limit 1\n                  for update skip locked) as due",
        "                limit 1) as due",
        (
            f"{_CLAIMS}::test_job_that_is_being_claimed_is_passed_over_without_waiting",
            f"{_CLAIMS}::test_job_that_changed_between_look_and_lock_is_claimed_as_it_is_now[is_claimed]",
            f"{_CLAIMS}::test_job_that_changed_between_look_and_lock_is_claimed_as_it_is_now[is_worked_on_and_closed]",
        ),
    ),
    Fault(
        "lease-keeps-others-away",
        "A job that somebody works on is not claimed by another worker while the lease lasts.",
        "app/jobs/queue.py",
        "           set lease_until = clock_timestamp() + make_interval(secs => :seconds), due_at",
        "           set lease_until = clock_timestamp(), due_at",
        (f"{_JOBS}::test_when_a_lease_runs_out_another_worker_goes_on",),
    ),
    Fault(
        "writes-of-the-job-are-fenced",
        "A worker whose job was taken over cannot close, defer or renew it any more.",
        "app/jobs/queue.py",
        """    conditions = (Job.id == lease.job_id, Job.lease_token == lease.token)
    statement = update(Job)""",
        """    conditions = (Job.id == lease.job_id,)
    statement = update(Job)""",
        (f"{_JOBS}::test_a_replaced_worker_writes_nothing",),
    ),
    Fault(
        "close-hears-who-woke-it",
        "What came while a job was worked on makes it due again at the end.",
        "app/jobs/queue.py",
        "due_at = coalesce(case when due_at is distinct from :claimed_at then clock_timestamp() end",
        "due_at = coalesce(case when due_at is distinct from :claimed_at then null::timestamptz end",
        (
            f"{_JOBS}::test_who_wakes_a_job_during_the_work_is_heard_at_its_end",
            f"{_JOBS}::test_a_delivery_that_races_with_the_close_is_never_slept_over",
        ),
    ),
    Fault(
        "tenants-take-turns",
        "A company with ten thousand orders does not keep one with a single order waiting.",
        "app/jobs/queue.py",
        """                    and {_NOT_BLOCKED}
                  order by tenant.last_turn)
                union all""",
        """                    and {_NOT_BLOCKED}
                  order by tenant.last_turn desc)
                union all""",
        (f"{_JOBS}::test_tenants_take_turns",),
    ),
    Fault(
        "blocked-tenant-is-passed-over",
        "A company whose budget of calls is spent holds no worker.",
        "app/jobs/queue.py",
        '_NOT_BLOCKED = "(tenant.blocked_until is null or tenant.blocked_until <= clock_timestamp())"',
        '_NOT_BLOCKED = "true"',
        (f"{_JOBS}::test_a_blocked_tenant_is_passed_over_and_nobody_else_is_delayed",),
    ),
    Fault(
        "sweep-rings",
        "A job whose notification was lost, or whose worker died, is found again.",
        "app/dispatch/scheduler.py",
        """        for _notification in range(min(due, 4)):
            self.notifier.notify()
""",
        "",
        (
            "tests/pipeline/test_sweep.py::test_due_job_whose_bell_was_lost_is_rung_for_until_somebody_works_on_it",
            "tests/pipeline/test_sweep.py::test_job_of_a_dead_worker_is_rung_for_when_its_lease_has_run_out",
        ),
    ),
    Fault(
        "backfill-finds-what-nobody-told",
        "An order whose webhooks were all lost is read by the poll.",
        "app/dispatch/scheduler.py",
        "if seen is None or seen < updated_at:",
        "if seen is not None and seen < updated_at:",
        ("tests/pipeline/test_backfill.py::test_the_net_finds_an_order_whose_webhook_never_came",),
    ),
    Fault(
        "success-releases-what-failed",
        "The first success after an outage lets all orders of the company go on at once.",
        "app/dispatch/worker.py",
        "if lease.attempts and (woken := jobs.release_failing(session, lease)):",
        "if False and (woken := jobs.release_failing(session, lease)):",
        (f"{_OUTAGES}::test_one_order_looks_for_all_and_the_first_success_releases_the_others",),
    ),
    Fault(
        "time-counts-and-not-tries",
        "Webhooks of an order during an outage do not put it off for longer.",
        "app/dispatch/worker.py",
        "        failing_for = lease.due_at - (lease.first_failure_at or lease.due_at)\n",
        "        failing_for = timedelta(minutes=10) * lease.attempts\n",
        (f"{_OUTAGES}::test_messages_of_an_order_during_an_outage_put_it_off_no_longer",),
    ),
    Fault(
        "woken-in-an-outage-waits-with-the-others",
        "An order that is woken while the other side is down is not tried at once, again and again.",
        "app/jobs/queue.py",
        "due = due_later if probe is not None else case((_woken(lease), now), else_=due_later)",
        "due = case((_woken(lease), now), else_=due_later)",
        ("tests/pipeline/test_woken_jobs.py::test_failing_job_that_was_woken_waits_with_the_others",),
    ),
    Fault(
        "one-looks-for-all",
        "While the other side is down one order of a company looks for all whether it is back.",
        "app/jobs/queue.py",
        "        due_later = case((is_probed, now + wait), else_=now + probe.within)\n",
        "        due_later = now + wait\n",
        (
            (
                "tests/pipeline/test_woken_jobs.py::"
                "test_one_failing_job_of_a_company_looks_again_soon_and_the_others_wait_for_it"
            ),
        ),
    ),
    Fault(
        "failures-are-given-up-on",
        "What failed for three days is shown to a person instead of being tried for ever.",
        "app/jobs/retry.py",
        "    if failing_for > _GIVE_UP_AFTER:\n        return None\n",
        "",
        (f"{_JOBS}::test_what_failed_for_days_is_shown_and_left_to_a_person",),
    ),
    Fault(
        "limiter-window-has-room-for-the-way",
        "Fortnox counts when a call arrives: its five seconds and the time of travel lie between the 1st and the 26th.",
        "app/settings.py",
        "fortnox_window_seconds: float = Field(5.12,",
        "fortnox_window_seconds: float = Field(5.0,",
        (
            f"{_RATE_LIMITER}::test_last_call_of_a_full_window_is_five_seconds_after_the_first_however_long_that_travelled",
        ),
    ),
    Fault(
        "limiter-remembers-its-calls",
        "No window of the company's budget holds more calls than Fortnox allows.",
        "app/jobs/rate_limiter.py",
        "   and slots[1] + :window - extract(epoch from clock_timestamp()) <= :max_wait\n",
        "",
        (f"{_RATE_LIMITER}::test_a_burst_uses_the_whole_budget_at_once",),
    ),
    Fault(
        "limiter-counts-a-slow-call-from-its-answer",
        "A call that was long on its way may have arrived as late as its answer says.",
        "app/jobs/rate_limiter.py",
        "        if time.monotonic() - reserved_call.since <= self.travel:\n            return\n",
        "        return\n",
        (f"{_RATE_LIMITER}::test_call_that_was_long_on_its_way_holds_its_place_from_its_answer",),
    ),
    Fault(
        "acknowledged-is-on-the-disk",
        "A commit that was acknowledged survives the machine's end, whatever the server's default is.",
        "app/kit/db/engine.py",
        '        "-c synchronous_commit=on",\n',
        "",
        (
            (
                "tests/storage/test_last_wall.py::"
                "test_commit_is_on_the_disk_when_it_is_acknowledged_whatever_the_server_would_rather"
            ),
        ),
    ),
    Fault(
        "reading-session-cannot-write",
        "A page or a look-up changes nothing by mistake.",
        "app/kit/db/engine.py",
        'execution_options={"postgresql_readonly": True}',
        "execution_options={}",
        ("tests/storage/test_schema.py::test_a_read_session_cannot_write",),
    ),
    Fault(
        "frozen-transaction-ends",
        "A worker that froze inside a transaction does not hold its row locks for ever.",
        "app/kit/db/engine.py",
        '"idle_in_transaction_session_timeout": 120_000,',
        '"idle_in_transaction_session_timeout": 0,',
        ("tests/storage/test_last_wall.py::test_frozen_transaction_does_not_hold_its_locks_for_ever",),
    ),
    Fault(
        "hourly-work-is-run-once",
        "Of several processes that ask whether hourly work is due, one is told yes.",
        "app/jobs/schedule.py",
        "            where=ScheduledRun.started_at <= now - interval + _SLACK,\n",
        "",
        (
            (
                "tests/pipeline/test_schedule.py::"
                "test_it_is_due_once_an_hour_whichever_process_asks_and_however_often_it_restarts"
            ),
        ),
    ),
)
