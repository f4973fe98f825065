"""Both systems, made once for all stories of a file."""

from __future__ import annotations

import pytest

from tests.support.stories.house import House


@pytest.fixture(scope="module")
def house() -> House:
    return House()
