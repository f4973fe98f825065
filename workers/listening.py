"""Listening to the books in a thread of this process (embedded mode)."""

from __future__ import annotations

import threading

from app.wiring import Program


class ListeningThread:
    """Runs the program's listener; another process that listens already makes it wait."""

    def __init__(self, program: Program) -> None:
        if program.listener is None:
            raise ValueError("no address of events is set")
        self._stop = threading.Event()
        self._thread = threading.Thread(target=program.listener.run, args=(self._stop,), name="listener", daemon=True)

    def start(self) -> None:
        """Start; it connects by itself."""
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        """Whether it runs."""
        return self._thread.is_alive()

    def stop(self, timeout: float = 15) -> None:
        """Stop after what is being applied."""
        self._stop.set()
        self._thread.join(timeout)
