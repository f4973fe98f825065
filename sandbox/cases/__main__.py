"""`python -m sandbox.cases FILE`: exit status 0 only if every case that is covered came out equal."""

import argparse
import sys
from pathlib import Path

from sandbox.cases.running import run

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m sandbox.cases", description=__doc__)
    parser.add_argument("file", type=Path, help="a file of the form of accounting/examples.yaml")
    parser.add_argument("--chart", choices=("default", "other"), default="default", help="the company's own numbers")
    asked = parser.parse_args()
    sys.exit(run(asked.file, other_chart=asked.chart == "other"))
