"""Whatever happens to an order, in whatever order, with whatever fails: the books say what the shop says.

`BOKBRO_STORIES=20000` plays more stories than the 600 of every run.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis.stateful import (
    run_state_machine_as_test,
)

from tests.support.stories.house import House
from tests.support.stories.order_stories import DeliveredStory, OrderStory

SEED = 20261128
STORIES = int(os.environ.get("BOKBRO_STORIES", "600"))


@pytest.mark.timeout(1500)
@pytest.mark.parametrize(("told", "share"), [(OrderStory, 1), (DeliveredStory, 2)])
def test_books_follow_every_story(house: House, told: type[OrderStory], share: int) -> None:
    told.house = house
    # The same stories in every run, so that a red one is there for everybody; BOKBRO_STORIES plays others.
    story = told if "BOKBRO_STORIES" in os.environ else seed(SEED)(told)
    run_state_machine_as_test(
        story,
        settings=settings(
            max_examples=STORIES // share,
            stateful_step_count=12,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )
