"""`python -m sandbox.stories FILE`: exit status 0 only if every file that expects something came out equal."""

import argparse
import logging
import sys
from pathlib import Path

from app.logs import configure_logs
from app.settings import Settings
from sandbox.stories.running import run

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m sandbox.stories", description=__doc__)
    parser.add_argument("file", type=Path, help="a file of an order's states, or a folder of them")
    asked = parser.parse_args()
    settings = Settings()
    configure_logs(settings, level=logging.CRITICAL)
    sys.exit(run(asked.file, data_dir=settings.data_dir / "stories"))
