"""All traffic with the Fortnox emulator is held against the official description, whatever else the session runs."""

import pytest

from sandbox.fidelity.pytest_watching import register
from tests.fidelity.reference import OPENAPI


def pytest_configure(config: pytest.Config) -> None:
    register(config, OPENAPI)
