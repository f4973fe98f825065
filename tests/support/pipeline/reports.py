"""What several test modules share of `test_reports`."""

from __future__ import annotations

from tests.support.pipeline.bench import Bench


def attached(bench: Bench) -> dict[str, bytes]:
    """Voucher → the bytes of the file that belongs to it."""
    world = bench.emulators.world
    with world.lock:
        company = world.companies[bench.company]
        kept = company.kind("files")
        return {
            f"{one.fields['VoucherSeries']}{one.fields['VoucherNumber']}": kept[one.key].hidden["content"]
            for one in company.kind("voucherfileconnections").values()
        }
