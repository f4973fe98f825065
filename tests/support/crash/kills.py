"""What several test modules share of `test_kills`."""

from __future__ import annotations

import multiprocessing

from tests.support.crash.worker import run
from tests.support.pipeline.bench import Bench
from tests.support.pipeline.family import as_json

_PROCESSES = multiprocessing.get_context("forkserver")


def killed_at(bench: Bench, line: str, passes: int = 1) -> bool:
    """Start a worker, wait until it is at the line, kill it. False when it never came there."""
    ours, theirs = _PROCESSES.Pipe()
    arguments = (as_json(bench.program.settings), line, passes, theirs)
    worker = _PROCESSES.Process(target=run, args=arguments, daemon=True)
    worker.start()
    try:
        assert ours.poll(60), "the worker is neither at the line nor done"
        return bool(ours.recv() == "here")
    finally:
        worker.kill()
        worker.join()
        worker.close()
