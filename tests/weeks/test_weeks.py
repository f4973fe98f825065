"""Weeks by chance: whatever network, machines and shop do, the books end as a bookkeeper would have them."""

from __future__ import annotations

import os

import pytest

from tests.weeks.conftest import Play
from tests.weeks.mutants import MUTANTS

FIRST = int(os.environ.get("BOKBRO_WEEK", "1"))
WEEKS = int(os.environ.get("BOKBRO_WEEKS", "15"))
MUTANT = os.environ.get("BOKBRO_MUTANT", "")
"""Of `tests.weeks.mutants`: a protection that is broken while the weeks are played."""


@pytest.mark.parametrize("seed", range(FIRST, FIRST + WEEKS))
def test_week_ends_as_a_bookkeeper_would_have_it(play: Play, seed: int) -> None:
    play(seed, MUTANTS[MUTANT] if MUTANT else None)


def test_same_seed_is_the_same_week(play: Play) -> None:
    first, again = play(FIRST), play(FIRST)
    assert again.stage.scheduler.trace == first.stage.scheduler.trace
