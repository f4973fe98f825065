"""The command line of a runner of cases: one argument, a file or a folder of them."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Callable
from pathlib import Path

from app.logs import configure_logs
from app.settings import Settings


def main(run: Callable[..., int], package: str, description: str | None, file_help: str) -> int:
    """Run the cases that the command line names; returns the exit status.

    `run` takes the path and `data_dir`. The last part of `package` names the folder of its data.
    """
    parser = argparse.ArgumentParser(prog=f"python -m {package}", description=description)
    parser.add_argument("file", type=Path, help=file_help)
    asked = parser.parse_args()
    settings = Settings()
    configure_logs(settings, level=logging.CRITICAL)
    return run(asked.file, data_dir=settings.data_dir / package.rpartition(".")[2])
