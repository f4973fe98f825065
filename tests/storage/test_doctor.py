"""`bokbro doctor` knows whether anybody works, and whose clock is off."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import text

from app.doctor import Diagnosis, examine
from app.kit.db.engine import Store
from app.settings import Settings

WORKERS, CLOCKS = "workers that live", "clocks, against the database's"


@pytest.fixture
def told(database_url: str) -> Callable[[], dict[str, Diagnosis]]:
    """What it finds of a fleet, by what it looked at."""
    settings = Settings(_env_file=None, database_url=database_url, broker_url="redis://127.0.0.1:1/0")
    return lambda: {one.what: one for one in examine(settings)}


def beats(store: Store, *, silent: float, ahead: float = 0) -> None:
    with store.write() as session:
        values = {"silent": silent, "ahead": ahead}
        session.execute(
            text("""insert into worker (name, beat_at, steady_since, clock_ahead)
                    values ('w', clock_timestamp() - make_interval(secs => :silent), clock_timestamp(), :ahead)"""),
            values,
        )


def test_fleet_without_a_living_worker_is_not_well(store: Store, told: Callable[[], dict[str, Diagnosis]]) -> None:
    beats(store, silent=11)
    assert (told()[WORKERS].is_well, told()[WORKERS].found) == (False, "0")


def test_fleet_with_one_is_well(store: Store, told: Callable[[], dict[str, Diagnosis]]) -> None:
    beats(store, silent=3)
    assert (told()[WORKERS].is_well, told()[WORKERS].found, told()[CLOCKS].is_well) == (True, "1", True)


@pytest.mark.parametrize("ahead", [-7.0, 7.0])
def test_worker_whose_clock_is_off_is_told(
    store: Store, told: Callable[[], dict[str, Diagnosis]], ahead: float
) -> None:
    beats(store, silent=3, ahead=ahead)
    assert (told()[CLOCKS].is_well, told()[CLOCKS].found) == (False, "7.0 s off at most")
