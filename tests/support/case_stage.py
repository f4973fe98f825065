"""One stage for all cases of a run: each is played for a tenant of its own, with an empty company."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.stories.stage import Stage, set_stage
from tests.support.databases import Database


@pytest.fixture(scope="session")
def stage(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The emulators and a program, on a database of its own."""
    database = Database(server_url)
    folder: Path = tmp_path_factory.mktemp("cases")
    with set_stage(data_dir=folder, database_url=database.empty()) as made:
        yield made
    database.drop()
