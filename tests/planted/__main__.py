"""`make planted`: break every protection in turn, and see the tests notice. Exits with 1 when one survives."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from app.kit.db.embedded import start_embedded
from tests.planted.catalogue import CATALOGUE
from tests.planted.copies import Outcome, copy_of_the_tree, outcome, verdicts_over
from tests.planted.fault import Fault
from tests.planted.page import PAGE, page
from tests.support.databases import run


def main() -> int:
    """Run what was asked for and print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.planted")
    parser.add_argument("--only", action="append", default=[], help="key of a fault; several may be given")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--write", action="store_true", help="write docs/planted-faults.md, and break nothing")
    asked = parser.parse_args()
    if asked.write:
        PAGE.write_text(page())
        return 0
    faults = [one for one in CATALOGUE if not asked.only or one.key in asked.only]
    if not faults:
        parser.error(f"no fault of that name; there are {', '.join(one.key for one in CATALOGUE)}")
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="bokbro-planted-pg-") as folder:
        url = _server(Path(folder))
        if not _all_pass_unbroken(faults, url):
            return 1
        print(f"all pass over the unbroken tree, {time.monotonic() - started:.0f} s", flush=True)
        with ThreadPoolExecutor(asked.jobs) as pool:
            results = pool.map(lambda fault: _told(fault, outcome(fault, url)), faults)
            found = {fault.key: result for fault, result in zip(faults, results, strict=True)}
    survived = [key for key, result in found.items() if not result.noticed]
    print(f"{len(found) - len(survived)} of {len(found)} noticed in {time.monotonic() - started:.0f} s")
    for key in survived:
        print(f"\n{key} SURVIVED {', '.join(found[key].silent)}\n{found[key].said}")
    return 1 if survived else 0


def _server(folder: Path) -> str:
    """One PostgreSQL for all copies: each makes databases of its own there."""
    url = start_embedded(folder)
    for setting in ("fsync", "full_page_writes"):
        run(url, f"alter system set {setting} = off")
    run(url, "select pg_reload_conf()")
    return url


def _all_pass_unbroken(faults: list[Fault], url: str) -> bool:
    """A test that fails anyway notices nothing: first everything is run over a copy in which nothing is broken."""
    tests = sorted({test for fault in faults for test in fault.tests})
    with copy_of_the_tree() as root:
        verdicts, said = verdicts_over(root, [*tests, "-n", "2", "--dist", "loadfile"], url, longest=1800)
    wrong = [f"{verdict} {name}" for verdict, name in verdicts if verdict != "PASSED"]
    missing = [test for test in tests if not any(name == test or name.startswith(f"{test}[") for _, name in verdicts)]
    if wrong or missing:
        print("over the unbroken tree:", *wrong, *(f"NOT RUN {test}" for test in missing), said, sep="\n")
    return not wrong and not missing


def _told(fault: Fault, result: Outcome) -> Outcome:
    verdict = "noticed" if result.noticed else "SURVIVED"
    print(f"{verdict:9} {result.seconds:5.1f} s  {fault.key:45} {len(fault.tests)} tests", flush=True)
    return result


if __name__ == "__main__":
    sys.exit(main())
