"""Has payout files read in a process of their own, within limits, so that a hostile file harms nothing else."""

from __future__ import annotations

import atexit
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

import structlog

from app.payouts.files import ColumnMap, DayOrder, Fault, Problem, RowsTwice
from app.payouts.imports.file_outlines import Outline, WholeFile
from app.payouts.imports.file_process import FAILED, MAPS, READ, UNPACKED, WHOLE

log = structlog.get_logger(__name__)

MEMORY = 1_200_000_000
"""Bytes of address space for one file; 200,000 rows of Shopify's take 0.87 GB."""
CPU_SECONDS = 120
"""Of the processor. 100,000 rows of Shopify's take 7, as an Excel sheet 41."""
SECONDS = 240.0
"""By the clock: a busy machine is slower."""
AT_ONCE = 2
"""Files that one process of the service has read at the same time; others wait."""
WAIT_SECONDS = 60.0
_MOST_ANSWERED = 500_000_000
"""Bytes of an answer: a file's lines with their names."""

_TOO_MUCH = Fault("FILE_READER_STOPPED", {"memory": f"{MEMORY // 10**6} MB", "seconds": str(CPU_SECONDS)})
_BUSY, _OUR_FAULT = Fault("FILE_READER_BUSY"), Fault("FILE_READER_FAILED")
NOT_READ = (_TOO_MUCH, _BUSY, _OUR_FAULT)
"""Why a file, or one in a zip, was not read, whatever its content."""


class _BrokenOffError(Exception):
    """The child ended without a whole answer."""


class FileReader:
    """Reads files for the threads of one process. The other process starts with the first file and ends with ours."""

    def __init__(self) -> None:
        self._slots = threading.BoundedSemaphore(AT_ONCE)
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._notification: socket.socket | None = None
        self._owner = 0

    def read(
        self, content: bytes, maps: Sequence[ColumnMap], twice: RowsTwice, days: DayOrder | None, *, with_lines: bool
    ) -> WholeFile:
        """A file, its lines only where they are asked for. Never raises for its content: that becomes a problem."""
        asked = {
            "maps": MAPS.dump_python(list(maps), mode="json"), "twice": twice.value, "days": days.value if days else "",
            "with_lines": with_lines,
        }  # fmt: skip
        answer = self._answer(asked, content, READ)
        return _refused(answer, passes=answer is _BUSY) if isinstance(answer, Fault) else WHOLE.validate_json(answer)

    def member(self, content: bytes, place: int) -> bytes | Fault:
        """What the file at a place (from 0) of a zip holds, or why it is not known. The place must be there."""
        return self._answer({"member": place}, content, UNPACKED)

    def _answer(self, asked: dict[str, Any], content: bytes, expected: bytes) -> bytes | Fault:
        """A child's answer of the expected kind, within the limits."""
        head = asked | {"memory": MEMORY, "cpu_seconds": CPU_SECONDS, "seconds": SECONDS}
        if not self._slots.acquire(timeout=WAIT_SECONDS):
            return _BUSY
        began = time.monotonic()
        try:
            letter, body = self._ask(json.dumps(head).encode() + b"\n", content)
        except _BrokenOffError:
            waited = time.monotonic() - began
            log.warning("payout_file_reader_stopped", seconds=round(waited, 1), bytes=len(content))
            # Out of time by the clock alone is what a busy machine does, not the file.
            return _BUSY if waited >= SECONDS else _TOO_MUCH
        finally:
            self._slots.release()
        if letter == FAILED:
            log.error("payout_file_not_read", trace=body.decode("utf-8", "replace"))
            return _OUR_FAULT
        return body if letter == expected else _TOO_MUCH

    def _ask(self, head: bytes, content: bytes) -> tuple[bytes, bytes]:
        """Give a child the file and take its answer. Raises _BrokenOffError."""
        with self._child() as line:
            try:
                line.sendall(head)
                line.sendall(content)
                line.shutdown(socket.SHUT_WR)
                with line.makefile("rb") as answer:
                    letter, length = answer.read(1), int.from_bytes(answer.read(8))
                    body = answer.read(min(length, _MOST_ANSWERED))
            except OSError as error:
                raise _BrokenOffError from error
        if not letter or len(body) != length:
            raise _BrokenOffError
        return letter, body

    @contextmanager
    def _child(self) -> Iterator[socket.socket]:
        """A socket to a new child, which ends itself when its time is up; this side's timeout is a little later."""
        parent_end, child_end = socket.socketpair()
        with parent_end:
            with child_end, self._lock:
                self._hand_over(child_end)
            parent_end.settimeout(SECONDS + 10)
            yield parent_end

    def _hand_over(self, child_end: socket.socket) -> None:
        """Hand a child its end of a socket pair; a process that ended is started again."""
        try:
            socket.send_fds(self._living(), [b"!"], [child_end.fileno()])
        except OSError:
            socket.send_fds(self._start(), [b"!"], [child_end.fileno()])

    def _living(self) -> socket.socket:
        """The socket to the process that forks."""
        if (
            self._notification is None
            or self._process is None
            or self._process.poll() is not None
            or self._is_of_parent_process()
        ):
            return self._start()
        return self._notification

    def _is_of_parent_process(self) -> bool:
        """Whether this process was forked from the one that started it: each has its own."""
        return self._owner != os.getpid()

    def _start(self) -> socket.socket:
        self.close()
        self._notification, child_end = socket.socketpair()
        # Of the service's environment nothing: its secrets are there.
        environment = {"PYTHONPATH": str(Path(__file__).parents[3])}
        with child_end:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "app.payouts.imports.file_process"],
                stdin=child_end.fileno(), stdout=subprocess.DEVNULL, cwd="/", env=environment,
            )  # fmt: skip
        self._owner = os.getpid()
        return self._notification

    def close(self) -> None:
        """End the process: it ends when the notification socket is closed."""
        if self._notification is not None:
            self._notification.close()
        if self._process is not None and not self._is_of_parent_process():
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(5)
        self._notification = self._process = None


@cache
def shared_reader() -> FileReader:
    """The one of this process."""
    reader = FileReader()
    atexit.register(reader.close)
    return reader


def _refused(fault: Fault, *, passes: bool = False) -> WholeFile:
    return WholeFile(Outline(problems=(Problem(0, "", fault),), problem_count=1), passes=passes)
