"""What becomes due later is worked on at that moment, without a sweep."""

from __future__ import annotations

import threading
from datetime import timedelta

from sqlalchemy import text

from app.jobs import queue as jobs
from app.jobs.alarm import Alarm
from app.kit.db.engine import Store
from tests.support.pipeline.jobs import LEASE, claimed, new_tenant


class Notified:
    """A notifier that says when it was called, and whether a job could be claimed then."""

    def __init__(self, store: Store) -> None:
        self.store, self.called = store, threading.Event()
        self.had_work = False

    def notify(self) -> None:
        self.had_work = jobs.claim(self.store, LEASE) is not None
        self.called.set()


def _due_in(store: Store, seconds: float) -> None:
    with store.write() as session:
        due = "update job set due_at = clock_timestamp() + make_interval(secs => :seconds), lease_until = null"
        session.execute(text(due), {"seconds": seconds})


def test_a_job_that_becomes_due_notifies_at_that_moment(store: Store) -> None:
    new_tenant(store, "a", 1)
    _due_in(store, 0.4)
    notified = Notified(store)
    Alarm(store, notified).look()
    assert notified.called.wait(20)
    assert notified.had_work, "it notified when the job was due, not before"


def test_a_company_whose_budget_is_free_again_notifies(store: Store) -> None:
    new_tenant(store, "a", 2)
    jobs.defer_tenant(store, claimed(store), timedelta(seconds=0.4))
    assert jobs.claim(store, LEASE) is None
    notified = Notified(store)
    Alarm(store, notified).look()
    assert notified.called.wait(20)
    assert notified.had_work


def test_the_earlier_of_two_alarms_counts(store: Store) -> None:
    new_tenant(store, "a", 1)
    _due_in(store, 50)
    notified = Notified(store)
    alarm = Alarm(store, notified)
    alarm.look()
    _due_in(store, 0.2)
    alarm.look()
    assert notified.called.wait(20)
    assert notified.had_work


def test_nothing_that_is_far_away_or_of_an_idle_company_sets_an_alarm(store: Store) -> None:
    new_tenant(store, "a", 1)
    _due_in(store, 3600)
    with store.write() as session:
        session.execute(text("update tenant set blocked_until = clock_timestamp() + interval '1 hour'"))
    assert jobs.seconds_to_next(store, 60.0) is None
