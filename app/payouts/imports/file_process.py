"""The process in which payout files are read: one child for each file, within limits of memory and time.

Started as a program of its own by `file_reader`, so that no thread, no connection and no secret of the service is in
it. It loads the readers once, and then forks for each file: a file that takes too much costs a child, and no more.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import signal
import socket
import traceback
from typing import Any

from pydantic import TypeAdapter

from app.payouts.files import ColumnMap, DayOrder, RowsTwice, member_of
from app.payouts.imports.file_outlines import WholeFile, read_whole

WHOLE: TypeAdapter[WholeFile] = TypeAdapter(WholeFile)
MAPS: TypeAdapter[list[ColumnMap]] = TypeAdapter(list[ColumnMap])
READ, UNPACKED, NO_ROOM, FAILED = b"r", b"u", b"m", b"e"
"""What an answer is: the file, what a member of a zip holds, too little memory, or the traceback of a defect."""
_OPEN_FILES = 64


def main() -> None:
    """Fork for each socket that comes over standard input, until nobody holds its other end."""
    notification = socket.socket(fileno=0)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps
    gc.freeze()
    while True:
        rung, sockets, _flags, _from = socket.recv_fds(notification, 1, 1)
        if not rung:
            return
        if os.fork() == 0:
            status = 1
            try:
                notification.close()
                serve(socket.socket(fileno=sockets[0]))
                status = 0
            finally:
                os._exit(status)
        os.close(sockets[0])


def serve(line: socket.socket) -> None:
    """Read one file and answer: a letter, eight bytes of length, and the body."""
    with line.makefile("rb") as asked:
        head = json.loads(asked.readline())
        confine(head["memory"], head["cpu_seconds"], head["seconds"])
        content = asked.read()
    try:
        answer = (UNPACKED, member_of(content, head["member"])) if "member" in head else (READ, _read(head, content))
    except MemoryError:
        answer = NO_ROOM, b""
    except Exception:  # noqa: BLE001 - whatever it is, the service must be able to say it
        answer = FAILED, traceback.format_exc().encode("utf-8", "replace")[-4000:]
    letter, body = answer
    line.sendall(letter + len(body).to_bytes(8) + body)


def _read(head: dict[str, Any], content: bytes) -> bytes:
    days = DayOrder(head["days"]) if head["days"] else None
    whole = read_whole(content, MAPS.validate_python(head["maps"]), RowsTwice(head["twice"]), days)
    return WHOLE.dump_json(whole if head["with_lines"] else WholeFile(whole.outline))


def confine(memory: int, cpu_seconds: int, seconds: float) -> None:
    """Limit this process's memory and time; forbid it to write files and start processes. Beyond a limit it ends."""
    limits = {
        resource.RLIMIT_AS: memory,
        resource.RLIMIT_CPU: cpu_seconds,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NPROC: 0,
        resource.RLIMIT_NOFILE: _OPEN_FILES,
    }
    for kind, most in limits.items():
        resource.setrlimit(kind, (most, most))
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, seconds)


if __name__ == "__main__":
    main()
