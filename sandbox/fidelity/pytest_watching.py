"""The test run's watch over all traffic with the Fortnox emulator.

`register` in a conftest switches it on for the whole session, whatever folders run; the run ends with one line, and
fails if anything was found that no rule covers. Without the reference material it says that nothing was checked.
In a run shared between workers each of them watches its own traffic, and the leader adds it up.
"""

import os
from pathlib import Path
from typing import Any

import pytest

from sandbox.fidelity.watching import current_watch
from sandbox.fortnox.app import WATCH_VARIABLE

_NAME = "fortnox-watch"


def register(config: pytest.Config, openapi: Path) -> None:
    """Switch the watch on, once per session."""
    if not config.pluginmanager.has_plugin(_NAME):
        if openapi.exists():
            os.environ.setdefault(WATCH_VARIABLE, str(openapi))
        config.pluginmanager.register(_Reporter(openapi), _NAME)


class _Reporter:
    def __init__(self, openapi: Path) -> None:
        self._openapi = openapi

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: object) -> None:
        """Take over what a worker of pytest-xdist saw; one that died has told nothing, and its tests have failed."""
        watch = current_watch()
        tally = getattr(node, "workeroutput", {}).get(_NAME)
        if watch is not None and tally is not None:
            watch.take_over(tally)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        watch = current_watch()
        if watch is None:
            return
        told: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
        if told is not None:
            told[_NAME] = watch.tally()
        if not watch.is_clean and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        watch = current_watch()
        if watch is None:
            terminalreporter.write_line(f"NOT CHECKED: traffic with the emulator (no {self._openapi})", yellow=True)
            return
        terminalreporter.section("Fortnox's OpenAPI description")
        for line in watch.details():
            terminalreporter.write_line(line, red=not line.startswith("tolerated"))
        terminalreporter.write_line(watch.summary(), red=not watch.is_clean, green=watch.is_clean)
