"""Both systems, made once for all stories of a file."""

from __future__ import annotations

import pytest

from tests.stories.house import House


@pytest.fixture(scope="module")
def house() -> House:
    return House()
