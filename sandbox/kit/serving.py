"""Serving an emulator on the loopback: as a program, or in a thread beside a test or the demo."""

import argparse
import socket
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import uvicorn
from fastapi import FastAPI

HOST = "127.0.0.1"
_START_SECONDS = 15.0
_STOP_SECONDS = 10.0


def _server(app: FastAPI, port: int, **options: Any) -> uvicorn.Server:  # noqa: ANN401  uvicorn's own options
    # `websockets-sansio`: the implementation that uvicorn's default picks loads deprecated parts of its library.
    # One second of grace: a fault may hold an answer for longer than a stop should wait.
    config = uvicorn.Config(
        app,
        host=HOST,
        port=port,
        ws="websockets-sansio",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=1,
        **options,
    )
    return uvicorn.Server(config)


def serve(app: FastAPI, port: int) -> None:
    """Serve until interrupted."""
    _server(app, port, log_level="warning").run()


def serve_from_command_line(name: str, make_app: Callable[[], FastAPI], default_port: int) -> None:
    """Be the program ``python -m sandbox.<name> --port N``."""
    parser = argparse.ArgumentParser(prog=f"python -m sandbox.{name}")
    parser.add_argument("--port", type=int, default=default_port, help="port on 127.0.0.1")
    serve(make_app(), parser.parse_args().port)


class ServerThread:
    """A server in a thread on a loopback port (0: a free one), as a context manager.

    ``with ServerThread(app) as server: httpx2.get(server.url + "/…")``. The port is taken at construction, so an
    application that must know its own address can be given as ``app`` afterwards, before the start. The server
    answers when the block begins, and its thread, sockets and event loop are gone when the block ends.
    """

    def __init__(self, app: FastAPI, port: int = 0) -> None:
        self.app = app
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind((HOST, port))
        self.port: int = self._socket.getsockname()[1]
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """The address without a closing slash."""
        return f"http://{HOST}:{self.port}"

    def _run(self, server: uvicorn.Server) -> None:
        server.run(sockets=[self._socket])

    def start(self) -> Self:
        """Start, and return when calls are answered."""
        server = self._server = _server(self.app, self.port, log_config=None)
        thread = self._thread = threading.Thread(
            target=self._run, args=(server,), name=f"sandbox-{self.port}", daemon=True
        )
        thread.start()
        deadline = time.monotonic() + _START_SECONDS
        while not server.started:
            if not thread.is_alive() or time.monotonic() > deadline:
                self._socket.close()
                msg = f"the sandbox on port {self.port} did not start"
                raise RuntimeError(msg)
            time.sleep(0.002)
        return self

    def leave(self) -> None:
        """Ask it to end without waiting: a server takes up to 0.3 s to leave, and many can do so at once."""
        if self._server is not None:
            self._server.should_exit = True

    def stop(self) -> None:
        """Stop, and return when the thread is gone."""
        self.leave()
        if self._thread is not None:
            self._thread.join(_STOP_SECONDS)
        self._socket.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()
