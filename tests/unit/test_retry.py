"""When to try again: longer the longer it lasts, never all at once, and never for ever."""

from datetime import timedelta

import pytest

from app.jobs.retry import next_try, probe_after


def seconds(failing_for: float, *, jitter: float = 0.0, retry_after: float | None = None) -> float:
    wait = next_try(timedelta(seconds=failing_for), jitter=jitter, retry_after=retry_after)
    assert wait is not None
    return wait.total_seconds()


def test_waits_are_half_of_how_long_it_has_failed_and_an_hour_at_most() -> None:
    assert [seconds(one) for one in (0, 1, 10, 60, 600, 7200, 200_000)] == [1, 1, 5, 30, 300, 3600, 3600]


@pytest.mark.parametrize(("jitter", "wait"), [(0.0, 120), (0.5, 135), (1.0, 150)])
def test_jitter_adds_up_to_a_quarter(jitter: float, wait: float) -> None:
    assert seconds(240, jitter=jitter) == wait


@pytest.mark.parametrize(("retry_after", "wait"), [(None, 5), (2.0, 5), (90.0, 90), (0.0, 5)])
def test_the_other_sides_wish_counts_when_it_is_longer(retry_after: float | None, wait: float) -> None:
    assert seconds(10, retry_after=retry_after) == wait


def test_weekend_is_survived_and_then_a_person_is_asked() -> None:
    assert next_try(timedelta(days=3), jitter=0.0) == timedelta(hours=1)
    assert next_try(timedelta(days=3, seconds=1), jitter=0.0) is None
    assert next_try(timedelta(days=4), jitter=0.0, retry_after=5.0) is None


def test_one_job_looks_soon_for_all_and_less_often_after_an_hour() -> None:
    assert [probe_after(timedelta(minutes=one)).total_seconds() for one in (0, 59, 61)] == [8, 8, 60]
