"""Servers for one test each: they are asked to leave, and nobody waits for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import FastAPI

from sandbox.kit.serving import ServerThread


@contextmanager
def served(app: FastAPI, port: int = 0) -> Iterator[ServerThread]:
    """An application that answers in the block. It takes no call after it, and is gone 0.3 s later at the latest."""
    server = ServerThread(app, port).start()
    try:
        yield server
    finally:
        server.leave()
