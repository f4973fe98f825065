"""Servers for one test each: they are asked to leave, and nobody waits for it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager

from fastapi import FastAPI

from sandbox.kit.serving import ServerThread


def free_port() -> int:
    """One on the loopback that nobody listens on just now."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def served(app: FastAPI, port: int = 0) -> Iterator[ServerThread]:
    """An application that answers in the block. It takes no call after it, and is gone 0.3 s later at the latest."""
    server = ServerThread(app, port).start()
    try:
        yield server
    finally:
        server.leave()
