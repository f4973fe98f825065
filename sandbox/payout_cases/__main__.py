"""`python -m sandbox.payout_cases FILE`: exit status 0 only if every file that expects something came out equal."""

import argparse
import logging
import sys
from pathlib import Path

from app.logs import configure_logs
from app.settings import Settings
from sandbox.payout_cases.running import run

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m sandbox.payout_cases", description=__doc__)
    parser.add_argument("file", type=Path, help="a settlement file, or a folder of them")
    asked = parser.parse_args()
    settings = Settings()
    configure_logs(settings, level=logging.CRITICAL)
    sys.exit(run(asked.file, data_dir=settings.data_dir / "payout_cases"))
