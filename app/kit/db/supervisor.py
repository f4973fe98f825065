"""Keeps the embedded PostgreSQL running: a server that died is started again and one line is logged."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import structlog

from app.kit.db.embedded import DataDirectoryError, EmbeddedServer

log = structlog.get_logger(__name__)

_LOOK_SECONDS = 1.0
_LONGEST_PAUSE = 15.0
"""Between two tries to start it: a full disk may be freed any minute."""
_FULL_BYTES = 48_000_000
"""Less room than this is none: the server writes its log ahead in files of 16 MB."""


class Supervisor:
    """A thread beside the service."""

    def __init__(self, server: EmbeddedServer, data_dir: Path) -> None:
        self._server, self._data_dir = server, data_dir
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name="supervisor", daemon=True)

    def start(self) -> None:
        """Watch from now on."""
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        """Whether it watches."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """Watch no longer."""
        self._end.set()
        self._thread.join(10)

    def _run(self) -> None:
        pause = _LOOK_SECONDS
        while not self._end.wait(pause):
            try:
                pause = _LOOK_SECONDS if self._look() else min(pause * 2, _LONGEST_PAUSE)
            except Exception:
                pause = _LONGEST_PAUSE
                log.exception("supervisor_failed")

    def _look(self) -> bool:
        """Whether it runs, if need be because it was started."""
        if self._server.is_running:
            return True
        log.error("embedded_database_died")
        try:
            self._server.ensure_running()
        except (DataDirectoryError, OSError) as error:
            free = shutil.disk_usage(self._data_dir).free
            event = "database_disk_full" if free < _FULL_BYTES else "embedded_database_not_started"
            log.error(event, reason=str(error), free_mb=free // 1_000_000)  # noqa: TRY400 - a trace says nothing more
            return False
        log.warning("embedded_database_started")
        return True
