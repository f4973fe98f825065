"""A settlement file of 100,000 rows (13 MB): handed in and shown, shown again, and a map of it tried.

Control: reading the same file with the standard library's csv alone, in the same run. Seconds depend on the machine;
the ratio to the control is what to compare.
"""

from __future__ import annotations

import csv
import gzip
import io
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from app.jobs.notifier import SilentNotifier
from app.kit.db.migration import migrate
from app.schema import Tenant
from app.settings import Settings
from app.wiring import build

ROWS = 100_000
HEADER = (
    "Transaction Date,Type,Order,Card Brand,Card Source,Payout Status,Payout Date,Payout ID,Available On,Amount,Fee,"
    "Net,Checkout,Payment Method Name,Presentment Amount,Presentment Currency,Currency,VAT\n"
)


def file_of(rows: int) -> bytes:
    """A Shopify Payments export: a payout for each hundred rows, amounts that differ, one row in twenty a refund."""
    written = [HEADER]
    for number in range(rows):
        day = 1 + number * 27 // rows
        kind, sign = ("refund", -1) if number % 20 == 0 else ("charge", 1)
        amount, fee = sign * (10_000 + number * 37 % 90_000), number * 7 % 2_000 if sign > 0 else 0
        cells = (f"{cents // 100 if cents >= 0 else -(-cents // 100)}.{abs(cents) % 100:02}" for cents in (amount, fee))
        gross, kept = cells
        net = amount - fee
        left = f"{'-' if net < 0 else ''}{abs(net) // 100}.{abs(net) % 100:02}"
        at = f"2026-11-{day:02} {number % 24:02}:{number % 60:02}:{number * 7 % 60:02} +0100"
        written.append(
            f"{at},{kind},#{10_000 + number},visa,online,paid,2026-11-{day + 2:02},{7000 + number // 100}{day:02},"
            f"2026-11-{day + 2:02},{gross},{kept},{left},#{770_000 + number},card,,,SEK,0.00\n"
        )
    return "".join(written).encode()


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds by the clock, and of the processor in this process alone: a file is read in another one."""

    clock: float
    cpu: float


def timed(work: Callable[[], object]) -> Took:
    """How long it took."""
    began, cpu = time.perf_counter(), time.process_time()
    work()
    return Took(time.perf_counter() - began, time.process_time() - cpu)


def by_cpu(took: Took) -> float:
    """For the smallest of several."""
    return took.cpu


def peak() -> float:
    """Most memory that this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def peak_of_reading(rows: int) -> float:
    """Most memory of the process that reads the file, in MB: it is another one, and is gone afterwards."""
    program = (
        "import resource, sys; from app.payouts.files import RowsTwice; from bench.payout_file import file_of;"
        "from app.payouts.imports.file_outlines import read_whole;"
        "read_whole(file_of(int(sys.argv[1])), [], RowsTwice.EACH, None);"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    told = subprocess.run([sys.executable, "-c", program, str(rows)], capture_output=True, check=True, text=True)
    return int(told.stdout) / 1024


def main(rows: int = ROWS) -> None:
    """Measure and print."""
    content = file_of(rows)
    control = min((timed(lambda: list(csv.reader(io.StringIO(content.decode())))) for _ in range(3)), key=by_cpu)
    directory = Path(tempfile.mkdtemp(prefix="bokbro-bench-"))
    try:
        settings = Settings(
            _env_file=None, data_dir=directory, broker_url="redis://127.0.0.1:1/0", vies_url="",
            secret_keys=[SecretStr("bench-only-key-that-guards-nothing-at-all")],
        )  # fmt: skip
        program = build(settings, notifier=SilentNotifier())
        migrate(program.store)
        with program.store.write() as session:
            tenant = Tenant(name="Bench AB", state="live")
            session.add(tenant)
            session.flush()
            tenant_id = tenant.id
        files = program.payout_files
        before = peak()

        def hand_in(packed: bytes) -> int:
            file_id = files.keep(tenant_id, "bench.csv", packed, by="bench")
            found = files.preview(tenant_id, file_id)
            assert found is not None
            assert found.problems == (), found.problems[:3]
            return file_id

        told = {"handed in and shown": timed(lambda: hand_in(content))}
        file_id = files.keep(tenant_id, "bench.csv", content, by="bench")
        told["shown again"] = timed(lambda: files.preview(tenant_id, file_id))
        after = peak()
        told["gzip, handed in and shown"] = timed(lambda: hand_in(gzip.compress(content)))
        program.close()
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    print(f"{rows} rows, {len(content) / 1e6:.1f} MB; control (csv alone) {control.cpu:.2f} s of CPU")
    for name, took in told.items():
        print(f"{name}: {took.clock:.2f} s, {took.cpu:.2f} s of CPU = {took.cpu / control.cpu:.1f} × csv")
    print(f"memory {before:.0f} MB before, at most {after:.0f} MB, and {peak_of_reading(rows):.0f} MB to read it")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS)
