"""When to try again: longer each time, never all at once, and never for ever."""

from datetime import timedelta

import pytest

from app.sync.retry import next_try

FRESH = timedelta(0)


def seconds(attempts: int, *, jitter: float = 0.0, retry_after: float | None = None) -> float:
    wait = next_try(attempts, FRESH, jitter=jitter, retry_after=retry_after)
    assert wait is not None
    return wait.total_seconds()


def test_waits_grow_to_an_hour_and_stay_there() -> None:
    assert [seconds(attempts) for attempts in range(1, 9)] == [1, 5, 30, 120, 600, 3600, 3600, 3600]


def test_first_failure_may_be_counted_from_zero() -> None:
    assert seconds(0) == seconds(1)


@pytest.mark.parametrize(("jitter", "wait"), [(0.0, 120), (0.5, 135), (1.0, 150)])
def test_jitter_adds_up_to_a_quarter(jitter: float, wait: float) -> None:
    assert seconds(4, jitter=jitter) == wait


@pytest.mark.parametrize(("retry_after", "wait"), [(None, 5), (2.0, 5), (90.0, 90), (0.0, 5)])
def test_the_other_sides_wish_counts_when_it_is_longer(retry_after: float | None, wait: float) -> None:
    assert seconds(2, retry_after=retry_after) == wait


def test_weekend_is_survived_and_then_a_person_is_asked() -> None:
    assert next_try(99, timedelta(days=3), jitter=0.0) == timedelta(hours=1)
    assert next_try(99, timedelta(days=3, seconds=1), jitter=0.0) is None
    assert next_try(1, timedelta(days=4), jitter=0.0, retry_after=5.0) is None
